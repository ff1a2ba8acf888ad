"""What the papers' ideas do: experiments with a control and one change, on real images, judged by stated rules."""

from cs231n_arch.experiments.design import Arm, Comparison, Experiment, Outcome, Work, differences
from cs231n_arch.experiments.records import histories, load_record, save, summary
from cs231n_arch.experiments.running import run
from cs231n_arch.experiments.table import EXPERIMENTS, get

__all__ = [
    "EXPERIMENTS",
    "Arm",
    "Comparison",
    "Experiment",
    "Outcome",
    "Work",
    "differences",
    "get",
    "histories",
    "load_record",
    "run",
    "save",
    "summary",
]
