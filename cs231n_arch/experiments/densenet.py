"""DenseNet: joins instead of sums, at equal and at half the parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy.modes import copied
from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.early import first_gradient
from cs231n_arch.experiments.resnet import BUDGETS
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial
from cs231n_arch.models.densenet import DenseBlock
from cs231n_arch.training import Run


def convolutions(block: DenseBlock) -> list[nn.Conv2d]:
    """The convolution of each layer that reads all sources before it."""
    found = [layer.get_submodule("body.conv") for layer in block]
    assert all(isinstance(conv, nn.Conv2d) for conv in found)
    return cast(list[nn.Conv2d], found)


def reuse(block: DenseBlock) -> list[list[float]]:
    """How much each layer of a dense block uses the input of the block and each layer before it (Figure 5).

    Returns:
        A row per layer: the mean absolute weight on each source, divided by the largest of the row.
    """
    rows = []
    for index, conv in enumerate(convolutions(block)):
        by_channel: Tensor = conv.weight.detach().abs().mean(dim=(0, 2, 3))
        growth = conv.out_channels
        first = len(by_channel) - index * growth  # channels of the block's input
        means = torch.stack([part.mean() for part in torch.split(by_channel, [first, *([growth] * index)])])
        rows.append([round(float(value), 4) for value in means / means.max()])
    return rows


@torch.no_grad()
def forget(net: nn.Module) -> nn.Module:
    """A copy in which each layer of a dense block reads the layer before it alone, the first the block's input.

    The weights on all earlier sources are zero; transitions and the classifier still read everything.
    """
    net = copied(net)
    for block in (part for part in net.modules() if isinstance(part, DenseBlock)):
        for conv in convolutions(block)[1:]:
            conv.weight[:, : -conv.out_channels] = 0
    return net


@dataclass(frozen=True)
class Cut(Arm):
    """The trained net of another arm, without the weights on early features; see `forget`.

    Attributes:
        of: name of that arm, which comes first.
    """

    of: str = ""


def trained_with_reuse(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, the first layer's gradient, and for a DenseNet the map of which layer uses which."""
    runs: dict[str, Run] = {}
    for name, trial in trials.items():
        if isinstance(trial.arm, Cut):
            run = runs[trial.arm.of]
            yield name, trial.outcome(replace(run, model=forget(run.model)))
            continue
        runs[name] = run = trial.train()
        usual = trial.outcome(run, first_gradient=first_gradient(trial, run))
        blocks = {key: reuse(block) for key, block in run.model.named_children() if isinstance(block, DenseBlock)}
        yield name, Outcome(usual.metrics, usual.curve, {"reuse": blocks} if blocks else {})


DENSE = Experiment(
    id="dense-residual",
    question="Is a DenseNet better than a ResNet of as many parameters, and as good with half of them?",
    arms={
        "ResNet-20": Arm("resnet_cifar", {"depth": 20}),
        "DenseNet-22, k = 12": Arm("densenet_cifar", {"depth": 22, "growth_rate": 12}),
        "early features cut": Cut("densenet_cifar", {"depth": 22, "growth_rate": 12}, of="DenseNet-22, k = 12"),
        "DenseNet-22, k = 8": Arm("densenet_cifar", {"depth": 22, "growth_rate": 8}),
    },
    comparisons=(
        Comparison(
            "ResNet-20", "DenseNet-22, k = 12", Better("lower"), claim="densenet-better", equal="parameters"
        ),
        Comparison(
            "ResNet-20",
            "DenseNet-22, k = 12",
            Better("higher"),
            "first_gradient",
            "densenet-gradient",
            equal="parameters",
        ),
        Comparison("DenseNet-22, k = 12", "early features cut", Better("higher"), claim="densenet-reuse"),
        # Half the parameters is the claim itself, so nothing is held equal but data and training.
        Comparison("ResNet-20", "DenseNet-22, k = 8", Better("lower", 0.01), claim="densenet-half"),
    ),
    recipe="densenet_cifar",
    budgets=BUDGETS,
    measure=trained_with_reuse,
    whole=True,
)

TABLE = (DENSE,)
