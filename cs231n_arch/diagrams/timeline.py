"""Networks under each other, layer by layer: how windows shrink, depth grows and fully connected layers leave."""

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from cs231n_arch.diagrams.canvas import SHADES

FULL = "fully connected"
WINDOWS = {"1×1": SHADES[1], "3×3": SHADES[0], "larger": SHADES[2], FULL: SHADES[3]}


def timeline(ax: Axes, nets: Mapping[str, pd.DataFrame]) -> Axes:
    """One row per network, one bar per layer with weights, in the order in which they are computed.

    A bar is as high as the logarithm of the side of its feature map, and has the color of its window: 1×1, 3×3,
    larger (1×7 too), or fully connected.

    Args:
        ax: where to draw; a third of an inch per row is enough.
        nets: name of each network, the oldest first, and its `layer_table`.

    Raises:
        ValueError: no network, or one without a layer that has weights.
    """
    if not nets:
        raise ValueError("a timeline needs a network at least; given none")
    for row, (name, table) in enumerate(nets.items()):
        layers = weight_layers(table)
        if not layers:
            raise ValueError(f"{name} has no convolution and no fully connected layer")
        heights = [0.12 + 0.7 * math.log2(max(side, 1)) / 8 for _, side in layers]
        shades = [WINDOWS[window] for window, _ in layers]
        ax.bar(range(len(layers)), heights, width=0.75, bottom=-row, color=shades, align="edge", linewidth=0)
        ax.text(len(layers) + 1.5, 0.06 - row, f"{len(layers)}", va="bottom", fontsize=9)
    ax.set_yticks([0.25 - row for row in range(len(nets))], list(nets))
    ax.tick_params(length=0, pad=2)
    ax.margins(x=0.01)
    ax.set_xticks([])
    ax.set_ylim(0.1 - len(nets), 1)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    handles = [Patch(color=shade, label=window) for window, shade in WINDOWS.items()]
    ax.legend(handles=handles, loc="upper right", title="window")
    return ax


def weight_layers(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Window, as in `WINDOWS`, and longer side of the feature map of each layer with weights."""
    layers = table[table.kind.isin(("Conv2d", "Linear"))]
    found = []
    for kind, kernel, shape in zip(layers.kind, layers.kernel, layers.output_shape, strict=True):
        if kind == "Linear":
            found.append((FULL, 1))
        else:
            largest = max(kernel) if isinstance(kernel, tuple) else kernel
            found.append(({1: "1×1", 3: "3×3"}.get(largest, "larger"), max(shape[1:])))
    return found
