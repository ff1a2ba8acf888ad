"""Wide ResNet: width against depth."""

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.resnet import BUDGETS, FINISHING
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.timing import trained_and_timed
from cs231n_arch.experiments.trial import Arm

DEEP, WIDE = "46 layers, width 1", "16 layers, width 2"
FINISHED = Condition(DEEP, "train_error", 0.05, "the deep net has been trained nearly to its end")

WIDTH = Experiment(
    id="width-depth",
    question="At equal multiply-adds, is a wide shallow net as good as a thin deep one, and faster?",
    arms={
        DEEP: Arm("wide_resnet", {"depth": 46, "widen_factor": 1}),
        WIDE: Arm("wide_resnet", {"depth": 16, "widen_factor": 2}),
    },
    comparisons=(
        Comparison(DEEP, WIDE, Better("lower"), "step_seconds", "wrn-time", equal="macs"),
        Comparison(DEEP, WIDE, Better("lower", 0.01), claim="wrn-depth", equal="macs", regime=(FINISHED,)),
    ),
    recipe="wide_resnet",
    budgets={**BUDGETS, "recorded": FINISHING},
    measure=trained_and_timed,
    whole=True,
)

TABLE = (WIDTH,)
