"""Images per second of the two pipelines, on images of CIFAR's size with CIFAR's crops and flips.

    python benchmarks/pipelines.py [--images 10000] [--workers 2]

The whole-batch pipeline cuts and flips on the device; the usual one reads image by image through PyTorch's
`DataLoader`, in this process and with worker processes. The three take turns. The exit status is 1 if the
whole-batch one is less than five times as fast as the faster of the others.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from cs231n_arch.data import Split
from cs231n_arch.data.augment import CropAndFlip, for_images
from cs231n_arch.data.loaders import one_by_one
from cs231n_arch.training import recipes
from cs231n_arch.training.batches import DeviceBatches, LoaderBatches

GOAL = 5.0
BATCH = 128


def rate(batches: Iterator[tuple[Tensor, Tensor]]) -> float:
    """Images per second over one epoch."""
    begun = time.perf_counter()
    count = sum(len(labels) for _, labels in batches)
    return count / (time.perf_counter() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    # Neither pipeline looks at what the pixels show.
    images = torch.randn(arguments.images, 3, 32, 32).to(memory_format=torch.channels_last)
    both = images, torch.randint(0, 10, (arguments.images,))
    classes = tuple(map(str, range(10)))
    split = Split("random", *both, *both, classes, (0.0,) * 3, (1.0,) * 3, "random numbers")
    singly = one_by_one(split, for_images(recipes.get("resnet_cifar").augmentation))
    cpu = torch.device("cpu")
    pipelines = {
        "whole batches": DeviceBatches(both, both, BATCH, 0, CropAndFlip()),
        "one by one": LoaderBatches(singly, BATCH, 0, 0, cpu, torch.channels_last),
        f"one by one, {arguments.workers} workers": LoaderBatches(
            singly, BATCH, 0, arguments.workers, cpu, torch.channels_last
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in pipelines}
    for epoch in range(arguments.rounds):
        for name, batches in pipelines.items():
            rates[name].append(rate(batches.epoch(epoch)))
    for name, found in rates.items():
        print(f"{name:24s} {statistics.median(found):12,.0f} images/s")
    whole, *others = (statistics.median(found) for found in rates.values())
    print(f"whole batches are {whole / max(others):.1f} times as fast, goal {GOAL:g}")
    return int(whole < GOAL * max(others))


if __name__ == "__main__":
    sys.exit(main())
