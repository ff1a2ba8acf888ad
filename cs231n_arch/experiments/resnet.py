"""ResNet: depth with and without shortcuts, and what to do where the shape changes."""

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, BudgetName, Work

BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=6, batch_size=64),
    # Batches of the recipe's 128 would be too few steps for 56 layers to learn anything.
    "recorded": Work("fashion_mnist", 14, 4000, epochs=8, batch_size=32),
    "long": Work("fashion_mnist", 28, 10_000, epochs=15, batch_size=64, validation=5000),
    "gpu": Work("cifar10", 32, validation=5000, precision="auto"),
}

# Training errors must be near their end before depth can be judged, and depth must pay once it can be trained.
FINISHED = Condition("plain20", "train_error", 0.1, "20 layers have been trained nearly to their end")
TRAINED = Condition("resnet20", "train_error", 0.05, "20 layers have been trained nearly to their end")
DEEP_ENOUGH = Condition("resnet56", "train_error", "resnet20", "the work is long enough for 56 layers to pay")

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
        Comparison("plain20", "plain56", Better("higher"), claim="resnet-degradation-test", regime=(FINISHED,)),
        Comparison(
            "plain56", "resnet56", Better("lower"), "train_error", "resnet-residual", regime=(DEEP_ENOUGH,)
        ),
        Comparison(
            "resnet20", "resnet56", Better("lower"), "train_error", "resnet-deeper-train", regime=(TRAINED,)
        ),
        Comparison("plain56", "resnet56", Better("lower")),
        Comparison("resnet20", "resnet56", Better("lower")),
    ),
    recipe="resnet_cifar",
    budgets=BUDGETS,
)

SHORTCUTS = Experiment(
    id="shortcut-options",
    question="Is it better to project where the shape changes (B) or everywhere (C) than to pad with zeros (A)?",
    arms={option: Arm("resnet_cifar", {"depth": 20, "shortcut": option}) for option in "ABC"},
    comparisons=(Comparison("A", "B", Better("lower")), Comparison("A", "C", Better("lower"))),
    recipe="resnet_cifar",
    budgets=BUDGETS,
)

TABLE = (DEPTH, SHORTCUTS)
