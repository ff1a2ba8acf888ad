"""LeNet and AlexNet: digits, ReLU, normalisation, dropout, augmentation, ensembles."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import cast

import numpy as np
import pandas as pd
import torch

from cs231n_arch.experiments.design import Arm, BudgetName, Comparison, Experiment, Outcome, Work
from cs231n_arch.experiments.rules import Below, Better
from cs231n_arch.experiments.running import crop_and_flip, fit, load, outcome, trained
from cs231n_arch.training import NonFiniteLossError
from cs231n_arch.training.evaluation import error_of, probabilities
from cs231n_arch.transfer import linear_probe

COPIES = 4  # of each image, shifted, that the linear classifier sees besides the image itself


def digits_and_pixels(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """A linear classifier of the pixels, and the net; both see shifted copies of the images."""
    split = load(work)
    shift, generator = crop_and_flip(work, split), torch.Generator().manual_seed(seed)
    images = [split.train_images, *(shift(split.train_images, generator) for _ in range(COPIES))]
    train = torch.cat(images), split.train_labels.repeat(len(images))
    accuracy = linear_probe(train, (split.test_images, split.test_labels), seed=seed)
    yield "linear classifier", Outcome({"test_error": 1 - accuracy})
    yield "lenet5", outcome(fit(experiment, experiment.arms["lenet5"], work, split, seed), split)


LENET = Experiment(
    id="lenet-digits",
    question="Does LeNet-5 read real digits better than a linear classifier?",
    arms={
        "linear classifier": Arm("pixels", setting={"augmented": True}),
        "lenet5": Arm("lenet5", setting={"augmented": True}),
    },
    comparisons=(
        Comparison("linear classifier", "lenet5", Better("lower"), claim="lenet-first"),
        Comparison("linear classifier", "lenet5", Below(0.04), claim="lenet-first"),
    ),
    recipe="lenet_sgd",
    budgets={
        "live": Work("digits", 32, epochs=8, scale="lenet"),
        "recorded": Work("digits", 32, scale="lenet"),
        "gpu": Work("mnist", 32, scale="lenet"),
    },
    measure=digits_and_pixels,
)

TARGET = {
    "cifar10": 0.25,
    "fashion_mnist": 0.2,
    "digits": 0.05,
}  # training error to be reached; the first: Figure 1
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
def best_rate(experiment: Experiment, name: str, work: Work) -> float:
    """The learning rate with which an arm gets to the target first, or furthest towards it."""
    histories = {}
    for lr in RATES:
        arm = Arm(experiment.arms[name].model, experiment.arms[name].options, recipe={"lr": lr})
        with suppress(NonFiniteLossError):  # too high a rate
            histories[lr] = fit(experiment, arm, work, load(work), TRIAL_SEED).history
    return min(
        histories, key=lambda lr: (epochs_to(TARGET[work.data], h := histories[lr]), h["train_error"].iloc[-1])
    )


def speed_of_training(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """Epochs to the target, each arm with the rate that suits it, as the paper chose them (Figure 1)."""
    split = load(work)
    for name, arm in experiment.arms.items():
        lr = best_rate(experiment, name, work)
        history = fit(experiment, Arm(arm.model, arm.options, recipe={"lr": lr}), work, split, seed).history
        yield name, Outcome({"epochs": epochs_to(TARGET[work.data], history), "lr": lr}, history)


RELU = Experiment(
    id="relu-tanh",
    question="Does the training error fall faster with ReLU than with tanh?",
    arms={
        "tanh": Arm("alexnet_cifar", {"activation": "tanh", "lrn": False}),
        "ReLU": Arm("alexnet_cifar", {"activation": "relu", "lrn": False}),
    },
    comparisons=(Comparison("tanh", "ReLU", Better("lower"), metric="epochs", claim="alexnet-relu"),),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=12, batch_size=32, scale="pixels", recipe={"weight_decay": 0.0}),
        "recorded": Work(
            "fashion_mnist", 32, 2000, epochs=20, batch_size=32, scale="pixels", recipe={"weight_decay": 0.0}
        ),
        "gpu": Work("cifar10", 32, epochs=40, scale="pixels", recipe={"weight_decay": 0.0}),
    },
    measure=speed_of_training,
)

NORMALISATION = Experiment(
    id="lrn",
    question="Does local response normalisation lower the error?",
    arms={"no LRN": Arm("alexnet_cifar", {"lrn": False}), "LRN": Arm("alexnet_cifar", {"lrn": True})},
    comparisons=(
        Comparison("no LRN", "LRN", Better("lower"), claim="alexnet-norm"),
        # VGG's finding (Table 3, A and A-LRN): it can be left out.
        Comparison("LRN", "no LRN", Better("lower", margin=0.01), claim="vgg-nolrn"),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=8, batch_size=32, scale="pixels", recipe={"lr": 0.001}),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=8, batch_size=64, scale="pixels", recipe={"lr": 0.001}),
        "gpu": Work("cifar10", 32, epochs=120, scale="pixels", recipe={"lr": 0.001}),
    },
    measure=trained,
)

FEW: dict[BudgetName, Work] = {  # images, for what is said to help where they are few
    "live": Work("digits", 16, 300, epochs=20, batch_size=32, recipe={"lr": 0.02}),
    "recorded": Work("fashion_mnist", 14, 1000, epochs=40, batch_size=32, recipe={"lr": 0.02}),
    "gpu": Work("cifar10", 32, epochs=90),
}

DROPOUT = Experiment(
    id="dropout",
    question="Does dropping half of the hidden units lower the test error where images are few?",
    arms={
        "no dropout": Arm("workbench", {"head": "hidden", "dropout": 0.0}),
        "dropout": Arm("workbench", {"head": "hidden", "dropout": 0.5}),
    },
    comparisons=(Comparison("no dropout", "dropout", Better("lower"), claim="alexnet-dropout"),),
    recipe="alexnet",
    budgets=FEW,
    measure=trained,
    seeds=(0, 1, 2, 3, 4),
)


AUGMENTATION = Experiment(
    id="augmentation",
    question="Do random crops and mirror images lower the test error where images are few?",
    arms={
        "as they are": Arm("workbench", {"head": "hidden"}, setting={"augmented": False}),
        "augmented": Arm("workbench", {"head": "hidden"}, setting={"augmented": True}),
    },
    comparisons=(Comparison("as they are", "augmented", Better("lower"), claim="alexnet-aug"),),
    recipe="alexnet",
    budgets=FEW,
    measure=trained,
    seeds=(0, 1, 2, 3, 4),
)


def ensembles(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """Nets that differ in their seeds, and the error of their mean probabilities."""
    split = load(work)
    total = torch.zeros(())
    sizes = {cast(int, arm.setting["members"]): name for name, arm in experiment.arms.items()}
    for member in range(max(sizes)):
        run = fit(experiment, experiment.arms["one net"], work, split, 100 * seed + member)
        total = total + probabilities(run.model, split.test_images.to(run.device)).cpu()
        if name := sizes.get(member + 1):
            yield name, Outcome({"test_error": error_of(total / (member + 1), split.test_labels)})


ENSEMBLE = Experiment(
    id="ensemble",
    question="Does the mean of seven nets' probabilities have a lower error than one of them?",
    arms={
        "one net": Arm("lenet5", {"modern": True}, setting={"members": 1}),
        "three nets": Arm("lenet5", {"modern": True}, setting={"members": 3}),
        "seven nets": Arm("lenet5", {"modern": True}, setting={"members": 7}),
    },
    comparisons=(
        Comparison("one net", "seven nets", Better("lower"), claim="alexnet-ensemble"),
        Comparison("one net", "three nets", Better("lower")),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 300, epochs=8, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=8, batch_size=64),
        "gpu": Work("cifar10", 32, epochs=30),
    },
    measure=ensembles,
)

TABLE = (LENET, RELU, NORMALISATION, DROPOUT, AUGMENTATION, ENSEMBLE)
