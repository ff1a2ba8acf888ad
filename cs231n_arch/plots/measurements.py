"""Figures of measured nets that the general charts do not have."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cs231n_arch.plots.charts import marks, need
from cs231n_arch.plots.style import INK


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
