"""Running an experiment: arms and seeds one by one or side by side, until the rules have decided."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import torch
from tqdm import tqdm

from cs231n_arch.experiments.design import Experiment
from cs231n_arch.experiments.records import RunRecord, entry, make_record
from cs231n_arch.experiments.rules import NOT_SHOWN
from cs231n_arch.experiments.trial import BudgetName
from cs231n_arch.experiments.unfinished import Unfinished

Task = tuple[int, list[str]]  # a seed, and the arms that are measured together
Finished = tuple[str, dict[str, Any], float]  # arm, entry of the record, seconds


class TimeUpError(RuntimeError):
    """The limit was reached before the experiment was finished; the finished arms are on file."""


def run(
    experiment: Experiment,
    budget: BudgetName = "live",
    *,
    seeds: Sequence[int] | None = None,
    processes: int = 1,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    limit: float | None = None,
    progress: bool = True,
) -> RunRecord:
    """Run an experiment's arms with as many seeds as its rules need, and judge the comparisons.

    Args:
        experiment: one of `EXPERIMENTS`.
        budget: how much is done: `live`, `recorded`, `long` or `gpu`.
        seeds: of weights, order and dropout; None runs the seeds 0, 1, ... up to the experiment's first look, and
            up to the next one as long as a comparison is undecided.
        processes: arms that are trained side by side, each with its share of the cores.
        folder: where finished arms are kept until all are; None keeps none.
        resume: go on with the arms that are kept there.
        limit: seconds after which to stop; arms that are not finished then begin again at the next call.
        progress: show a bar.

    Returns:
        The record; see `records`.

    Raises:
        ValueError: the experiment has no such budget, fewer than two seeds, or kept arms of other settings.
        DataUnavailableError: the images are not there.
        TimeUpError: the limit was reached.
    """
    if budget not in experiment.budgets:
        raise ValueError(f"{experiment.id} has the budgets {', '.join(experiment.budgets)}; given {budget!r}")
    looks = experiment.looks if seeds is None else (len(seeds),)
    order = tuple(range(looks[-1]) if seeds is None else seeds)
    if looks[0] < 2 or len(set(order)) < len(order):
        raise ValueError(f"a verdict needs at least two seeds, all different; given {order}")
    if processes < 1:
        raise ValueError(f"processes must be at least 1; given {processes}")
    kept = Unfinished(experiment, budget, folder, resume=resume)
    deadline = None if limit is None else time.monotonic() + limit
    total = looks[0] * len(experiment.arms)
    with tqdm(total=total, disable=not progress, unit="arm", desc=experiment.id) as bar:
        for look in looks:
            now = order[:look]
            bar.total = look * len(experiment.arms)
            tasks = list(missing(experiment, kept, now))
            bar.n = bar.total - sum(len(names) for _, names in tasks)
            bar.refresh()
            work = side_by_side if processes > 1 or deadline else one_by_one
            for name, made, seconds in work(experiment, budget, tasks, processes, deadline):
                kept.add(name, made, seconds)
                bar.update()
            record = make_record(experiment, budget, kept.of_seeds(now), looks=looks, seconds=kept.seconds)
            if all(comparison["verdict"] != NOT_SHOWN for comparison in record["comparisons"]):
                break
    return record


def missing(experiment: Experiment, kept: Unfinished, seeds: Sequence[int]) -> Iterator[Task]:
    """The tasks that are left: arm by arm, or all arms of a seed where they are measured together."""
    for seed in seeds:
        names = kept.missing(seed)
        if names and experiment.whole:
            yield seed, list(experiment.arms)
        elif not experiment.whole:
            yield from ((seed, [name]) for name in names)


def measured(experiment: Experiment, budget: BudgetName, task: Task) -> Iterator[Finished]:
    """Measure the arms of a task."""
    seed, names = task
    trials = experiment.trials(budget, seed)
    begun = time.perf_counter()
    for name, outcome in experiment.measure({name: trials[name] for name in names}):
        ended = time.perf_counter()
        yield name, entry(seed, outcome), round(ended - begun, 1)
        begun = ended


def one_by_one(
    experiment: Experiment, budget: BudgetName, tasks: Sequence[Task], processes: int, deadline: float | None
) -> Iterator[Finished]:
    """In this process."""
    for task in tasks:
        yield from measured(experiment, budget, task)


def side_by_side(
    experiment: Experiment, budget: BudgetName, tasks: Sequence[Task], processes: int, deadline: float | None
) -> Iterator[Finished]:
    """In processes of their own, which the deadline ends.

    Raises:
        TimeUpError: the deadline is reached.
        RuntimeError: a process died, as it does where memory is short.
    """
    before = set(multiprocessing.active_children())
    threads = max(1, len(os.sched_getaffinity(0)) // processes) if hasattr(os, "sched_getaffinity") else 1
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=prepare, initargs=(threads,)
    )
    waiting: set[Future[list[Finished]]] = set()
    try:
        waiting |= {pool.submit(in_a_process, experiment, budget, task) for task in tasks}
        while waiting:
            rest = None if deadline is None else max(0.0, deadline - time.monotonic())
            finished, waiting = wait(waiting, rest, FIRST_COMPLETED)
            if not finished:
                raise TimeUpError(f"{experiment.id}: the limit is reached with {len(waiting)} tasks to do")
            for future in finished:
                yield from future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            f"{experiment.id}: a process ended unexpectedly, perhaps because it ran out of memory; "
            "finished arms are kept: try --resume with fewer --processes"
        ) from error
    finally:
        # Children that are still at work belong to a run that ends early: it does not wait for them.
        for child in set(multiprocessing.active_children()) - before if waiting else ():
            child.terminate()
        pool.shutdown(cancel_futures=True)


def prepare(threads: int) -> None:
    """Set up a process: its share of the cores, and no lock that would outlive it (tqdm has one for processes)."""
    torch.set_num_threads(threads)
    tqdm.set_lock(threading.RLock())


def in_a_process(experiment: Experiment, budget: BudgetName, task: Task) -> list[Finished]:
    """The results of `measured` as a list, which a process can send."""
    return list(measured(experiment, budget, task))
