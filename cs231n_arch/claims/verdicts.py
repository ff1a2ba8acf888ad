"""The verdict that a checking function returns, and how a function is tied to its claim."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from cs231n_arch.experiments.rules import Found

Ruling = Literal["confirmed", "differs", "refuted", Found, "not measured yet"]


@dataclass(frozen=True)
class Verdict:
    """The result of checking a claim.

    Attributes:
        printed: what the lecture or the paper prints; empty where the ledger's row has it.
        ours: what was tested, and what came out, in words and rounded figures with their units.
        verdict: `confirmed`; `differs` where a figure or a detail is another one; `refuted` where arithmetic or
            print says the opposite; `refuted at this scale`, `not shown at this scale` and `regime not reached`
            for experiments; `not measured yet` without a recorded run.
        where: the recorded run that decides, if there is one.
    """

    printed: str
    ours: str
    verdict: Ruling
    where: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}; given {self.verdict!r}")


# In the order of the ledger's table of counts.
VERDICTS: tuple[str, ...] = tuple(
    dict.fromkeys(name for part in get_args(Ruling) for name in (get_args(part) or (part,)))
)
Check = Callable[[], Verdict]
CHECKS: dict[str, Check] = {}


def checks(claim: str) -> Callable[[Check], Check]:
    """Tie the decorated function to the claim of this id."""

    def tie(check: Check) -> Check:
        if claim in CHECKS:
            raise ValueError(f"{claim} has two checks")
        CHECKS[claim] = check
        return check

    return tie


def settle(ours: str, *, holds: bool, printed: str = "", otherwise: Ruling = "differs") -> Verdict:
    """`confirmed` if the claim holds of what we have, else the other verdict."""
    return Verdict(printed, ours, "confirmed" if holds else otherwise)


def listed(items: list[str]) -> str:
    """Items as in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
