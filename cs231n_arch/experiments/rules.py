"""The rules by which verdicts are computed: a difference counts from twice its standard error on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

Verdict = Literal["shown", "not shown at this scale", "refuted at this scale"]
SHOWN: Verdict = "shown"
NOT_SHOWN: Verdict = "not shown at this scale"
REFUTED: Verdict = "refuted at this scale"
ERRORS = 2.0  # standard errors that a difference must exceed


@dataclass(frozen=True)
class Judgement:
    """What a rule found.

    Attributes:
        difference: what the rule looks at, as its text says; None where it looks at no difference.
        standard_error: of it, None likewise.
        verdict: shown, refuted, or not shown at this scale.
    """

    difference: float | None
    standard_error: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Better:
    """The treatment's mean lies on the claimed side of the control's.

    Attributes:
        side: `lower` or `higher`.
        margin: by which it may miss: 0 asks for an improvement, 0.01 of an error for being at most a point worse.
    """

    side: Literal["lower", "higher"]
    margin: float = 0.0

    def judge(self, control: Sequence[float], treatment: Sequence[float]) -> Judgement:
        """Compare the values of at least two seeds each.

        Raises:
            ValueError: fewer values, or values that are not finite.
        """
        difference, error = fmean(checked(treatment)) - fmean(checked(control)), standard_error(control, treatment)
        gain = (difference if self.side == "higher" else -difference) + self.margin
        return Judgement(difference, error, settle(gain, error))

    def __str__(self) -> str:
        allowed = f", allowing {self.margin:g} on the other side" if self.margin else ""
        return (
            f"the treatment's mean is {self.side} than the control's by more than twice the standard error of the "
            f"difference (Welch){allowed}; on the other side by as much: refuted"
        )


@dataclass(frozen=True)
class Below:
    """The treatment's mean is below a printed or chosen limit, whatever the control gives."""

    limit: float

    def judge(self, control: Sequence[float], treatment: Sequence[float]) -> Judgement:
        """Judge the treatment's values; the control's are only shown beside them."""
        values = checked(treatment)
        error = stdev(values) / math.sqrt(len(values))
        difference = fmean(values) - self.limit
        return Judgement(difference, error, settle(-difference, error))

    def __str__(self) -> str:
        return (
            f"the treatment's mean is below {self.limit:g} by more than twice its standard error; "
            "above by as much: refuted"
        )


@dataclass(frozen=True)
class Zero:
    """The treatment is zero, exactly and with every seed."""

    def judge(self, control: Sequence[float], treatment: Sequence[float]) -> Judgement:
        """Judge the treatment's values; the control's are only shown beside them."""
        return Judgement(None, None, SHOWN if all(value == 0 for value in checked(treatment)) else REFUTED)

    def __str__(self) -> str:
        return "the treatment is exactly zero with every seed, otherwise refuted"


Rule = Better | Below | Zero


def settle(gain: float, error: float) -> Verdict:
    """Which side of zero a gain is on, if it is further away than twice its standard error."""
    if abs(gain) <= ERRORS * error or gain == 0:
        return NOT_SHOWN
    return SHOWN if gain > 0 else REFUTED


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim with several comparisons: refuted if one is, shown if all are."""
    if REFUTED in verdicts:
        return REFUTED
    return SHOWN if verdicts and all(verdict == SHOWN for verdict in verdicts) else NOT_SHOWN


def standard_error(control: Sequence[float], treatment: Sequence[float]) -> float:
    """Of the difference of two means, without the assumption of equal variances (Welch)."""
    return math.hypot(*(stdev(values) / math.sqrt(len(values)) for values in (control, treatment)))


def checked(values: Sequence[float]) -> Sequence[float]:
    """The same values, if they can be judged; else ValueError."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        raise ValueError(f"a verdict needs the finite values of at least two seeds; given {list(values)}")
    return values
