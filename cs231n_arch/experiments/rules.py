"""The rules by which verdicts are computed: a confidence interval of the paired difference, and where it lies.

Arms with the same seed are a pair: they see the same images in the same order. For each seed the difference
between treatment and control is taken, and Student's t gives an interval around the mean difference. A rule names
the region where the claim holds. The claim is confirmed where the whole interval lies inside, refuted where it
lies outside, and otherwise not shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

Found = Literal["confirmed", "not shown at this scale", "refuted at this scale", "regime not reached"]
CONFIRMED: Found = "confirmed"
NOT_SHOWN: Found = "not shown at this scale"
REFUTED: Found = "refuted at this scale"
NOT_REACHED: Found = "regime not reached"
LEVEL = 0.05  # two-sided probability of a verdict where the truth lies on the edge of the region


@dataclass(frozen=True)
class Better:
    """The treatment lies on the claimed side of the control.

    Attributes:
        side: `lower` or `higher`.
        margin: by which it may miss: 0 asks for an improvement, 0.01 of an error for being at most a point worse.
    """

    side: Literal["lower", "higher"]
    margin: float = 0.0

    @property
    def region(self) -> tuple[float, float]:
        """The differences, treatment less control, for which the claim holds."""
        return (-math.inf, self.margin) if self.side == "lower" else (-self.margin, math.inf)

    def __str__(self) -> str:
        allowed = f", or misses it by less than {self.margin:g}" if self.margin else ""
        return f"the treatment is {self.side} than the control{allowed} (paired t-test)"


@dataclass(frozen=True)
class Same:
    """The treatment and the control differ by no more than a margin: a test of equivalence.

    Attributes:
        margin: the largest difference that does not count.
    """

    margin: float

    @property
    def region(self) -> tuple[float, float]:
        """The differences for which the claim holds."""
        return -self.margin, self.margin

    def __str__(self) -> str:
        return f"treatment and control differ by less than {self.margin:g} (paired t-tests on both sides)"


@dataclass(frozen=True)
class Below:
    """The treatment is below a limit that is printed or chosen beforehand, whatever the control gives."""

    limit: float

    @property
    def region(self) -> tuple[float, float]:
        """The treatment's values, less the limit, for which the claim holds."""
        return -math.inf, 0.0

    def __str__(self) -> str:
        return f"the treatment is below {self.limit:g} (t-test)"


Rule = Better | Same | Below


@dataclass(frozen=True)
class Judgment:
    """The result of one comparison over all seeds.

    Attributes:
        difference: mean over the seeds, treatment less control (or less the limit).
        standard_error: of this mean.
        low: lower end of its confidence interval.
        high: upper end.
        p: the smallest level at which the interval lies clear of the region's ends.
        inside: whether the difference lies in the region where the claim holds.
    """

    difference: float
    standard_error: float
    low: float
    high: float
    p: float
    inside: bool


def judge(rule: Rule, control: Sequence[float], treatment: Sequence[float], *, level: float = LEVEL) -> Judgment:
    """Compare two arms, seed by seed.

    Args:
        rule: what the treatment must do.
        control: one value per seed.
        treatment: one value per seed, in the same order.
        level: the interval has the confidence 1 - level.

    Raises:
        ValueError: fewer than two seeds, unequal numbers of them, or values that are not finite.
    """
    from scipy.stats import t as student  # here, so that a reader of records does not pay for it

    for values in (control, treatment):
        if len(values) < 2 or len(values) != len(control) or not all(map(math.isfinite, values)):
            raise ValueError(
                "a verdict needs finite values of the same seeds, at least two, of both arms; "
                f"given {list(control)} and {list(treatment)}"
            )
    against = [rule.limit] * len(treatment) if isinstance(rule, Below) else control
    differences = [after - before for before, after in zip(against, treatment, strict=True)]
    difference, error = fmean(differences), stdev(differences) / math.sqrt(len(differences))
    freedom, (low, high) = len(differences) - 1, rule.region
    reach = float(student.ppf(1 - level / 2, freedom)) * error
    inside = low < difference < high

    def clear_of(end: float) -> float:
        """The level at which the interval reaches just as far as one end of the region."""
        if math.isinf(end) or difference == end:
            return 0.0 if math.isinf(end) else 1.0
        return 2 * float(student.sf(abs(difference - end) / error, freedom)) if error else 0.0

    # Inside, the interval must be clear of both ends; outside, of the nearer one.
    nearer = high if difference >= high else low
    p = max(clear_of(low), clear_of(high)) if inside else clear_of(nearer)
    return Judgment(difference, error, difference - reach, difference + reach, min(p, 1.0), inside)


def decide(judgments: Sequence[Judgment], *, level: float = LEVEL) -> list[Found]:
    """The verdicts of comparisons that decide one claim together, with Holm's correction.

    The comparison with the smallest p must pass the level divided by their number, the next one the level divided
    by one less, and so on until one fails: so the probability of any wrong verdict stays below the level.
    """
    found = [NOT_SHOWN] * len(judgments)
    order = sorted(range(len(judgments)), key=lambda index: judgments[index].p)
    for rank, index in enumerate(order):
        if judgments[index].p > level / (len(judgments) - rank):
            break
        found[index] = CONFIRMED if judgments[index].inside else REFUTED
    return found


def together(verdicts: Sequence[Found]) -> Found:
    """The verdict on a claim with several comparisons: refuted if one is, confirmed if all are."""
    for decisive in (REFUTED, NOT_REACHED):
        if decisive in verdicts:
            return decisive
    return CONFIRMED if verdicts and set(verdicts) == {CONFIRMED} else NOT_SHOWN
