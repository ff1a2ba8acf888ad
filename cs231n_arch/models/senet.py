"""SENet: Hu, Shen, Albanie, Sun and Wu (2018), "Squeeze-and-excitation networks" (arXiv 1709.01507)."""

from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Branches, Net, Sum, series
from cs231n_arch.models.residual import (
    Shortcut,
    cifar_stem,
    cifar_units,
    conv,
    imagenet_stem,
    residual_branch,
    residual_net,
    shortcut_path,
)
from cs231n_arch.models.resnet import bottleneck

# Table 1, middle: units, and maps that they put out, of conv2_x, ..., conv5_x.
UNITS = (3, 4, 6, 3)
MAPS = (256, 512, 1024, 2048)  # the two layers of an SE block have a 16th of them, and all
CIFAR_MAPS = (16, 32, 64)  # Section 4.2 of He et al. (2015)


class Product(Branches):
    """Branches whose outputs are multiplied: maps, and a number for each of them."""

    def forward(self, x: Tensor) -> Tensor:
        """From (N, C, H, W) the branches make (N, C, H, W) and (N, C, 1, 1); the product has the larger shape."""
        return reduce(torch.mul, self.outputs(x))


def squeeze_excitation(maps: int, reduction: int, *, bias: bool = False) -> Product:
    """The SE block (Section 3): every map times a number from 0 to 1 that all maps together decide on.

    Args:
        maps: maps that come in and go out.
        reduction: r: the hidden layer has 1/r of the maps.
        bias: whether the two fully connected layers have biases; see `se_resnet50`.

    Raises:
        ValueError: a reduction that leaves no hidden unit.
    """
    if not 1 <= reduction <= maps:
        raise ValueError(f"reduction must be from 1 to {maps}, the fewest maps of a block; given {reduction}")
    hidden = maps // reduction
    return Product(
        maps=nn.Identity(),
        scale=series(
            squeeze=nn.AdaptiveAvgPool2d(1),  # (N, C, 1, 1), Equation 2
            fc1=nn.Conv2d(maps, hidden, kernel_size=1, bias=bias),  # (N, C/r, 1, 1), Equation 3
            relu=nn.ReLU(inplace=True),
            fc2=nn.Conv2d(hidden, maps, kernel_size=1, bias=bias),  # (N, C, 1, 1)
            sigmoid=nn.Sigmoid(),
        ),
    )


def se_unit(body: nn.Sequential, shortcut: nn.Module, maps: int, reduction: int, bias: bool) -> nn.Sequential:
    """A residual unit whose branch ends with an SE block, ahead of the sum (Figure 3)."""
    body.add_module("se", squeeze_excitation(maps, reduction, bias=bias))
    return series(sum=Sum(body=body, shortcut=shortcut), relu=nn.ReLU(inplace=True))


def se_resnet50(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    reduction: int = 16,
    bias: bool = False,
    stride_in: Literal["1x1", "3x3"] = "1x1",
) -> Net:
    """SE-ResNet-50 (Hu et al. 2018, Table 1): `resnet50` with an SE block at the end of each residual branch.

    Input (N, 3, 224, 224), output (N, 1000); 28,071,976 parameters, 3,860,488,192 MACs, of which the 16 SE blocks
    have 2,514,944 of either. The paper prints 28.1M and, as it counts the scaling too, 3.87 billion. Its Table 10
    prints for `reduction` 4, 8 and 32 a tenth of a million more than its Equation 5 gives.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        reduction: r, the share of the maps that an SE block's hidden layer has (Section 3.2 and Table 10).
        bias: biases in the SE blocks. The paper's Equations 3 and 5 have none, and Section 6 finds the nets better
            without; the authors' released models have them.
        stride_in: the layer that takes the stride of 2, as in `resnet50`.

    Raises:
        ValueError: a reduction that leaves no hidden unit, or another layer for the stride.

    Differs from: timm's `seresnet50` has `bias=True` and `stride_in="3x3"`: 28,088,024 parameters, 4,091,699,200
    MACs. torchvision has none.
    """

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        body = bottleneck(maps_in, maps, stride, stride_in)
        return se_unit(body, shortcut_path("B", maps_in, maps, stride), maps, reduction, bias)

    # (N, 256, 56, 56), (N, 512, 28, 28), (N, 1024, 14, 14), (N, 2048, 7, 7)
    stem, size = imagenet_stem(in_channels), (in_channels, 224, 224)  # (N, 64, 56, 56)
    return residual_net(stem, 64, UNITS, MAPS, unit, num_classes=num_classes, input_size=size)


def se_resnet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 20,
    reduction: int = 16,
    bias: bool = False,
    shortcut: Shortcut = "A",
) -> Net:
    """The residual net of any depth 6n+2 for CIFAR-10, `resnet_cifar`, with SE blocks.

    Input (N, 3, 32, 32), output (N, 10). With 20 layers 271,738 parameters and 40,553,056 MACs, 2,016 of either in
    SE blocks; with 110 layers 1,740,058 and 252,899,776.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 6n+2, without those of the SE blocks.
        reduction: r; with 16 the hidden layers have 1, 2 and 4 units.
        bias: biases in the SE blocks, as in `se_resnet50`.
        shortcut: as in `resnet_cifar`.

    Raises:
        ValueError: a depth that is not 6n+2, another shortcut, or a reduction that leaves no hidden unit.

    Differs from: the paper's own nets for CIFAR-10 (Table 4) begin with pre-activation ResNets of 110 and 164
    layers, as the errors show that it takes over for them; here are the units that its Figure 3 draws.
    """
    units = cifar_units(depth)

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        body = residual_branch(conv(maps_in, maps, 3, stride), conv(maps, maps, 3))
        return se_unit(body, shortcut_path(shortcut, maps_in, maps, stride), maps, reduction, bias)

    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stem, size = cifar_stem(in_channels), (in_channels, 32, 32)
    return residual_net(stem, 16, units, CIFAR_MAPS, unit, num_classes=num_classes, input_size=size)


def se_resnet20(num_classes: int = 10, in_channels: int = 3, *, reduction: int = 16) -> Net:
    """SE-ResNet-20 for CIFAR-10; see `se_resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 271,738 parameters, 40,553,056 MACs.
    """
    return se_resnet_cifar(num_classes, in_channels, depth=20, reduction=reduction)
