"""Drawings of steps: what happens to numbers, and what follows what."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.plots import INK


def numbers(ax: Axes, rows: Sequence[Sequence[float]], *, marked: Sequence[tuple[int, int]] = ()) -> Axes:
    """A small map as a grid of cells with their values.

    Args:
        ax: where to draw.
        rows: the values, first row on top.
        marked: (row, column) of cells to fill.

    Raises:
        ValueError: no values, or rows of different lengths.
    """
    if not rows or not rows[0] or len({len(row) for row in rows}) != 1:
        raise ValueError(f"rows must have values, and be equally long; given lengths {[len(row) for row in rows]}")
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            fill = (SHADES[1], 0.35) if (row, column) in marked else "none"
            ax.add_patch(Rectangle((column, -row - 1), 1, 1, facecolor=fill, edgecolor=INK, linewidth=0.8))
            ax.text(column + 0.5, -row - 0.5, f"{value:g}", ha="center", va="center")
    ax.set_xlim(-0.1, len(rows[0]) + 0.1)
    ax.set_ylim(-len(rows) - 0.1, 0.1)
    return bare(ax)


def ladder(ax: Axes, up: Sequence[str], down: Sequence[str], links: Mapping[int, str]) -> Axes:
    """Two columns of equally many steps: one runs upwards, the other back down next to it.

    Args:
        ax: where to draw.
        up: steps of the left column, the lowest first.
        down: steps of the right column, also the lowest first.
        links: rung, counted from below -> what the step on the left hands to the one on the right.

    Raises:
        ValueError: columns of different height, or a link to a rung that is not there.
    """
    if len(up) != len(down) or not all(0 <= rung < len(up) for rung in links):
        raise ValueError(
            f"the columns must be equally high, links within; given {len(up)}, {len(down)} and {links}"
        )
    for left, steps, shade in ((0.0, up, SHADES[0]), (4.0, down, SHADES[1])):
        for rung, step in enumerate(steps):
            ax.add_patch(Rectangle((left, rung), 2.6, 0.6, facecolor=(shade, 0.2), edgecolor=shade, linewidth=1.5))
            ax.text(left + 1.3, rung + 0.3, step, ha="center", va="center", fontsize=10)
            if rung:
                ends = (rung, rung - 0.4) if left == 0 else (rung - 0.4, rung)
                arrow(ax, (left + 1.3, ends[1]), (left + 1.3, ends[0]))
    for rung, label in links.items():
        arrow(ax, (2.6, rung + 0.3), (4.0, rung + 0.3))
        ax.text(3.3, rung + 0.42, label, ha="center", fontsize=9)
    ax.set_xlim(-0.1, 6.7)
    ax.set_ylim(-0.1, len(up))
    ax.axis("off")
    return ax


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A line from `start` to `end` with a head."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4})
