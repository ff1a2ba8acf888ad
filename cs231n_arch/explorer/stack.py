"""A net written as a stack of layers, in the notation of the explorer: one layer a line, branches indented.

    input 3x227x227
    conv1: conv 96 11x11 stride 4
    relu1: relu
    pool1: max_pool 3x3 stride 2

`arithmetic.js` reads it. The notation is for readers of the page; the models themselves are modules, and the text
is made from their structure, so that it cannot drift from them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from cs231n_arch.create import create_model
from cs231n_arch.models import list_models
from cs231n_arch.models.alexnet import TowerNorm
from cs231n_arch.models.densenet import DenseBlock
from cs231n_arch.models.layers import AuxHead, AuxNet, Concat, Net, Sum

MOST_LINES = 1000  # a longer text is no longer read, and makes the page heavy
SERIES = (nn.Sequential.forward, Net.forward, AuxNet.forward, DenseBlock.forward)


def sides(value: int | tuple[int, ...]) -> str:
    """A kernel's two numbers: "3x3"."""
    height, width = (value, value) if isinstance(value, int) else value
    return f"{height}x{width}"


def short(value: int | tuple[int, ...]) -> str:
    """A stride or padding, as one number where both are equal."""
    return str(value if isinstance(value, int) else value[0] if value[0] == value[1] else sides(value))


def options(module: Any) -> str:
    """Stride, padding and the like, where they are not the default."""
    words = []
    if short(module.stride) != ("1" if isinstance(module, nn.Conv2d) else short(module.kernel_size)):
        words.append(f"stride {short(module.stride)}")
    if short(module.padding) != "0":
        words.append(f"pad {short(module.padding)}")
    if getattr(module, "groups", 1) != 1:
        words.append(f"groups {module.groups}")
    if getattr(module, "ceil_mode", False):
        words.append("ceil")
    return " ".join(words)


def layer(module: nn.Module) -> str:
    """One layer as a line.

    Raises:
        ValueError: the notation has no word for it.
    """
    bias = "" if getattr(module, "bias", None) is not None else "no_bias"
    match module:
        case nn.Conv2d(dilation=(1, 1), padding_mode="zeros"):
            words = ["conv", str(module.out_channels), sides(module.kernel_size), options(module), bias]
        case nn.MaxPool2d(dilation=1):
            words = ["max_pool", sides(module.kernel_size), options(module)]
        case nn.AvgPool2d():
            words = ["avg_pool", sides(module.kernel_size), options(module)]
        case nn.AdaptiveAvgPool2d(output_size=1 | (1, 1)):
            words = ["global_pool"]
        case nn.Linear():
            words = ["fc", str(module.out_features), bias]
        case nn.BatchNorm2d(affine=True):
            words = ["bn"]
        case nn.ReLU():
            words = ["relu", "" if module.inplace else "copy"]
        case nn.ZeroPad3d(padding=(0, 0, 0, 0, 0, extra)):
            words = ["zero_maps", str(extra)]
        case nn.ZeroPad2d(padding=(0, right, 0, below)) if right == below:
            words = ["zero_edge", str(right)]
        case TowerNorm():
            words = ["tower_lrn"]
        case nn.LocalResponseNorm():
            words = ["lrn"]
        case nn.Dropout() | nn.Flatten() | nn.Identity() | nn.Tanh():
            words = [type(module).__name__.lower()]
        case _:
            raise ValueError(f"the explorer has no word for {type(module).__name__}")
    return " ".join(word for word in words if word)


def lines(name: str, module: nn.Module, depth: int) -> Iterator[str]:
    """The module and, indented, what is in it."""
    start = f"{'  ' * depth}{name}: "
    if type(module).forward in SERIES and any(module.children()):
        kind = "series"
    elif type(module).forward in (Sum.forward, Concat.forward):
        kind = "sum" if isinstance(module, Sum) else "concat"
    else:
        yield start + layer(module)
        return
    yield start + kind
    for child, inner in parts(module):
        yield from lines(child, inner, depth + 1)


def parts(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The children that run in evaluation mode; one that is used twice comes twice."""
    for name, child in module._modules.items():
        if child is not None and not isinstance(child, AuxHead):
            yield name, child


def stack(model: Net) -> str:
    """A net in the notation of the explorer.

    Raises:
        ValueError: part of it is neither a layer the notation has a word for, nor layers in series, summed, or
            joined along the channels.
    """
    if type(model).forward not in SERIES:
        raise ValueError(f"the explorer has no word for {type(model).__name__}")
    body = [line for name, child in parts(model) for line in lines(name, child, 0)]
    return "\n".join(["input " + "x".join(map(str, model.input_size)), *body])


def presets() -> Mapping[str, str]:
    """Name -> stack, for every model that the notation can write in at most MOST_LINES lines."""
    found: dict[str, str] = {}
    for name in list_models():
        with torch.device("meta"):
            model = create_model(name, **({"modern": True} if name == "lenet5" else {}))
        try:
            text = stack(model)
        except ValueError:  # such as FractalNet, whose joins are neither sums nor concatenations
            continue
        # A general constructor's default is the same net as one of those with the depth in their name.
        if text.count("\n") < MOST_LINES and text not in found.values():
            found[name] = text
    return found
