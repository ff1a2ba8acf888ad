"""Blocks of a net as boxes and arrows, drawn from the modules themselves: the joins say what goes where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch
from torch import nn

from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.models.layers import Branches, Sum
from cs231n_arch.models.resnext import PathSum
from cs231n_arch.models.senet import Product
from cs231n_arch.plots import FAMILIES, INK

BOX = 2.2  # width of a box; everything else is measured against it
LINE = 0.24  # height of a line of text
GAP = 0.26  # between boxes
NARROW = 0.4  # half the width of a line without boxes
RADIUS = 0.2  # of the circle with a sign
WEIGHTED = (nn.Conv2d, nn.Linear)
QUIET = (nn.BatchNorm2d, nn.ReLU)  # left out when only the weights are to be seen
SYMBOLS = {Sum: "+", PathSum: "+", Product: "×"}  # of the joins that end in a circle
Formulas = tuple[str, str, str]  # at a sum: of its input, of what its body outputs, and of what it outputs


@dataclass(frozen=True)
class Extent:
    """Room to the left and to the right of the line that runs through a block, and downwards."""

    left: float
    right: float
    height: float


def words(layer: nn.Module) -> str:
    """What stands in a layer's box."""
    match layer:
        case nn.Conv2d():
            kernel, stride = f"{layer.kernel_size[0]}×{layer.kernel_size[1]}", layer.stride[0]
            text = f"{kernel} conv, {layer.out_channels}"
            groups = f"\nin {layer.groups} groups" if layer.groups > 1 else ""
            return text + (f", /{stride}" if stride > 1 else "") + groups
        case nn.Linear():
            return f"full, {layer.out_features}"
        case nn.BatchNorm2d():
            return "batch norm"
        case nn.ReLU():
            return "ReLU"
        case nn.Dropout():
            return f"dropout {layer.p:g}"
        case nn.MaxPool2d():
            return f"{layer.kernel_size}×{layer.kernel_size} max pool"
        case nn.AvgPool2d(kernel_size=1):
            return f"every {layer.stride}nd pixel" if layer.stride == 2 else f"every {layer.stride}th pixel"
        case nn.AvgPool2d():
            return f"{layer.kernel_size}×{layer.kernel_size} mean pool"
        case nn.AdaptiveAvgPool2d():
            return "mean of each map"
        case nn.ZeroPad3d():
            return f"+ {layer.padding[-1]} maps of 0"
        case _:
            factor = getattr(layer, "factor", None)
            return type(layer).__name__.lower() if factor is None else f"× {factor:g}"


def steps(block: nn.Module, weights_only: bool) -> Iterator[nn.Module]:
    """What a block does one after the other: its joins and its layers, without those that pass everything on."""
    if isinstance(block, nn.Sequential):
        for child in block:
            yield from steps(child, weights_only)
    elif not isinstance(block, nn.Identity) and not (weights_only and isinstance(block, QUIET)):
        yield block


def shown(join: Branches, most: int) -> list[nn.Module | int]:
    """The branches to draw; where there are more than `most`, a number stands for those left out."""
    branches: list[nn.Module | int] = list(join.children())
    return branches if len(branches) <= most else [*branches[: most - 1], len(branches) - most, branches[-1]]


def room(block: nn.Module | int, weights_only: bool, most: int) -> Extent:
    """How much a block takes."""
    if isinstance(block, int):
        return Extent(0.45, 0.45, 0.0)
    left = right = NARROW
    height = 0.0
    for step in steps(block, weights_only):
        height += GAP
        if isinstance(step, Branches):
            parts = [room(part, weights_only, most) for part in shown(step, most)]
            axis = main_axis(step, parts)
            left = max(left, axis)
            right = max(right, sum(part.left + part.right for part in parts) - axis)
            height += max(part.height for part in parts) + GAP + 2 * RADIUS
        else:
            left, right = max(left, BOX / 2 + 0.1), max(right, BOX / 2 + 0.1)
            height += tall(step)
    return Extent(left, right, height)


def symbol(join: Branches) -> str:
    """What stands in the circle where the branches meet; nothing for a join that has a box."""
    return next((sign for kind, sign in SYMBOLS.items() if isinstance(join, kind)), "")


def main_axis(join: Branches, parts: list[Extent]) -> float:
    """From the left edge to the line on which a join lies: a circle's first branch of two, else the middle."""
    if symbol(join) and len(parts) == 2:
        return parts[0].left
    return sum(part.left + part.right for part in parts) / 2


def line(ax: Axes, *points: tuple[float, float], head: bool = False) -> None:
    """A line through the points, if asked to with a head at its end."""
    ax.plot(*zip(*points, strict=True), color=INK, linewidth=1.4, solid_capstyle="round", zorder=1)
    if head:
        ax.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4})


def tall(layer: nn.Module) -> float:
    """Height of a layer's box; what has weights gets more."""
    return LINE * (1 + words(layer).count("\n")) + (0.26 if isinstance(layer, WEIGHTED) else 0.12)


def box(ax: Axes, layer: nn.Module, x: float, top: float) -> float:
    """Draw a layer's box, and return where it ends."""
    shade = SHADES[0] if isinstance(layer, WEIGHTED) else INK if isinstance(layer, QUIET) else SHADES[1]
    return framed(ax, words(layer), x, top, tall(layer), shade)


def framed(ax: Axes, text: str, x: float, top: float, height: float, shade: str) -> float:
    """Draw a box with a text, and return where it ends."""
    ax.add_patch(
        FancyBboxPatch(
            (x - BOX / 2, top - height), BOX, height, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=(shade, 0.12), edgecolor=shade, linewidth=1.3, zorder=2,
        )
    )  # fmt: skip
    ax.text(x, top - height / 2, text, ha="center", va="center", fontsize=8.5, linespacing=0.95)
    return top - height


def draw(
    ax: Axes, block: nn.Module, x: float, top: float, weights_only: bool, most: int, formulas: Formulas | None
) -> float:
    """Draw what a block does downwards from (x, top), and return where it ends."""
    for step in steps(block, weights_only):
        if isinstance(step, Branches):
            top = fork(ax, step, x, top, weights_only, most, formulas)
        else:
            line(ax, (x, top), (x, top - GAP), head=True)
            top = box(ax, step, x, top - GAP)
    return top


def fork(
    ax: Axes, join: Branches, x: float, top: float, weights_only: bool, most: int, formulas: Formulas | None
) -> float:
    """Draw the branches of a join side by side and the place where they meet; return where it ends."""
    branches = shown(join, most)
    parts = [room(part, weights_only, most) for part in branches]
    split, bottom = top - GAP / 2, top - GAP - max(part.height for part in parts)
    meet = bottom - GAP - RADIUS
    line(ax, (x, top), (x, split))
    edge = x - main_axis(join, parts)
    for branch, part in zip(branches, parts, strict=True):
        place = edge + part.left
        edge += part.left + part.right
        if isinstance(branch, int):
            ax.text(place, (split + bottom) / 2, f"···\n{branch}\nmore", ha="center", va="center", fontsize=9)
            continue
        line(ax, (x, split), (place, split), (place, top - GAP / 2))
        end = draw(ax, branch, place, top - GAP / 2, weights_only, most, None)
        if abs(place - x) < 1e-9:
            line(ax, (place, end), (place, meet + RADIUS), head=True)
        elif len(branches) == 2 and symbol(join):
            line(ax, (place, end), (place, meet), (x + RADIUS, meet), head=True)
        else:
            line(ax, (place, end), (place, meet + RADIUS + GAP / 2), (x, meet + RADIUS + GAP / 2))
            line(ax, (x, meet + RADIUS + GAP / 2), (x, meet + RADIUS), head=True)
    shade = FAMILIES["vgg"][0]
    if sign := symbol(join):
        ax.add_patch(Circle((x, meet), RADIUS, facecolor=(shade, 0.12), edgecolor=shade, linewidth=1.3, zorder=2))
        ax.text(x, meet, sign, ha="center", va="center", fontsize=11)
        places = ((x - 0.14, split), (x - 0.14, meet + RADIUS + GAP / 2), (x - 0.26, meet - 0.7 * RADIUS))
        for text, (right, height) in zip(formulas or (), places, strict=False):
            ax.text(right, height, text, ha="right", va="center", fontsize=10.5)
    else:
        framed(ax, "join the maps", x, meet + RADIUS, 2 * RADIUS, shade)
    return meet - RADIUS


def modules(
    ax: Axes,
    blocks: Mapping[str, nn.Module],
    *,
    weights_only: bool = False,
    most: int = 3,
    apart: float = 0.5,
    formulas: Formulas | None = None,
) -> Axes:
    """Blocks side by side, each from its input on top down to its output.

    Layers in series follow one another; a join forks, and its branches meet in a circle with a plus (`Sum`), one
    with a cross (`Product`) or in a box. A branch that passes everything on is a line.

    Args:
        ax: where to draw.
        blocks: title -> module.
        weights_only: leave out batch norm and ReLU.
        most: branches to draw of a join; of one that has more, all but the first few and the last are left out.
        apart: room between blocks; a box is 2.2 wide.
        formulas: to write at each sum: next to its input, to what its body outputs, and to what it outputs itself.

    Raises:
        ValueError: no blocks, or fewer than two branches to draw.
    """
    if not blocks or most < 2:
        raise ValueError(f"at least one block and two branches are to be drawn; given {len(blocks)} and {most}")
    right, lowest = 0.0, 0.0
    for title, block in blocks.items():
        extent = room(block, weights_only, most)
        x = right + extent.left
        right += extent.left + extent.right + apart
        end = draw(ax, block, x, 0.0, weights_only, most, formulas)
        line(ax, (x, end), (x, end - GAP), head=True)
        ax.text(
            right - apart - (extent.left + extent.right) / 2, 0.22, title, ha="center", va="bottom", fontsize=10
        )
        lowest = min(lowest, end - GAP)
    ax.set_xlim(-0.1, right - apart + 0.1)
    ax.set_ylim(lowest - 0.1, 0.9)
    return bare(ax)
