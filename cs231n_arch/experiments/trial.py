"""Arms, the amount of work, and a trial: one arm trained with one seed."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

import pandas as pd
import torch
from torch import Tensor, nn

from cs231n_arch import data
from cs231n_arch.data import Split
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.experiments.workbench import build
from cs231n_arch.models.layers import Net, init_he
from cs231n_arch.training import Compute, Recipe, Run, error_rate, recipes, train
from cs231n_arch.training.options import Precision

BudgetName = Literal["live", "recorded", "long", "gpu"]
Scale = Literal["standard", "lenet", "pixels"]
Options = Mapping[str, object]

WATCHED = 2000  # test images of a curve where no validation images are held out


@dataclass(frozen=True)
class Arm:
    """One way of doing it. An experiment with more to set has its own arms, which inherit from this one.

    Attributes:
        model: a name that `create_model` knows, or one of `workbench.OURS`.
        options: the constructor's.
        changes: fields of the experiment's recipe that this arm changes.
        augmented: train on randomly shifted (and, unless they are writing, mirrored) images.
        init: `he` replaces the paper's first weights by those of He et al. (2015).
    """

    model: str
    options: Options = field(default_factory=dict, hash=False)
    changes: Options = field(default_factory=dict, hash=False)
    augmented: bool = False
    init: Literal["paper", "he"] = "paper"

    @property
    def settings(self) -> dict[str, object]:
        """The fields other than model, options and changes that are not at their defaults."""
        known = {"model", "options", "changes"}
        others = [(f.name, f.default) for f in dataclasses.fields(self) if f.name not in known]
        return {name: value for name, default in others if (value := getattr(self, name)) != default}


T = TypeVar("T", bound=Arm)


@dataclass(frozen=True)
class Work:
    """How much is done: the data and the length of training.

    Attributes:
        data: name of the set, as `data.load` knows it.
        image_size: height and width, in pixels.
        images: training images, the first of the set; None takes all.
        epochs: passes over them; None takes the recipe's length.
        batch_size: images for one update; None takes the recipe's.
        scale: of the pixels. `standard` and `lenet` are those of `data.load`; `pixels` is 0 to 255 less the mean
            image, which AlexNet's initial weights and normalization count on.
        changes: fields of the recipe that are changed in all arms.
        validation: training images, the last of the set, that are held out to watch the training and to choose
            by. With 0 the curves are of the first test images, and nothing may be chosen by them.
        precision: as for `Compute`; by default `fp32`, so that the records of two machines can be compared.
    """

    data: str
    image_size: int
    images: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    scale: Scale = "standard"
    changes: Options = field(default_factory=dict, hash=False)
    validation: int = 0
    precision: Precision = "fp32"


@dataclass(frozen=True)
class Outcome:
    """The result of one arm with one seed.

    Attributes:
        metrics: name -> number.
        curve: columns of a training's history, or another course that a figure draws.
        extra: more that a figure needs, as JSON can hold it.
    """

    metrics: Mapping[str, float]
    curve: pd.DataFrame | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)


@lru_cache(maxsize=1)
def load(work: Work) -> tuple[Split, tuple[Tensor, Tensor]]:
    """The images of a budget, as many as it says, and the images and labels that its curves are of.

    Raises:
        DataUnavailableError: the set is not there.
        ValueError: more images are held out than there are.
    """
    if work.scale == "pixels":
        split = data.load(work.data, image_size=work.image_size, normalise=None)
        mean = split.train_images.float().mean(dim=0)
        train_images, test_images = split.train_images.float() - mean, split.test_images.float() - mean
    else:
        split = data.load(work.data, image_size=work.image_size, normalise=work.scale)
        train_images, test_images = split.train_images, split.test_images
    if not 0 <= work.validation < len(train_images):
        raise ValueError(f"validation must be from 0 to below {len(train_images)}; given {work.validation}")
    kept = len(train_images) - work.validation
    held_out = train_images[kept:], split.train_labels[kept:]
    chosen = slice(min(kept, work.images or kept))
    split = dataclasses.replace(
        split, train_images=train_images[chosen], train_labels=split.train_labels[chosen], test_images=test_images
    )
    return split, held_out if work.validation else (test_images[:WATCHED], split.test_labels[:WATCHED])


@dataclass(frozen=True)
class Trial(Generic[T]):
    """One arm with one seed: everything that its training needs.

    Attributes:
        arm: the way of doing it.
        recipe: name of the recipe, before the changes of work and arm.
        work: data and length.
        seed: of weights, order of the images, augmentation and dropout. Two arms with the same seed see the same
            images in the same order and, if their layers are the same, begin with the same weights.
    """

    arm: T
    recipe: str
    work: Work
    seed: int

    @property
    def split(self) -> Split:
        """The images to train and to test on."""
        return load(self.work)[0]

    @property
    def watched(self) -> Split:
        """The images to train on, with those that watch the training instead of the test images."""
        images, labels = load(self.work)[1]
        return dataclasses.replace(self.split, test_images=images, test_labels=labels)

    @property
    def changed_recipe(self) -> Recipe:
        """The recipe with the changes of the work, then those of the arm."""
        return recipes.get(self.recipe).replace(**{**self.work.changes, **self.arm.changes})

    def net(self, split: Split | None = None) -> Net:
        """The untrained net, for the classes and the size of the trial's images, or of others."""
        torch.manual_seed(self.seed)
        net = build(self.arm.model, self.split if split is None else split, **self.arm.options)
        if self.arm.init == "he":
            init_he(net)
        return net

    def train(self, net: nn.Module | None = None, split: Split | None = None) -> Run:
        """Train the arm's net from the beginning, or a given one.

        Args:
            net: to go on with; None takes a new one.
            split: other images to train on and to watch; None takes the trial's.
        """
        split = self.watched if split is None else split
        return train(
            self.net() if net is None else net,
            split,
            self.changed_recipe,
            epochs=self.work.epochs,
            batch_size=self.work.batch_size,
            augment=crop_and_flip(self.work, split) if self.arm.augmented else None,
            seed=self.seed,
            compute=Compute(self.work.precision),
            progress=False,
        )

    def outcome(self, run: Run, **more: float) -> Outcome:
        """The usual metrics of a training, at its end, as shares; the test images are looked at here only.

        Args:
            run: the training.
            more: further metrics.
        """
        last, device = run.history.iloc[-1], torch.device(run.device)
        test_error = error_rate(run.model, self.split.test_images.to(device), self.split.test_labels.to(device))
        metrics = {"test_error": test_error, "train_error": float(last["train_error"])}
        curve = run.history
        if self.work.validation:
            curve = curve.rename(columns={"test_error": "validation_error", "test_loss": "validation_loss"})
        return Outcome(metrics | {"train_loss": float(last["train_loss"])} | more, curve)


def trained(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """The usual measure: train every arm."""
    for name, trial in trials.items():
        yield name, trial.outcome(trial.train())


def crop_and_flip(work: Work, split: Split) -> CropAndFlip:
    """The augmentation of an arm: 4 pixels at 32x32, fewer below; writing is not mirrored.

    Gray sets have a dark background, which goes on beyond the border; elsewhere the mean is there.
    """
    fill = float(split.train_images.min()) if split.image_size[0] == 1 else 0.0
    return CropAndFlip(padding=work.image_size // 8, flip=work.data not in ("digits", "mnist"), fill=fill)
