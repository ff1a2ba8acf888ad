"""The time of a training step, for experiments whose claim is about time."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from cs231n_arch.data import Split
from cs231n_arch.experiments.trial import Outcome, Trial
from cs231n_arch.profiling.timing import between, processor_time, stamp, wait
from cs231n_arch.training import Budget

ROUNDS = 20  # steps of each arm that are timed, after two more to warm up


def step_seconds(nets: Mapping[str, nn.Module], split: Split, batch_size: int) -> dict[str, float]:
    """Mean time of a training step (forward, backward, update), the nets taking turns step by step.

    On a CPU that is the processor time of one thread, which other programs hardly disturb.
    """
    device = torch.device(Budget.auto().device)
    images = split.train_images[:batch_size].to(device, memory_format=torch.channels_last)
    labels = split.train_labels[:batch_size].to(device)
    optimizers = {name: torch.optim.SGD(net.parameters(), lr=0.0, momentum=0.9) for name, net in nets.items()}
    for net in nets.values():
        net.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    seconds = dict.fromkeys(nets, 0.0)
    with processor_time():
        for number in range(-2, ROUNDS):
            for name, net in nets.items():
                begun = stamp(device)
                optimizers[name].zero_grad(set_to_none=True)
                F.cross_entropy(net(images), labels).backward()  # type: ignore[no-untyped-call]
                optimizers[name].step()
                ended = stamp(device)
                wait(device)
                seconds[name] += between(begun, ended) * (number >= 0)
    return {name: total / ROUNDS for name, total in seconds.items()}


def timed(trials: Mapping[str, Trial[Any]]) -> dict[str, float]:
    """The `step_seconds` of the untrained net of each trial, with the batches of the first."""
    first = next(iter(trials.values()))
    nets = {name: trial.net() for name, trial in trials.items()}
    return step_seconds(nets, first.split, first.work.batch_size or 128)


def trained_and_timed(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, and the time of a step."""
    seconds = timed(trials)
    for name, trial in trials.items():
        yield name, trial.outcome(trial.train(), step_seconds=seconds[name])
