"""SENet: Hu, Shen, Albanie, Sun and Wu (2018), "Squeeze-and-excitation networks" (arXiv 1709.01507)."""

from functools import reduce

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Branches, Net, init_he, series
from cs231n_arch.models.residual import (
    Shortcut,
    cifar_stem,
    cifar_units,
    classifier,
    imagenet_stem,
    residual_stages,
)
from cs231n_arch.models.resnet import BOTTLENECK_CHANNELS, CIFAR_CHANNELS, UNITS, basic, bottleneck
from cs231n_arch.models.variants import Form, Totals, check_form, variant

TOTALS: Totals = {
    # The 16 SE blocks have 2,514,944 of either.
    "se_resnet50": {"paper": (28_071_976, 3_860_488_192), "released": (28_088_024, 3_860_488_192)},
    "se_resnet_cifar": {"paper": (271_738, 40_553_056)},
    "se_resnet20": {"paper": (271_738, 40_553_056)},
}


class Product(Branches):
    """Branches whose outputs are multiplied: maps, and a number for each of them."""

    def forward(self, x: Tensor) -> Tensor:
        """From (N, C, H, W) the branches make (N, C, H, W) and (N, C, 1, 1); the product has the larger shape."""
        return reduce(torch.mul, self.outputs(x))


def squeeze_excitation(channels: int, reduction: int, *, bias: bool = False) -> Product:
    """The SE block (Section 3): every channel times a number from 0 to 1 that all channels together decide on.

    Args:
        channels: channels of input and output.
        reduction: r: the hidden layer has 1/r of the channels.
        bias: whether the two fully connected layers have biases; see `se_resnet50`.

    Raises:
        ValueError: a reduction that leaves no hidden unit.
    """
    check_whole(reduction=reduction)
    if reduction > channels:
        raise ValueError(f"reduction must be from 1 to {channels}, the channels of the block; given {reduction}")
    hidden = channels // reduction
    return Product(
        maps=nn.Identity(),
        scale=series(
            squeeze=nn.AdaptiveAvgPool2d(1),  # (N, C, 1, 1), Equation 2
            fc1=nn.Conv2d(channels, hidden, kernel_size=1, bias=bias),  # (N, C/r, 1, 1), Equation 3
            relu=nn.ReLU(inplace=True),
            fc2=nn.Conv2d(hidden, channels, kernel_size=1, bias=bias),  # (N, C, 1, 1)
            sigmoid=nn.Sigmoid(),
        ),
    )


def se_unit(unit: nn.Sequential, channels: int, reduction: int, *, bias: bool = False) -> nn.Sequential:
    """relu(SE(F(x)) + x): a residual unit of so many channels, with an SE block at the end of F (Figure 3)."""
    unit.get_submodule("sum.body").add_module("se", squeeze_excitation(channels, reduction, bias=bias))
    return unit


def se_resnet50(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    reduction: int = 16,
    bias: bool = False,
    form: Form = "paper",
) -> Net:
    """SE-ResNet-50 (Hu et al. 2018, Table 1): `resnet50` with an SE block at the end of each residual branch.

    Input (N, 3, 224, 224), output (N, 1000). The paper prints 28.1M parameters and, as it counts the scaling too,
    3.87 billion operations. Its Table 10 prints for `reduction` 4, 8 and 32 a tenth of a million parameters more
    than its Equation 5 gives.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        reduction: r, the share of the channels that an SE block's hidden layer has (Section 3.2 and Table 10).
        bias: biases in the SE blocks. Equations 3 and 5 have none, and Section 6 finds the nets better without.
        form: `paper`, or `released`, the authors' Caffe model: with biases in the SE blocks, and pool1 rounds its
            size up instead of padding.

    Raises:
        ValueError: a reduction that leaves no hidden unit, or another form.

    Differs from: timm's `seresnet50` has the biases, pads pool1, and its 3x3 layers take the stride: 28,088,024
    parameters, 4,091,699,200 MACs. torchvision has none.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))

    def unit(in_channels: int, out_channels: int, stride: int) -> nn.Module:
        inner = bottleneck(in_channels, out_channels, stride)
        return se_unit(inner, out_channels, reduction, bias=bias or form == "released")

    stages = imagenet_stem(in_channels)  # (N, 64, 56, 56)
    if form == "released":
        stages["pool1"] = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    # (N, 256, 56, 56), (N, 512, 28, 28), (N, 1024, 14, 14), (N, 2048, 7, 7)
    stages |= residual_stages(unit, UNITS[50], 64, BOTTLENECK_CHANNELS)
    stages |= classifier(BOTTLENECK_CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=3 if form == "released" else 1)
    init_he(net)
    return net


def se_resnet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 20,
    reduction: int = 16,
    shortcut: Shortcut = "A",
) -> Net:
    """The residual net of any depth 6n+2 for CIFAR-10, `resnet_cifar`, with SE blocks.

    Input (N, 3, 32, 32), output (N, 10).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 6n+2, without those of the SE blocks.
        reduction: r; with 16 the hidden layers have 1, 2 and 4 units.
        shortcut: as in `resnet_cifar`.

    Raises:
        ValueError: a depth that is not 6n+2, another shortcut, or a reduction that leaves no hidden unit.

    Differs from: the paper's own nets for CIFAR-10 (Table 4) begin with pre-activation ResNets of 110 and 164
    layers, as their errors show; here are the units that its Figure 3 draws.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)

    def unit(in_channels: int, out_channels: int, stride: int) -> nn.Module:
        return se_unit(basic(in_channels, out_channels, stride, shortcut=shortcut), out_channels, reduction)

    stages = cifar_stem(in_channels)  # (N, 16, 32, 32)
    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stages |= residual_stages(unit, cifar_units(depth), 16, CIFAR_CHANNELS)
    stages |= classifier(CIFAR_CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_he(net)
    return net


se_resnet20 = variant(se_resnet_cifar, "se_resnet20", "SE-ResNet-20 for CIFAR-10.", depth=20)
