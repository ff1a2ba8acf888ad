"""Plain and residual nets of several depths."""

from collections.abc import Callable, Sequence
from statistics import fmean

from cs231n_arch.experiments.records import RunRecord, scale
from cs231n_arch.explorer import Page
from cs231n_arch.moving.piece import piece


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
        f"Recorded runs ({scale(record)}); lines are means, bands go from the lowest to the highest seed. The "
        "first chart has the error by epoch of the two networks of the chosen depth, the second the error after "
        "the last epoch by depth, with a ring at the chosen one. Notice what more layers do to the one curve and "
        "to the other.",
    )


def spread(curves: list[list[float]]) -> dict[str, list[float]]:
    """Mean, least and most of several runs at each epoch, in percent."""
    ways: dict[str, Callable[[Sequence[float]], float]] = {"mean": fmean, "least": min, "most": max}
    at = list(zip(*curves, strict=True))
    return {name: [round(100 * way(values), 2) for values in at] for name, way in ways.items()}
