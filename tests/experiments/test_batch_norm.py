"""Batch norm's measure: epochs to the control's lowest error, and nets whose loss becomes infinite."""

import dataclasses
import math
from collections.abc import Mapping

import pytest

from cs231n_arch.experiments import EXPERIMENTS, Outcome
from cs231n_arch.experiments.batch_norm import NORMALISED, NORMALISED_HIGHER, PLAIN, PLAIN_HIGHER
from cs231n_arch.training import NonFiniteLossError

DIVERGES = 1e30  # a learning rate


def outcomes(**rates: float) -> Mapping[str, Outcome]:
    """One seed with very little work, and other rates for some of the arms."""
    experiment = EXPERIMENTS["batch-norm"]
    work = dataclasses.replace(experiment.budgets["live"], images=64, epochs=3)
    arms = {
        name: dataclasses.replace(arm, changes={"lr": rates[name]}) if name in rates else arm
        for name, arm in experiment.arms.items()
    }
    made = dataclasses.replace(experiment, budgets={"live": work}, arms=arms)
    return dict(experiment.measure(made.trials("live", seed=0)))


def test_epochs_are_counted_to_the_controls_lowest_error() -> None:
    found = outcomes()
    assert list(found) == [PLAIN, NORMALISED, PLAIN_HIGHER, NORMALISED_HIGHER]
    curves = {name: outcome.curve["test_error"].tolist() for name, outcome in found.items()}
    goal = min(curves[PLAIN])
    for name, errors in curves.items():
        first = next((number for number, error in enumerate(errors, 1) if error <= goal), len(errors))
        assert found[name].metrics["epochs"] == first, name
    assert curves[PLAIN].index(goal) + 1 == found[PLAIN].metrics["epochs"]


def test_a_net_whose_loss_becomes_infinite_guesses() -> None:
    found = outcomes(**{PLAIN_HIGHER: DIVERGES})
    lost, other = found[PLAIN_HIGHER], found[NORMALISED]
    assert lost.metrics == pytest.approx(
        {"test_error": 0.9, "train_error": 0.9, "train_loss": math.log(10), "epochs": 3}
    )
    assert set(lost.metrics) == set(other.metrics)
    assert set(lost.curve) <= set(other.curve)
    assert lost.curve["test_error"].tolist() == pytest.approx([0.9] * 3)


def test_without_a_control_there_is_no_outcome() -> None:
    with pytest.raises(NonFiniteLossError):
        outcomes(**{PLAIN: DIVERGES})
