"""ResNet on CIFAR-10: He, Zhang, Ren and Sun (2015), arXiv 1512.03385, Section 4.2."""

from torch import nn

from cs231n_arch.models.layers import Net, Sum, series
from cs231n_arch.models.residual import (
    Shortcut,
    cifar_stem,
    cifar_units,
    conv,
    residual_branch,
    residual_net,
    shortcut_path,
)

# The table of Section 4.2:  output map size  32x32  16x16  8x8
#                            layers            1+2n     2n   2n
MAPS = (16, 32, 64)


def resnet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 20,
    residual: bool = True,
    shortcut: Shortcut = "A",
) -> Net:
    """The residual or plain net of any depth 6n+2 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6).

    Input (N, 3, 32, 32), output (N, 10). Parameters and MACs by depth, with shortcuts of option A or plain:
    20: 269,722 and 40,551,040; 32: 464,154 and 68,862,592; 44: 658,586 and 97,174,144; 56: 853,018 and
    125,485,696; 110: 1,727,962 and 252,887,680; 1202: 19,421,274 and 2,829,238,912. Option B has 2,752 parameters
    and 262,144 MACs more.

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
    units = cifar_units(depth)

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        body = residual_branch(conv(maps_in, maps, 3, stride), conv(maps, maps, 3))
        if not residual:
            return series(body=body, relu=nn.ReLU(inplace=True))
        joined = Sum(body=body, shortcut=shortcut_path(shortcut, maps_in, maps, stride))
        return series(sum=joined, relu=nn.ReLU(inplace=True))

    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stem, size = cifar_stem(in_channels), (in_channels, 32, 32)
    return residual_net(stem, 16, units, MAPS, unit, num_classes=num_classes, input_size=size)


def resnet20(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-20 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 269,722 parameters, 40,551,040 MACs. Option B: 272,474 and 40,813,184.
    """
    return resnet_cifar(num_classes, in_channels, depth=20, shortcut=shortcut)


def resnet32(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-32 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 464,154 parameters, 68,862,592 MACs.
    """
    return resnet_cifar(num_classes, in_channels, depth=32, shortcut=shortcut)


def resnet44(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-44 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 658,586 parameters, 97,174,144 MACs.
    """
    return resnet_cifar(num_classes, in_channels, depth=44, shortcut=shortcut)


def resnet56(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-56 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 853,018 parameters, 125,485,696 MACs.
    """
    return resnet_cifar(num_classes, in_channels, depth=56, shortcut=shortcut)


def resnet110(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-110 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 1,727,962 parameters, 252,887,680 MACs.
    """
    return resnet_cifar(num_classes, in_channels, depth=110, shortcut=shortcut)


def resnet1202(num_classes: int = 10, in_channels: int = 3, *, shortcut: Shortcut = "A") -> Net:
    """ResNet-1202 for CIFAR-10 (He et al. 2015, Section 4.2 and Table 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 19,421,274 parameters, 2,829,238,912 MACs.
    """
    return resnet_cifar(num_classes, in_channels, depth=1202, shortcut=shortcut)


def plain20(num_classes: int = 10, in_channels: int = 3) -> Net:
    """The 20-layer plain net for CIFAR-10 (He et al. 2015, Section 4.2 and Figure 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 269,722 parameters, 40,551,040 MACs, as `resnet20`.
    """
    return resnet_cifar(num_classes, in_channels, depth=20, residual=False)


def plain32(num_classes: int = 10, in_channels: int = 3) -> Net:
    """The 32-layer plain net for CIFAR-10 (He et al. 2015, Section 4.2 and Figure 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 464,154 parameters, 68,862,592 MACs, as `resnet32`.
    """
    return resnet_cifar(num_classes, in_channels, depth=32, residual=False)


def plain44(num_classes: int = 10, in_channels: int = 3) -> Net:
    """The 44-layer plain net for CIFAR-10 (He et al. 2015, Section 4.2 and Figure 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 658,586 parameters, 97,174,144 MACs, as `resnet44`.
    """
    return resnet_cifar(num_classes, in_channels, depth=44, residual=False)


def plain56(num_classes: int = 10, in_channels: int = 3) -> Net:
    """The 56-layer plain net for CIFAR-10 (He et al. 2015, Section 4.2 and Figure 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 853,018 parameters, 125,485,696 MACs, as `resnet56`.
    """
    return resnet_cifar(num_classes, in_channels, depth=56, residual=False)


def plain110(num_classes: int = 10, in_channels: int = 3) -> Net:
    """The 110-layer plain net for CIFAR-10 (He et al. 2015, Section 4.2 and Figure 6); see `resnet_cifar`.

    Input (N, 3, 32, 32), output (N, 10); 1,727,962 parameters, 252,887,680 MACs, as `resnet110`.
    """
    return resnet_cifar(num_classes, in_channels, depth=110, residual=False)
