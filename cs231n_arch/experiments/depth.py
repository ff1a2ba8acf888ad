"""ResNet and its next versions: depth with and without shortcuts, which shortcut and order is best, SE blocks."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import nn

from cs231n_arch.anatomy.gradients import gradient_flow
from cs231n_arch.experiments.design import Arm, BudgetName, Comparison, Experiment, Outcome, Work
from cs231n_arch.experiments.rules import Better, Zero
from cs231n_arch.experiments.running import continued, fit, fresh, load, outcome, trained

BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=6, batch_size=64),
    # Batches of the recipe's 128 would be too few steps for 56 layers to learn anything.
    "recorded": Work("fashion_mnist", 14, 4000, epochs=8, batch_size=32),
    "gpu": Work("cifar10", 32),
}
# The warm-up of 400 iterations, of 64,000, would be longer than these two short trainings, at a tenth of the rate.
PREACT_BUDGETS: dict[BudgetName, Work] = {
    name: work if name == "gpu" else replace(work, recipe={"warmup": None}) for name, work in BUDGETS.items()
}

DEPTH = Experiment(
    id="depth",
    question="Does a deeper plain net train worse than a shallower one, and do shortcuts mend it?",
    arms={
        f"{kind}{depth}": Arm("resnet_cifar", {"depth": depth, "residual": kind == "resnet"})
        for kind in ("plain", "resnet")
        for depth in (8, 20, 32, 56)
    },
    comparisons=(
        Comparison("plain20", "plain56", Better("higher"), metric="train_error", claim="resnet-degradation"),
        Comparison("plain20", "plain56", Better("higher"), claim="resnet-degradation"),
        Comparison("plain56", "resnet56", Better("lower"), metric="train_error", claim="resnet-residual"),
        Comparison("plain56", "resnet56", Better("lower"), claim="resnet-residual"),
        Comparison("resnet20", "resnet56", Better("lower")),
    ),
    recipe="resnet_cifar",
    budgets=BUDGETS,
    measure=trained,
)


def grown(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """A trained shallow plain net inside a deeper one, whose other layers are as they began, or identities."""
    split = load(work)
    shallow = fit(experiment, Arm("resnet_cifar", {"depth": 8, "residual": False}), work, split, seed).model
    # Alike in place and layout, or the same convolution is computed in another order.
    shallow.cpu().to(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = shallow(split.test_images)
        for name, arm in experiment.arms.items():
            deep = fresh(arm, split, seed)
            deep.to(memory_format=torch.channels_last)
            deep.load_state_dict(shallow.state_dict(), strict=False)  # the first unit of each stage, stem and head
            if arm.setting["others"] == "identity":
                for number in (2, 3, 4):
                    for unit in list(deep.get_submodule(f"conv{number}_x").children())[1:]:
                        become_identity(unit)
            difference = (deep.eval()(split.test_images) - expected).abs().max()
            yield name, Outcome({"largest_difference": float(difference)})


def become_identity(unit: nn.Module) -> None:
    """Let the convolutions and batch norms of a plain unit hand on what they get, if it is not negative."""
    for layer in unit.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight)
        elif isinstance(layer, nn.BatchNorm2d):
            assert layer.running_var is not None
            layer.running_var.fill_(1 - layer.eps)  # so that it divides by one


CONSTRUCTION = Experiment(
    id="identity-construction",
    question="Does a deeper net that copies a shallower one and else has identities put out the same?",
    arms={
        "other layers as they began": Arm(
            "resnet_cifar", {"depth": 56, "residual": False}, setting={"others": "random"}
        ),
        "other layers identities": Arm(
            "resnet_cifar", {"depth": 56, "residual": False}, setting={"others": "identity"}
        ),
    },
    comparisons=(
        Comparison(
            "other layers as they began",
            "other layers identities",
            Zero(),
            metric="largest_difference",
            claim="resnet-construction",
        ),
    ),
    recipe="resnet_cifar",
    budgets={
        "live": Work("digits", 8, epochs=2, batch_size=64),
        "recorded": Work("fashion_mnist", 14, 4000, epochs=2),
        "gpu": Work("cifar10", 32, epochs=10),
    },
    measure=grown,
)

SHORTCUTS = Experiment(
    id="shortcut-options",
    question="Is it better to project where the shape changes (B) or everywhere (C) than to pad with zeros (A)?",
    arms={option: Arm("resnet_cifar", {"depth": 20, "shortcut": option}) for option in "ABC"},
    comparisons=(Comparison("A", "B", Better("lower")), Comparison("A", "C", Better("lower"))),
    recipe="resnet_cifar",
    budgets=BUDGETS,
    measure=trained,
)

STUDIED = ("identity", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "conv1x1", "dropout")
ON_SHORTCUTS = Experiment(
    id="shortcut-types",
    question="Is anything on the shortcut better than nothing: a scale, a gate, a convolution, dropout?",
    arms={
        kind: Arm("preact_resnet", {"depth": 20, "bottleneck": False, "order": "original", "shortcut": kind})
        for kind in STUDIED
    },
    # Table 1 of the paper: every one of them is worse.
    comparisons=tuple(Comparison("identity", kind, Better("higher")) for kind in STUDIED[1:]),
    recipe="preact_resnet",
    budgets=PREACT_BUDGETS,
    measure=trained,
)


def gradient_then_training(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """Before the first step, how much of the gradient behind the first stage arrives at its first unit unchanged.

    One if all of it arrives, as on a path of identities (He et al. 2016, arXiv 1603.05027, Equation 5); and the
    usual metrics after the last step.
    """
    split = load(work)
    images, labels = split.train_images[:128], split.train_labels[:128]
    for name, arm in experiment.arms.items():
        net = fresh(arm, split, seed)
        units = [f"conv2_x.{unit}" for unit, _ in net.get_submodule("conv2_x").named_children()]
        share = gradient_flow(net, images, labels, [units[0], units[-1]])["share"].iloc[0]
        usual = outcome(continued(net, experiment, arm, work, split, seed), split)
        yield name, Outcome({**usual.metrics, "gradient_share": float(share)}, usual.curve)


ORDERS = (
    "original", "bn_after_addition", "relu_before_addition", "relu_only_preactivation", "full_preactivation",
)  # fmt: skip
ACTIVATION_ORDER = Experiment(
    id="activation-order",
    question="Is it better to have batch norm and ReLU ahead of each convolution, and nothing after the sum?",
    arms={order: Arm("preact_resnet", {"depth": 32, "bottleneck": False, "order": order}) for order in ORDERS},
    comparisons=(
        Comparison("original", "full_preactivation", Better("higher"), "gradient_share", "preact-path"),
        Comparison("original", "full_preactivation", Better("lower"), claim="preact-path"),
        Comparison("original", "bn_after_addition", Better("higher")),
        Comparison("original", "relu_before_addition", Better("higher")),
    ),
    recipe="preact_resnet",
    budgets=PREACT_BUDGETS,
    measure=gradient_then_training,
)

EXCITATION = Experiment(
    id="squeeze-excitation",
    question="Is a residual net better if every unit weighs its maps by what all of them see?",
    arms={
        "ResNet-20": Arm("resnet_cifar", {"depth": 20}),
        # The paper's r = 16 is for 256 and more maps; of these 16, 32 and 64 it leaves 1, 2 and 4 hidden units.
        "SE-ResNet-20, r = 16": Arm("se_resnet_cifar", {"depth": 20}),
        "SE-ResNet-20, r = 4": Arm("se_resnet_cifar", {"depth": 20, "reduction": 4}),
    },
    comparisons=(
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), claim="senet-error"),
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), metric="train_error"),
        Comparison("SE-ResNet-20, r = 16", "SE-ResNet-20, r = 4", Better("lower")),
    ),
    recipe="resnet_cifar",
    budgets=BUDGETS,
    measure=trained,
)

TABLE = (DEPTH, CONSTRUCTION, SHORTCUTS, ON_SHORTCUTS, ACTIVATION_ORDER, EXCITATION)
