"""How windows move over an image, and how much of it a unit deep in a net sees."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.plots import INK

SHOWN = 3  # windows that are drawn


def windows(ax: Axes, size: int, kernel: int, stride: int = 1, padding: int = 0) -> Axes:
    """The first three windows of a convolution, along the top of a square image with its padding.

    Args:
        ax: where to draw.
        size: side of the image in pixels.
        kernel: side of the window.
        stride: step of the window.
        padding: rings of zeros around the image; they are hatched.

    Raises:
        ValueError: fewer than three windows fit (or a number out of range, see `conv_output_size`).
    """
    if (fit := conv_output_size(size, kernel, stride, padding)) < SHOWN:
        raise ValueError(f"only {fit} windows fit along a side; {SHOWN} were to be drawn")
    for row in range(-padding, size + padding):
        for column in range(-padding, size + padding):
            outside = not (0 <= row < size and 0 <= column < size)
            hatch = "////" if outside else None
            ax.add_patch(
                Rectangle((column, -row - 1), 1, 1, facecolor="none", edgecolor=INK, linewidth=0.8, hatch=hatch)
            )
    for number in range(SHOWN):
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
        ax.annotate(f"{count} {name}", (half + 1, level), va="center", fontsize=11)
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
