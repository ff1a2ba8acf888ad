"""The ledger: every claim of the lecture, and the function that checks it.

The rows are in `claims.csv`; each chapter's file has the checking functions of its claims in `CHECKS`. A function
computes its verdict from our nets, from published rows, or takes that of a recorded run; none is typed.
"""

from collections.abc import Callable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import resources

import pandas as pd

from cs231n_arch.claims import (
    alexnet,
    complexity,
    densenet,
    fractalnet,
    googlenet,
    history,
    lenet,
    nin,
    power,
    preact_resnet,
    resnet,
    resnext,
    senet,
    squeezenet,
    stochastic_depth,
    vgg,
    wide_resnet,
    zfnet,
)
from cs231n_arch.claims.verdicts import Verdict, recorded

__all__ = ["CHECKS", "Verdict", "check", "ledger", "recorded"]

CHECKS: dict[str, Callable[[], Verdict]] = {
    **lenet.CHECKS,
    **alexnet.CHECKS,
    **history.CHECKS,
    **zfnet.CHECKS,
    **vgg.CHECKS,
    **googlenet.CHECKS,
    **resnet.CHECKS,
    **complexity.CHECKS,
    **power.CHECKS,
    **nin.CHECKS,
    **preact_resnet.CHECKS,
    **wide_resnet.CHECKS,
    **resnext.CHECKS,
    **stochastic_depth.CHECKS,
    **fractalnet.CHECKS,
    **densenet.CHECKS,
    **squeezenet.CHECKS,
    **senet.CHECKS,
}


def ledger() -> pd.DataFrame:
    """The claims without their checks: columns `id`, `chapter`, `claim` and `kind`.

    The kind says what a check rests on: `exact` arithmetic or our nets, `published` rows, `measured` runs.
    """
    with resources.files(__name__).joinpath("claims.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def check(pattern: str = "*", chapter: str | None = None) -> pd.DataFrame:
    """Check claims, and say of each what is printed, what we have, and the verdict.

    Args:
        pattern: shell pattern of the claims' ids, such as `"vgg-*"`.
        chapter: take the claims of this chapter only.

    Returns:
        One row a claim, in the order of the lecture. Columns: `id`, `chapter`, `claim`, `printed`, `ours`,
        `verdict` ("confirmed", "refuted", "differs", "not shown at this scale" or "not measured yet") and `where`:
        the function that checks, and the recorded run that it takes into account, if there is one.

    Raises:
        ValueError: no such chapter, or no claim that matches; the message names similar ones.
    """
    rows = ledger()
    if chapter is not None:
        rows = _some(rows[rows["chapter"] == chapter], "chapter", chapter, rows["chapter"])
    rows = _some(rows[[fnmatchcase(name, pattern) for name in rows["id"]]], "claim", pattern, rows["id"])
    found = [(name, CHECKS[name], CHECKS[name]()) for name in rows["id"]]
    return (
        rows[["id", "chapter", "claim"]]
        .assign(
            printed=[verdict.printed for _, _, verdict in found],
            ours=[verdict.ours for _, _, verdict in found],
            verdict=[verdict.verdict for _, _, verdict in found],
            where=[
                ", ".join(filter(None, (f"{function.__module__}.{function.__name__}", verdict.where)))
                for _, function, verdict in found
            ],
        )
        .reset_index(drop=True)
    )


def _some(rows: pd.DataFrame, what: str, given: str, names: pd.Series) -> pd.DataFrame:
    """The rows, if there are any."""
    if rows.empty:
        near = get_close_matches(str(given), list(dict.fromkeys(names)), n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"no {what} is named {given!r}{hint}")
    return rows
