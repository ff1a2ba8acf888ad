"""VGG and NiN: small kernels in stacks, 1x1 convolutions, and heads without fully connected layers."""

from cs231n_arch.experiments.design import Arm, BudgetName, Comparison, Experiment, Work
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import trained

BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=8, batch_size=32, recipe={"lr": 0.02}),
    "recorded": Work("fashion_mnist", 14, 5000, epochs=10, batch_size=64, recipe={"lr": 0.02}),
    "gpu": Work("cifar10", 32, epochs=90),
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
        Comparison("one 7x7", "three 3x3", Better("lower"), claim="vgg-params"),
        # Section 2.3 of the paper tells this one: pairs of 3x3 against a shallow net of 5x5.
        Comparison("one 5x5", "two 3x3", Better("lower")),
    ),
    recipe="alexnet",
    budgets=BUDGETS,
    measure=trained,
)

HEADS = Experiment(
    id="mlpconv-and-heads",
    question="Do 1x1 convolutions behind each convolution help, and can averaged class maps replace a dense head?",
    arms={
        "convolutions": Arm("workbench"),
        "mlpconv": Arm("workbench", {"mlpconv": True}),
        "mlpconv, dense head": Arm("workbench", {"mlpconv": True, "head": "class_maps"}),
    },
    comparisons=(
        Comparison("convolutions", "mlpconv", Better("lower"), claim="nin-mlpconv"),
        # Table 5 of the paper.
        Comparison("mlpconv, dense head", "mlpconv", Better("lower"), claim="nin-mlpconv"),
    ),
    recipe="alexnet",
    budgets=BUDGETS,
    measure=trained,
)

TABLE = (STACKS, HEADS)
