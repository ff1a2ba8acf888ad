"""SENet: squeeze and excitation."""

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.resnet import BUDGETS
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm

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
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), claim="senet-effect"),
        Comparison("ResNet-20", "SE-ResNet-20, r = 16", Better("lower"), metric="train_error"),
        Comparison("SE-ResNet-20, r = 16", "SE-ResNet-20, r = 4", Better("lower")),
    ),
    recipe="resnet_cifar",
    budgets=BUDGETS,
)

TABLE = (EXCITATION,)
