"""The subcommand `cs231n-arch experiment`."""

import argparse
from typing import get_args

from cs231n_arch.experiments.design import BudgetName
from cs231n_arch.experiments.records import save, summary
from cs231n_arch.experiments.running import run as run_experiment
from cs231n_arch.experiments.table import EXPERIMENTS, get
from cs231n_arch.threads import share_the_processor
from cs231n_arch.training import Budget

EXAMPLES = ("experiment", "experiment dropout", "experiment dropout --budget recorded --record runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch experiment`."""
    parser.add_argument("id", nargs="?", help="the experiment; without it all are listed")
    parser.add_argument("--list", action="store_true", help="list the experiments and the claims that they test")
    parser.add_argument(
        "--budget",
        choices=get_args(BudgetName),
        help="seconds on digits, minutes on Fashion-MNIST, or CIFAR-10 at length; default: live, on a GPU gpu",
    )
    parser.add_argument("--seeds", type=int, nargs="+", metavar="N", help="two or more; default: the experiment's")
    parser.add_argument(
        "--record",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="write <id>.json, with machine and versions, to FOLDER; default: the package's own results",
    )


def run(arguments: argparse.Namespace) -> int:
    """List the experiments, or run one, print what it found, and record it if asked to."""
    if arguments.list or not arguments.id:
        for experiment in EXPERIMENTS.values():
            claims = ", ".join(experiment.claims) or "no claim of the lecture"
            print(f"{experiment.id}: {experiment.question} ({claims})")
        return 0
    share_the_processor(one_thread=True)
    default: BudgetName = "gpu" if Budget.auto().name == "gpu" else "live"
    budget: BudgetName = arguments.budget or default
    record = run_experiment(get(arguments.id), budget, seeds=arguments.seeds)
    print(f"{record['question']}\n\n{summary(record).to_string()}\n")
    for found in record["comparisons"]:
        print(f"{found['metric']}, {found['treatment']} against {found['control']}: {found['verdict']}")
        print(f"  {found['treatment_mean']:.4g} against {found['control_mean']:.4g}; rule: {found['rule']}")
    for claim, verdict in record["verdicts"].items():
        print(f"claim {claim}: {verdict}")
    if arguments.record is not None:
        print(save(record, arguments.record or None))
    return 0
