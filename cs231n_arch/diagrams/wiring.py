"""Which maps see which: LeNet's table of connections, AlexNet's two towers, and a dense block."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cs231n_arch.diagrams.canvas import SHADES
from cs231n_arch.plots import INK


def connections(ax: Axes, sources: Sequence[Sequence[int]], *, labels: tuple[str, str]) -> Axes:
    """A table with a filled cell wherever a map sees an earlier map; maps that see equally many have one color.

    Args:
        ax: where to draw.
        sources: for each map, the earlier maps that it sees, counted from zero.
        labels: names of the maps (columns) and of the earlier maps (rows).

    Raises:
        ValueError: no maps, or one that sees none.
    """
    if not sources or not all(sources):
        raise ValueError("each map must see at least one earlier map, and there must be a map")
    rows, counts = max(map(max, sources)) + 1, sorted({len(seen) for seen in sources})
    for column, seen in enumerate(sources):
        shade = SHADES[counts.index(len(seen)) % len(SHADES)]
        for row in range(rows):
            face = shade if row in seen else "none"
            ax.add_patch(
                Rectangle((column - 0.45, row - 0.45), 0.9, 0.9, facecolor=face, edgecolor=INK, linewidth=0.8)
            )
    ax.set_xlim(-0.6, len(sources) - 0.4)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_xticks(range(len(sources)))
    ax.set_yticks(range(rows))
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    ax.set_aspect("equal")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def towers(ax: Axes, layers: Sequence[tuple[str, int, int]]) -> Axes:
    """A net on two devices: two rows of boxes, and an arrow for each half of the maps that a half sees.

    Args:
        ax: where to draw.
        layers: name, maps on both devices together, groups: 2 where each half sees its own device only, 1 where
            it sees all maps. The first is the input, which both devices have whole.

    Raises:
        ValueError: groups other than 1 or 2, or maps that are odd.
    """
    for name, maps, groups in layers[1:]:
        if groups not in (1, 2) or maps % 2:
            raise ValueError(f"{name} must have an even number of maps in 1 or 2 groups; given {maps} in {groups}")
    width, height, step = 1.0, 0.8, 1.6
    for place, (name, maps, groups) in enumerate(layers):
        left = place * step
        ax.annotate(name, (left + width / 2, 1.75), ha="center", fontsize=12)
        for tower, bottom in enumerate((0.85, -0.85)):
            shared = place == 0
            shade = INK if shared else SHADES[tower]
            ax.add_patch(
                Rectangle((left, bottom - height / 2), width, height, facecolor=(shade, 0.2), edgecolor=shade)
            )
            ax.annotate(
                str(maps if shared else maps // 2),
                (left + width / 2, bottom),
                ha="center",
                va="center",
                fontsize=12,
            )
            for source, start in enumerate((0.85, -0.85)) if place else ():
                own = source == tower
                if own or (groups == 1 and place > 1):
                    look = {"arrowstyle": "->", "color": SHADES[source], "linestyle": "-" if own else "--"}
                    ax.annotate("", (left, bottom), (left - step + width, start), arrowprops=look)
    ax.set_xlim(-0.2, (len(layers) - 1) * step + width + 0.2)
    ax.set_ylim(-1.5, 2.1)
    ax.axis("off")
    return ax


def dense_block(ax: Axes, *, layers: int, first: int, growth: int) -> Axes:
    """The wiring of a dense block: a line for each source, and a dot wherever a layer reads it.

    Args:
        ax: where to draw.
        layers: layers of the block.
        first: channels of the block's input.
        growth: channels that each layer adds.

    Raises:
        ValueError: a number below one.
    """
    if min(layers, first, growth) < 1:
        raise ValueError(f"layers, first and growth must be at least 1; given {layers}, {first}, {growth}")
    for source in range(layers + 1):
        shade, channels = SHADES[source % len(SHADES)], growth if source else first
        ax.plot([source, layers + 1.4], [-source, -source], color=shade, linewidth=3, zorder=1)
        ax.annotate(f"{channels} channels", (layers + 1.5, -source), va="center")
    for reader in range(1, layers + 2):
        ax.annotate(f"reads\n{first + (reader - 1) * growth}", (reader, 0.3), ha="center")
        ax.annotate(
            "",
            (reader, -reader),
            (reader, 0),
            arrowprops={"arrowstyle": "->", "color": INK, "shrinkA": 0, "shrinkB": 12},
        )
        ax.plot([reader] * reader, range(0, -reader, -1), "o", color=INK, markersize=6)
    names = ["$x_0$", *(f"$H_{{{n}}}$" for n in range(1, layers + 1)), "next\nstage"]
    for place, name in enumerate(names):
        face = SHADES[place % len(SHADES)] if place <= layers else "white"
        box = {
            "boxstyle": "round,pad=0.35",
            "facecolor": "white",
            "edgecolor": face if place <= layers else INK,
            "linewidth": 2,
        }
        ax.annotate(name, (place, -place), ha="center", va="center", bbox=box)
    ax.set_xlim(-0.5, layers + 2.6)
    ax.set_ylim(-layers - 1.6, 1.1)
    ax.axis("off")
    return ax
