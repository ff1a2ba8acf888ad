"""ResNet: He, Zhang, Ren and Sun (2015), "Deep residual learning for image recognition" (arXiv 1512.03385)."""

from functools import partial
from typing import Literal

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, Sum, init_he, series
from cs231n_arch.models.residual import (
    Shortcut,
    Unit,
    cifar_stem,
    cifar_units,
    classifier,
    conv,
    imagenet_stem,
    init_fan_out,
    residual_stages,
    shortcut_path,
)
from cs231n_arch.models.variants import Form, Totals, check_form, variant

# Table 1: the units of conv2_x, conv3_x, conv4_x and conv5_x by depth; from 50 layers on they are bottlenecks.
UNITS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
CHANNELS = (64, 128, 256, 512)  # of a basic unit's output in conv2_x, ..., conv5_x
BOTTLENECK_CHANNELS = (256, 512, 1024, 2048)  # of a bottleneck's output, which has a quarter of them inside
# The table of Section 4.2, for CIFAR-10:  output map size  32x32  16x16  8x8
#                                          layers            1+2n     2n   2n
CIFAR_CHANNELS = (16, 32, 64)

TOTALS: Totals = {
    "resnet18": {"paper": (11_689_512, 1_814_073_344), "torchvision": (11_689_512, 1_814_073_344)},
    "resnet34": {"paper": (21_797_672, 3_663_761_408), "torchvision": (21_797_672, 3_663_761_408)},
    "resnet50": {
        "paper": (25_557_032, 3_857_973_248),
        "released": (25_557_096, 3_857_973_248),
        "torchvision": (25_557_032, 4_089_184_256),
    },
    "resnet101": {
        "paper": (44_549_160, 7_570_194_432),
        "released": (44_549_160, 7_570_194_432),
        "torchvision": (44_549_160, 7_801_405_440),
    },
    "resnet152": {
        "paper": (60_192_808, 11_282_415_616),
        "released": (60_192_808, 11_282_415_616),
        "torchvision": (60_192_808, 11_513_626_624),
    },
    "plain18": {"paper": (11_515_688, 1_794_805_760)},
    "plain34": {"paper": (21_623_848, 3_644_493_824)},
    "resnet_cifar": {"paper": (269_722, 40_551_040)},
    "resnet20": {"paper": (269_722, 40_551_040)},
    "resnet32": {"paper": (464_154, 68_862_592)},
    "resnet44": {"paper": (658_586, 97_174_144)},
    "resnet56": {"paper": (853_018, 125_485_696)},
    "resnet110": {"paper": (1_727_962, 252_887_680)},
    "resnet1202": {"paper": (19_421_274, 2_829_238_912)},
    "plain20": {"paper": (269_722, 40_551_040)},
    "plain32": {"paper": (464_154, 68_862_592)},
    "plain44": {"paper": (658_586, 97_174_144)},
    "plain56": {"paper": (853_018, 125_485_696)},
    "plain110": {"paper": (1_727_962, 252_887_680)},
}


def basic(in_channels: int, out_channels: int, stride: int, *, shortcut: Shortcut = "B") -> nn.Sequential:
    """relu(F(x) + x), where F is two 3x3 layers (Figure 5, left)."""
    body = series(
        conv1=conv(in_channels, out_channels, 3, stride),
        bn1=nn.BatchNorm2d(out_channels),
        relu1=nn.ReLU(inplace=True),
        conv2=conv(out_channels, out_channels, 3),
        bn2=nn.BatchNorm2d(out_channels),
    )
    path = shortcut_path(shortcut, in_channels, out_channels, stride)
    return series(sum=Sum(body=body, shortcut=path), relu=nn.ReLU(inplace=True))


def bottleneck(
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    shortcut: Shortcut = "B",
    stride_in: Literal["1x1", "3x3"] = "1x1",
) -> nn.Sequential:
    """relu(F(x) + x), where F is a 1x1, a 3x3 and a 1x1 layer (Figure 5, right)."""
    width = out_channels // 4
    first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
    body = series(
        conv1=conv(in_channels, width, 1, first),
        bn1=nn.BatchNorm2d(width),
        relu1=nn.ReLU(inplace=True),
        conv2=conv(width, width, 3, second),
        bn2=nn.BatchNorm2d(width),
        relu2=nn.ReLU(inplace=True),
        conv3=conv(width, out_channels, 1),
        bn3=nn.BatchNorm2d(out_channels),
    )
    path = shortcut_path(shortcut, in_channels, out_channels, stride)
    return series(sum=Sum(body=body, shortcut=path), relu=nn.ReLU(inplace=True))


def plain_unit(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """relu(F(x)): the layers of a basic unit without its shortcut (Figure 3, middle)."""
    body = basic(in_channels, out_channels, stride, shortcut="A").get_submodule("sum.body")
    return series(body=body, relu=nn.ReLU(inplace=True))


def resnet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    depth: int = 50,
    residual: bool = True,
    shortcut: Shortcut = "B",
    zero_gamma: bool = False,
    form: Form = "paper",
) -> Net:
    """ResNet for ImageNet (He et al. 2015, Table 1).

    Input (N, 3, 224, 224), output (N, 1000).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers: 18 or 34 with basic units, 50, 101 or 152 with bottlenecks.
        residual: with shortcuts; without, the plain net of 18 or 34 layers.
        shortcut: option of Section 3.3: A pads with zeros, B projects where the shape changes, C projects
            everywhere. The paper trains its 18 layers with A only (Table 2), its 34 layers with all three
            (Table 3), and enters B in its comparison with others (Table 4), as for all deeper nets.
        zero_gamma: start every unit as an identity (Goyal et al. 2017, arXiv 1706.02677, Section 5.1).
        form: `paper`; `released` (50, 101, 152), the authors' Caffe models: pool1 rounds its size up instead of
            padding, which also gives 56 but shifts the windows by a pixel, and conv1 of ResNet-50 has a bias;
            `torchvision`: the 3x3 layer of a bottleneck takes the stride instead of the first 1x1 layer ("v1.5",
            after Gross and Wilber 2016), and the weights begin as `init_fan_out` says.

    Raises:
        ValueError: another depth, shortcut or form.

    Left open by the paper: how pool1 makes 56 of 112, and which layer of a bottleneck takes the stride; its
    numbers of operations, as its released models, have the stride in the first 1x1 layer.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    depths = [layers for layers in UNITS if residual or layers < 50]
    if depth not in depths:
        raise ValueError(f"depth must be one of {', '.join(map(str, depths))}; given {depth!r}")
    if depth < 50:
        check_form(form, ("paper", "torchvision"))
        unit: Unit = partial(basic, shortcut=shortcut) if residual else plain_unit
        channels = CHANNELS
    else:
        check_form(form, ("paper", "released", "torchvision"))
        unit = partial(bottleneck, shortcut=shortcut, stride_in="3x3" if form == "torchvision" else "1x1")
        channels = BOTTLENECK_CHANNELS

    stages = imagenet_stem(in_channels)  # (N, 64, 56, 56)
    if form == "released":
        stages["pool1"] = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        if depth == 50:
            stages["conv1"] = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
    # (N, C, 56, 56), (N, 2C, 28, 28), (N, 4C, 14, 14), (N, 8C, 7, 7), where C is 64 or 256
    stages |= residual_stages(unit, UNITS[depth], 64, channels)
    stages |= classifier(channels[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=3 if form == "released" else 1)
    init_weights(net, form)
    if zero_gamma:
        init_zero_gamma(net)
    return net


def plain(num_classes: int = 1000, in_channels: int = 3, *, depth: int = 34) -> Net:
    """The plain net of 18 or 34 layers (Section 3.3 and Figure 3, middle): `resnet` without shortcuts.

    Input (N, 3, 224, 224), output (N, 1000); as many parameters and MACs as `resnet` with shortcuts of option A.
    torchvision and timm have no plain nets.
    """
    return resnet(num_classes, in_channels, depth=depth, residual=False)


def resnet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 20,
    residual: bool = True,
    shortcut: Shortcut = "A",
) -> Net:
    """The residual or plain net of any depth 6n+2 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6).

    Input (N, 3, 32, 32), output (N, 10). Shortcuts of option B add 2,752 parameters and 262,144 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 6n+2 with n units on each of three map sizes.
        residual: with shortcuts; without, the plain net.
        shortcut: option of Section 3.3: A pads with zeros (the paper's choice "in all cases" of this section),
            B projects where the shape changes, C projects everywhere. A plain net has none.

    Raises:
        ValueError: a depth that is not 6n+2, or another shortcut.

    Differs from: torchvision and timm have no such nets. Much code called "ResNet-18 for CIFAR" puts a stem for
    small images on the ImageNet net, which has 40 times the parameters of `resnet20`; other code takes option B.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    unit: Unit = partial(basic, shortcut=shortcut) if residual else plain_unit
    stages = cifar_stem(in_channels)  # (N, 16, 32, 32)
    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stages |= residual_stages(unit, cifar_units(depth), 16, CIFAR_CHANNELS)
    stages |= classifier(CIFAR_CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_weights(net)
    return net


def plain_cifar(num_classes: int = 10, in_channels: int = 3, *, depth: int = 20) -> Net:
    """The plain net of any depth 6n+2 for CIFAR-10 (Section 4.2): `resnet_cifar` without shortcuts.

    Input (N, 3, 32, 32), output (N, 10); as many parameters and MACs as `resnet_cifar` with shortcuts of option A.
    """
    return resnet_cifar(num_classes, in_channels, depth=depth, residual=False)


def init_weights(net: Net, form: Form = "paper") -> None:
    """Weights from N(0, 2 / fan-in), as He et al. (2015, arXiv 1502.01852); in torchvision's form its own."""
    if form == "torchvision":
        init_fan_out(net, zero_bias=False)
    else:
        init_he(net)


def init_zero_gamma(net: Net) -> None:
    """Make every unit an identity at first: zero the scale of the last batch norm of its residual branch."""
    for module in net.modules():
        if isinstance(module, Sum):
            *_, last = (layer for layer in module.body.modules() if isinstance(layer, nn.BatchNorm2d))
            nn.init.zeros_(last.weight)


resnet18 = variant(resnet, "resnet18", "ResNet-18 (Table 1).", depth=18)
resnet34 = variant(resnet, "resnet34", "ResNet-34 (Table 1 and Figure 3, right).", depth=34)
resnet50 = variant(resnet, "resnet50", "ResNet-50 (Table 1 and Figure 5).", depth=50)
resnet101 = variant(resnet, "resnet101", "ResNet-101 (Table 1).", depth=101)
resnet152 = variant(resnet, "resnet152", "ResNet-152 (Table 1).", depth=152)
plain18 = variant(plain, "plain18", "The 18-layer plain net (Section 3.3).", depth=18)
plain34 = variant(plain, "plain34", "The 34-layer plain net (Figure 3, middle).", depth=34)
resnet20 = variant(resnet_cifar, "resnet20", "ResNet-20 for CIFAR-10 (Table 6).", depth=20)
resnet32 = variant(resnet_cifar, "resnet32", "ResNet-32 for CIFAR-10 (Table 6).", depth=32)
resnet44 = variant(resnet_cifar, "resnet44", "ResNet-44 for CIFAR-10 (Table 6).", depth=44)
resnet56 = variant(resnet_cifar, "resnet56", "ResNet-56 for CIFAR-10 (Table 6).", depth=56)
resnet110 = variant(resnet_cifar, "resnet110", "ResNet-110 for CIFAR-10 (Table 6).", depth=110)
resnet1202 = variant(resnet_cifar, "resnet1202", "ResNet-1202 for CIFAR-10 (Table 6).", depth=1202)
plain20 = variant(plain_cifar, "plain20", "The 20-layer plain net for CIFAR-10 (Figure 6).", depth=20)
plain32 = variant(plain_cifar, "plain32", "The 32-layer plain net for CIFAR-10 (Figure 6).", depth=32)
plain44 = variant(plain_cifar, "plain44", "The 44-layer plain net for CIFAR-10 (Figure 6).", depth=44)
plain56 = variant(plain_cifar, "plain56", "The 56-layer plain net for CIFAR-10 (Figure 6).", depth=56)
plain110 = variant(plain_cifar, "plain110", "The 110-layer plain net for CIFAR-10 (Section 4.2).", depth=110)
