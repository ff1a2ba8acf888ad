"""SENet: squeeze and excitation."""

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.resnet import BUDGETS, FINISHING
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm

FINISHED = Condition("ResNet-20", "train_error", 0.05, "20 layers have been trained nearly to their end")

EXCITATION = Experiment(
    id="squeeze-excitation",
    question="Is a residual net better if every unit weighs its channels by what all of them see?",
    arms={
        "ResNet-20": Arm("resnet_cifar", {"depth": 20}),
        # The paper's r = 16 is for 256 channels and more; of 16, 32 and 64 it leaves 1, 2 and 4 hidden units.
        "SE-ResNet-20, r = 16": Arm("se_resnet_cifar", {"depth": 20}),
        "SE-ResNet-20, r = 4": Arm("se_resnet_cifar", {"depth": 20, "reduction": 4}),
    },
    comparisons=(
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), claim="senet-effect", regime=(FINISHED,)),
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), metric="train_error"),
        Comparison("SE-ResNet-20, r = 16", "SE-ResNet-20, r = 4", Better("lower")),
    ),
    recipe="resnet_cifar",
    budgets={**BUDGETS, "recorded": FINISHING},
)

TABLE = (EXCITATION,)
