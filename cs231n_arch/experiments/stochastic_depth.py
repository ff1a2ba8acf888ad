"""Stochastic depth: layers that are left out at random in training."""

from dataclasses import replace

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.resnet import BUDGETS
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.timing import trained_and_timed
from cs231n_arch.experiments.trial import Arm

CONSTANT, STOCHASTIC = "constant depth", "stochastic depth"
FITTED = Condition(CONSTANT, "train_error", 0.01, "the control fits its training images")

DROPPING = Experiment(
    id="stochastic-depth",
    question="Does leaving out random layers in training lower the error, and save time?",
    arms={
        CONSTANT: Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.0}),
        STOCHASTIC: Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.5}),
    },
    comparisons=(
        Comparison(CONSTANT, STOCHASTIC, Better("lower"), "step_seconds", "stochastic-time"),
        Comparison(CONSTANT, STOCHASTIC, Better("lower"), claim="stochastic-error", regime=(FITTED,)),
    ),
    recipe="stochastic_depth",
    # Few images and many epochs, so that the control fits them.
    budgets={**BUDGETS, "long": replace(BUDGETS["long"], image_size=14, images=5000, epochs=120, batch_size=32)},
    measure=trained_and_timed,
    whole=True,
)

TABLE = (DROPPING,)
