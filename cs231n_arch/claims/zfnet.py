"""Claims of the chapter on ZFNet."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.counts import layer
from cs231n_arch.claims.verdicts import Verdict, settle


def hyperparameters() -> Verdict:
    """Filters and strides of both nets; the wider layers belong to another net of the paper, (b) of Table 2."""
    conv1 = [
        (int(layer(name, "conv1")["kernel"]), int(layer(name, "conv1")["stride"])) for name in ("alexnet", "zfnet")
    ]
    widths = [
        tuple(layer(name, f"conv{n}")["output_shape"][0] for n in (3, 4, 5)) for name in ("alexnet", "zfnet")
    ]
    slide = tuple(int(published.value("ZFNet", f"conv{n}_filters_slide")) for n in (3, 4, 5))
    a, b = (
        published.value(f"ZFNet {net}", "top5_error_val")
        for net in ("Fig 3, 1 net", "with conv3-5 = 512,1024,512 (b), 1 net")
    )
    return settle(
        f"conv1 7x7 stride 2 for 11x11 stride 4; conv3 to conv5 with {slide}",
        f"conv1 {conv1[1]} for {conv1[0]}; Figure 3 keeps {widths[1]}, {slide} is net (b): {b} % for {a} %",
        holds=conv1 == [(11, 4), (7, 2)] and widths[1] == slide,
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"zfnet-hyper": hyperparameters}
