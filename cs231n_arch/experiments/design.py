"""What an experiment is: arms that differ in one thing, and what is compared between them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from cs231n_arch.experiments.rules import Rule

BudgetName = Literal["live", "recorded", "gpu"]
Scale = Literal["standard", "lenet", "pixels"]
Settings = Mapping[str, object]


@dataclass(frozen=True)
class Arm:
    """One way of doing it.

    Attributes:
        model: a name that `create_model` knows, or one of `experiments.nets`.
        options: the constructor's.
        recipe: changes to the experiment's recipe.
        setting: what only the experiment's own `measure` understands, such as the number of nets in an ensemble.
    """

    model: str
    options: Settings = field(default_factory=dict, hash=False)
    recipe: Settings = field(default_factory=dict, hash=False)
    setting: Settings = field(default_factory=dict, hash=False)

    def flat(self) -> dict[str, object]:
        """Everything that defines the arm, under one name each: `model`, `options.depth`, `recipe.lr`, ..."""
        parts = {"options": self.options, "recipe": self.recipe, "setting": self.setting}
        return {"model": self.model} | {
            f"{p}.{name}": v for p, given in parts.items() for name, v in given.items()
        }


def differences(one: Arm, other: Arm) -> set[str]:
    """The names under which two arms differ; an option that only one of them gives is one."""
    left, right = one.flat(), other.flat()
    missing = object()
    return {name for name in left | right if left.get(name, missing) != right.get(name, missing)}


@dataclass(frozen=True)
class Comparison:
    """A treatment beside its control.

    Attributes:
        control: name of an arm.
        treatment: name of another, which differs in one thing.
        rule: what the treatment must do to the metric.
        metric: one of those that the experiment measures.
        claim: id of the lecture's claim that it tests; empty for a question of our own.
        equal: the two arms may differ in more than one thing, but are equal in their parameters or multiply-adds.
    """

    control: str
    treatment: str
    rule: Rule
    metric: str = "test_error"
    claim: str = ""
    equal: Literal["", "parameters", "macs"] = ""


@dataclass(frozen=True)
class Work:
    """How much is done: the data and the length of training.

    Attributes:
        data: name of the set, as `data.load` knows it.
        image_size: height and width.
        images: training images, the first of the set; None takes all.
        epochs: passes over them; None takes the recipe's length.
        batch_size: images for one update; None takes the recipe's.
        scale: of the pixels. `standard` and `lenet` are those of `data.load`; `pixels` is 0 to 255 less the mean
            image, which AlexNet's initial weights and normalisation count on.
        recipe: changes to the recipe, in all arms.
    """

    data: str
    image_size: int
    images: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    scale: Scale = "standard"
    recipe: Settings = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Outcome:
    """What one arm gave with one seed.

    Attributes:
        metrics: name -> number.
        curve: columns of a training's history, or another course that a figure draws.
        extra: more that a figure needs, as JSON can hold it.
    """

    metrics: Mapping[str, float]
    curve: pd.DataFrame | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)


Measure = Callable[["Experiment", Work, int], Iterator[tuple[str, Outcome]]]


@dataclass(frozen=True)
class Experiment:
    """A question, and how it is answered.

    Attributes:
        id: its name on the command line and of its record.
        question: what it asks.
        arms: name -> arm.
        comparisons: what is compared, and by which rule.
        recipe: name of the recipe that all arms train with.
        budgets: `live` is seconds on scikit-learn's digits, `recorded` minutes on Fashion-MNIST, `gpu` mostly
            the recipe's own length on CIFAR-10.
        measure: makes the outcome of every arm for one seed.
        seeds: of weights, order and dropout; at least three.
    """

    id: str
    question: str
    arms: Mapping[str, Arm] = field(hash=False)
    comparisons: tuple[Comparison, ...]
    recipe: str
    budgets: Mapping[BudgetName, Work] = field(hash=False)
    measure: Measure
    seeds: tuple[int, ...] = (0, 1, 2)

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of the lecture's claims that the comparisons test."""
        return tuple(dict.fromkeys(c.claim for c in self.comparisons if c.claim))
