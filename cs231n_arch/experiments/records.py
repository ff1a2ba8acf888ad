"""The record of an experiment: one JSON file with the numbers, the verdicts and how to get them again.

A record has the keys of `KEYS`. Its `arms` hold for each arm the settings and one entry per seed, with metrics and
curve; its `comparisons` the rule, the difference, its interval and the verdict; its `verdicts` one per claim.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import pandas as pd

from cs231n_arch.experiments.rules import LEVEL, NOT_REACHED, decide, judge, together
from cs231n_arch.records import read, stamp, write_atomically

if TYPE_CHECKING:  # to read a record loads nothing that trains
    from cs231n_arch.experiments.design import Comparison, Experiment
    from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome

RunRecord = dict[str, Any]
VERSION = 2  # of the format; 1 had no intervals, no regimes and no version
KEYS = (
    "version", "experiment", "question", "claims", "verdicts", "comparisons", "command", "date", "commit",
    "machine", "budget", "work", "recipe", "seeds", "looks", "seconds", "arms",
)  # fmt: skip
DECIMALS = 5  # of a curve; metrics keep all
SETS = {
    "digits": "scikit-learn's digits",
    "faces": "Labeled Faces in the Wild",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "oxford_pets": "Oxford-IIIT Pets",
}
Values = Mapping[str, Sequence[Mapping[str, float]]]


def make_record(
    experiment: "Experiment",
    budget: "BudgetName",
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    looks: Sequence[int],
    seconds: float,
) -> RunRecord:
    """The record of a run.

    Args:
        experiment: of which it is.
        budget: how much was done.
        runs: arm -> one entry per seed, as `entry` makes them, in the order of the seeds.
        looks: numbers of seeds at which the rules may be applied.
        seconds: time that all of it took.
    """
    seeds = [run["seed"] for run in next(iter(runs.values()))]
    planned = tuple(looks) == experiment.looks and seeds == list(range(len(seeds)))
    usual = () if planned else ("--seeds", *map(str, seeds))
    return {
        "version": VERSION,
        "experiment": experiment.id,
        **judgement(experiment, {name: [run["metrics"] for run in of] for name, of in runs.items()}, looks),
        "command": " ".join(("cs231n-arch", "experiment", experiment.id, "--budget", budget, *usual, "--record")),
        **stamp(),
        "budget": budget,
        "work": plain(asdict(experiment.budgets[budget])),
        "recipe": experiment.recipe,
        "seeds": seeds,
        "looks": list(looks),
        "seconds": round(seconds, 1),
        "arms": {
            name: described(arm) | {"runs": list(runs[name])}
            for name, arm in experiment.arms.items()
            if name in runs
        },
    }


def judgement(experiment: "Experiment", values: Values, looks: Sequence[int]) -> dict[str, Any]:
    """The findings of the rules: the keys `question`, `claims`, `verdicts` and `comparisons` of a record.

    The level is shared among the looks, since each is a chance to be wrong; Holm's correction shares it among the
    comparisons of a claim.

    Args:
        experiment: its comparisons whose metric was measured are judged; a record may be older than a metric.
        values: arm -> the metrics of each seed.
        looks: numbers of seeds at which the rules may be applied.
    """
    level = LEVEL / len(looks)
    chosen = [c for c in experiment.comparisons if all(c.metric in values[a][0] for a in (c.control, c.treatment))]
    found = [compared(comparison, values, level) for comparison in chosen]
    claims = list(dict.fromkeys(c.claim for c in chosen if c.claim))
    groups = [[entry for entry in found if entry["claim"] == claim] for claim in claims]
    for group in [*groups, *([entry] for entry in found if not entry["claim"])]:
        judgments = [entry.pop("judgement") for entry in group]
        for entry, verdict in zip(group, decide(judgments, level=level), strict=True):
            entry["verdict"] = verdict if entry["reached"] else NOT_REACHED
    return {
        "question": experiment.question,
        "claims": claims,
        "verdicts": {
            claim: together([entry["verdict"] for entry in group])
            for claim, group in zip(claims, groups, strict=True)
        },
        "comparisons": found,
    }


def compared(comparison: "Comparison", values: Values, level: float) -> dict[str, Any]:
    """A comparison as the record shows it, still without its verdict."""
    control, treatment = (
        [metrics[comparison.metric] for metrics in values[arm]]
        for arm in (comparison.control, comparison.treatment)
    )
    found = judge(comparison.rule, control, treatment, level=level)
    means = {
        arm: {metric: fmean(m[metric] for m in given) for metric in given[0]} for arm, given in values.items()
    }
    return {
        "claim": comparison.claim,
        "control": comparison.control,
        "treatment": comparison.treatment,
        "metric": comparison.metric,
        "rule": str(comparison.rule),
        "regime": [str(condition) for condition in comparison.regime],
        "control_mean": fmean(control),
        "treatment_mean": fmean(treatment),
        "difference": found.difference,
        "standard_error": found.standard_error,
        "interval": [found.low, found.high],
        "p": found.p,
        "reached": all(condition.reached(means) for condition in comparison.regime),
        "judgement": found,
    }


def described(arm: "Arm") -> dict[str, Any]:
    """An arm as the record shows it."""
    parts = {"model": arm.model, "options": arm.options, "changes": arm.changes, "settings": arm.settings}
    return {name: plain(value) for name, value in parts.items()}


def entry(seed: int, outcome: "Outcome") -> dict[str, Any]:
    """One seed of an arm."""
    curve = pd.DataFrame() if outcome.curve is None else outcome.curve
    curve = curve.drop(columns="seconds", errors="ignore").round(DECIMALS)
    return {
        "seed": seed,
        "metrics": dict(outcome.metrics),
        "curve": {str(name): list(curve[name]) for name in curve},
        **plain(dict(outcome.extra)),
    }


def plain(value: Any) -> Any:
    """Tuples as lists, as they come back from a file."""
    return json.loads(json.dumps(value))


def results_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the records: the given one, or the package's own."""
    return Path(str(files("cs231n_arch"))) / "results" if folder is None else Path(folder)


def file_name(experiment: str, budget: str) -> str:
    """Records of a GPU's budget have another file name than those of a CPU's."""
    return f"{experiment}-gpu.json" if budget == "gpu" else f"{experiment}.json"


def save(record: RunRecord, folder: str | os.PathLike[str] | None = None) -> Path:
    """Write a record to `folder`/<experiment>.json; None takes the package's own folder of results.

    Raises:
        OSError: the folder cannot be written, or the disk is full; an older record is still there.
    """
    path = results_folder(folder) / file_name(record["experiment"], record["budget"])
    return write_atomically(path, json.dumps(record, separators=(",", ":")) + "\n")


def is_recorded(
    experiment: "Experiment", budget: "BudgetName", folder: str | os.PathLike[str] | None = None
) -> bool:
    """Whether the folder has a record of this experiment and budget, with the present settings."""
    path = results_folder(folder) / file_name(experiment.id, budget)
    if not path.exists():
        return False
    record = load_record(path)
    return bool(record["budget"] == budget and record["work"] == plain(asdict(experiment.budgets[budget])))


def load_record(name: str | os.PathLike[str]) -> RunRecord:
    """A record: one that comes with the package by the experiment's id, or a file by its path.

    Raises:
        ValueError: no such record, a file that holds none or only a part of one, or a record of another version.
    """
    record, place = read(name, "is no record of an experiment")
    if not isinstance(record, dict) or "experiment" not in record:
        raise ValueError(f"{place} is no record of an experiment: it lacks everything of one")
    if (version := record.get("version", 1)) != VERSION:
        raise ValueError(
            f"{place} is a record of version {version}; this package reads version {VERSION}. "
            f"Make it again: {record.get('command', 'cs231n-arch experiment ' + str(record['experiment']))}"
        )
    if missing := [key for key in KEYS if key not in record]:
        raise ValueError(f"{place} is no record of an experiment: it lacks {', '.join(missing)}")
    return record


def means(record: RunRecord) -> pd.DataFrame:
    """One row per arm, one column per metric: the mean over the seeds; NaN where an arm does not have it."""
    rows = {
        name: pd.DataFrame([run["metrics"] for run in arm["runs"]]).mean() for name, arm in record["arms"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def summary(record: RunRecord) -> pd.DataFrame:
    """One row per arm, one column per metric: mean ± standard deviation over the seeds."""
    rows = {}
    for name, arm in record["arms"].items():
        frame = pd.DataFrame([run["metrics"] for run in arm["runs"]])
        rows[name] = {m: f"{fmean(frame[m]):.4g} ± {stdev(frame[m]):.2g}" for m in frame}
    return pd.DataFrame.from_dict(rows, orient="index")


def scale(record: RunRecord) -> str:
    """The scale of a run in words: images, their size, epochs and seeds."""
    work = record["work"]
    everything = f"all but {work['validation']:,} training images" if work["validation"] else "all training images"
    number = f"{work['images']:,} images" if work["images"] else everything
    parts = [
        f"{number} of {SETS[work['data']]}, {work['image_size']}x{work['image_size']} pixels",
        *([f"{work['epochs']} epochs"] if work["epochs"] else []),
        f"{len(record['seeds'])} seeds",
    ]
    return ", ".join(parts)


def histories(record: RunRecord) -> dict[str, pd.DataFrame]:
    """The curves of each arm, all seeds in one frame, as `plots.training_curves` takes them."""
    return {
        name: pd.concat([pd.DataFrame(run["curve"]).assign(seed=run["seed"]) for run in arm["runs"]])
        for name, arm in record["arms"].items()
    }
