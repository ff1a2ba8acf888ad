"""An experiment: arms that differ in one thing, what is compared between them, and in which regime."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cs231n_arch.experiments.rules import Rule
from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome, Trial, Work, trained

Measure = Callable[[Mapping[str, Trial[Any]]], Iterator[tuple[str, Outcome]]]


@dataclass(frozen=True)
class Condition:
    """The regime that a claim speaks of: if an arm misses it, the comparison decides nothing.

    Attributes:
        arm: name of an arm.
        metric: whose mean over the seeds is looked at.
        limit: it must be at most this number, or at most the mean of the arm of this name.
        because: why the claim needs it.
    """

    arm: str
    metric: str
    limit: float | str
    because: str

    def reached(self, means: Mapping[str, Mapping[str, float]]) -> bool:
        """Whether the means, arm -> metric -> mean, meet the condition."""
        limit = means[self.limit][self.metric] if isinstance(self.limit, str) else self.limit
        return means[self.arm][self.metric] <= limit

    def __str__(self) -> str:
        limit = f"that of {self.limit}" if isinstance(self.limit, str) else f"{self.limit:g}"
        return f"{self.metric} of {self.arm} at most {limit}: {self.because}"


@dataclass(frozen=True)
class Comparison:
    """A treatment and its control.

    Attributes:
        control: name of an arm.
        treatment: name of another, which differs in one thing.
        rule: what the treatment must do to the metric.
        metric: one of those that the experiment measures.
        claim: id of the claim that it tests; empty for a question of our own.
        equal: the two arms may differ in more than one thing, but are equal in their parameters or multiply-adds.
        regime: conditions without which the comparison says nothing of the claim.
    """

    control: str
    treatment: str
    rule: Rule
    metric: str = "test_error"
    claim: str = ""
    equal: Literal["", "parameters", "macs"] = ""
    regime: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A question, and how it is answered.

    Attributes:
        id: its name on the command line and of its record.
        question: what it asks.
        arms: name -> arm.
        comparisons: what is compared, and by which rule.
        recipe: name of the recipe that all arms train with.
        budgets: `live` is seconds on scikit-learn's digits, `recorded` minutes on Fashion-MNIST, `long` hours on
            it, `gpu` mostly the recipe's own length on CIFAR-10.
        measure: makes the outcomes of the trials of one seed, arm by arm.
        whole: the arms of a seed are measured together, so that an interrupted seed begins again.
        looks: numbers of seeds at which the rules are applied; the first is the least number of seeds, the last
            the most. No further seed is run once every comparison is decided.
    """

    id: str
    question: str
    arms: Mapping[str, Arm] = field(hash=False)
    comparisons: tuple[Comparison, ...]
    recipe: str
    budgets: Mapping[BudgetName, Work] = field(hash=False)
    measure: Measure = trained
    whole: bool = False
    looks: tuple[int, ...] = (5, 8, 12)

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of the claims that the comparisons test."""
        return tuple(dict.fromkeys(c.claim for c in self.comparisons if c.claim))

    def trials(self, budget: BudgetName, seed: int) -> dict[str, Trial[Any]]:
        """One trial per arm, with the same seed."""
        work = self.budgets[budget]
        return {name: Trial(arm, self.recipe, work, seed) for name, arm in self.arms.items()}
