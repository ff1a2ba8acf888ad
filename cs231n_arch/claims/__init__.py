"""The ledger: every claim of the lecture that can be checked, and the function that checks it.

The rows are in `claims.csv`; each chapter's file has the checking functions of its claims. A function computes its
verdict from our nets or from published rows, or reads it from a recorded run; no verdict is typed. A claim that is
measured needs no function of its own: a recorded run decides it, by the run's own rule.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module, resources

import pandas as pd

from cs231n_arch.claims.runs import decided_by_run, recorded
from cs231n_arch.claims.verdicts import CHECKS, VERDICTS, Verdict
from cs231n_arch.errors import unknown

__all__ = ["CHECKS", "VERDICTS", "Verdict", "check", "ledger", "minute", "recorded"]

VIDEO = "https://www.youtube.com/watch?v=DAOcjicFr1Y"  # the lecture of 2 May 2017


def ledger() -> pd.DataFrame:
    """The claims without their checks.

    Returns:
        One row per claim, in the order of the chapters. Columns: `id`, `chapter`, `claim`, `kind` (what the check
        rests on: `exact` arithmetic or our nets, `published` rows, `measured` runs), `seconds` (when the lecture
        of 2017 says it; NaN if it does not), `source` (`lecture`; `slide` for what only the slides of 2017
        have; `paper` for a claim of the paper that the lecture does not make) and `printed` (the words that are
        printed; NaN where the check takes them from `published`).
    """
    with resources.files(__name__).joinpath("claims.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"seconds": float})


for _chapter in ledger()["chapter"].unique():
    import_module(f"{__name__}.{_chapter}")  # ties its functions to their claims
for _claim in ledger().query("kind == 'measured'")["id"]:
    if _claim not in CHECKS:
        decided_by_run(_claim)


def minute(seconds: float) -> str:
    """A place in the lecture's video, as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def check(pattern: str = "*", chapter: str | None = None) -> pd.DataFrame:
    """Check claims: for each, what is printed, what this library finds, and the verdict.

    Args:
        pattern: shell pattern of the claims' ids, such as `"vgg-*"`.
        chapter: take the claims of this chapter only.

    Returns:
        One row per claim, in the order of the chapters. Columns: `id`, `chapter`, `claim`, `printed`, `ours`,
        `verdict` (one of `VERDICTS`), `where` (the function that checks, and the recorded run that decides, if
        there is one), `minute` (in the lecture's video, empty if it is not said there) and `source`.

    Raises:
        ValueError: no such chapter, or no claim that matches; the message names similar ones.
    """
    return pd.DataFrame(checked(chosen(pattern, chapter)))


def chosen(pattern: str = "*", chapter: str | None = None) -> pd.DataFrame:
    """The rows of the ledger that `check` checks; the same arguments and refusals."""
    rows = ledger()
    if chapter not in (None, *rows["chapter"]):
        raise ValueError(unknown("chapter", chapter, rows["chapter"]))
    pairs = zip(rows["id"], rows["chapter"], strict=True)
    found = rows[[fnmatchcase(name, pattern) and chapter in (None, home) for name, home in pairs]]
    if found.empty:
        raise ValueError(unknown("claim", pattern, rows["id"], "`cs231n-arch claims` lists them all"))
    return found


def checked(rows: pd.DataFrame) -> Iterator[dict[str, str]]:
    """The rows of `check` for these of the ledger, each as soon as it is checked."""
    for row in rows.to_dict("records"):
        function = CHECKS[row["id"]]
        verdict = function()
        place = f"{function.__module__}.{function.__name__}"
        yield {
            "id": row["id"],
            "chapter": row["chapter"],
            "claim": row["claim"],
            "printed": verdict.printed or row["printed"],
            "ours": verdict.ours,
            "verdict": verdict.verdict,
            "where": f"{place}, {verdict.where}" if verdict.where else place,
            "minute": "" if pd.isna(row["seconds"]) else minute(row["seconds"]),
            "source": row["source"],
        }
