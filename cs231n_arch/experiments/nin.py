"""Network in Network: 1x1 convolutions after each convolution, and heads without fully connected layers."""

from dataclasses import replace

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm
from cs231n_arch.experiments.vgg import BUDGETS

FINISHED = Condition("convolutions", "train_error", 0.05, "the control has been trained nearly to its end")
# Section 3.2: averaging is a regularizer, so the dense head must be able to overfit.
FITTED = Condition("mlpconv, dense head", "train_error", 0.01, "the dense head fits its training images")

HEADS = Experiment(
    id="mlpconv-and-heads",
    question="Do 1x1 convolutions after each convolution help, and can averaged class maps replace a dense head?",
    arms={
        "convolutions": Arm("workbench"),
        "mlpconv": Arm("workbench", {"mlpconv": True}),
        "mlpconv, dense head": Arm("workbench", {"mlpconv": True, "head": "class_maps"}),
    },
    comparisons=(
        Comparison("convolutions", "mlpconv", Better("lower"), claim="nin-effect", regime=(FINISHED,)),
        # Table 5 of the paper.
        Comparison("mlpconv, dense head", "mlpconv", Better("lower"), claim="nin-head", regime=(FITTED,)),
    ),
    # The paper's recipe: the rate falls when the training error does not.
    recipe="nin",
    budgets={
        **BUDGETS,
        "recorded": replace(BUDGETS["recorded"], images=1000, epochs=100, batch_size=32, validation=2000),
    },
)

TABLE = (HEADS,)
