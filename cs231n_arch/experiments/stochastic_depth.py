"""Stochastic depth: layers that are left out at random in training."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.early import first_gradient
from cs231n_arch.experiments.resnet import BUDGETS, FITTING
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.timing import timed
from cs231n_arch.experiments.trial import Arm, Outcome, Trial

CONSTANT, STOCHASTIC = "constant depth", "stochastic depth"
FITTED = Condition(CONSTANT, "train_error", 0.01, "the control fits its training images")


def timed_and_trained(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, the time of a step, and how much of the gradient reaches the first layer."""
    seconds = timed(trials)
    for name, trial in trials.items():
        run = trial.train()
        yield name, trial.outcome(run, step_seconds=seconds[name], first_gradient=first_gradient(trial, run))


DROPPING = Experiment(
    id="stochastic-depth",
    question="Does leaving out random layers in training lower the error, and save time?",
    arms={
        CONSTANT: Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.0}),
        STOCHASTIC: Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.5}),
    },
    comparisons=(
        Comparison(CONSTANT, STOCHASTIC, Better("lower"), "step_seconds", "stochastic-time"),
        Comparison(CONSTANT, STOCHASTIC, Better("higher"), "first_gradient", "stochastic-gradient"),
        Comparison(CONSTANT, STOCHASTIC, Better("lower"), claim="stochastic-error", regime=(FITTED,)),
    ),
    recipe="stochastic_depth",
    # Few images and many epochs, so that the control fits them, and more of them than without random layers.
    budgets={
        **BUDGETS,
        "recorded": replace(FITTING, images=500, epochs=120),
        "long": replace(BUDGETS["long"], image_size=14, images=5000, epochs=120, batch_size=32),
    },
    measure=timed_and_trained,
    whole=True,
)

TABLE = (DROPPING,)
