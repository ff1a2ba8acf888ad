"""Closed forms for output size, parameters, operations and receptive field, in pure Python.

Everything here can be worked by hand on the page; `layer_table` reads the same figures off a running net, and
the tests compare the two. This file imports next to nothing, so models may use it too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cs231n_arch.errors import check_whole


def conv_output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    ceil_mode: bool = False,
    exact: bool = False,
) -> int:
    """Output height (or width) of a convolution or pooling: (size + 2*padding - kernel) / stride + 1.

    Args:
        size: input height (or width) in pixels.
        kernel: height (or width) of the window.
        stride: step of the window.
        padding: zeros added at either side.
        dilation: step between the window's own pixels; it covers dilation*(kernel-1)+1 pixels.
        ceil_mode: round up instead of down, as Caffe's pooling does; the last window must begin inside the
            input or its left padding.
        exact: refuse a stride that does not divide, instead of rounding.

    Returns:
        The number of window positions.

    Raises:
        ValueError: a number out of range; a window larger than the padded input (the smallest size that fits is
            named); or, with `exact`, a stride that leaves pixels over (the sizes that fit are named).
    """
    check_whole(size=size, kernel=kernel, stride=stride, dilation=dilation)
    check_whole(0, padding=padding)
    span = dilation * (kernel - 1) + 1
    room = size + 2 * padding - span
    over = room % stride
    # PyTorch's rule: a last, partial window counts only if it begins before the right padding does.
    partial = ceil_mode and over > 0 and (room // stride + 1) * stride < size + padding
    steps = room // stride + partial
    if steps < 0:
        smallest = span - 2 * padding - (stride - 1 if ceil_mode else 0)
        raise ValueError(
            f"a window of {span} does not fit into {size} with padding {padding}; "
            f"the smallest size that fits is {smallest}"
        )
    if exact and over:
        raise ValueError(
            f"stride {stride} does not divide {size} + 2*{padding} - {span} = {room}: {over} left over; "
            f"sizes {size - over} and {size - over + stride} fit"
        )
    return int(steps + 1)


def conv_parameters(
    in_channels: int, out_channels: int, kernel: int | tuple[int, int], *, groups: int = 1, bias: bool = True
) -> int:
    """Parameters of a convolution: (kernel area * in_channels / groups + 1 for the bias) * out_channels.

    Raises:
        ValueError: `groups` does not divide both channel counts.
    """
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must divide in_channels and out_channels; given groups={groups}, "
            f"in_channels={in_channels}, out_channels={out_channels}"
        )
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    return (height * width * (in_channels // groups) + bias) * out_channels


def linear_parameters(in_features: int, out_features: int, *, bias: bool = True) -> int:
    """Parameters of a fully connected layer: (in_features + 1 for the bias) * out_features."""
    return (in_features + bias) * out_features


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int],
    output_size: int | tuple[int, int],
    *,
    groups: int = 1,
) -> int:
    """Multiply-accumulates of a convolution for one image: its weights, once for each output position.

    Biases are additions without a multiplication and do not count.
    """
    height, width = (output_size, output_size) if isinstance(output_size, int) else output_size
    return conv_parameters(in_channels, out_channels, kernel, groups=groups, bias=False) * height * width


class Receptive(NamedTuple):
    """What one output unit sees.

    Attributes:
        field: side of the square of input pixels that the unit sees.
        jump: distance in input pixels between neighboring units.
    """

    field: int
    jump: int


def receptive_step(before: Receptive, kernel: int, stride: int = 1, dilation: int = 1) -> Receptive:
    """Receptive field after one more window: field + dilation*(kernel-1)*jump; the stride multiplies the jump."""
    return Receptive(before.field + dilation * (kernel - 1) * before.jump, before.jump * stride)


def receptive_field(layers: Iterable[tuple[int, int]]) -> Receptive:
    """Receptive field of windows in series.

    Args:
        layers: (kernel, stride) of each convolution or pooling, first layer first.

    Returns:
        The side of the field and the jump, both in input pixels: `receptive_field([(3, 1)] * 3).field` is 7.

    Raises:
        ValueError: a kernel or stride below 1, or no pair of them.
    """
    now = Receptive(1, 1)
    for layer in layers:
        if not isinstance(layer, Sequence) or len(layer) != 2:
            raise ValueError(f"each layer must be (kernel, stride); given {layer!r}")
        kernel, stride = layer
        check_whole(kernel=kernel, stride=stride)
        now = receptive_step(now, int(kernel), int(stride))
    return now
