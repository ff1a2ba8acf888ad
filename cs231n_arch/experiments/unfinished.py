"""The arms of an experiment that are finished before all of it is: kept on file, so that a run can go on."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cs231n_arch.experiments.design import Experiment
from cs231n_arch.experiments.records import VERSION, described, file_name, plain, results_folder
from cs231n_arch.experiments.trial import BudgetName
from cs231n_arch.records import write_atomically


class Unfinished:
    """The finished arms of one experiment and budget.

    The file is written anew, and as a whole, after each arm: whatever interrupts the program, what was finished
    before is there. It is removed when the record is written.

    Args:
        experiment: of which the arms are.
        budget: its amount of work.
        folder: of the records; the file lies in its subfolder `unfinished`. None keeps nothing.
        resume: go on with the arms that are on file.

    Raises:
        ValueError: there is a file and `resume` is not asked for, or it is damaged or of other settings.
    """

    def __init__(
        self, experiment: Experiment, budget: BudgetName, folder: str | os.PathLike[str] | None, *, resume: bool
    ) -> None:
        self.path = None
        if folder is not None:
            self.path = results_folder(folder) / "unfinished" / f"{budget}-{file_name(experiment.id, budget)}"
        self.of = {
            "version": VERSION,
            "experiment": experiment.id,
            "budget": budget,
            "work": plain(asdict(experiment.budgets[budget])),
            "arms": {name: described(arm) for name, arm in experiment.arms.items()},
        }
        self.runs: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in experiment.arms}
        self.seconds = 0.0
        if self.path is not None and self.path.exists():
            self._read(self.path, resume)

    def _read(self, path: Path, resume: bool) -> None:
        remedy = "delete it to begin again"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            runs, seconds, of = stored["runs"], stored["seconds"], stored["of"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is damaged ({type(error).__name__}: {error}); {remedy}") from error
        done = sum(map(len, runs.values()))
        if not resume:
            raise ValueError(f"{path} holds {done} finished arms; go on with --resume, or {remedy}")
        if other := [key for key, value in self.of.items() if of.get(key) != value]:
            raise ValueError(f"{path} was made with another {' and '.join(other)}; {remedy}")
        self.runs = {name: {run["seed"]: run for run in runs[name]} for name in self.runs}
        self.seconds = seconds

    def add(self, arm: str, run: dict[str, Any], seconds: float) -> None:
        """Keep one finished arm.

        Raises:
            OSError: the disk is full or the folder cannot be written; what was kept before is still there.
        """
        self.runs[arm][run["seed"]] = run
        self.seconds += seconds
        if self.path is not None:
            content = {
                "of": self.of,
                "seconds": self.seconds,
                "runs": {name: list(runs.values()) for name, runs in self.runs.items()},
            }
            write_atomically(self.path, json.dumps(content, separators=(",", ":")))

    def missing(self, seed: int) -> list[str]:
        """The arms that this seed still lacks."""
        return [name for name, runs in self.runs.items() if seed not in runs]

    def of_seeds(self, seeds: tuple[int, ...]) -> dict[str, list[dict[str, Any]]]:
        """Arm -> one entry per seed."""
        return {name: [runs[seed] for seed in seeds] for name, runs in self.runs.items()}

    def done(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
