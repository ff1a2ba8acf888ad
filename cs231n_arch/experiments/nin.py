"""Network in Network: 1x1 convolutions after each convolution, and heads without fully connected layers."""

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm
from cs231n_arch.experiments.vgg import BUDGETS

HEADS = Experiment(
    id="mlpconv-and-heads",
    question="Do 1x1 convolutions after each convolution help, and can averaged class maps replace a dense head?",
    arms={
        "convolutions": Arm("workbench"),
        "mlpconv": Arm("workbench", {"mlpconv": True}),
        "mlpconv, dense head": Arm("workbench", {"mlpconv": True, "head": "class_maps"}),
    },
    comparisons=(
        Comparison("convolutions", "mlpconv", Better("lower"), claim="nin-effect"),
        # Table 5 of the paper.
        Comparison("mlpconv, dense head", "mlpconv", Better("lower"), claim="nin-head"),
    ),
    recipe="alexnet",
    budgets=BUDGETS,
)

TABLE = (HEADS,)
