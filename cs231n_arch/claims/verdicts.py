"""What a checking function returns, and how it is built from recorded runs."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

RESULTS = resources.files("cs231n_arch") / "results"
Outcome = Literal["confirmed", "refuted", "differs", "not shown at this scale", "not measured yet"]

# What the rules of `cs231n_arch.experiments` find, in the words of the ledger.
RECORDED: dict[str, Outcome] = {
    "shown": "confirmed",
    "not shown at this scale": "not shown at this scale",
    "refuted at this scale": "refuted",
}


@dataclass(frozen=True)
class Verdict:
    """The result of checking a claim.

    Attributes:
        printed: what the lecture or the paper prints.
        ours: what we compute, or find published elsewhere.
        verdict: `confirmed`; `refuted`; `differs` where a figure or a detail is another one; `not shown at this
            scale` for an experiment without a clear result; `not measured yet` without a recorded run.
        where: the recorded run that is taken into account, if there is one.
    """

    printed: str
    ours: str
    verdict: Outcome
    where: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Outcome):
            raise ValueError(f"verdict must be one of {', '.join(get_args(Outcome))}; given {self.verdict!r}")


def settle(printed: str, ours: str, *, holds: bool, otherwise: Outcome = "differs") -> Verdict:
    """`confirmed` if the claim holds of what we have, else the other verdict."""
    return Verdict(printed, ours, "confirmed" if holds else otherwise)


@cache
def _records() -> dict[str, tuple[str, dict[str, Any]]]:
    """Claim -> (file, record), for the recorded runs that come with the package and judge a claim."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    if not RESULTS.is_dir():
        return found
    for file in sorted(RESULTS.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            record = json.loads(file.read_text(encoding="utf-8"))
            found |= dict.fromkeys(record.get("verdicts", {}), (file.name, record))
    return found


def recorded(claim: str) -> dict[str, Any] | None:
    """The recorded run that tests a claim, as `cs231n_arch.experiments` wrote it; None if there is none."""
    return _records()[claim][1] if claim in _records() else None


def measured(claim: str, printed: str, ours: str = "") -> Verdict:
    """The verdict of the recorded run on a claim, which its own rule has computed.

    Args:
        claim: its id in the ledger.
        printed: what the lecture or the paper prints.
        ours: what we know besides the run.
    """
    record = recorded(claim)
    if record is None:
        return Verdict(printed, ours or "no run is recorded", "not measured yet")
    words = "; ".join([*([ours] if ours else []), *comparisons(claim, record)])
    return Verdict(printed, words, RECORDED[record["verdicts"][claim]], f"results/{_records()[claim][0]}")


def with_run(claim: str, verdict: Verdict) -> Verdict:
    """A verdict that arithmetic decides, with what a recorded run on the claim found, if there is one.

    The run can only take away: what it refutes is no more confirmed but `differs`.
    """
    record = recorded(claim)
    if record is None:
        return verdict
    refuted = RECORDED[record["verdicts"][claim]] == "refuted"
    return Verdict(
        verdict.printed,
        "; ".join([verdict.ours, *comparisons(claim, record)]),
        "differs" if refuted and verdict.verdict == "confirmed" else verdict.verdict,
        f"results/{_records()[claim][0]}",
    )


def comparisons(claim: str, record: dict[str, Any]) -> list[str]:
    """What a record found on a claim: each metric of the treatment and of the control."""
    return [
        f"{c['metric']} {c['treatment_mean']:.4g} ({c['treatment']}), {c['control_mean']:.4g} ({c['control']})"
        for c in record["comparisons"]
        if c["claim"] == claim
    ]
