"""Our training step beside a bare loop, torchvision's reference loop and timm's: same net, same images.

    python benchmarks/training.py [--model resnet20] [--steps 20] [--rounds 5] [--threads 1]

Each contender runs in a process of its own, one after the other in every round, so that a machine that slows down
slows them all. A step's time is the median over the steps of a process, in processor seconds, in which other work
on the machine shows little. Printed are that time and its ratio to the bare loop's, as medians over the rounds.
The reference loops are written anew from what those projects' scripts do in a step, not copied.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch import create_model
from cs231n_arch.data import Split
from cs231n_arch.training import Compute, Recipe, train
from cs231n_arch.training.schedules import Constant

BATCH = 128
WARM_UP = 3  # steps that are not counted: the first ones allocate, and compile
RECIPE = Recipe(
    "bench", "none", "sgd", 0.1, Constant(), batch_size=BATCH, epochs=1, momentum=0.9, weight_decay=1e-4
)
GOALS = {"ours": 1.02, "ours, default fast path": 0.5}  # most that may be needed of the bare loop's time


class Clock:
    """Notes the processor time at which each batch is fetched."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def tick(self) -> None:
        self.times.append(time.process_time())

    def step(self) -> float:
        """Median time from one batch to the next."""
        pairs = zip(self.times[WARM_UP:], self.times[WARM_UP + 1 :], strict=False)
        return statistics.median(after - before for before, after in pairs)


def batches(images: Tensor, labels: Tensor, clock: Clock) -> Iterator[tuple[Tensor, Tensor]]:
    for chosen in torch.randperm(len(images)).split(BATCH):
        clock.tick()
        yield images[chosen], labels[chosen]


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def bare(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """Forward, backward, update, and nothing else."""
    optimizer = sgd(model)
    for x, y in batches(images, labels, clock):
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def torchvision_style(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """As torchvision's classification reference: a criterion module, accuracies and meters at every step."""
    optimizer, criterion = sgd(model), nn.CrossEntropyLoss()
    meters: list[float] = []
    for x, y in batches(images, labels, clock):
        output = model(x)
        loss = criterion(output, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        top = output.topk(5, 1).indices == y[:, None]
        meters += [loss.item(), top[:, :1].float().sum().item(), top.float().sum().item()]


def timm_style(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    """As timm's script: the loss function of timm, and an average meter."""
    from timm.loss import LabelSmoothingCrossEntropy
    from timm.utils import AverageMeter

    optimizer, criterion, meter = sgd(model), LabelSmoothingCrossEntropy(0.0), AverageMeter()
    for x, y in batches(images, labels, clock):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        meter.update(loss.item(), len(x))


def ours(model: nn.Module, images: Tensor, labels: Tensor, clock: Clock, compute: Compute | None = None) -> None:
    """`cs231n_arch.training.train`."""

    def tick(batch: Tensor, generator: torch.Generator) -> Tensor:
        clock.tick()
        return batch

    classes = tuple(map(str, range(10)))
    split = Split("random", images, labels, images[:1], labels[:1], classes, (0.0,), (1.0,), "random numbers")
    train(model, split, RECIPE, epochs=1, device="cpu", progress=False, augment=tick, compute=compute)


Loop = Callable[[nn.Module, Tensor, Tensor, Clock], None]
LOOPS: dict[str, Loop] = {
    "bare": bare,
    "ours": lambda *a: ours(*a, Compute(channels_last=False)),
    "torchvision-style": torchvision_style,
    "timm-style": timm_style,
    "ours, channels last": ours,
    "ours, default fast path": lambda *a: ours(*a, Compute("auto")),
    "ours, fast path, compiled": lambda *a: ours(*a, Compute("auto", compile=True)),
}


def measure(name: str, model_name: str, steps: int) -> float:
    """Processor seconds per step in this process."""
    torch.manual_seed(0)
    model = create_model(model_name, num_classes=10)
    images = torch.randn((steps + WARM_UP + 1) * BATCH, 3, 32, 32)
    labels = torch.randint(0, 10, (len(images),))
    clock = Clock()
    LOOPS[name](model, images, labels, clock)
    return clock.step()


def main() -> int:
    """The exit status is 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", choices=LOOPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.model, arguments.steps)))
        return 0
    seconds: dict[str, list[float]] = {name: [] for name in LOOPS}
    for _ in range(arguments.rounds):
        for name in LOOPS:
            words = [sys.executable, __file__, *sys.argv[1:], "--one", name]
            told = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            seconds[name].append(json.loads(told.stdout.splitlines()[-1]))
    print(f"{arguments.model}, batch {BATCH}, {arguments.threads} threads, {arguments.rounds} rounds")
    missed = []
    for name, times in seconds.items():
        ratio = statistics.median(one / bare_one for one, bare_one in zip(times, seconds["bare"], strict=True))
        print(f"{name:28s} {statistics.median(times):8.4f} s/step   {ratio:6.3f} x bare", flush=True)
        if ratio > GOALS.get(name, float("inf")):
            missed.append(f"{name}: {ratio:.3f} of the bare loop's time, goal {GOALS[name]}")
    print(*missed, sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
