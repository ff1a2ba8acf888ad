"""The subcommand `cs231n-arch experiment`."""

import argparse
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from cs231n_arch.data.sources import ROOT_VARIABLE
from cs231n_arch.experiments.design import Experiment
from cs231n_arch.experiments.records import RunRecord, file_name, is_recorded, results_folder, save, summary
from cs231n_arch.experiments.running import TimeUpError
from cs231n_arch.experiments.running import run as run_experiment
from cs231n_arch.experiments.table import EXPERIMENTS, HOURS, get
from cs231n_arch.experiments.trial import BudgetName
from cs231n_arch.experiments.unfinished import Unfinished
from cs231n_arch.threads import share_the_processor
from cs231n_arch.training import Budget

EXAMPLES = ("experiment", "experiment dropout", "experiment --all --budget gpu --resume --limit 9m")
UNITS = {"s": 1, "m": 60, "h": 3600}


def duration(text: str) -> float:
    """Seconds, from a number with its unit such as `90s`, `9m` or `1.5h`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"a time is a number with s, m or h, such as 9m; given {text!r}")
    return float(match[1]) * UNITS[match[2]]


def folder(text: str) -> str:
    """A folder that exists."""
    if not os.path.isdir(text):  # noqa: PTH112
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch experiment`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("id", nargs="?", help="the experiment; without it all are listed")
    which.add_argument("--all", action="store_true", help="all that have no record yet, the most valuable first")
    parser.add_argument("--list", action="store_true", help="list the experiments and the claims that they test")
    parser.add_argument(
        "--budget",
        choices=get_args(BudgetName),
        help="seconds on digits, minutes or hours on Fashion-MNIST, or CIFAR-10 at length; default: live, on a "
        "GPU gpu",
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", metavar="N", help="two or more; default: as many as the rules need"
    )
    parser.add_argument(
        "--record",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="write <id>.json, with machine and versions, to FOLDER, and keep finished arms there until then; "
        "default: the package's own results",
    )
    parser.add_argument("--resume", action="store_true", help="keep the arms that an earlier call finished")
    parser.add_argument("--overwrite", action="store_true", help="replace the record of the experiment")
    parser.add_argument("--limit", type=duration, metavar="TIME", help="stop after this time, such as 9m")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="arms trained side by side")
    parser.add_argument("--data", type=folder, metavar="FOLDER", help=f"of the data sets; as {ROOT_VARIABLE}")


def run(arguments: argparse.Namespace) -> int:
    """List the experiments, or run one or all, print what is found, and record it if asked to."""
    if arguments.list or not (arguments.id or arguments.all):
        for experiment in EXPERIMENTS.values():
            claims = ", ".join(experiment.claims) or "no claim of the lecture"
            print(f"{experiment.id}: {experiment.question} ({claims})")
        return 0
    share_the_processor(one_thread=True)
    if (arguments.resume or arguments.all) and arguments.record is None:
        arguments.record = ""
    if arguments.data:
        os.environ[ROOT_VARIABLE] = arguments.data
    default: BudgetName = "gpu" if Budget.auto().name == "gpu" else "live"
    budget: BudgetName = arguments.budget or default
    kept = arguments.record if arguments.record is None else arguments.record or results_folder()
    ends = None if arguments.limit is None else time.monotonic() + arguments.limit
    try:
        for experiment in chosen(arguments, budget):
            record = run_experiment(
                experiment,
                budget,
                seeds=arguments.seeds,
                processes=arguments.processes,
                folder=kept,
                resume=arguments.resume,
                limit=None if ends is None else max(0.0, ends - time.monotonic()),
            )
            tell(record)
            if kept is not None:
                print(save(record, kept))
                Unfinished(experiment, budget, kept, resume=True).done()
    except TimeUpError as stopped:
        print(f"{stopped}; the same command goes on{'' if arguments.resume else ' with --resume'}")
    return 0


def chosen(arguments: argparse.Namespace, budget: BudgetName) -> Iterator[Experiment]:
    """The experiment that was named, or those without a record of this budget, in order of value."""
    if arguments.id:
        experiment = get(arguments.id)
        if arguments.record is not None and not arguments.overwrite:
            there = Path(arguments.record or results_folder()) / file_name(experiment.id, budget)
            if there.exists():
                raise ValueError(f"{there} is there already: --overwrite replaces it")
        yield experiment
        return
    for name in HOURS:
        if not is_recorded(EXPERIMENTS[name], budget, arguments.record or None):
            yield EXPERIMENTS[name]


def tell(record: RunRecord) -> None:
    """Print what an experiment found."""
    print(f"{record['question']}\n\n{summary(record).to_string()}\n")
    for found in record["comparisons"]:
        print(f"{found['metric']}, {found['treatment']} against {found['control']}: {found['verdict']}")
        low, high = found["interval"]
        print(f"  difference {found['difference']:.3g}, interval {low:.3g} to {high:.3g}; rule: {found['rule']}")
        for condition in found["regime"]:
            print(f"  regime: {condition}")
    for claim, verdict in record["verdicts"].items():
        print(f"claim {claim}: {verdict}")
