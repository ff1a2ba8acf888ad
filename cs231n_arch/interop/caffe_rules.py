"""What PyTorch's functions are in Caffe: one rule for each, with the function's own arguments.

Caffe rounds the sizes of pooled maps up where PyTorch rounds them down. A pooling is refused if that places its
windows elsewhere, for a net that is exported must compute the same.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from cs231n_arch.interop.caffemodel import Setting

Side = int | Sequence[int]


class Rule(NamedTuple):
    """One of the layers that compute a function in Caffe.

    Attributes:
        kind: of the layer.
        settings: of the layer, in full.
        weights: see `CaffeLayer`.
        inputs: the tensors that it reads; None for what the layer before made.
    """

    kind: str
    settings: Mapping[str, Setting]
    weights: tuple[Tensor | None, ...] = ()
    inputs: tuple[Tensor | None, ...] = ()


class NotInCaffeError(Exception):
    """Why Caffe has no layer for a call."""


def _two(side: Side) -> tuple[int, int]:
    """Vertical and horizontal."""
    both = (side, side) if isinstance(side, int) else tuple(side) * (2 // len(side))
    return both[0], both[1]


def _sides(**sides: Side) -> dict[str, Setting]:
    """Settings such as `kernel_size=3`, or `kernel_h` and `kernel_w` where these differ."""
    settings: dict[str, Setting] = {}
    for name, side in sides.items():
        high, wide = _two(side)
        if high == wide:
            settings[name] = high
        else:
            stem = name.removesuffix("_size")
            settings |= {f"{stem}_h": high, f"{stem}_w": wide}
    return settings


def _check_pooled(settings: Mapping[str, Setting], x: Tensor, result: Tensor) -> None:
    """Refuse a pooling whose result has another size in Caffe (its pooling_layer.cpp)."""
    caffes = []
    padded = any(sides_of(settings, "pad"))
    for size, kernel, stride, pad in zip(
        x.shape[2:], *(sides_of(settings, what) for what in ("kernel_size", "stride", "pad")), strict=True
    ):
        if pad >= kernel:
            raise NotInCaffeError(f"a padding of {pad} for windows of {kernel}")
        windows = math.ceil((size + 2 * pad - kernel) / stride) + 1
        if padded and (windows - 1) * stride >= size + pad:
            windows -= 1
        caffes.append(windows)
    if caffes != list(result.shape[2:]):
        raise NotInCaffeError(
            f"its pooling rounds sizes up: {_by(x.shape[2:])} becomes {_by(caffes)}, not {_by(result.shape[2:])}"
        )


def _by(sides: Sequence[int]) -> str:
    return "x".join(map(str, sides))


def sides_of(settings: Mapping[str, Setting], what: str, default: int = 0) -> tuple[int, int]:
    """Vertical and horizontal side, however they are given."""
    stem = what.removesuffix("_size")
    both = settings.get(what, default)
    return int(settings.get(f"{stem}_h", both)), int(settings.get(f"{stem}_w", both))


def _conv2d(
    result: Tensor,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Side = 1,
    padding: Side | str = 0,
    dilation: Side = 1,
    groups: int = 1,
) -> list[Rule]:
    if isinstance(padding, str):
        raise NotInCaffeError(f"its padding is a number, not {padding!r}")
    settings: dict[str, Setting] = {"num_output": weight.shape[0], "bias_term": bias is not None}
    settings |= _sides(pad=padding, kernel_size=tuple(weight.shape[2:]), stride=stride)
    if _two(dilation) != (1, 1):
        if len(set(_two(dilation))) > 1:
            raise NotInCaffeError("its dilation is one number")
        settings["dilation"] = _two(dilation)[0]
    if groups > 1:
        settings["group"] = groups
    return [Rule("Convolution", settings, (weight,) if bias is None else (weight, bias), (x,))]


def _linear(result: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> list[Rule]:
    if x.ndim != 2:
        raise NotInCaffeError(f"its InnerProduct takes all of an image, not the last side of {tuple(x.shape[1:])}")
    settings = {"num_output": weight.shape[0], "bias_term": bias is not None}
    return [Rule("InnerProduct", settings, (weight,) if bias is None else (weight, bias), (x,))]


def _batch_norm(
    result: Tensor,
    x: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> list[Rule]:
    if mean is None or variance is None:
        raise NotInCaffeError("its batch norm keeps statistics")
    rules = [Rule("BatchNorm", {"use_global_stats": True, "eps": eps}, (mean, variance, None), (x,))]
    if weight is not None and bias is not None:
        rules.append(Rule("Scale", {"bias_term": True}, (weight, bias), (None,)))
    return rules


def _max_pool2d(
    result: Tensor,
    x: Tensor,
    kernel_size: Side,
    stride: Side | None = None,
    padding: Side = 0,
    dilation: Side = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> list[Rule]:
    if _two(dilation) != (1, 1):
        raise NotInCaffeError("its pooling has no dilation")
    sides = _sides(kernel_size=kernel_size, stride=stride or kernel_size, pad=padding)
    _check_pooled(sides, x, result)
    return [Rule("Pooling", {"pool": "MAX", **sides}, (), (x,))]


def _avg_pool2d(
    result: Tensor,
    x: Tensor,
    kernel_size: Side,
    stride: Side | None = None,
    padding: Side = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> list[Rule]:
    if divisor_override is not None or (_two(padding) != (0, 0) and not count_include_pad):
        raise NotInCaffeError("its average counts the pixels of the padding")
    sides = _sides(kernel_size=kernel_size, stride=stride or kernel_size, pad=padding)
    _check_pooled(sides, x, result)
    return [Rule("Pooling", {"pool": "AVE", **sides}, (), (x,))]


def _adaptive_avg_pool2d(result: Tensor, x: Tensor, output_size: Side) -> list[Rule]:
    if _two(output_size) != (1, 1):
        raise NotInCaffeError(f"it has no adaptive pooling, here to {_by(_two(output_size))}")
    return [Rule("Pooling", {"pool": "AVE", "global_pooling": True}, (), (x,))]


def _local_response_norm(
    result: Tensor, x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> list[Rule]:
    if size % 2 == 0:
        raise NotInCaffeError(f"its LRN runs over an odd number of channels, not {size}")
    settings: dict[str, Setting] = {"local_size": size, "alpha": float(alpha), "beta": float(beta), "k": float(k)}
    return [Rule("LRN", settings, (), (x,))]


def _flatten(result: Tensor, x: Tensor, start_dim: int = 0, end_dim: int = -1) -> list[Rule]:
    if start_dim != 1 or end_dim not in (-1, x.ndim - 1):
        raise NotInCaffeError("it flattens all but the batch")
    return [Rule("Flatten", {}, (), (x,))]


def _dropout(
    result: Tensor, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> list[Rule]:
    return [Rule("Dropout", {"dropout_ratio": float(p)}, (), (x,))]


def _cat(result: Tensor, tensors: Sequence[Tensor], dim: int = 0) -> list[Rule]:
    if dim != 1:
        raise NotInCaffeError("tensors are joined along the channels only")
    return [Rule("Concat", {}, (), tuple(tensors))]


def _sum(result: Tensor, one: Tensor, other: Tensor, *, alpha: float = 1) -> list[Rule]:
    if not isinstance(other, Tensor) or one.shape != other.shape or alpha != 1:
        raise NotInCaffeError("it adds tensors of the same size")
    return [Rule("Eltwise", {"operation": "SUM"}, (), (one, other))]


def _product(result: Tensor, one: Tensor, other: Tensor) -> list[Rule]:
    if not isinstance(other, Tensor) or other.shape != (*one.shape[:2], 1, 1):
        raise NotInCaffeError("it multiplies by numbers only one for every channel")
    return [Rule("Flatten", {}, (), (other,)), Rule("Scale", {"axis": 0}, (), (one, None))]


def _pointwise(kind: str) -> Callable[..., list[Rule]]:
    def rule(result: Tensor, x: Tensor, inplace: bool = False) -> list[Rule]:
        return [Rule(kind, {}, (), (x,))]

    return rule


RULES: dict[str, Callable[..., list[Rule]]] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "adaptive_avg_pool2d": _adaptive_avg_pool2d,
    "local_response_norm": _local_response_norm,
    "flatten": _flatten,
    "dropout": _dropout,
    "cat": _cat,
    **dict.fromkeys(("relu", "relu_"), _pointwise("ReLU")),
    "sigmoid": _pointwise("Sigmoid"),
    "tanh": _pointwise("TanH"),
    **dict.fromkeys(("add", "add_", "__add__", "__iadd__"), _sum),
    **dict.fromkeys(("mul", "mul_", "__mul__", "__imul__"), _product),
}
