"""Claims of the chapter on time and power: Canziani et al. 2016, tested again on a recorded profile."""

from collections.abc import Callable
from functools import cache

import pandas as pd

from cs231n_arch import published
from cs231n_arch.claims.verdicts import RESULTS, Outcome, Verdict
from cs231n_arch.profiling import canziani, records

PROFILE = "profile_cpu"
OUTCOMES: dict[str, Outcome] = {
    canziani.HOLDS: "confirmed",
    canziani.FAILS: "not shown at this scale",
    canziani.UNKNOWN: "not measured yet",
}


@cache
def profile() -> pd.DataFrame | None:
    """The recorded measurements that come with the package; None if there are none."""
    return records.load(PROFILE).measurements if (RESULTS / f"{PROFILE}.json").is_file() else None


def judged(quantity: str, rule: Callable[[pd.DataFrame], canziani.Finding]) -> Verdict:
    """What a rule finds in the recorded profile of one published claim."""
    printed = str(published.load("Canziani 2016", quantity)["value"].item())
    frame = profile()
    if frame is None:
        return Verdict(printed, "no run is recorded", "not measured yet")
    found = rule(frame)
    return Verdict(printed, found.ours, OUTCOMES[found.verdict], f"results/{PROFILE}.json")


def operations() -> Verdict:
    """Time against operations."""
    return judged("claim_operations", canziani.operations_predict_time)


def hyperbola() -> Verdict:
    """Accuracy against time."""
    return judged("claim_hyperbola", canziani.hyperbolic)


def power() -> Verdict:
    """Power against batch size and architecture, where a meter can be read."""
    return judged("claim_power", canziani.power_constant)


def fully_connected() -> Verdict:
    """Time of fully connected layers against the batch size."""
    return judged("claim_fc", canziani.fully_connected_inefficient)


CHECKS: dict[str, Callable[[], Verdict]] = {
    "canziani-ops": operations,
    "canziani-hyperbola": hyperbola,
    "canziani-power": power,
    "canziani-fc": fully_connected,
}
