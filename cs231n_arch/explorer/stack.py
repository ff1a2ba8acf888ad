"""A net written as a stack of layers, in the notation of the explorer: one layer per line, branches indented.

    input 3x227x227
    conv1: conv 96 11x11 stride 4
    relu1: relu
    pool1: max_pool 3x3 stride 2

`arithmetic.js` reads it. The notation is for readers of the page; the models themselves are modules, and the text
is made from their structure, so that it cannot drift from them.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from torch import nn

from cs231n_arch.create import create_model
from cs231n_arch.explorer.names import NAMES, OPTIONS
from cs231n_arch.explorer.words import Conv, Word, candidates
from cs231n_arch.models.alexnet import TowerNorm
from cs231n_arch.models.densenet import DenseBlock
from cs231n_arch.models.layers import AuxHead, AuxNet, Concat, Net, Sum

MOST_CONVS = 6  # that a word stands for
SERIES = (nn.Sequential.forward, Net.forward, AuxNet.forward, DenseBlock.forward)


def sides(value: int | tuple[int, ...]) -> str:
    """A kernel's two numbers: "3x3"."""
    height, width = (value, value) if isinstance(value, int) else value
    return f"{height}x{width}"


def short(value: Any) -> str:
    """A stride, padding or dilation, as one number where both are equal."""
    return str(value if isinstance(value, int) else value[0] if value[0] == value[1] else sides(value))


def options(module: Any) -> str:
    """Stride, padding and the like, where they are not the default."""
    words = []
    if short(module.stride) != ("1" if isinstance(module, nn.Conv2d) else short(module.kernel_size)):
        words.append(f"stride {short(module.stride)}")
    if short(module.padding) != "0":
        words.append(f"pad {short(module.padding)}")
    if short(getattr(module, "dilation", 1)) != "1":
        words.append(f"dilation {short(module.dilation)}")
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
        case nn.Conv2d(padding_mode="zeros", padding=tuple()):
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
            words = ["zero_channels", str(extra)]
        case nn.ZeroPad2d(padding=(0, right, 0, below)) if right == below:
            words = ["zero_edge", str(right)]
        case TowerNorm():
            words = ["tower_lrn"]
        case nn.LocalResponseNorm():
            words = ["lrn"]
        case nn.Dropout():
            words = ["dropout", f"{module.p:g}"]
        case nn.Flatten() | nn.Identity() | nn.Sigmoid() | nn.Tanh():
            words = [type(module).__name__.lower()]
        case _:
            raise ValueError(f"the explorer has no word for {type(module).__name__}")
    return " ".join(word for word in words if word)


def lines(name: str, module: nn.Module, depth: int, *, short: bool = False) -> Iterator[str]:
    """The module and, indented, what is in it, layer by layer; `short` takes the papers' words where they fit."""
    found = word(module) if short else None
    text = f"{found.text} {found.first}".strip() if found else repeated(name, module) if short else None
    kind = block(module)
    if text is not None or kind is None:
        yield f"{'  ' * depth}{name}: {text or layer(module)}"
        return
    yield f"{'  ' * depth}{name}: {kind}"
    for child, inner in parts(module):
        yield from lines(child, inner, depth + 1, short=short)


def block(module: nn.Module) -> str | None:
    """How the parts of the module are joined; None for a layer."""
    if type(module).forward in SERIES and any(module.children()):
        return "series"
    if type(module).forward in (Sum.forward, Concat.forward):
        return "sum" if isinstance(module, Sum) else "concat"
    return None


def word(module: nn.Module) -> Word | None:
    """The paper's word for the module, if there is one."""
    convs = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
    if block(module) is None or not 1 <= len(convs) <= MOST_CONVS:
        return None
    names = Conv._fields
    key = tuple(Conv(*(getattr(conv, name) for name in names)) for conv in convs)
    written = tuple(lines("", module, 0))
    return next((found for found, made in known(key) if made == written), None)


@cache
def known(convs: tuple[Conv, ...]) -> list[tuple[Word, tuple[str, ...]]]:
    """The words for a block with these convolutions, and the layers that each stands for."""
    with torch.device("meta"):
        return [(found, tuple(lines("", found.module, 0))) for found in candidates(convs)]


def repeated(name: str, module: nn.Module) -> str | None:
    """Such as `residual 64 x3 stride 2`, for a series of one word under numbered names."""
    names = [child for child, _ in parts(module)]
    numbers = range(1, len(names) + 1)
    usual = [f"{name.removesuffix('_x')}_{number}" for number in numbers]
    if block(module) != "series" or names not in (usual, [f"layer{number}" for number in numbers]):
        return None
    found = [word(inner) for _, inner in parts(module)]
    texts = {w.text if w else None for w in found}
    first = found[0]
    if first is None or len(texts) > 1 or any(w and w.first for w in found[1:]):
        return None
    if (names != usual) != first.text.startswith("dense_layer"):
        return None
    return f"{first.text} x{len(found)} {first.first}".strip()


def parts(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The children that run in evaluation mode; one that is used twice comes twice."""
    for name, child in module._modules.items():
        if child is not None and not isinstance(child, AuxHead):
            yield name, child


def stack(model: Net) -> str:
    """A net in the notation of the explorer, as short as the words of the papers make it.

    Raises:
        ValueError: part of it is neither a layer the notation has a word for, nor layers in series, summed, or
            joined along the channels.
    """
    if type(model).forward not in SERIES:
        raise ValueError(f"the explorer has no word for {type(model).__name__}")
    body = [line for name, child in parts(model) for line in lines(name, child, 0, short=True)]
    return "\n".join(["input " + "x".join(map(str, model.input_size)), *body])


def presets() -> dict[str, dict[str, str]]:
    """Group -> model -> stack, for the models of `NAMES`."""
    found: dict[str, dict[str, str]] = {}
    with torch.device("meta"):
        for group, names in NAMES.items():
            found[group] = {name: stack(create_model(name, **OPTIONS.get(name, {}))) for name in names}
    return found
