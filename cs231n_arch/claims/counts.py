"""What the checks read off our nets: layer tables and depths, on the meta device, each computed once."""

from functools import cache

import pandas as pd
import torch
from torch import nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import AuxHead, Branches, Net


@cache
def net(name: str) -> Net:
    """The model, without weights."""
    with torch.device("meta"):
        return create_model(name).eval()


@cache
def table(name: str) -> pd.DataFrame:
    """Its layer table."""
    return layer_table(net(name))


def parameters(name: str) -> int:
    """Parameters that evaluation uses: auxiliary classifiers do not count."""
    return int(table(name)["params"].sum())


def macs(name: str) -> int:
    """Multiply-adds for one image."""
    return int(table(name)["macs"].sum())


def activations(name: str) -> int:
    """Values that the net allocates for one image, the image among them: what works in place costs nothing."""
    channels, height, width = net(name).input_size
    return int(table(name)["activation_bytes"].sum()) // 4 + channels * height * width


def layer(name: str, where: str) -> pd.Series:
    """The row of one layer."""
    return table(name).set_index("name").T[where]


def size(name: str, where: str) -> str:
    """Output of a layer as the papers print it: height x width x channels."""
    channels, height, width = layer(name, where)["output_shape"]
    return f"{height}x{width}x{channels}"


def depth(module: nn.Module) -> int:
    """Layers with weights on the longest way through a module; auxiliary classifiers lie on none."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        return 1
    inside = [depth(child) for child in module.children() if not isinstance(child, AuxHead)]
    return max(inside) if isinstance(module, Branches) else sum(inside)


def count(module: nn.Module, kind: type[nn.Module]) -> int:
    """How many modules of a kind there are inside."""
    return sum(isinstance(part, kind) for part in module.modules())
