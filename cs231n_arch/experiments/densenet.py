"""DenseNet: joins instead of sums, at equal and at half the parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.resnet import BUDGETS
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial
from cs231n_arch.models.densenet import DenseBlock


def reuse(block: DenseBlock) -> list[list[float]]:
    """How much each layer of a dense block uses the input of the block and each layer before it (Figure 5).

    Returns:
        A row a layer: the mean absolute weight on each source, divided by the largest of the row.
    """
    rows = []
    for index, layer in enumerate(block):
        conv = layer.get_submodule("body.conv")
        assert isinstance(conv, nn.Conv2d)
        by_channel: Tensor = conv.weight.detach().abs().mean(dim=(0, 2, 3))
        growth = conv.out_channels
        first = len(by_channel) - index * growth  # channels of the block's input
        means = torch.stack([part.mean() for part in torch.split(by_channel, [first, *([growth] * index)])])
        rows.append([round(float(value), 4) for value in means / means.max()])
    return rows


def trained_with_reuse(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, and for a DenseNet the map of which layer uses which."""
    for name, trial in trials.items():
        run = trial.train()
        usual = trial.outcome(run)
        blocks = {key: reuse(block) for key, block in run.model.named_children() if isinstance(block, DenseBlock)}
        yield name, Outcome(usual.metrics, usual.curve, {"reuse": blocks} if blocks else {})


DENSE = Experiment(
    id="dense-residual",
    question="Is a DenseNet better than a ResNet of as many parameters, and as good with half of them?",
    arms={
        "ResNet-20": Arm("resnet_cifar", {"depth": 20}),
        "DenseNet-22, k = 12": Arm("densenet_cifar", {"depth": 22, "growth_rate": 12}),
        "DenseNet-22, k = 8": Arm("densenet_cifar", {"depth": 22, "growth_rate": 8}),
    },
    comparisons=(
        Comparison(
            "ResNet-20", "DenseNet-22, k = 12", Better("lower"), claim="densenet-better", equal="parameters"
        ),
        # Half the parameters is the claim itself, so nothing is held equal but data and training.
        Comparison("ResNet-20", "DenseNet-22, k = 8", Better("lower", 0.01), claim="densenet-half"),
    ),
    recipe="densenet_cifar",
    budgets=BUDGETS,
    measure=trained_with_reuse,
)

TABLE = (DENSE,)
