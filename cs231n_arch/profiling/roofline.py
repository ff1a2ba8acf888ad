"""The roofline: what bounds each layer, the machine's arithmetic or its memory?

A layer with F operations that moves B bytes cannot be faster than max(F / peak FLOP/s, B / bandwidth). Its
arithmetic intensity F / B says which of the two it meets: below the ridge, peak / bandwidth, memory holds it back
(Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model").
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.profiling.timing import OUTSIDE, layer_times, time_call


@dataclass(frozen=True)
class Peaks:
    """What the machine reaches at best, as measured.

    Attributes:
        flops: floating-point operations per second (a multiply-accumulate is two).
        bandwidth: bytes per second, read and written, of a buffer far larger than the caches.
    """

    flops: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """Operations per byte from which arithmetic, not memory, is the bound."""
        return self.flops / self.bandwidth


def measure_peaks(device: torch.device | str = "cpu", *, seconds: float = 0.3, scale: float = 1.0) -> Peaks:
    """Measure the machine's float32 peaks: the best of several ways for each.

    Arithmetic: a product of large square matrices, and convolutions of 1x1 and 3x3, which use the same kernels and
    the same precision settings as the nets' layers. A library may have much better code for one of the three: on
    AMD processors, oneDNN's 3x3 convolution is twice as fast as MKL's product. Memory: copying a large buffer, and
    adding two into a third.

    Args:
        device: where to.
        seconds: time for each of the five.
        scale: factor on the sizes; below 1 it is faster to measure, and the peak is not reached.
    """
    device = torch.device(device)
    large = device.type == "cuda"
    side = int((8192 if large else 2048) * scale) or 1
    channels, pixels = int(1024 * scale) or 1, int((128 if large else 32) * scale) or 1
    count = int((2**28 if large else 2**26) * scale) or 1

    matrix = torch.rand(side, side, device=device)
    product = torch.empty_like(matrix)
    maps = torch.rand(1, channels, pixels, pixels, device=device)
    kernels = torch.rand(channels, channels, 1, 1, device=device)
    fewer, wider = channels // 4 or 1, 2 * pixels  # so that rearranging the weights takes little of the time
    wide_maps = torch.rand(1, fewer, wider, wider, device=device)
    windows = torch.rand(fewer, fewer, 3, 3, device=device)
    first, second, third = (torch.rand(count, device=device) for _ in range(3))

    def rate(amount: float, run: Callable[[], object]) -> float:
        return amount / time_call(run, device, seconds=seconds).low

    with torch.inference_mode():
        return Peaks(
            flops=max(
                rate(2 * side**3, lambda: torch.mm(matrix, matrix, out=product)),
                rate(2 * channels**2 * pixels**2, lambda: torch.conv2d(maps, kernels)),
                rate(2 * 9 * fewer**2 * wider**2, lambda: torch.conv2d(wide_maps, windows, padding=1)),
            ),
            bandwidth=max(
                rate(2 * first.nbytes, lambda: third.copy_(first)),
                rate(3 * first.nbytes, lambda: torch.add(first, second, out=third)),
            ),
        )


def roofline(model: nn.Module, batch: Tensor, peaks: Peaks, *, passes: int = 5) -> pd.DataFrame:
    """Where each layer lies under the machine's roof.

    Args:
        model: any module, on the device of `batch`.
        batch: images (N, C, H, W).
        peaks: of the same device.
        passes: see `layer_times`.

    Returns:
        A frame with the rows of `layer_times`, less what runs outside of layers. Columns: `name`, `kind`,
        `seconds`, `flops` (2 for each MAC; other layers have none and are bound by memory), `bytes` (inputs,
        outputs and weights, each moved once), `intensity` (flops per byte), `rate` (flops per second),
        `bytes_per_second`, `bound` ("arithmetic" or "memory"), `reached` (the least time the roof allows, over the
        time taken; above 1 where the data was still in a cache, which is faster than the memory that the peak was
        measured in).
    """
    times = layer_times(model, batch, passes=passes)
    times = times[times["name"] != OUTSIDE]
    macs = layer_table(model, batch.shape[1:]).groupby("name", sort=False)["macs"].sum()
    flops = 2 * batch.shape[0] * times["name"].map(macs).fillna(0).astype("int64")
    least = pd.concat([flops / peaks.flops, times["bytes"] / peaks.bandwidth], axis=1).max(axis=1)
    frame = times.assign(
        flops=flops,
        intensity=flops / times["bytes"],
        rate=flops / times["seconds"],
        bytes_per_second=times["bytes"] / times["seconds"],
        reached=least / times["seconds"],
    )
    frame["bound"] = ["arithmetic" if value >= peaks.ridge else "memory" for value in frame["intensity"]]
    columns = ["name", "kind", "seconds", "flops", "bytes", "intensity"]
    return frame[[*columns, "rate", "bytes_per_second", "bound", "reached"]].reset_index(drop=True)
