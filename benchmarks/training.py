"""Our training step beside a bare loop, torchvision's reference loop and timm's: same net, same data.

    python benchmarks/training.py [--model resnet20] [--steps 30] [--rounds 5]

Each contender runs in a process of its own, one after the other in every round, so that a machine that slows down
slows them all. Printed are the seconds a step and the ratio to the bare loop, as medians over the rounds.
The reference loops are written anew from what those projects' scripts do in a step, not copied.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch import create_model
from cs231n_arch.data import Split
from cs231n_arch.training import Recipe, train
from cs231n_arch.training.schedules import Constant

BATCH = 128
RECIPE = Recipe(
    "bench", "none", "sgd", 0.1, Constant(), batch_size=BATCH, epochs=1, momentum=0.9, weight_decay=1e-4
)
Loop = Callable[[nn.Module, Tensor, Tensor, int], None]


def batches(images: Tensor, labels: Tensor, steps: int) -> list[tuple[Tensor, Tensor]]:
    order = torch.randperm(len(images))
    return [(images[chosen], labels[chosen]) for chosen in order.split(BATCH)][:steps]


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def bare(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> None:
    """Forward, backward, update, and nothing else."""
    optimizer = sgd(model)
    for x, y in batches(images, labels, steps):
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def torchvision_style(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> None:
    """As torchvision's classification reference: a criterion module, accuracies and meters at every step."""
    optimizer, criterion = sgd(model), nn.CrossEntropyLoss()
    losses: list[float] = []
    for x, y in batches(images, labels, steps):
        output = model(x)
        loss = criterion(output, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        top = output.topk(5, 1).indices == y[:, None]
        losses += [loss.item(), top[:, :1].float().sum().item(), top.float().sum().item()]


def timm_style(model: nn.Module, images: Tensor, labels: Tensor, steps: int) -> None:
    """As timm's script: the loss function of timm, and an average meter."""
    from timm.loss import LabelSmoothingCrossEntropy
    from timm.utils import AverageMeter

    optimizer, criterion, meter = sgd(model), LabelSmoothingCrossEntropy(0.0), AverageMeter()
    for x, y in batches(images, labels, steps):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        meter.update(loss.item(), len(x))


def ours(model: nn.Module, images: Tensor, labels: Tensor, steps: int, **options: object) -> None:
    """`cs231n_arch.training.train`, evaluation on a single image included."""
    classes = tuple(map(str, range(10)))
    split = Split("random", images, labels, images[:1], labels[:1], classes, (0.0,), (1.0,), "random numbers")
    train(model, split, RECIPE, steps=steps, device="cpu", progress=False, **options)


LOOPS: dict[str, Loop] = {
    "bare": bare,
    "ours": lambda *a: ours(*a, channels_last=False),
    "torchvision-style": torchvision_style,
    "timm-style": timm_style,
    "ours, channels last": ours,
    "ours, channels last, bf16": lambda *a: ours(*a, precision="bf16"),
    "ours, channels last, bf16, compiled": lambda *a: ours(*a, precision="bf16", compile=True),
}


def measure(name: str, model_name: str, steps: int) -> float:
    """Seconds a step in this process, after a warm-up that also compiles."""
    torch.manual_seed(0)
    model = create_model(model_name, num_classes=10)
    images = torch.randn(steps * BATCH, 3, 32, 32)
    labels = torch.randint(0, 10, (len(images),))
    LOOPS[name](model, images[: 2 * BATCH], labels[: 2 * BATCH], 2)
    begun = time.perf_counter()
    LOOPS[name](model, images, labels, steps)
    return (time.perf_counter() - begun) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.model, arguments.steps)))
        return
    seconds: dict[str, list[float]] = {name: [] for name in LOOPS}
    for _ in range(arguments.rounds):
        for name in LOOPS:
            words = [
                sys.executable,
                __file__,
                "--one",
                name,
                "--model",
                arguments.model,
                "--steps",
                str(arguments.steps),
            ]
            told = subprocess.run(words, capture_output=True, text=True, check=True, env=dict(os.environ))
            seconds[name].append(json.loads(told.stdout.splitlines()[-1]))
    print(f"{arguments.model}, batch {BATCH}, {torch.get_num_threads()} threads, {arguments.rounds} rounds")
    for name, times in seconds.items():
        ratios = [one / bare_one for one, bare_one in zip(times, seconds["bare"], strict=True)]
        print(f"{name:38s} {statistics.median(times):8.4f} s/step   {statistics.median(ratios):6.3f} x bare")


if __name__ == "__main__":
    main()
