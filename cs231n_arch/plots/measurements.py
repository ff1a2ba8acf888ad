"""Figures of measured nets and of experiments that the general charts do not have."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cs231n_arch.plots.charts import marks, need
from cs231n_arch.plots.style import INK, look


def scatter_hyperbola(frame: pd.DataFrame, ax: Axes, *, x: str, y: str, labels: tuple[str, str]) -> Axes:
    """Models as marks with two least-squares curves, so that the reader can judge: y = a - k / x, and a line.

    Args:
        frame: columns `model`, `x` and `y`, at least three rows.
        ax: where to draw.
        x: column of the horizontal axis, positive.
        y: column of the vertical axis.
        labels: names of the axes, with units.

    Raises:
        ValueError: a column is missing, there are fewer than three rows, or an `x` is not positive.
    """
    need(frame, "model", x, y)
    across, up = frame[x].to_numpy(float), frame[y].to_numpy(float)
    if len(frame) < 3 or across.min() <= 0:
        raise ValueError(f"a hyperbola needs three models with {x} above zero; given {sorted(across.tolist())}")
    fine = np.linspace(across.min(), across.max(), 200)
    forms = (("a - k / x", 1 / across, 1 / fine, "-"), ("a + k x", across, fine, ":"))
    for name, seen, drawn, style in forms:
        explained = float(np.corrcoef(seen, up)[0, 1] ** 2)
        curve = np.polyval(np.polyfit(seen, up, 1), drawn)
        ax.plot(fine, curve, color=INK, linestyle=style, label=f"${name}$: $R^2$ = {explained:.2f}")
    return marks(frame, ax, x, y, labels, legend="lower right")


def not_measurable(ax: Axes, reason: str) -> Axes:
    """In place of a figure: why this machine cannot make it."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, reason, transform=ax.transAxes, ha="center", va="center", wrap=True)
    return ax


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
