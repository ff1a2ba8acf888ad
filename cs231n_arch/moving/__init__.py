"""Moving figures of the chapters: small pieces of HTML and JavaScript that the reader steers.

Each is complete in itself, so it works from a folder, in a notebook and offline. Without scripts, and on paper,
its place holds one sentence, which sends the reader to the still figure above it.
"""

import json
import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from statistics import fmean

from cs231n_arch.experiments.records import RunRecord, scale
from cs231n_arch.explorer import Page

__all__ = ["depth", "window"]

STILL = "In the HTML book a moving figure stands here; the figure above is a picture of it."
CHANNELS, SIDE, KERNEL = 4, 6, 3  # the largest that the window's figure can show; as many filters as channels


def piece(name: str, data: dict[str, object], caption: str) -> Page:
    """One figure: its data, its script and the style that all share.

    Args:
        name: of the script, without the ending.
        data: what the script works with; anything that JSON can hold.
        caption: what to notice.
    """
    here = files(__name__)

    def text(file: str) -> str:
        return (here / file).read_text(encoding="utf-8")

    # "</" would end the script in which the text stands.
    held = json.dumps({"caption": caption, **data}, separators=(",", ":")).replace("</", "<\\/")
    return Page(
        f"<style>{text('style.css')}</style>"
        f'<figure class="moving" id="moving-{name}"><p>{STILL}</p></figure>'
        f'<script type="application/json" id="moving-{name}-data">{held}</script>'
        f"<script>{text('parts.js')}</script><script>{text(f'{name}.js')}</script>"
    )


def window() -> Page:
    """The window that slides: a convolution of small whole numbers, with every product in sight.

    The reader chooses channels, groups, kernel, stride, padding and dilation, and moves the window.
    """
    draw = random.Random(9)
    image = [[[draw.randint(0, 3) for _ in range(SIDE)] for _ in range(SIDE)] for _ in range(CHANNELS)]
    weights = [
        [[[draw.randint(-1, 1) for _ in range(KERNEL)] for _ in range(KERNEL)] for _ in range(CHANNELS)]
        for _ in range(CHANNELS)
    ]
    return piece(
        "window",
        {"image": image, "weights": weights},
        f"A convolution with {CHANNELS} filters, without biases. Below each channel, with the window in orange, "
        "are the filter's weights for it. Notice that stride, padding and dilation change the size of the feature "
        "map and not the number of weights, and that groups do the opposite.",
    )


def depth(record: RunRecord) -> Page:
    """Plain against residual nets: their recorded errors by epoch, with a slider for the depth.

    Args:
        record: of the experiment `depth`, or of another whose arms are nets of `resnet_cifar` in pairs, plain and
            residual, of several depths.

    Raises:
        ValueError: an arm has no such options, or a depth only one net of the two.
    """
    arms = {}
    for name, arm in record["arms"].items():
        options = arm["options"]
        if not {"depth", "residual"} <= set(options):
            raise ValueError(f"the figure needs arms with options depth and residual; {name!r} has {options}")
        arms[options["depth"], bool(options["residual"])] = [run["curve"] for run in arm["runs"]]
    depths = sorted({layers for layers, _ in arms})
    if lonely := [layers for layers in depths if not {(layers, False), (layers, True)} <= set(arms)]:
        raise ValueError(f"each depth needs a plain and a residual net; only one is recorded for {lonely}")
    errors = {
        images: {
            kind: [spread([curve[column] for curve in arms[layers, kind == "ResNet"]]) for layers in depths]
            for kind in ("plain", "ResNet")
        }
        for images, column in (("training images", "train_error"), ("test images", "test_error"))
    }
    return piece(
        "depth",
        {"depths": depths, "epochs": arms[depths[0], False][0]["epoch"], "errors": errors},
        f"Recorded runs ({scale(record)}); lines are means, bands go from the lowest to the highest seed. Left: "
        "the error by epoch of the two nets of the chosen depth. Right: the error after the last epoch by depth; "
        "a ring marks the chosen one. Notice what more layers do to the one curve and to the other.",
    )


def spread(curves: list[list[float]]) -> dict[str, list[float]]:
    """Mean, least and most of several runs at each epoch, in percent."""
    ways: dict[str, Callable[[Sequence[float]], float]] = {"mean": fmean, "least": min, "most": max}
    at = list(zip(*curves, strict=True))
    return {name: [round(100 * way(values), 2) for values in at] for name, way in ways.items()}
