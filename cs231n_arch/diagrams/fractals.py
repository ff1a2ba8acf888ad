"""FractalNet's block, drawn by its expansion rule."""

from collections.abc import Collection, Iterator

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.plots import INK

BOX = (0.62, 0.4)  # width and height of a convolution; columns and rows are 1 apart


def convolutions(
    columns: int, column: int = 0, top: float = 0.0, height: float = 1.0
) -> Iterator[tuple[int, float, float]]:
    """Column, top and height of each convolution, where the whole block is `height` high.

    The expansion rule: one convolution, and next to it twice the fractal with a column less.
    """
    yield column, top, height
    if columns > 1:
        for part in (0, 1):
            yield from convolutions(columns - 1, column + 1, top + part * height / 2, height / 2)


def joins(columns: int, column: int = 0, top: float = 0.0, height: float = 1.0) -> Iterator[tuple[int, float]]:
    """First column and place of each join inside a fractal; a join runs to the last column."""
    if columns > 2:
        yield column + 1, top + height / 2
        for part in (0, 1):
            yield from joins(columns - 1, column + 1, top + part * height / 2, height / 2)


def fractal(ax: Axes, columns: int, *, active: Collection[tuple[int, int]] | None = None) -> Axes:
    """A fractal block from its input on top down to its last join (Larsson et al. 2017, Figure 1).

    Boxes are convolutions, bars are joins; the shallowest column is the left one.

    Args:
        ax: where to draw.
        columns: C.
        active: (column, number in the column), both from zero, of the convolutions to fill; the others are only
            outlined. None fills all.

    Raises:
        ValueError: no columns, or an active convolution that the block does not have.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1; given {columns}")
    last, rows = columns - 1, 2 ** (columns - 1)
    boxes = sorted(convolutions(columns, height=rows))
    known = {(column, round(top / height)) for column, top, height in boxes}
    if active is not None and (unknown := sorted(set(active) - known)):
        raise ValueError(f"a block of {columns} columns has no convolution {unknown[0]}")
    for column, top, height in boxes:
        on = active is None or (column, round(top / height)) in active
        middle = -top - height / 2
        for start, end in ((-top, middle + BOX[1] / 2), (middle - BOX[1] / 2, -top - height)):
            ax.plot([column, column], [start, end], color=INK, linewidth=1.4 if on else 0.7, zorder=1)
        box = FancyBboxPatch(
            (column - BOX[0] / 2, middle - BOX[1] / 2), *BOX,
            boxstyle="round,pad=0,rounding_size=0.08", zorder=3,
            facecolor=(SHADES[0], 0.75) if on else "none", edgecolor=SHADES[0] if on else INK,
            linewidth=1.3 if on else 0.8, linestyle="-" if on else ":",
        )  # fmt: skip
        ax.add_patch(box)
    for first, place in (*joins(columns, height=rows), (0, rows)) if columns > 1 else ():
        ax.plot([first - 0.3, last + 0.3], [-place, -place], color=SHADES[1], linewidth=5, zorder=2)
    ax.plot([0, last], [0, 0], color=INK, linewidth=1.4)
    for start, end in ((0.5, 0.0), (-rows, -rows - 0.5)):
        ax.annotate("", (last / 2, end), (last / 2, start), arrowprops={"arrowstyle": "-|>", "color": INK})
    ax.set_xlim(-0.6, last + 0.6)
    ax.set_ylim(-rows - 0.6, 0.6)
    return bare(ax)
