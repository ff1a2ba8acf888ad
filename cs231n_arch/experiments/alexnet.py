"""AlexNet: ReLU, normalization, dropout, augmentation, ensembles."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import torch

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better, Same
from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome, Trial, Work
from cs231n_arch.training import NonFiniteLossError
from cs231n_arch.training.evaluation import error_of, probabilities

# Training error to be reached; the first is that of Figure 1.
TARGET = {"cifar10": 0.25, "fashion_mnist": 0.2, "digits": 0.05}
RATES = (0.001, 0.003, 0.01)
TRIAL_SEED = 1000  # the rate of each arm is chosen with a seed that no result comes from


def epochs_to(target: float, history: pd.DataFrame) -> float:
    """Epochs until the training error falls to `target`, linear between epochs; all of them if it never does."""
    errors = np.concatenate([[1.0], history["train_error"].to_numpy(float)])
    reached = np.flatnonzero(errors <= target)
    if not len(reached):
        return float(len(history))
    after = int(reached[0])
    return float(after - 1 + (errors[after - 1] - target) / (errors[after - 1] - errors[after]))


@lru_cache
def best_rate(trial: Trial[Any]) -> float:
    """The learning rate with which an arm gets to the target first, or furthest towards it.

    Training errors decide, with a seed of their own: test images have no part in the choice.
    """
    histories = {}
    for lr in RATES:
        with suppress(NonFiniteLossError):  # too high a rate
            histories[lr] = at_rate(trial, lr).train().history
    target = TARGET[trial.work.data]
    return min(histories, key=lambda lr: (epochs_to(target, h := histories[lr]), h["train_error"].iloc[-1]))


def at_rate(trial: Trial[Any], lr: float) -> Trial[Any]:
    """The same trial with another learning rate."""
    return replace(trial, arm=replace(trial.arm, changes={"lr": lr}))


def speed_of_training(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """Epochs to the target, each arm with the rate that suits it, as the paper chose them (Figure 1)."""
    for name, trial in trials.items():
        lr = best_rate(replace(trial, seed=TRIAL_SEED))
        history = at_rate(trial, lr).train().history
        yield name, Outcome({"epochs": epochs_to(TARGET[trial.work.data], history), "lr": lr}, history)


NO_DECAY = {"weight_decay": 0.0}
RELU = Experiment(
    id="relu-tanh",
    question="Does the training error fall faster with ReLU than with tanh?",
    arms={
        "tanh": Arm("alexnet_cifar", {"activation": "tanh", "lrn": False}),
        "ReLU": Arm("alexnet_cifar", {"activation": "relu", "lrn": False}),
    },
    comparisons=(Comparison("tanh", "ReLU", Better("lower"), metric="epochs", claim="alexnet-relu-speed"),),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=12, batch_size=32, scale="pixels", changes=NO_DECAY),
        "recorded": Work("fashion_mnist", 32, 2000, 20, 32, "pixels", NO_DECAY, validation=2000),
        "long": Work("fashion_mnist", 32, 10_000, 20, 64, "pixels", NO_DECAY, validation=5000),
        "gpu": Work("cifar10", 32, None, 40, None, "pixels", NO_DECAY, validation=5000),
    },
    measure=speed_of_training,
)

LOW_RATE = {"lr": 0.001}
FINISHED = Condition("no LRN", "train_error", 0.05, "the net without it has been trained nearly to its end")
NORMALISATION = Experiment(
    id="lrn",
    question="Does local response normalization lower the error, or make no difference?",
    arms={"no LRN": Arm("alexnet_cifar", {"lrn": False}), "LRN": Arm("alexnet_cifar", {"lrn": True})},
    comparisons=(
        Comparison("no LRN", "LRN", Better("lower"), claim="alexnet-lrn", regime=(FINISHED,)),
        # VGG's finding (Table 3, A and A-LRN): it can be left out.
        Comparison("no LRN", "LRN", Same(0.01), regime=(FINISHED,)),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=8, batch_size=32, scale="pixels", changes=LOW_RATE),
        "recorded": Work("fashion_mnist", 32, 4000, 40, 32, "pixels", LOW_RATE, validation=2000),
        "long": Work("fashion_mnist", 32, 20_000, 20, 64, "pixels", LOW_RATE, validation=5000),
        "gpu": Work("cifar10", 32, None, 120, None, "pixels", LOW_RATE, validation=5000),
    },
)

RATE = {"lr": 0.02}
FEW: dict[BudgetName, Work] = {  # images: the claims are about nets that have more weights than images can fix
    "live": Work("digits", 16, 300, epochs=20, batch_size=32, changes=RATE),
    # The rate falls when the validation error does not: these runs are long enough for that.
    "recorded": Work("fashion_mnist", 14, 1000, epochs=40, batch_size=32, changes=RATE, validation=2000),
    "long": Work("fashion_mnist", 28, 2000, epochs=120, batch_size=64, changes=RATE, validation=5000),
    "gpu": Work("cifar10", 32, None, epochs=90, validation=5000),
}
OVERFITTING = "the control fits its training images"

DROPOUT = Experiment(
    id="dropout",
    question="Does dropping half of the hidden units lower the test error where images are few?",
    arms={
        "no dropout": Arm("workbench", {"head": "hidden", "dropout": 0.0}),
        "dropout": Arm("workbench", {"head": "hidden", "dropout": 0.5}),
    },
    comparisons=(
        Comparison(
            "no dropout",
            "dropout",
            Better("lower"),
            claim="alexnet-dropout-effect",
            regime=(Condition("no dropout", "train_error", 0.01, OVERFITTING),),
        ),
    ),
    recipe="alexnet",
    budgets=FEW,
)

AUGMENTATION = Experiment(
    id="augmentation",
    question="Do random crops and mirror images lower the test error where images are few?",
    arms={
        "as they are": Arm("workbench", {"head": "hidden"}),
        "augmented": Arm("workbench", {"head": "hidden"}, augmented=True),
    },
    comparisons=(
        Comparison(
            "as they are",
            "augmented",
            Better("lower"),
            claim="alexnet-aug-effect",
            regime=(Condition("as they are", "train_error", 0.01, OVERFITTING),),
        ),
    ),
    recipe="alexnet",
    budgets=FEW,
)


@dataclass(frozen=True)
class Ensemble(Arm):
    """Several nets of one kind; `members` is their number."""

    members: int = 1


def ensembles(trials: Mapping[str, Trial[Ensemble]]) -> Iterator[tuple[str, Outcome]]:
    """Nets that differ in their seeds, and the error of their mean probabilities."""
    sizes = {trial.arm.members: name for name, trial in trials.items()}
    trial = trials[sizes[1]]
    total = torch.zeros(())
    for member in range(max(sizes)):
        run = replace(trial, seed=100 * trial.seed + member).train()
        total = total + probabilities(run.model, trial.split.test_images.to(run.device)).cpu()
        if name := sizes.get(member + 1):
            yield name, Outcome({"test_error": error_of(total / (member + 1), trial.split.test_labels)})


ENSEMBLE = Experiment(
    id="ensemble",
    question="Does the mean of seven nets' probabilities have a lower error than one of them?",
    arms={
        "one net": Ensemble("lenet5", {"modern": True}),
        "three nets": Ensemble("lenet5", {"modern": True}, members=3),
        "seven nets": Ensemble("lenet5", {"modern": True}, members=7),
    },
    comparisons=(
        Comparison("one net", "seven nets", Better("lower"), claim="alexnet-ensemble-effect"),
        Comparison("one net", "three nets", Better("lower")),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 300, epochs=8, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=15, batch_size=64, validation=2000),
        "long": Work("fashion_mnist", 32, 20_000, epochs=15, batch_size=64, validation=5000),
        "gpu": Work("cifar10", 32, None, epochs=30, validation=5000),
    },
    measure=ensembles,
    whole=True,
)

TABLE = (RELU, NORMALISATION, DROPOUT, AUGMENTATION, ENSEMBLE)
