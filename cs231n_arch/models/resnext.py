"""ResNeXt: Xie, Girshick, Dollár, Tu and He (2017), arXiv 1611.05431.

"Aggregated residual transformations for deep neural networks", with its three equivalent forms of the unit.
"""

import re
from collections.abc import Mapping
from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Branches, Concat, Net, Sum, series
from cs231n_arch.models.residual import (
    conv,
    imagenet_stem,
    residual_branch,
    residual_net,
    shortcut_path,
)

# Table 1: the units of conv2_x, conv3_x, conv4_x and conv5_x.
DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
STEM = 64  # maps ahead of the first unit
MAPS = (256, 512, 1024, 2048)  # that a unit puts out

Form = Literal["a", "b", "c"]

PATH = re.compile(r"\.paths\.path\d+\.")  # in the names of forms a and b
SPLIT = {  # the layers that are one for each path
    "a": re.compile(r"\.body\.(?=(conv1|bn1|conv2|bn2|conv3)\.)"),
    "b": re.compile(r"\.body\.(?=(conv1|bn1|conv2|bn2)\.)"),
    "c": re.compile(r"(?!)"),  # none
}


class PathSum(Branches):
    """The paths of form a, whose outputs are added."""

    def forward(self, x: Tensor) -> Tensor:
        """Every path maps (N, C, H, W) to one and the same shape; so does the sum."""
        return reduce(torch.add, self.outputs(x))


def bottleneck(maps_in: int, maps: int, stride: int, *, cardinality: int, width: int, form: Form) -> nn.Sequential:
    """The residual branch of a unit, in one of the three equivalent forms of Figure 3.

    Batch norm follows every convolution, but in form a the last one follows the sum of the paths (footnote 6).

    Args:
        maps_in: maps that come in.
        maps: maps that go out.
        stride: step of the 3x3 layer.
        cardinality: number of paths.
        width: maps inside a path.
        form: a adds the paths' outputs; b joins what their 3x3 layers put out, ahead of one 1x1 layer; c does the
            same with one grouped convolution.
    """
    inner = cardinality * width
    if form == "c":
        grouped = conv(inner, inner, 3, stride, groups=cardinality)
        return residual_branch(conv(maps_in, inner, 1), grouped, conv(inner, maps, 1))
    paths: dict[str, nn.Module] = {}
    for number in range(1, cardinality + 1):
        path = residual_branch(conv(maps_in, width, 1), conv(width, width, 3, stride))
        path.add_module("relu2", nn.ReLU(inplace=True))
        if form == "a":
            path.add_module("conv3", conv(width, maps, 1))
        paths[f"path{number}"] = path
    if form == "a":
        return series(paths=PathSum(**paths), bn3=nn.BatchNorm2d(maps))
    return series(paths=Concat(**paths), conv3=conv(inner, maps, 1), bn3=nn.BatchNorm2d(maps))


def _resnext(
    stem: dict[str, nn.Module],
    units: tuple[int, ...],
    *,
    num_classes: int,
    input_size: tuple[int, int, int],
    cardinality: int,
    width: int,
    form: Form,
) -> Net:
    """The stages of residual units behind a stem; `width` is that of conv2_x and doubles with every stage."""
    if form not in ("a", "b", "c"):
        raise ValueError(f"form must be 'a', 'b' or 'c', as in Figure 3; given {form!r}")
    least = 1 if form == "c" else 2
    if cardinality < least or width < 1:
        raise ValueError(
            f"form {form!r} needs a cardinality of at least {least} and a width of at least 1; "
            f"given {cardinality} and {width}"
        )

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        inside = width * maps // MAPS[0]
        body = bottleneck(maps_in, maps, stride, cardinality=cardinality, width=inside, form=form)
        total = Sum(body=body, shortcut=shortcut_path("B", maps_in, maps, stride))
        return series(sum=total, relu=nn.ReLU(inplace=True))

    # (N, 256, H, W), (N, 512, H/2, W/2), (N, 1024, H/4, W/4), (N, 2048, H/8, W/8)
    maps = MAPS[: len(units)]  # three stages for CIFAR
    net = residual_net(stem, STEM, units, maps, unit, num_classes=num_classes, input_size=input_size)
    init_paper(net, cardinality)
    return net


def init_paper(net: Net, cardinality: int) -> None:
    """To N(0, 2 / fan-in) (Section 4): what form a adds up counts as one layer, so that all forms begin alike."""
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if PATH.search(name) and name.endswith("conv3.weight"):
                weight.div_(cardinality**0.5)


def path_dim(name: str) -> int:
    """The dimension that the paths share out: what the last 1x1 layer takes in, or what others put out."""
    return 1 if name.endswith("conv3.weight") else 0


def convert_form(state: Mapping[str, Tensor], form: Form) -> dict[str, Tensor]:
    """The same weights for another form of the net, which then puts out the same (Section 3.4, Figure 3).

    Args:
        state: state dict of a ResNeXt of any form.
        form: the form to make them fit.

    Returns:
        A state dict for the net built with `form`; what had to be cut or joined is a copy.

    Raises:
        ValueError: another form.
    """
    if form not in SPLIT:
        raise ValueError(f"form must be 'a', 'b' or 'c', as in Figure 3; given {form!r}")
    parts: dict[str, list[Tensor]] = {}
    for name, value in state.items():
        parts.setdefault(PATH.sub(".", name), []).append(value)
    grouped = {
        name: torch.cat(values, dim=path_dim(name))
        if values[0].ndim
        else values[0]  # batch counters are all equal
        for name, values in parts.items()
    }
    converted: dict[str, Tensor] = {}
    for name, value in grouped.items():
        if not SPLIT[form].search(name):
            converted[name] = value
            continue
        maps, width = grouped[re.sub(r"\.body\..*", ".body.conv2.weight", name)].shape[:2]
        paths = maps // width
        pieces = value.chunk(paths, dim=path_dim(name)) if value.ndim else [value] * paths
        for number, piece in enumerate(pieces, 1):
            converted[SPLIT[form].sub(f".body.paths.path{number}.", name)] = piece.clone()
    return converted


def resnext(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    depth: int = 50,
    cardinality: int = 32,
    width: int = 4,
    form: Form = "c",
) -> Net:
    """ResNeXt for ImageNet with any cardinality and width (Xie et al. 2017, Tables 1 to 4).

    Input (N, 3, 224, 224), output (N, 1000); by default 25,028,904 parameters and 4,230,479,872 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: 50 or 101.
        cardinality: number of paths in a unit, C. At the same complexity Table 2 pairs 1 with a width of 64, which
            is ResNet-50, 2 with 40, 4 with 24, 8 with 14, and 32 with 4.
        width: maps inside each path in conv2_x, d; they double with every stage.
        form: one of three equivalent forms of the unit (Figure 3): a adds the outputs of explicit paths, b joins
            the paths ahead of one 1x1 layer, c is a grouped convolution, in which the paper's nets are realised.
            `convert_form` turns the weights of one into those of another.

    Raises:
        ValueError: another depth or form, or a cardinality or width out of range.

    Differs from: torchvision's and timm's ResNeXt are form c. The 3x3 layer takes the stride, as the paper says
    (Section 4) and they have it.
    """
    if depth not in DEPTHS:
        raise ValueError(f"depth must be one of {', '.join(map(str, DEPTHS))}; given {depth}")
    return _resnext(
        imagenet_stem(in_channels),  # (N, 64, 56, 56)
        DEPTHS[depth],
        num_classes=num_classes,
        input_size=(in_channels, 224, 224),
        cardinality=cardinality,
        width=width,
        form=form,
    )


def resnext_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 29,
    cardinality: int = 8,
    width: int = 64,
    form: Form = "c",
) -> Net:
    """ResNeXt for CIFAR (Xie et al. 2017, Section 5.3 and Appendix A).

    Input (N, 3, 32, 32), output (N, 10); by default 34,426,698 parameters and 5,387,266,048 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 9n+2 with n units in each of three stages.
        cardinality: number of paths in a unit.
        width: maps inside each path in the first stage; they double with every stage.
        form: see `resnext`.

    Raises:
        ValueError: a depth that is not 9n+2, another form, or a cardinality or width out of range.

    Differs from: torchvision and timm have no such nets.
    """
    if depth < 11 or (depth - 2) % 9:
        raise ValueError(f"depth must be 9n+2 with n of at least 1: 11, 20, 29, ...; given {depth}")
    stem: dict[str, nn.Module] = {  # from (N, 3, 32, 32)
        "conv1": conv(in_channels, STEM, 3),  # (N, 64, 32, 32)
        "bn1": nn.BatchNorm2d(STEM),
        "relu1": nn.ReLU(inplace=True),
    }
    return _resnext(
        stem,
        ((depth - 2) // 9,) * 3,
        num_classes=num_classes,
        input_size=(in_channels, 32, 32),
        cardinality=cardinality,
        width=width,
        form=form,
    )


def resnext50_32x4d(num_classes: int = 1000, in_channels: int = 3, *, form: Form = "c") -> Net:
    """ResNeXt-50 (32x4d) (Xie et al. 2017, Table 1); see `resnext`.

    Input (N, 3, 224, 224), output (N, 1000); 25,028,904 parameters, 4,230,479,872 MACs.
    """
    return resnext(num_classes, in_channels, depth=50, cardinality=32, width=4, form=form)


def resnext101_32x8d(num_classes: int = 1000, in_channels: int = 3, *, form: Form = "c") -> Net:
    """ResNeXt-101 (32x8d); see `resnext`.

    Input (N, 3, 224, 224), output (N, 1000); 88,791,336 parameters, 16,414,015,488 MACs.

    Differs from: the paper has no such net; it comes from Mahajan et al. (2018), arXiv 1805.00932, and torchvision
    has it.
    """
    return resnext(num_classes, in_channels, depth=101, cardinality=32, width=8, form=form)


def resnext101_64x4d(num_classes: int = 1000, in_channels: int = 3, *, form: Form = "c") -> Net:
    """ResNeXt-101 (64x4d) (Xie et al. 2017, Tables 4 and 5); see `resnext`.

    Input (N, 3, 224, 224), output (N, 1000); 83,455,272 parameters, 15,460,270,080 MACs.
    """
    return resnext(num_classes, in_channels, depth=101, cardinality=64, width=4, form=form)


def resnext29_8x64d(num_classes: int = 10, in_channels: int = 3, *, form: Form = "c") -> Net:
    """ResNeXt-29 (8x64d) for CIFAR (Xie et al. 2017, Table 7); see `resnext_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 34,426,698 parameters, 5,387,266,048 MACs.
    """
    return resnext_cifar(num_classes, in_channels, depth=29, cardinality=8, width=64, form=form)
