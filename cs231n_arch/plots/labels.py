"""Names next to marks and lines, placed so that they can be read."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from cs231n_arch.plots.style import INK

Floats = NDArray[np.float64]

SIZE = 9.0  # of the letters, in points
GAP = 1.15 * SIZE  # least distance of two lines of letters
LEADER = {"arrowstyle": "-", "color": INK, "linewidth": 0.8}  # from a name that stands far off
# Where a name may stand, in directions from its mark, the best first; then further out.
DIRECTIONS = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
RINGS = (1, 2, 3.5)
SWEEPS = 3  # how often each name looks for a better place, now that the others have moved


def shared(one: Floats, others: Floats) -> float:
    """Area that a box shares with others, all as (left, low, right, high)."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    return float(sides.clip(0).prod(axis=1).sum())


def extent(ax: Axes, name: str) -> Floats:
    """Width and height of a name, in pixels."""
    text = ax.text(0, 0, name, fontsize=SIZE)
    box = text.get_window_extent()
    text.remove()
    return np.array([box.width, box.height])


def obstacles(ax: Axes) -> Floats:
    """What names should not cover, as boxes: texts, the legend, and short pieces of lines."""
    texts = [*ax.texts, *([legend] if (legend := ax.get_legend()) else [])]
    found = [np.array(text.get_window_extent().extents).reshape(1, 4) for text in texts]
    for line in ax.get_lines():
        corners = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
        for start, end in itertools.pairwise(corners):
            steps = 1 + int(np.hypot(*(end - start)) / 3)
            pieces = np.linspace(start, end, steps)
            found.append(np.hstack([pieces - 1, pieces + 1]))
    return np.vstack([np.empty((0, 4)), *found])


def settled(ax: Axes) -> float:
    """Pixels per point, after the layout has decided how large the axes are."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    return figure.dpi / 72


def places(reach: float) -> list[tuple[float, float]]:
    """Offsets of a name from the middle of a mark with this radius, all in points."""
    straight, diagonal = reach + 3, 0.7 * reach + 3
    steps = [(straight if right * up == 0 else diagonal, right, up) for right, up in DIRECTIONS]
    return [(ring * step * right, ring * step * up) for ring in RINGS for step, right, up in steps]


def name_points(ax: Axes, names: Iterable[str], x: ArrayLike, y: ArrayLike, radii: ArrayLike = 3.5) -> Axes:
    """Write a name next to each mark: to the right of it if there is room, else where it covers least.

    What it should not cover are other names and marks, lines, texts and the legend. Call it when these are drawn
    and the axes have their limits.

    Args:
        ax: where the marks are.
        names: one for each mark.
        x: where the marks are, in the units of the axis.
        y: see `x`.
        radii: of the marks, in points; one for all, or one for each.
    """
    names, at, point = list(names), np.column_stack([x, y]), settled(ax)
    centres = ax.transData.transform(at)
    reach = np.broadcast_to(np.asarray(radii, dtype=float), len(names))
    discs = np.hstack([centres - reach[:, None] * point, centres + reach[:, None] * point])
    offsets = [places(radius) for radius in reach]

    def box(index: int, place: tuple[float, float]) -> Floats:
        low = centres[index] + np.multiply(place, point) - (1 - np.sign(place)) * sizes[index] / 2
        return np.concatenate([low, low + sizes[index]])

    def cost(index: int, number: int) -> float:
        mine = box(index, offsets[index][number])
        others = np.delete(np.vstack([discs, taken]), [index, index + len(names)], axis=0)
        outside = float(sizes[index].prod()) - shared(mine, np.array([ax.bbox.extents]))
        return shared(mine, others) + shared(mine, lying) + outside + 0.1 * number

    lying = obstacles(ax)
    sizes = [extent(ax, name) for name in names]
    chosen = [0] * len(names)
    taken = [box(index, offsets[index][0]) for index in range(len(names))]
    for _ in range(SWEEPS):
        for index in range(len(names)):
            chosen[index] = min(range(len(offsets[index])), key=lambda number: cost(index, number))
            taken[index] = box(index, offsets[index][chosen[index]])

    for index, name in enumerate(names):
        right, up = offsets[index][chosen[index]]
        ax.annotate(
            name,
            at[index],
            (right, up),
            textcoords="offset points",
            ha=("center", "left", "right")[int(np.sign(right))],
            va=("center", "bottom", "top")[int(np.sign(up))],
            fontsize=SIZE,
            arrowprops=LEADER if chosen[index] >= len(DIRECTIONS) else None,
        )
    return ax


def spread(heights: Sequence[float]) -> list[float]:
    """As many heights with the same mean, at a line's distance from each other."""
    lowest = sum(heights) / len(heights) - GAP * (len(heights) - 1) / 2
    return [lowest + GAP * number for number in range(len(heights))]


def name_lines(ax: Axes) -> Axes:
    """Write each line's label at its right end instead of a legend, none on top of another.

    Call it when the lines are drawn and the axes have their limits.
    """
    if legend := ax.get_legend():
        legend.remove()
    point = settled(ax)
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    ends = [tuple(np.asarray(line.get_xydata(), dtype=float)[-1]) for line in lines]
    heights = ax.transData.transform(ends)[:, 1] / point
    order = np.argsort(heights, kind="stable")
    # Names that would touch become a group, centered on the ends of its lines; groups that touch become one.
    groups: list[list[float]] = []
    for height in heights[order]:
        groups.append([height])
        while len(groups) > 1 and spread(groups[-1])[0] - spread(groups[-2])[-1] < GAP:
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = [height for group in groups for height in spread(group)]
    for height, index in zip(placed, order, strict=True):
        line = lines[index]
        ax.annotate(
            str(line.get_label()),
            ends[index],
            (18, height - heights[index]),
            textcoords="offset points",
            va="center",
            fontsize=SIZE,
            annotation_clip=False,
            arrowprops={**LEADER, "color": line.get_color()},
        )
    return ax
