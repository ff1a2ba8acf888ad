"""The effects of the papers' ideas: experiments with a control and one change, on real images, judged by rules."""

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.records import histories, load_record, save, scale, summary
from cs231n_arch.experiments.running import TimeUpError, run
from cs231n_arch.experiments.table import EXPERIMENTS, get
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work

__all__ = [
    "EXPERIMENTS",
    "Arm",
    "Comparison",
    "Condition",
    "Experiment",
    "Outcome",
    "TimeUpError",
    "Trial",
    "Work",
    "get",
    "histories",
    "load_record",
    "run",
    "save",
    "scale",
    "summary",
]
