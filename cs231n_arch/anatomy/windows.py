"""Operators that look through windows: convolution, pooling, upsampling and padding."""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor

import torch

from cs231n_arch.anatomy.calls import Call, Window
from cs231n_arch.anatomy.receptive import Axis, Seen, Taps, furthest, moved, through, union


@lru_cache(maxsize=1024)
def sliding(outputs: int, kernel: int, stride: int, padding: int, dilation: int) -> Taps:
    """Windows of a convolution or pooling."""
    start = torch.arange(outputs, device="cpu") * stride - padding
    index = start[:, None] + dilation * torch.arange(kernel, device="cpu")
    return Taps(index, None, start + dilation * (kernel - 1) // 2, stride)


@lru_cache(maxsize=1024)
def spreading(outputs: int, kernel: int, stride: int, padding: int, dilation: int) -> Taps:
    """Windows of a transposed convolution, which spreads each unit of its input over a kernel of outputs."""
    start = torch.arange(outputs, device="cpu") + padding
    index = start[:, None] - dilation * torch.arange(kernel, device="cpu")
    middle = (start - dilation * (kernel - 1) // 2).div(stride, rounding_mode="floor")
    return Taps(index.div(stride, rounding_mode="floor"), index % stride == 0, middle, 1 / stride)


@lru_cache(maxsize=1024)
def equal_parts(inputs: int, outputs: int) -> Taps:
    """Windows of an adaptive pooling: equal parts, each rounded outwards to whole units."""
    begin = [floor(part * inputs / outputs) for part in range(outputs)]
    end = [ceil((part + 1) * inputs / outputs) for part in range(outputs)]
    most = max(e - b for b, e in zip(begin, end, strict=True))
    index = torch.tensor(begin, device="cpu")[:, None] + torch.arange(most, device="cpu")
    real = index < torch.tensor(end, device="cpu")[:, None]
    return Taps(index, real, index[:, 0], inputs / outputs)


@lru_cache(maxsize=1024)
def interpolated(inputs: int, outputs: int, kind: str, corners: bool, scale: float | None) -> Taps:
    """Windows of an upsampling."""
    step = 1 / scale if scale else inputs / outputs
    number = torch.arange(outputs, dtype=torch.float64, device="cpu")
    if kind == "nearest":
        source = number * step
    elif kind == "nearest-exact":
        source = (number + 0.5) * step
    elif corners:
        source = number * ((inputs - 1) / max(1, outputs - 1))
    else:
        source = (number + 0.5) * step - 0.5
    below = source.floor().long()
    reach = {"linear": range(2), "cubic": range(-1, 3)}.get(kind, range(1))
    index = below[:, None] + torch.tensor(list(reach), device="cpu")
    real = (source != below)[:, None] | (index == below[:, None])  # at a unit itself, its neighbors have no weight
    return Taps(index, real, below, step)


def slide(seen: Seen, shape: tuple[int, ...], taps: list[Taps]) -> Seen:
    """Through one window after the other along the last dimensions of a tensor of this shape."""
    rank, whole = len(taps), len(taps) == len(seen.axes)
    for number, windows in enumerate(taps):
        dim = len(shape) - rank + number
        seen = through(seen, dim, shape[dim], windows, number if whole else None)
    return seen


def convolution(call: Call) -> Seen:
    """All channels of a group through a window; weights may be made of the image too."""
    image, weight = call.given["input"], call.given["weight"]
    rank = weight.ndim - 2
    kernel = tuple(weight.shape[2:])
    stride, padding, dilation = (call.numbers(name, rank) for name in ("stride", "padding", "dilation"))
    call.window = Window(kernel, stride, padding)
    parts = [furthest(call.of(weight), range(weight.ndim))] if call.tracked(weight) else []
    if call.tracked(image):
        output, groups = call.outputs[0], call.given["groups"]
        seen = call.of(image)
        seen = furthest(seen, [1]) if groups == 1 else grouped(seen, groups, output.shape[1])
        make = spreading if call.given["transposed"] else sliding
        sides = zip(output.shape[2:], kernel, stride, padding, dilation, strict=True)
        parts.append(slide(seen, tuple(image.shape), [make(*side) for side in sides]))
    return union(parts, call.outputs[0].ndim)


def grouped(seen: Seen, groups: int, channels: int) -> Seen:
    """Output channels of a grouped convolution see the channels of their own group."""

    def of(companion: torch.Tensor) -> torch.Tensor:
        if companion.size(2) == 1:
            return companion
        shape = (*companion.shape[:2], groups, -1, *companion.shape[3:])
        parts: torch.Tensor = companion.view(shape).amin(3)
        return parts.repeat_interleave(channels // groups, dim=2)

    return Seen(tuple(Axis(of(axis.reach), of(axis.place), axis.jump) for axis in seen.axes))


def pooling(call: Call) -> Seen:
    """Maximum or average of a window."""
    image = call.first
    rank = int(call.name.partition("pool")[2][0])
    kernel, padding = call.numbers("kernel_size", rank), call.numbers("padding", rank)
    stride = call.numbers("stride", rank) or kernel
    dilation = call.numbers("dilation", rank) if "dilation" in call.given else (1,) * rank
    call.window = Window(kernel, stride, padding)
    sides = zip(call.outputs[0].shape[-rank:], kernel, stride, padding, dilation, strict=True)
    return slide(call.of(image), tuple(image.shape), [sliding(*side) for side in sides])


def adaptive_pooling(call: Call) -> Seen:
    """Maximum or average of equal parts."""
    image, output = call.first, call.outputs[0]
    rank = int(call.name.partition("pool")[2][0])
    sides = list(zip(image.shape[-rank:], output.shape[-rank:], strict=True))
    taps = [equal_parts(before, after) for before, after in sides]
    strides = tuple(max(1, before // after) for before, after in sides)
    call.window = Window(tuple(part.units.shape[1] for part in taps), strides, (0,) * rank)
    return slide(call.of(image), tuple(image.shape), taps)


def upsampling(call: Call) -> Seen:
    """Copies of the nearest unit, or a mean of several units around."""
    image, output = call.first, call.outputs[0]
    rank = image.ndim - 2
    kind = "cubic" if "cubic" in call.name else "linear" if "linear" in call.name else "nearest"
    kind = "nearest-exact" if "exact" in call.name else kind
    scales = call.given.get("scale_factors") or [call.given.get(f"scales{s}") for s in ("_d", "_h", "_w")[-rank:]]
    if rank == 1:
        scales = [call.given.get("scales")]
    corners = bool(call.given.get("align_corners"))
    sides = zip(image.shape[2:], output.shape[2:], scales, strict=True)
    return slide(
        call.of(image), tuple(image.shape), [interpolated(b, a, kind, corners, scale) for b, a, scale in sides]
    )


def padding(call: Call) -> Seen:
    """Zeros around a map, which lie beyond its border."""
    image, pad = call.first, call.given["pad"]
    seen, shape = call.of(image), list(image.shape)
    for number in range(len(pad) // 2):
        dim = len(shape) - 1 - number
        before, after = pad[2 * number : 2 * number + 2]
        index = torch.arange(-before, shape[dim] + after, device="cpu")
        axis = dim - 2 if len(shape) - 2 == len(seen.axes) else None
        seen = through(seen, dim, shape[dim], Taps(index[:, None], None, index, 1), axis)
        shape[dim] = len(index)
    return seen


def patches(call: Call) -> Seen:
    """The units of each window as channels (`nn.Unfold`)."""
    image = call.first
    seen, shape = call.of(image), list(image.shape)
    height, width = call.numbers("padding", 2)
    for dim, by in ((2, height), (3, width)):
        index = torch.arange(-by, shape[dim] + by, device="cpu")
        seen = through(seen, dim, shape[dim], Taps(index[:, None], None, index, 1), dim - 2)
        shape[dim] = len(index)
    size = {name: call.given[name] for name in ("kernel_size", "dilation", "stride")}

    def unfolded(tensor: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.im2col(tensor, padding=[0, 0], **size)  # type: ignore[no-any-return]

    return moved(seen, shape, tuple(call.outputs[0].shape), unfolded)


HANDLERS: dict[str, Callable[[Call], Seen]] = {
    "convolution": convolution,
    "constant_pad_nd": padding,
    "im2col": patches,
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool3d_with_indices"), pooling),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d"), pooling),
    **dict.fromkeys(("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d"), adaptive_pooling),
    **dict.fromkeys(("adaptive_max_pool2d", "adaptive_max_pool3d"), adaptive_pooling),
    **dict.fromkeys(
        [f"{kind}{rank}d" for kind in ("upsample_nearest", "_upsample_nearest_exact") for rank in (1, 2, 3)],
        upsampling,
    ),
    **dict.fromkeys(("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), upsampling),
    "upsample_bicubic2d": upsampling,
}
