"""Multiply-accumulates of PyTorch's operators: its own formulas, and those that it lacks."""

from collections.abc import Callable
from math import prod
from typing import Any

from torch import Tensor
from torch.utils.flop_counter import flop_registry


def attention_macs(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    """Products of queries with keys, and of the weights with values."""
    return prod(query.shape[:-1]) * key.shape[-2] * (query.shape[-1] + value.shape[-1])


# In addition to PyTorch's own formulas: operator -> formula of (arguments, outputs).
MACS: dict[str, Callable[..., int]] = {
    "mv": lambda matrix, vector, **_: matrix.numel(),
    "addmv": lambda bias, matrix, vector, **_: matrix.numel(),
    "dot": lambda a, b, **_: a.numel(),
    "vdot": lambda a, b, **_: a.numel(),
    "_trilinear": lambda a, weight, b, *_, out_val: prod(a.shape[:-1]) * weight.numel(),  # nn.Bilinear
    "deform_conv2d": lambda image, weight, *_, out_val: weight[0].numel() * out_val.numel(),
    "_scaled_dot_product_flash_attention_for_cpu": attention_macs,
    "linear_dynamic": lambda image, *_, out_val: image.shape[-1] * out_val.numel(),  # quantized
}
# Operators of PyTorch that multiply and accumulate, but for which there is no usual count.
UNCOUNTED = {
    "_cdist_forward",
    "mkldnn_rnn_layer",
    "_linalg_det",
    "linalg_inv_ex",
    "_linalg_solve_ex",
    "grid_sampler_2d",
}


def count(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> int | None:
    """Multiply-accumulates of an operator; None if it may have some that no formula counts."""
    name = func.overloadpacket.__name__
    if func.overloadpacket in flop_registry:
        return int(flop_registry[func.overloadpacket](*args, **kwargs, out_val=output)) // 2
    if name in MACS:
        return MACS[name](*args, **kwargs, out_val=output)
    return None if name in UNCOUNTED or func.namespace not in ("aten", "prim", "prims") else 0
