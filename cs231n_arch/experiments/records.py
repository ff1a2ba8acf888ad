"""What an experiment leaves behind: one JSON file with the numbers, the verdicts and how to get them again.

A record has the keys of `KEYS`. Its `arms` hold for each arm the settings and one entry a seed, with metrics and
curve; its `comparisons` the rule, the difference, its standard error and the verdict; its `verdicts` one verdict a
claim of the lecture.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pandas as pd

from cs231n_arch.experiments.design import Arm, BudgetName, Comparison, Experiment, Outcome
from cs231n_arch.experiments.rules import Verdict, together
from cs231n_arch.records import read, stamp, write_atomically

Record = dict[str, Any]
KEYS = (
    "experiment", "question", "claims", "verdicts", "comparisons", "command", "date", "commit", "machine",
    "budget", "work", "recipe", "seeds", "seconds", "arms",
)  # fmt: skip
DIGITS = 5  # decimals of a curve; metrics keep all


def make_record(
    experiment: Experiment,
    budget: BudgetName,
    seeds: Sequence[int],
    outcomes: Mapping[str, Sequence[Outcome]],
    seconds: float,
) -> Record:
    """The record of a run: `outcomes` has one entry a seed for each arm."""
    values = {name: [dict(outcome.metrics) for outcome in given] for name, given in outcomes.items()}
    comparisons = [compared(comparison, values) for comparison in experiment.comparisons]
    usual = () if seeds == experiment.seeds else ("--seeds", *map(str, seeds))
    return {
        "experiment": experiment.id,
        "question": experiment.question,
        "claims": list(experiment.claims),
        "verdicts": {claim: verdict_on(claim, comparisons) for claim in experiment.claims},
        "comparisons": comparisons,
        "command": " ".join(("cs231n-arch", "experiment", experiment.id, "--budget", budget, *usual, "--record")),
        **stamp(),
        "budget": budget,
        "work": plain(asdict(experiment.budgets[budget])),
        "recipe": experiment.recipe,
        "seeds": list(seeds),
        "seconds": round(seconds, 1),
        "arms": {
            name: settings(experiment.arms[name])
            | {"runs": [entry(s, o) for s, o in zip(seeds, given, strict=True)]}
            for name, given in outcomes.items()
        },
    }


def compared(comparison: Comparison, values: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """A comparison with what its rule found."""
    control, treatment = (
        [metrics[comparison.metric] for metrics in values[arm]]
        for arm in (comparison.control, comparison.treatment)
    )
    found = comparison.rule.judge(control, treatment)
    return {
        "claim": comparison.claim,
        "control": comparison.control,
        "treatment": comparison.treatment,
        "metric": comparison.metric,
        "rule": str(comparison.rule),
        "control_mean": fmean(control),
        "treatment_mean": fmean(treatment),
        **asdict(found),
    }


def verdict_on(claim: str, comparisons: Sequence[Mapping[str, Any]]) -> Verdict:
    """The verdict on a claim from those of its comparisons."""
    return together([c["verdict"] for c in comparisons if c["claim"] == claim])


def settings(arm: Arm) -> dict[str, Any]:
    """An arm as the record shows it."""
    return {name: plain(value) for name, value in asdict(arm).items()}


def entry(seed: int, outcome: Outcome) -> dict[str, Any]:
    """One seed of an arm."""
    curve = pd.DataFrame() if outcome.curve is None else outcome.curve
    curve = curve.drop(columns="seconds", errors="ignore").round(DIGITS)
    return {
        "seed": seed,
        "metrics": dict(outcome.metrics),
        "curve": {str(name): list(curve[name]) for name in curve},
        **plain(dict(outcome.extra)),
    }


def plain(value: Any) -> Any:
    """Tuples as lists, as they come back from a file."""
    return json.loads(json.dumps(value))


def save(record: Record, folder: str | os.PathLike[str] | None = None) -> Path:
    """Write a record to `folder`/<experiment>.json; None takes the package's own folder of results.

    Raises:
        OSError: the folder cannot be written; an older record is still there.
    """
    place = Path(str(files("cs231n_arch"))) / "results" if folder is None else Path(folder)
    return write_atomically(
        place / f"{record['experiment']}.json", json.dumps(record, separators=(",", ":")) + "\n"
    )


def load_record(name: str | os.PathLike[str]) -> Record:
    """A record: one that comes with the package by the experiment's id, or a file by its path.

    Raises:
        ValueError: no such record, or a file that holds none.
    """
    record, place = read(name, "is no record of an experiment")
    if not isinstance(record, dict) or (missing := [key for key in KEYS if key not in record]):
        lacks = ", ".join(missing) if isinstance(record, dict) else "everything"
        raise ValueError(f"{place} is no record of an experiment: it lacks {lacks}")
    return record


def summary(record: Record) -> pd.DataFrame:
    """One row an arm, one column a metric: mean ± standard deviation over the seeds."""
    rows = {}
    for name, arm in record["arms"].items():
        frame = pd.DataFrame([run["metrics"] for run in arm["runs"]])
        rows[name] = {m: f"{fmean(frame[m]):.4g} ± {stdev(frame[m]):.2g}" for m in frame}
    return pd.DataFrame.from_dict(rows, orient="index")


def histories(record: Record) -> dict[str, pd.DataFrame]:
    """The curves of each arm, all seeds in one frame, as `plots.training_curves` takes them."""
    return {
        name: pd.concat([pd.DataFrame(run["curve"]).assign(seed=run["seed"]) for run in arm["runs"]])
        for name, arm in record["arms"].items()
    }
