"""Identity mappings: what may stand on the shortcut, and where batch norm and ReLU belong."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cs231n_arch.anatomy.gradients import gradient_flow
from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.resnet import BUDGETS, FITTING
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome, Trial, Work

# The warm-up, 400 of 64,000 iterations at a tenth of the rate, would be a large part of trainings of so few steps.
PREACT_BUDGETS: dict[BudgetName, Work] = {
    **BUDGETS,
    "live": replace(BUDGETS["live"], changes={"warmup": None}),
    "recorded": replace(FITTING, changes={**FITTING.changes, "warmup": None}),
}

# Every error in the paper's Tables 1 and 2 is that of a training of 64,000 iterations, run to its end.
SHORTCUT_FINISHED = Condition("identity", "train_error", 0.05, "the identity has been trained nearly to its end")
ORDER_FINISHED = Condition("original", "train_error", 0.05, "the original order has been trained to its end")

STUDIED = ("identity", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "conv1x1", "dropout")
ON_SHORTCUTS = Experiment(
    id="shortcut-types",
    question="Is anything on the shortcut better than nothing: a scale, a gate, a convolution, dropout?",
    arms={
        kind: Arm("preact_resnet", {"depth": 20, "bottleneck": False, "order": "original", "shortcut": kind})
        for kind in STUDIED
    },
    # Table 1 of the paper: every one of them is worse.
    comparisons=tuple(
        Comparison("identity", kind, Better("higher"), regime=(SHORTCUT_FINISHED,)) for kind in STUDIED[1:]
    ),
    recipe="preact_resnet",
    budgets=PREACT_BUDGETS,
)


def gradient_then_training(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The share of the gradient that arrives unchanged before the first step, and the usual metrics.

    The share is one if all of the gradient after the first stage arrives at its first unit, as on a path of
    identities (He et al. 2016, arXiv 1603.05027, Equation 5).
    """
    for name, trial in trials.items():
        images, labels = trial.split.train_images[:128], trial.split.train_labels[:128]
        net = trial.net()
        units = [f"conv2_x.{unit}" for unit, _ in net.get_submodule("conv2_x").named_children()]
        share = gradient_flow(net, images, labels, [units[0], units[-1]])["share"].iloc[0]
        yield name, trial.outcome(trial.train(net), gradient_share=float(share))


ORDERS = (
    "original", "bn_after_addition", "relu_before_addition", "relu_only_preactivation", "full_preactivation",
)  # fmt: skip
ACTIVATION_ORDER = Experiment(
    id="activation-order",
    question="Is it better to have batch norm and ReLU before each convolution, and nothing after the sum?",
    arms={order: Arm("preact_resnet", {"depth": 32, "bottleneck": False, "order": order}) for order in ORDERS},
    comparisons=(
        # Measured before the first step, so the length of the training does not matter.
        Comparison("original", "full_preactivation", Better("higher"), "gradient_share", "preact-path"),
        Comparison(
            "original",
            "full_preactivation",
            Better("lower"),
            claim="preact-better",
            regime=(ORDER_FINISHED,),
        ),
        Comparison("original", "bn_after_addition", Better("higher"), regime=(ORDER_FINISHED,)),
        Comparison("original", "relu_before_addition", Better("higher"), regime=(ORDER_FINISHED,)),
    ),
    recipe="preact_resnet",
    budgets=PREACT_BUDGETS,
    measure=gradient_then_training,
)

TABLE = (ON_SHORTCUTS, ACTIVATION_ORDER)
