"""ResNet: He, Zhang, Ren and Sun (2015), "Deep residual learning for image recognition" (arXiv 1512.03385).

The nets of Table 1 for ImageNet; those for CIFAR-10 of Section 4.2 are in `resnet_cifar.py`.
"""

from functools import partial
from typing import Literal

from torch import nn

from cs231n_arch.models.layers import Net, Sum, series
from cs231n_arch.models.residual import (
    Shortcut,
    conv,
    imagenet_stem,
    residual_branch,
    residual_net,
    shortcut_path,
)

# Table 1: the kind of unit, and how many of them conv2_x, conv3_x, conv4_x and conv5_x have.
DEPTHS = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
WIDTHS = (64, 128, 256, 512)  # maps inside a unit of conv2_x, ..., conv5_x
EXPANSION = {"basic": 1, "bottleneck": 4}  # maps that a unit puts out, divided by those inside

StrideIn = Literal["1x1", "3x3"]


def basic(in_channels: int, maps: int, stride: int) -> nn.Sequential:
    """Two 3x3 layers (Figure 5, left); the first one takes the stride."""
    return residual_branch(conv(in_channels, maps, 3, stride), conv(maps, maps, 3))


def bottleneck(in_channels: int, maps: int, stride: int, stride_in: StrideIn) -> nn.Sequential:
    """1x1, 3x3 and 1x1 layers (Figure 5, right): the 3x3 layer works on a quarter of the maps."""
    width = maps // EXPANSION["bottleneck"]
    first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
    return residual_branch(conv(in_channels, width, 1, first), conv(width, width, 3, second), conv(width, maps, 1))


def _resnet(
    depth: int,
    num_classes: int,
    in_channels: int,
    *,
    option: Shortcut | None,
    stride_in: StrideIn = "1x1",
    zero_gamma: bool = False,
) -> Net:
    """A column of Table 1; without an `option` for the shortcuts, a plain net."""
    if stride_in not in ("1x1", "3x3"):
        raise ValueError(f"stride_in must be '1x1' or '3x3', the layer that takes the stride; given {stride_in!r}")
    kind, units = DEPTHS[depth]
    branch = basic if kind == "basic" else partial(bottleneck, stride_in=stride_in)

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        body = branch(maps_in, maps, stride)
        if option is None:
            return series(body=body, relu=nn.ReLU(inplace=True))
        joined = Sum(body=body, shortcut=shortcut_path(option, maps_in, maps, stride))
        return series(sum=joined, relu=nn.ReLU(inplace=True))

    # (N, maps, 56, 56), (N, 2 * maps, 28, 28), (N, 4 * maps, 14, 14), (N, 8 * maps, 7, 7)
    maps = [EXPANSION[kind] * width for width in WIDTHS]
    stem, size = imagenet_stem(in_channels), (in_channels, 224, 224)  # (N, 64, 56, 56)
    net = residual_net(stem, 64, units, maps, unit, num_classes=num_classes, input_size=size)
    if zero_gamma:
        init_zero_gamma(net)
    return net


def init_zero_gamma(net: Net) -> None:
    """Make every unit an identity at first: zero the scale of the last batch norm of its residual branch."""
    for module in net.modules():
        if isinstance(module, Sum):
            *_, last = (
                layer for layer in module.get_submodule("body").modules() if isinstance(layer, nn.BatchNorm2d)
            )
            nn.init.zeros_(last.weight)


def resnet18(
    num_classes: int = 1000, in_channels: int = 3, *, shortcut: Shortcut = "B", zero_gamma: bool = False
) -> Net:
    """ResNet-18 (He et al. 2015, Table 1).

    Input (N, 3, 224, 224), output (N, 1000); 11,689,512 parameters, 1,814,073,344 MACs.
    With `shortcut="A"`: 11,515,688 parameters, 1,794,805,760 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        shortcut: option of Section 3.3: A pads with zeros, B projects where the shape changes, C projects
            everywhere. The paper trains its 18 layers with A only (Table 2), its 34 layers with all three
            (Table 3), and enters B in its comparison with others (Table 4), as for all deeper nets; so B is the
            default of the whole family here.
        zero_gamma: start every unit as an identity (Goyal et al. 2017, arXiv 1706.02677, Section 5.1).

    Raises:
        ValueError: another shortcut.

    Differs from: torchvision's `resnet18` is this net with another initialisation: variance 2 / fan-out instead of
    2 / fan-in, and the fully connected layer uniform.
    """
    return _resnet(18, num_classes, in_channels, option=shortcut, zero_gamma=zero_gamma)


def resnet34(
    num_classes: int = 1000, in_channels: int = 3, *, shortcut: Shortcut = "B", zero_gamma: bool = False
) -> Net:
    """ResNet-34 (He et al. 2015, Table 1 and Figure 3); the arguments are those of `resnet18`.

    Input (N, 3, 224, 224), output (N, 1000); 21,797,672 parameters, 3,663,761,408 MACs.
    With `shortcut="A"`: 21,623,848 parameters, 3,644,493,824 MACs.

    Differs from: see `resnet18`.
    """
    return _resnet(34, num_classes, in_channels, option=shortcut, zero_gamma=zero_gamma)


def resnet50(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Shortcut = "B",
    stride_in: StrideIn = "1x1",
    zero_gamma: bool = False,
) -> Net:
    """ResNet-50 (He et al. 2015, Table 1 and Figure 5).

    Input (N, 3, 224, 224), output (N, 1000); 25,557,032 parameters, 3,857,973,248 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        shortcut: option of Section 3.3: A pads with zeros, B projects where the shape changes (the paper's choice
            for 50 and more layers), C projects everywhere.
        stride_in: the layer of the first unit of conv3_x, conv4_x and conv5_x that takes the stride of 2. The
            paper's numbers of operations and its released models have it in the 1x1 layer.
        zero_gamma: start every unit as an identity (Goyal et al. 2017, arXiv 1706.02677, Section 5.1).

    Raises:
        ValueError: another shortcut or another layer for the stride.

    Differs from: torchvision's and timm's `resnet50` has `stride_in="3x3"` ("v1.5", after Gross and Wilber 2016),
    with as many parameters and 4,089,184,256 MACs. See also `resnet18`.
    """
    return _resnet(50, num_classes, in_channels, option=shortcut, stride_in=stride_in, zero_gamma=zero_gamma)


def resnet101(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Shortcut = "B",
    stride_in: StrideIn = "1x1",
    zero_gamma: bool = False,
) -> Net:
    """ResNet-101 (He et al. 2015, Table 1); the arguments are those of `resnet50`.

    Input (N, 3, 224, 224), output (N, 1000); 44,549,160 parameters, 7,570,194,432 MACs.

    Differs from: torchvision's and timm's have `stride_in="3x3"`: 7,801,405,440 MACs. See also `resnet18`.
    """
    return _resnet(101, num_classes, in_channels, option=shortcut, stride_in=stride_in, zero_gamma=zero_gamma)


def resnet152(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Shortcut = "B",
    stride_in: StrideIn = "1x1",
    zero_gamma: bool = False,
) -> Net:
    """ResNet-152 (He et al. 2015, Table 1); the arguments are those of `resnet50`.

    Input (N, 3, 224, 224), output (N, 1000); 60,192,808 parameters, 11,282,415,616 MACs.

    Differs from: torchvision's and timm's have `stride_in="3x3"`: 11,513,626,624 MACs. See also `resnet18`.
    """
    return _resnet(152, num_classes, in_channels, option=shortcut, stride_in=stride_in, zero_gamma=zero_gamma)


def plain18(num_classes: int = 1000, in_channels: int = 3) -> Net:
    """The 18-layer plain net (He et al. 2015, Section 3.3): `resnet18` without shortcuts.

    Input (N, 3, 224, 224), output (N, 1000); 11,515,688 parameters and 1,794,805,760 MACs, as `resnet18` has with
    shortcuts of option A.

    Differs from: torchvision and timm have no plain nets.
    """
    return _resnet(18, num_classes, in_channels, option=None)


def plain34(num_classes: int = 1000, in_channels: int = 3) -> Net:
    """The 34-layer plain net (He et al. 2015, Section 3.3 and Figure 3, middle): `resnet34` without shortcuts.

    Input (N, 3, 224, 224), output (N, 1000); 21,623,848 parameters and 3,644,493,824 MACs, as `resnet34` has with
    shortcuts of option A.

    Differs from: torchvision and timm have no plain nets.
    """
    return _resnet(34, num_classes, in_channels, option=None)
