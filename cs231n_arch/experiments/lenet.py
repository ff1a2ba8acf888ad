"""LeNet: real digits, compared with a linear classifier of the pixels."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work, crop_and_flip
from cs231n_arch.transfer import linear_probe

COPIES = 4  # of each image, shifted, that the linear classifier sees in addition to the image


def digits_and_pixels(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """A linear classifier of the pixels, and the net; both see shifted copies of the images."""
    for name, trial in trials.items():
        if trial.arm.model == "pixels":
            yield name, Outcome({"test_error": 1 - linear_accuracy(trial)})
        else:
            yield name, trial.outcome(trial.train())


def linear_accuracy(trial: Trial[Any]) -> float:
    """Test accuracy of a linear classifier that sees each image and `COPIES` shifted ones."""
    split = trial.split
    shift, generator = crop_and_flip(trial.work, split), torch.Generator().manual_seed(trial.seed)
    images = [split.train_images, *(shift(split.train_images, generator) for _ in range(COPIES))]
    train = torch.cat(images), split.train_labels.repeat(len(images))
    return linear_probe(train, (split.test_images, split.test_labels), seed=trial.seed)


DIGITS = Experiment(
    id="lenet-digits",
    question="Does LeNet-5 read real digits better than a linear classifier?",
    arms={
        "linear classifier": Arm("pixels", augmented=True),
        "lenet5": Arm("lenet5", augmented=True),
    },
    comparisons=(Comparison("linear classifier", "lenet5", Better("lower"), claim="lenet-digits"),),
    recipe="lenet_sgd",
    budgets={
        "live": Work("digits", 32, epochs=8, scale="lenet"),
        "recorded": Work("digits", 32, scale="lenet"),
        "long": Work("digits", 32, scale="lenet"),
        "gpu": Work("mnist", 32, scale="lenet"),
    },
    measure=digits_and_pixels,
)

TABLE = (DIGITS,)
