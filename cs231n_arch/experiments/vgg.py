"""VGG: small kernels in stacks."""

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, BudgetName, Work

RATE = {"lr": 0.02}
BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=8, batch_size=32, changes=RATE),
    "recorded": Work("fashion_mnist", 14, 5000, epochs=10, batch_size=64, changes=RATE),
    "long": Work("fashion_mnist", 28, 50_000, epochs=15, batch_size=64, changes=RATE, validation=5000),
    "gpu": Work("cifar10", 32, epochs=90, validation=5000),
}

STACKS = Experiment(
    id="stacks",
    question="Is a stack of 3x3 convolutions better than one convolution with the same receptive field?",
    arms={
        "one 7x7": Arm("workbench", {"kernels": (7,)}),
        "three 3x3": Arm("workbench", {"kernels": (3, 3, 3)}),
        "one 5x5": Arm("workbench", {"kernels": (5,)}),
        "two 3x3": Arm("workbench", {"kernels": (3, 3)}),
    },
    comparisons=(
        # Section 2.3 of the paper compares pairs of 3x3 with a shallow net of 5x5.
        Comparison("one 7x7", "three 3x3", Better("lower"), claim="vgg-stacks"),
        Comparison("one 5x5", "two 3x3", Better("lower"), claim="vgg-stacks"),
    ),
    recipe="alexnet",
    budgets=BUDGETS,
)

TABLE = (STACKS,)
