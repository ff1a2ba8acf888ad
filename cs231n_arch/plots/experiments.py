"""The figure of an experiment: every seed of every arm."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from cs231n_arch.plots.style import INK, look


def arms(record: Mapping[str, Any], ax: Axes, *, metric: str, label: str, scale: float = 1.0) -> Axes:
    """A metric of a record: a mark for each seed, and the mean with one standard deviation to either side.

    Args:
        record: of an experiment, as `experiments.run` and `experiments.load_record` give it.
        ax: where to draw.
        metric: name of the metric; arms that do not have it are left out.
        label: what it is, with its unit.
        scale: by which the numbers are multiplied, such as 100 for shares shown in percent.

    Raises:
        ValueError: no arm has the metric.
    """
    values = {
        name: scale * np.array([run["metrics"][metric] for run in arm["runs"]], dtype=float)
        for name, arm in record["arms"].items()
        if all(metric in run["metrics"] for run in arm["runs"])
    }
    if not values:
        known = sorted({name for arm in record["arms"].values() for run in arm["runs"] for name in run["metrics"]})
        raise ValueError(f"no arm has the metric {metric!r}; there are {', '.join(known)}")
    for place, (name, numbers) in enumerate(values.items()):
        shade, mark = look(name, place)
        ax.plot(numbers, [place] * len(numbers), color=shade, marker=mark, linestyle="none", alpha=0.6)
        ax.errorbar(
            numbers.mean(), place, xerr=numbers.std(ddof=1), color=INK, marker="|", markersize=18, capsize=4
        )
        text = f"{numbers.mean():.3g} ± {numbers.std(ddof=1):.2g}"
        ax.annotate(text, (numbers.mean(), place), (0, 12), textcoords="offset points", ha="center", fontsize=9)
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.5, -0.6)
    ax.margins(x=0.1)
    ax.set_xlabel(label)
    ax.grid(visible=False, axis="y")
    return ax
