"""GoogLeNet: what gradient its auxiliary classifiers bring to which stage, and what its reductions cost."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from cs231n_arch import data
from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work
from cs231n_arch.experiments.vgg import BUDGETS
from cs231n_arch.experiments.workbench import build
from cs231n_arch.models.layers import AuxHead, AuxNet
from cs231n_arch.training import Budget

IMAGES = 16
LOWER = "inception_4a"  # the last stage below the first auxiliary classifier


def gradient_norms(net: AuxNet, images: Tensor, labels: Tensor) -> pd.DataFrame:
    """The norm of the loss gradient in the weights of each stage: columns `stage` and `norm`, the lowest first."""
    scores, *heads = outputs if isinstance(outputs := net.train()(images), tuple) else (outputs,)
    loss = F.cross_entropy(scores, labels)
    for head in heads:
        loss = loss + net.aux_weight * F.cross_entropy(head, labels)
    loss.backward()  # type: ignore[no-untyped-call]
    rows = []
    for name, stage in net.named_children():
        gradients = [p.grad.flatten() for p in stage.parameters() if p.grad is not None]
        if gradients and not isinstance(stage, AuxHead):
            rows.append({"stage": name, "norm": float(torch.cat(gradients).norm())})
    return pd.DataFrame(rows)


def gradient_by_depth(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The gradient norm of each stage before the first step, with the same weights in both nets."""
    with_heads = trials["auxiliary classifiers"]
    work, seed = with_heads.work, with_heads.seed
    split = data.load(work.data)  # at its own size: only the chosen images are enlarged
    nets = {}
    for name, trial in trials.items():
        torch.manual_seed(seed)
        nets[name] = build(trial.arm.model, split, **trial.arm.options)
    weights = nets["auxiliary classifiers"].state_dict()
    device = Budget.auto().device
    chosen = torch.randperm(len(split.train_images), generator=torch.Generator().manual_seed(seed))[:IMAGES]
    images = F.interpolate(split.train_images[chosen], (work.image_size, work.image_size), mode="bilinear")
    labels = split.train_labels[chosen]
    for name, net in nets.items():
        assert isinstance(net, AuxNet)
        net.load_state_dict({key: value for key, value in weights.items() if key in net.state_dict()})
        norms = gradient_norms(net.to(device), images.to(device), labels.to(device))
        lower = norms["norm"][: 1 + norms["stage"].tolist().index(LOWER)]
        yield name, Outcome({"lower_gradient_norm": float(lower.pow(2).sum() ** 0.5)}, norms)


AUXILIARY = Experiment(
    id="auxiliary-classifiers",
    question="Do auxiliary classifiers bring more gradient to the layers below them?",
    arms={
        "none": Arm("googlenet", {"aux": False}),
        "auxiliary classifiers": Arm("googlenet", {"aux": True}),
    },
    comparisons=(
        Comparison("none", "auxiliary classifiers", Better("higher"), "lower_gradient_norm", "googlenet-aux"),
    ),
    recipe="googlenet",
    budgets={
        "live": Work("digits", 224),
        "recorded": Work("fashion_mnist", 224),
        "long": Work("fashion_mnist", 224),
        "gpu": Work("cifar10", 224),
    },
    measure=gradient_by_depth,
    whole=True,
)

REDUCTIONS = Experiment(
    id="inception-reductions",
    question="Does a net of Inception modules work better with reductions than without?",
    arms={
        "no reductions": Arm("inception_bench", {"reductions": False}),
        "reductions": Arm("inception_bench", {"reductions": True}),
    },
    comparisons=(Comparison("no reductions", "reductions", Better("lower"), claim="googlenet-reduction"),),
    recipe="alexnet",
    budgets=BUDGETS,
)

TABLE = (AUXILIARY, REDUCTIONS)
