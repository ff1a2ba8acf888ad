"""`train` as a newcomer calls it, next to a plain loop of PyTorch, timm's parts and torchvision's reference loop.

    python benchmarks/training.py [--model resnet20] [--steps 20] [--rounds 5] [--threads 1] [--seeds 0]

The same network, images, optimizer and number of threads. Each contender runs in a process of its own, one after
the other in every round, so that a machine that slows down slows them all. A step's time, from one batch to the
next with the loading of images, is the median over the steps of a process: in processor seconds, in which other
work on the machine shows little, and in seconds of a clock. Printed are the medians over the rounds. With
`--seeds N`, networks are also trained on digits by `auto` and in fp32, N of each, and their errors printed.

No contender augments its images. The loops are written anew from what PyTorch's tutorial and those projects'
scripts do in a step, not copied.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from cs231n_arch import create_model, data
from cs231n_arch.data import Split
from cs231n_arch.training import Compute, Recipe, train
from cs231n_arch.training.schedules import Constant, Polynomial

BATCH = 128
WARM_UP = 3  # steps that are not counted: the first ones allocate, and compile
RECIPE = Recipe(
    "bench", "none", "sgd", 0.1, Constant(), batch_size=BATCH, epochs=1, momentum=0.9, weight_decay=1e-4
)
GOALS = [  # contender, the other one, and how many times as fast it must be
    ("train", "plain loop", 2.0),
    ("train", "timm's parts", 2.0),
    ("train, usual layout, fp32", "bare step", 0.98),  # what checks, schedule and sums may cost
]


class Clock:
    """Notes the processor time, and that of the clock, when each batch is there."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []

    def tick(self) -> None:
        self.times.append((time.process_time(), time.perf_counter()))

    def step(self) -> list[float]:
        """Median times from one batch to the next, of the processor and the clock."""
        return np.median(np.diff(self.times[WARM_UP:], axis=0), axis=0).tolist()


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def loaded(images: Tensor, labels: Tensor, clock: Clock) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of PyTorch's loader, as its tutorial makes them."""
    for batch in DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True):
        clock.tick()
        yield batch


def plain(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """As PyTorch's tutorial for beginners."""
    optimizer, criterion, running = sgd(model), nn.CrossEntropyLoss(), 0.0
    for x, y in loaded(images, labels, clock):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()


def bare(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """Forward, backward, update, and nothing else."""
    optimizer = sgd(model)
    for chosen in torch.randperm(len(images)).split(BATCH):
        clock.tick()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()


def torchvision_style(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """As torchvision's classification reference: accuracies and meters at every step."""
    optimizer, criterion = sgd(model), nn.CrossEntropyLoss()
    meters: list[float] = []
    for x, y in loaded(images, labels, clock):
        output = model(x)
        loss = criterion(output, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        top = output.topk(5, 1).indices == y[:, None]
        meters += [loss.item(), top[:, :1].float().sum().item(), top.float().sum().item()]


class Pictures(torch.utils.data.Dataset):
    """PIL images, which timm's loader takes; it sets `transform`."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        pixels = (images * 40 + 128).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
        self.pictures, self.labels = [Image.fromarray(one) for one in pixels], labels.tolist()
        self.transform: Callable[[Image.Image], object] | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[object, int]:
        picture = self.pictures[index]
        return picture if self.transform is None else self.transform(picture), self.labels[index]


def timm_parts(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """As timm's script on a CPU, by its defaults: loader with prefetcher, loss, optimizer, scheduler and meter."""
    from timm.data import create_loader
    from timm.loss import LabelSmoothingCrossEntropy
    from timm.optim import create_optimizer_v2
    from timm.scheduler import create_scheduler_v2
    from timm.utils import AverageMeter

    loader = create_loader(
        Pictures(images, labels), (3, 32, 32), BATCH, is_training=True, no_aug=True, num_workers=0,
        persistent_workers=False, device=torch.device("cpu"),
    )  # fmt: skip
    optimizer = create_optimizer_v2(model, opt="sgd", lr=0.1, momentum=0.9, weight_decay=1e-4)
    scheduler, _ = create_scheduler_v2(optimizer, num_epochs=1, updates_per_epoch=len(loader))
    criterion, meter = LabelSmoothingCrossEntropy(smoothing=0.1), AverageMeter()
    for number, (x, y) in enumerate(loader):
        clock.tick()
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step_update(num_updates=number + 1)
        meter.update(loss.item(), len(x))


def ours(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock, compute: Compute | None = None) -> None:
    """`cs231n_arch.training.train`."""

    def tick(batch: Tensor, generator: torch.Generator) -> Tensor:
        clock.tick()
        return batch

    classes = tuple(map(str, range(10)))
    split = Split("random", images, labels, images[:1], labels[:1], classes, (0.0,), (1.0,), "random numbers")
    run = train(model, split, RECIPE, epochs=1, device="cpu", progress=False, augment=tick, compute=compute)
    print(f"precision {run.precision}", file=sys.stderr)


Loop = Callable[[nn.Module, Tensor, Tensor, Clock], None]
LOOPS: dict[str, Loop] = {
    "plain loop": plain,
    "bare step": bare,
    "torchvision's loop": torchvision_style,
    "timm's parts": timm_parts,
    "train": lambda *a: ours(*a, Compute()),
    "train, fp32": lambda *a: ours(*a, Compute("fp32")),
    "train, usual layout, fp32": lambda *a: ours(*a, Compute("fp32", channels_last=False)),
    "train, compiled": lambda *a: ours(*a, Compute(compile=True)),
}


def measure(name: str, model_name: str, steps: int) -> list[float]:
    """Processor seconds and seconds per step in this process."""
    torch.manual_seed(0)
    model = create_model(model_name, num_classes=10)
    images = torch.randn((steps + WARM_UP + 1) * BATCH, 3, 32, 32)
    labels = torch.randint(0, 10, (len(images),))
    clock = Clock()
    LOOPS[name](model, images, labels, clock)
    return clock.step()


def errors(model_name: str, seeds: int) -> None:
    """Print the test errors of networks trained on digits by `auto` and in fp32."""
    digits = data.load("digits", image_size=32, channels=3)
    recipe = RECIPE.replace(schedule=Polynomial(1), epochs=6)
    for name, compute in (("auto", Compute()), ("fp32", Compute("fp32"))):
        found = []
        for seed in range(seeds):
            torch.manual_seed(seed)
            run = train(
                create_model(model_name), digits, recipe, seed=seed, device="cpu", progress=False, compute=compute
            )
            found.append(run.test_error)
        listed = ", ".join(f"{error:.2%}" for error in found)
        print(f"test error on digits, {name} ({run.precision}): mean {statistics.mean(found):.2%} of {listed}")


def main() -> int:
    """The exit status is 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--one", choices=LOOPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.model, arguments.steps)))
        return 0
    taken: dict[str, list[list[float]]] = {name: [] for name in LOOPS}
    for _ in range(arguments.rounds):
        for name in LOOPS:
            words = [sys.executable, __file__, *sys.argv[1:], "--one", name]
            told = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            taken[name].append(json.loads(told.stdout.splitlines()[-1]))
    seconds = {name: np.array(times) for name, times in taken.items()}  # (rounds, 2)
    print(f"{arguments.model}, batch {BATCH}, {arguments.threads} threads, {arguments.rounds} rounds")
    print(f"{'':28}{'processor':>12}{'clock':>12}{'images/s':>10}{'of the plain loop':>19}")
    for name, times in seconds.items():
        processor, clock = np.median(times, axis=0)
        speed = np.median(seconds["plain loop"][:, 0] / times[:, 0])
        print(f"{name:28}{processor:10.4f} s{clock:10.4f} s{BATCH / clock:10.0f}{speed:17.2f} x")
    missed = 0
    for name, other, goal in GOALS:
        speed = float(np.median(seconds[other][:, 0] / seconds[name][:, 0]))
        missed += speed < goal
        print(f"{name}: {speed:.2f} times as fast as {other}, goal {goal}{', missed' if speed < goal else ''}")
    if arguments.seeds:
        errors(arguments.model, arguments.seeds)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
