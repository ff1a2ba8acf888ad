"""The effects of the papers' ideas: experiments with a control and one change, on real images, judged by rules.

The names below are loaded on first use: reading a record costs no import of what trains and judges.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cs231n_arch.experiments.design import Comparison, Condition, Experiment
    from cs231n_arch.experiments.records import histories, load_record, means, save, scale, summary
    from cs231n_arch.experiments.running import TimeUpError, run
    from cs231n_arch.experiments.table import EXPERIMENTS, get
    from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work

_HOMES = {
    "Comparison": "design",
    "Condition": "design",
    "Experiment": "design",
    "histories": "records",
    "load_record": "records",
    "means": "records",
    "save": "records",
    "scale": "records",
    "summary": "records",
    "TimeUpError": "running",
    "run": "running",
    "EXPERIMENTS": "table",
    "get": "table",
    "Arm": "trial",
    "Outcome": "trial",
    "Trial": "trial",
    "Work": "trial",
}

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
    "means",
    "run",
    "save",
    "scale",
    "summary",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in {*_HOMES.values(), "rules"}:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'cs231n_arch.experiments' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
