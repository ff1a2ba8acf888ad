"""Every experiment by its id."""

from difflib import get_close_matches

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
        near = get_close_matches(str(name), EXPERIMENTS, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"no experiment is named {name!r}{hint} There are {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
