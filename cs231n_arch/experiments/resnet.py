"""ResNet: depth with and without shortcuts, and what to do where the shape changes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome, Trial, Work
from cs231n_arch.models.layers import Sum

BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=6, batch_size=64),
    # Batches of the recipe's 128 would be too few steps for 56 layers to learn anything.
    "recorded": Work("fashion_mnist", 14, 4000, epochs=8, batch_size=32),
    "long": Work("fashion_mnist", 28, 20_000, epochs=15, batch_size=64, validation=5000),
    "gpu": Work("cifar10", 32, validation=5000, precision="auto"),
}

# Few images and many epochs: a net of 20 to 56 layers is trained to its end in a minute or two. The rate is the
# recipe's, for a batch a quarter as large.
FITTING = Work("fashion_mnist", 14, 1000, epochs=40, batch_size=32, changes={"lr": 0.025})
# More images for nets that differ in what they make of new ones; the schedule still runs to its end.
FINISHING = replace(FITTING, images=5000, epochs=15)

# Long enough for 20 layers to be trained nearly to their end.
DEPTH_BUDGETS: dict[BudgetName, Work] = {
    **BUDGETS,
    "recorded": replace(FITTING, images=10_000, epochs=12),
}

# Training errors must be near their end before depth can be judged, and shortcuts are judged where plain nets of
# this depth are hard to train.
FINISHED = Condition("plain20", "train_error", 0.1, "20 layers have been trained nearly to their end")
TRAINED = Condition("resnet20", "train_error", 0.05, "20 layers have been trained nearly to their end")
DEGRADED = Condition("plain20", "train_error", "plain56", "plain nets of this depth are hard to train")


@torch.no_grad()
def response(net: nn.Module, images: Tensor) -> float:
    """Spread of the residuals as a share of what they are added to: the mean over the units of a trained net.

    He et al. (2015), Figure 7, show the spread of the responses themselves.
    """
    spreads: dict[str, list[float]] = {"body": [], "shortcut": []}
    units = [part for part in net.eval().modules() if isinstance(part, Sum)]
    handles = [
        unit.get_submodule(way).register_forward_hook(
            lambda _module, _inputs, output, way=way: spreads[way].append(float(output.std()))
        )
        for unit in units
        for way in spreads
    ]
    net(images)
    for handle in handles:
        handle.remove()
    ratios = [body / path for body, path in zip(*spreads.values(), strict=True)]
    return fmean(ratios)


def trained_with_responses(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, and for residual nets the size of their residuals."""
    for name, trial in trials.items():
        run = trial.train()
        more = {}
        if trial.arm.options["residual"]:
            more["response"] = response(run.model, trial.split.train_images[:500].to(run.device))
        yield name, trial.outcome(run, **more)


DEPTH = Experiment(
    id="depth",
    question="Does a deeper plain net train worse than a shallower one, and do shortcuts mend it?",
    arms={
        f"{kind}{depth}": Arm("resnet_cifar", {"depth": depth, "residual": kind == "resnet"})
        for kind in ("plain", "resnet")
        for depth in (8, 20, 32, 56)
    },
    comparisons=(
        Comparison(
            "plain20", "plain56", Better("higher"), "train_error", "resnet-degradation", regime=(FINISHED,)
        ),
        # A plain net of 56 layers can copy one of 20 (`claims.resnet.deepened`), so a higher loss is the search's.
        Comparison("plain20", "plain56", Better("higher"), "train_loss", "resnet-harder", regime=(FINISHED,)),
        Comparison("plain20", "plain56", Better("higher"), claim="resnet-degradation-test", regime=(FINISHED,)),
        Comparison(
            "plain56", "resnet56", Better("lower"), "train_error", "resnet-residual", regime=(FINISHED, DEGRADED)
        ),
        Comparison(
            "resnet20", "resnet56", Better("lower"), "train_error", "resnet-deeper-train", regime=(TRAINED,)
        ),
        Comparison("resnet20", "resnet56", Better("lower"), "response", "resnet-near-identity", regime=(TRAINED,)),
        Comparison("plain56", "resnet56", Better("lower"), regime=(FINISHED, DEGRADED)),
        Comparison("resnet20", "resnet56", Better("lower"), regime=(TRAINED,)),
    ),
    recipe="resnet_cifar",
    budgets=DEPTH_BUDGETS,
    measure=trained_with_responses,
)

# Table 3 compares nets after their whole training. There the options differ by a point of error and less.
PADDED = Condition("A", "train_error", 0.05, "20 layers with option A have been trained nearly to their end")

SHORTCUTS = Experiment(
    id="shortcut-options",
    question="Is it better to project where the shape changes (B) or everywhere (C) than to pad with zeros (A)?",
    arms={option: Arm("resnet_cifar", {"depth": 20, "shortcut": option}) for option in "ABC"},
    comparisons=tuple(Comparison("A", other, Better("lower"), regime=(PADDED,)) for other in "BC"),
    recipe="resnet_cifar",
    budgets={**BUDGETS, "recorded": FITTING},
)

TABLE = (DEPTH, SHORTCUTS)
