"""Layer tables, depths and counts of our nets for the checks: on the meta device, each computed once."""

from functools import cache
from typing import Any

import pandas as pd
import torch
from torch import nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.claims.verdicts import Verdict, settle
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
    """Values that the net allocates for one image, including the image; layers that work in place add none."""
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
    """Layers with weights on the longest path through a module, without auxiliary classifiers."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        return 1
    inside = [depth(child) for child in module.children() if not isinstance(child, AuxHead)]
    return max(inside) if isinstance(module, Branches) else sum(inside)


def count(module: nn.Module, kind: type[nn.Module]) -> int:
    """Number of modules of a kind inside a module."""
    return sum(isinstance(part, kind) for part in module.modules())


def random_in_training(name: str, **options: Any) -> Verdict:
    """Whether a net for images of 3x32x32 draws at random in training and not at test time."""
    torch.manual_seed(0)
    model, images, different = create_model(name, **options), torch.randn(4, 3, 32, 32), []
    with torch.no_grad():
        for training in (True, False):
            model.train(training)
            first, *others = [model(images) for _ in range(8)]
            different.append(sum(not torch.equal(other, first) for other in others))
    words = f"{different[0]} give other scores in training, {different[1] or 'none'} at test time"
    return settle(f"of 7 further passes of the same images, {words}", holds=different[0] > 0 and different[1] == 0)


def of_kind(name: str, *kinds: str) -> pd.DataFrame:
    """The rows of the layer table whose kind is one of these."""
    frame = table(name)
    return frame[frame["kind"].isin(kinds)]


SPOKEN = {
    "alexnet_two_gpu": "AlexNet", "googlenet": "GoogLeNet", "vgg16": "VGG-16", "vgg19": "VGG-19",
    "resnet18": "ResNet-18", "resnet34": "ResNet-34", "resnet50": "ResNet-50", "resnet101": "ResNet-101",
    "resnet152": "ResNet-152", "inception_v3": "Inception-v3", "inception_v4": "Inception-v4",
    "resnext50_32x4d": "ResNeXt-50", "densenet121": "DenseNet-121", "squeezenet1_0": "SqueezeNet",
    "nin_imagenet": "NiN",
}  # fmt: skip


def spoken(name: str) -> str:
    """A model's name as its paper writes it."""
    return SPOKEN.get(name, name)


def stage_of(frame: pd.DataFrame) -> pd.Series:
    """The first part of each layer's name, which is the stage that it belongs to."""
    return frame["name"].str.split(".").str[0]


def millions(number: float, decimals: int = 1) -> str:
    """A large number in words."""
    return f"{number / 1e6:.{decimals}f} million"


def percent(share: float, decimals: int = 0) -> str:
    """A share in words."""
    return f"{100 * share:.{decimals}f} %"


def billions(number: float, decimals: int = 1) -> str:
    """A very large number in words."""
    return f"{number / 1e9:.{decimals}f} billion"
