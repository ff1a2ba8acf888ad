"""How windows move over an image, and how much of it a unit deep in a net sees."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.plots import INK


def windows(ax: Axes, size: int, kernel: int, stride: int = 1, padding: int = 0, *, shown: int = 3) -> Axes:
    """The first `shown` windows of a convolution, along the top of a square image with its padding.

    Args:
        ax: where to draw.
        size: side of the image in pixels.
        kernel: side of the window.
        stride: step of the window.
        padding: rings of zeros around the image; they are hatched.
        shown: number of windows to draw.

    Raises:
        ValueError: fewer than `shown` windows fit (or a number out of range, see `conv_output_size`).
    """
    if (fit := conv_output_size(size, kernel, stride, padding)) < shown:
        raise ValueError(f"only {fit} windows fit along a side; {shown} were to be drawn")
    for row in range(-padding, size + padding):
        for column in range(-padding, size + padding):
            outside = not (0 <= row < size and 0 <= column < size)
            hatch = "////" if outside else None
            ax.add_patch(
                Rectangle((column, -row - 1), 1, 1, facecolor="none", edgecolor=INK, linewidth=0.8, hatch=hatch)
            )
    for number in range(shown):
        # Each window is drawn a little smaller than the last, so that shared edges do not cover one another.
        inset = 0.08 + 0.07 * number
        corner = (number * stride - padding + inset, padding - kernel + inset)
        side, shade = kernel - 2 * inset, SHADES[number % len(SHADES)]
        ax.add_patch(Rectangle(corner, side, side, facecolor=(shade, 0.25), edgecolor=shade, linewidth=2.5))
    ax.set_xlim(-padding - 0.2, size + padding + 0.2)
    ax.set_ylim(-size - padding - 0.2, padding + 0.2)
    return bare(ax)


def seen(layers: Sequence[tuple[int, int]]) -> list[tuple[float, int, int]]:
    """For the image and each layer's output: first position, distance and number of the units seen along a side.

    Positions are in input pixels, the unit at the top lies at zero.
    """
    jumps = [1]
    for _, stride in layers:
        jumps.append(jumps[-1] * stride)
    counts = [1]
    for kernel, stride in reversed(layers):
        counts.append((counts[-1] - 1) * stride + kernel)
    return [(-jump * (count - 1) / 2, jump, count) for jump, count in zip(jumps, reversed(counts), strict=True)]


def pyramid(ax: Axes, layers: Sequence[tuple[int, int]]) -> Axes:
    """What one unit sees, layer by layer down to the image, along one side.

    Args:
        ax: where to draw.
        layers: (kernel, stride) of each window, first layer first.

    Raises:
        ValueError: no layers.
    """
    if not layers:
        raise ValueError("there is nothing to draw: no layers")
    rows = seen(layers)
    half = -rows[0][0]  # of the image's side
    for level, (first, jump, count) in enumerate(rows):
        places = [first + jump * number for number in range(count)]
        ax.plot(places, [level] * count, "o", color=SHADES[level % len(SHADES)], markersize=7)
        name = "pixels of the image" if level == 0 else f"unit{'s' * (count > 1)} of layer {level}"
        ax.annotate(f"{count} {name}", (half + 1, level), va="center", fontsize=9)
        if level:
            below_first, below_jump, below_count = rows[level - 1]
            ax.add_patch(
                Polygon(
                    [
                        (places[0], level), (places[-1], level),
                        (below_first + below_jump * (below_count - 1), level - 1), (below_first, level - 1),
                    ],
                    facecolor=INK, alpha=0.15, linewidth=0,
                )
            )  # fmt: skip
    ax.set_xlim(-half - 1, 2.4 * half + 1)
    ax.set_ylim(-0.4, len(layers) + 0.4)
    ax.axis("off")
    return ax


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
    """Two columns of equally many steps: one runs upwards, the other back down beside it.

    Args:
        ax: where to draw.
        up: steps of the left column, the lowest first.
        down: steps of the right column, likewise.
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
