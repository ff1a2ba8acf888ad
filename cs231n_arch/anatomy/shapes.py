"""Operators on the meta device: the commonest ones are only given the shape of their output.

PyTorch finds these shapes slowly, in Python, and loads its compiler or SymPy first, which takes up to a second.
"""

from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import Any

import torch
from torch import Tensor

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.anatomy.calls import Call

POINTWISE = {"add", "div", "mul", "neg", "pow", "relu", "sigmoid", "sub", "tanh", "threshold_backward"}
MAXIMUM = {"max_pool2d_with_indices", "max_pool3d_with_indices"}
POOLING = {*MAXIMUM, "avg_pool2d", "avg_pool3d"}


def run(call: Call, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The operator's outputs, without PyTorch where their shape is known here."""
    inputs = call.inputs
    if call.writes or not all(tensor.is_meta for tensor in inputs):
        return func(*args, **kwargs)
    if call.name == "native_batch_norm" and not call.given["training"]:
        image = call.given["input"]
        same = image.new_empty(image.shape) if row_by_row(image) else torch.empty_like(image)
        return same, image.new_empty(0), image.new_empty(0)
    one_type = len({tensor.dtype for tensor in inputs}) == 1 and inputs[0].is_floating_point()
    turns_complex = any(isinstance(value, complex) for value in args)
    usual = call.name == "addmm" or all(map(row_by_row, inputs))  # its weights are transposed
    if not one_type or turns_complex or not usual:
        return func(*args, **kwargs)  # another type of numbers or memory layout may come out
    found = shape_of(call)
    if found is None:
        return func(*args, **kwargs)
    output = inputs[0].new_empty(found)
    return (output, output.new_empty(found, dtype=torch.int64)) if call.name in MAXIMUM else output


def row_by_row(tensor: Tensor) -> bool:
    """Whether the last side is the densest in memory and so on, so that an output is contiguous."""
    strides = tensor.stride()
    return tensor.is_contiguous() or (0 not in strides and all(a >= b for a, b in pairwise(strides)))


def shape_of(call: Call) -> Sequence[int] | None:
    """The shape of the output of one of the commonest operators; None if PyTorch must find it, or refuse it."""
    inputs = call.inputs
    if call.name in POINTWISE:
        return broadcast(*(tensor.shape for tensor in inputs))
    if call.name == "convolution" and not call.given["transposed"]:
        return convolution(call)
    if call.name in POOLING:
        return pooling(call)
    if call.name == "addmm":
        bias, left, right = (call.given[name].shape for name in ("self", "mat1", "mat2"))
        product = (left[0], right[-1])
        if len(left) == len(right) == 2 and left[1] == right[0] and broadcast(bias, product) == product:
            return product
    if call.name in ("mean", "sum") and call.given.get("dim") and call.given["dtype"] is None:
        kept, sides = call.given["keepdim"], inputs[0].shape
        over = {side % len(sides) for side in call.given["dim"] if -len(sides) <= side < len(sides)}
        if len(over) == len(call.given["dim"]):
            return [1 if at in over else n for at, n in enumerate(sides) if kept or at not in over]
    if call.name == "cat":
        dim, shape = int(call.given["dim"]), list(inputs[0].shape)
        others = [[*t.shape[:dim], *t.shape[dim + 1 :]] for t in inputs]
        if 0 <= dim < len(shape) and others.count(others[0]) == len(others):
            shape[dim] = sum(t.shape[dim] for t in inputs)
            return shape
    return None


def convolution(call: Call) -> Sequence[int] | None:
    """Images and weights must have the same channels in each group."""
    image, (channels, inside, *kernel) = call.given["input"].shape, call.given["weight"].shape
    bias, groups = call.given["bias"], call.given["groups"]
    if len(image) != len(kernel) + 2 or image[1] != inside * groups or channels % groups:
        return None
    if bias is not None and bias.shape != (channels,):
        return None
    sides = positions(call, image[2:], kernel)
    return sides and (image[0], channels, *sides)


def pooling(call: Call) -> Sequence[int] | None:
    """Of a batch of images or of one; the padding is at most half of the window."""
    rank = int(call.name.partition("pool")[2][0])
    image, kernel = call.inputs[0].shape, call.numbers("kernel_size", rank)
    most = [2 * padding <= side for padding, side in zip(call.numbers("padding", rank), kernel, strict=True)]
    if len(image) - rank not in (1, 2) or not all(most) or 0 in image[-rank - 1 :]:
        return None
    if call.given.get("divisor_override") == 0:
        return None
    sides = positions(call, image[-rank:], kernel)
    return sides and (*image[:-rank], *sides)


def positions(call: Call, sides: Sequence[int], kernel: Sequence[int]) -> Sequence[int] | None:
    """Positions of the window along each side; None where it does not fit."""
    rank = len(kernel)
    strides, paddings = call.numbers("stride", rank) or kernel, call.numbers("padding", rank)
    dilations = call.numbers("dilation", rank) if "dilation" in call.given else (1,) * rank
    ceil_mode = bool(call.given.get("ceil_mode"))
    try:
        return [
            conv_output_size(*window, ceil_mode=ceil_mode)
            for window in zip(sides, kernel, strides, paddings, dilations, strict=True)
        ]
    except ValueError:
        return None


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...] | None:
    """The shape to which arithmetic stretches tensors of these shapes; None if they do not fit."""
    columns = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    sides = [set(column) - {1} or {1} for column in columns]
    return tuple(min(side) for side in reversed(sides)) if all(len(side) == 1 for side in sides) else None
