"""A whole network from the image to the scores: what each operation makes of the one before."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.plots import INK

SHEETS = 7  # sheets of a stack at most, so that 512 channels can still be told apart


def flow(ax: Axes, stages: Sequence[tuple[str, tuple[int, ...], str]]) -> Axes:
    """Stacks of feature maps in a row, the operation on the arrow from each to the next, all letters horizontal.

    A sheet is as high as the square root of its side, a stack has one sheet for each channel up to seven. A vector
    is a bar.

    Args:
        ax: where to draw; about 1.3 inches per stage are enough.
        stages: for each, its name, its shape, (C, H, W) or (C,), and the operation that makes it. The first one is
            the input, whose operation is not drawn.

    Raises:
        ValueError: fewer than two stages, or a shape of another length.
    """
    if len(stages) < 2:
        raise ValueError(f"a flow needs an input and a stage at least; given {len(stages)} stages")
    for name, shape, _ in stages:
        if len(shape) not in (1, 3):
            raise ValueError(f"the shape of {name} must be (C, H, W) or (C,); given {shape}")
    largest = max(shape[1] for _, shape, _ in stages if len(shape) == 3)
    for column, (name, shape, operation) in enumerate(stages):
        channels, side = shape[0], shape[1] if len(shape) == 3 else 1
        flat = side == 1
        width = 0.07 if flat else 0.42 * math.sqrt(side / largest)
        height = min(0.9, 0.09 * math.sqrt(channels)) if flat else width
        sheets = 1 if flat else min(channels, SHEETS)
        shade = INK if column == 0 else SHADES[0]
        for sheet in range(sheets):
            shift = 0.045 * (sheet - (sheets - 1) / 2)
            corner = (column - width / 2 + shift, -height / 2 - shift)
            ax.add_patch(
                Rectangle(corner, width, height, facecolor=shade, edgecolor="white", linewidth=0.7, alpha=0.85)
            )
        size = f"{channels:,}" if flat else f"{channels} × {side}²"
        ax.text(column, 0.52, f"{name}\n{size}", ha="center", va="bottom", fontsize=11)
        if column:
            ax.annotate(
                "", (column - 0.22, -0.62), (column - 0.78, -0.62), arrowprops={"arrowstyle": "->", "color": INK}
            )
            ax.text(column - 0.5, -0.70, operation, ha="center", va="top", fontsize=10.5)
    ax.set_xlim(-0.5, len(stages) - 0.5)
    ax.set_ylim(-1.25, 0.95)
    return bare(ax)
