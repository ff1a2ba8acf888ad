"""Every experiment by its id."""

from cs231n_arch.errors import unknown
from cs231n_arch.experiments import beyond, depth, early, filters, first_layer, inception, paths, small
from cs231n_arch.experiments.design import Experiment

THEMES = (early, first_layer, filters, inception, depth, paths, small, beyond)
EXPERIMENTS: dict[str, Experiment] = {e.id: e for theme in THEMES for e in theme.TABLE}


def get(name: str) -> Experiment:
    """The experiment of this id.

    Raises:
        ValueError: there is none; the message lists those with a similar one.
    """
    if name not in EXPERIMENTS:
        raise ValueError(unknown("experiment", name, EXPERIMENTS))
    return EXPERIMENTS[name]
