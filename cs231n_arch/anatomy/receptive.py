"""The window of each of PyTorch's operators, and what a unit behind it sees of the image."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cs231n_arch.anatomy.arithmetic import Receptive, receptive_step

aten = torch.ops.aten
Pair = tuple[int, int]
Window = tuple[Pair, Pair, Pair]  # kernel, stride, padding; each (vertical, horizontal)
Side = int | Pair | None  # one number where both are equal, None without a window


class Seen(NamedTuple):
    """What one unit of a tensor sees of the image.

    Attributes:
        vertical: receptive field and jump in the rows.
        horizontal: receptive field and jump in the columns.
        flat: the tensor no longer is a map, so its shape says nothing of the image.
    """

    vertical: Receptive
    horizontal: Receptive
    flat: bool = False


def pair(value: int | Sequence[int]) -> Pair:
    """Both numbers of an operator's argument, which may be one number or a list of one or two."""
    values = [value] if isinstance(value, int) else list(value)
    return (values[0], values[-1])


def shorten(value: Pair) -> Side:
    """One number where both are equal."""
    return value[0] if value[0] == value[1] else value


def convolution_window(
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    *_: Any,
) -> Window | None:
    """Window of a two-dimensional convolution; a transposed one, which spreads instead of gathering, has none."""
    if transposed or weight.ndim != 4:
        return None
    height, width = (d * (k - 1) + 1 for d, k in zip(pair(dilation), weight.shape[2:], strict=True))
    return (height, width), pair(stride), pair(padding)


def pooling_window(
    image: Tensor, kernel_size: Any, stride: Any = (), padding: Any = 0, *_: Any, **__: Any
) -> Window:
    """Window of a maximum or average pooling."""
    return pair(kernel_size), pair(stride or kernel_size), pair(padding)


def adaptive_window(image: Tensor, output_size: Any, *_: Any) -> Window:
    """Window of an adaptive pooling, the largest one where they differ in size."""
    sides = list(zip(image.shape[-2:], pair(output_size), strict=True))
    kernel, stride = [-(-side // parts) for side, parts in sides], [max(1, side // parts) for side, parts in sides]
    return pair(kernel), pair(stride), (0, 0)


def slice_window(image: Tensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Window | None:
    """Every n-th row or column: a window of one pixel at stride n."""
    axis = dim % image.ndim - (image.ndim - 2)
    return (
        ((1, 1), (step if axis == 0 else 1, step if axis == 1 else 1), (0, 0)) if axis >= 0 and step > 1 else None
    )


WINDOWS: dict[Any, Callable[..., Window | None]] = {
    aten.convolution: convolution_window,
    aten.max_pool2d_with_indices: pooling_window,
    aten.avg_pool2d: pooling_window,
    aten._adaptive_avg_pool2d: adaptive_window,
    aten.adaptive_max_pool2d: adaptive_window,
    aten.slice: slice_window,
}


def together(known: Sequence[tuple[Seen, Tensor]]) -> Seen:
    """What a unit sees in whose making several tensors have a part: all that any of them sees.

    Its place on the image is that in the largest map; a smaller one, such as a number for each map, is spread
    over it.
    """
    largest = max(tensor.shape[2:].numel() for _, tensor in known)
    placed = [seen for seen, tensor in known if tensor.shape[2:].numel() == largest]
    vertical = Receptive(max(s.vertical.field for s, _ in known), max(s.vertical.jump for s in placed))
    horizontal = Receptive(max(s.horizontal.field for s, _ in known), max(s.horizontal.jump for s in placed))
    return Seen(vertical, horizontal, flat=any(seen.flat for seen, _ in known))


def look(before: Seen, window: Window | None, image: Tensor, output: Tensor) -> Seen:
    """What a unit of the output sees, if a unit of the input sees `before`."""
    flat = before.flat or output.ndim < 4
    if window is not None:
        kernel, stride, _ = window
    elif not before.flat and image.ndim == 4 and (flat or max(output.shape[2:]) == 1):
        kernel = stride = pair(image.shape[2:])  # flattened or averaged: what is left has seen the whole map
    else:
        kernel = stride = (1, 1)
    vertical, horizontal = (
        receptive_step(side, k, s) for side, k, s in zip(before[:2], kernel, stride, strict=True)
    )
    return Seen(vertical, horizontal, flat)
