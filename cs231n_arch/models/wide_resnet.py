"""Wide ResNet: Zagoruyko and Komodakis (2016), "Wide residual networks" (arXiv 1605.07146)."""

from torch import nn

from cs231n_arch.models.layers import Net, Sum, init_he, series
from cs231n_arch.models.residual import (
    classifier,
    conv,
    imagenet_stem,
    residual_branch,
    residual_net,
    residual_stage,
    shortcut_path,
)

# Table 1, for CIFAR:  conv1 3x3, 16;  conv2 [3x3, 16k; 3x3, 16k] x N;  conv3 32k;  conv4 64k;  avg-pool 8x8
STEM = 16
WIDTHS = (16, 32, 64)
# Section 3 and Table 8, for ImageNet: the bottleneck nets of He et al. (2015), the inner layers widened.
IMAGENET_UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
IMAGENET_WIDTHS = (64, 128, 256, 512)
EXPANSION = 4


def wide_resnet(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 28,
    widen_factor: int = 10,
    dropout: float = 0.0,
) -> Net:
    """WRN-depth-k with B(3,3) units for CIFAR (Zagoruyko and Komodakis 2016, Table 1).

    Input (N, 3, 32, 32), output (N, 10); by default 36,479,194 parameters and 5,243,328,768 MACs. WRN-40-1 has
    563,930 parameters, WRN-40-2 2,243,546, WRN-16-10 17,116,634.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: convolutional layers, 6n+4 with n units in each of three groups. The count holds conv1, the two
            layers of each unit and the three projections, but not the fully connected layer.
        widen_factor: k, by which the units have more maps than those of ResNet.
        dropout: probability of dropping a value between the two layers of a unit (Section 2.4); the paper takes
            0.3 for CIFAR and 0.4 for SVHN.

    Raises:
        ValueError: a depth that is not 6n+4, or a widen_factor below 1.

    Differs from: torchvision and timm have no such nets.
    """
    if depth < 10 or (depth - 4) % 6:
        raise ValueError(f"depth must be 6n+4 with n of at least 1: 10, 16, 22, 28, ...; given {depth}")
    if widen_factor < 1:
        raise ValueError(f"widen_factor must be at least 1; given {widen_factor}")

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        before = {"bn1": nn.BatchNorm2d(maps_in), "relu1": nn.ReLU(inplace=True)}
        layers: dict[str, nn.Module] = {
            "conv1": conv(maps_in, maps, 3, stride),
            "bn2": nn.BatchNorm2d(maps),
            "relu2": nn.ReLU(inplace=True),
        }
        if dropout > 0:
            layers["dropout"] = nn.Dropout(dropout)
        layers["conv2"] = conv(maps, maps, 3)
        if maps_in == maps:
            return Sum(body=series(**before, **layers), shortcut=nn.Identity())
        # Where the shape changes, both paths see the activation, as in the authors' code.
        return series(**before, sum=Sum(body=series(**layers), shortcut=conv(maps_in, maps, 1, stride)))

    stages: dict[str, nn.Module] = {"conv1": conv(in_channels, STEM, 3)}  # (N, 16, 32, 32)
    maps_in = STEM
    for number, width in enumerate(WIDTHS, 2):
        maps = widen_factor * width
        stride = 1 if number == 2 else 2
        # (N, 16k, 32, 32), (N, 32k, 16, 16), (N, 64k, 8, 8)
        stages[f"conv{number}"] = residual_stage(f"conv{number}", (depth - 4) // 6, maps_in, maps, stride, unit)
        maps_in = maps
    stages |= {"bn": nn.BatchNorm2d(maps_in), "relu": nn.ReLU(inplace=True), **classifier(maps_in, num_classes)}

    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_he(net)
    return net


def wide_resnet28_10(num_classes: int = 10, in_channels: int = 3, *, dropout: float = 0.0) -> Net:
    """WRN-28-10 for CIFAR (Zagoruyko and Komodakis 2016, Tables 4 to 6); see `wide_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 36,479,194 parameters, 5,243,328,768 MACs.
    """
    return wide_resnet(num_classes, in_channels, depth=28, widen_factor=10, dropout=dropout)


def wide_resnet40_4(num_classes: int = 10, in_channels: int = 3, *, dropout: float = 0.0) -> Net:
    """WRN-40-4 for CIFAR (Zagoruyko and Komodakis 2016, Tables 4 and 5); see `wide_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 8,949,210 parameters, 1,298,582,016 MACs.
    """
    return wide_resnet(num_classes, in_channels, depth=40, widen_factor=4, dropout=dropout)


def _imagenet(num_classes: int, in_channels: int, *, depth: int, widen_factor: int) -> Net:
    """ResNet of bottleneck units whose inner layers have `widen_factor` times as many maps."""

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        width = widen_factor * maps // EXPANSION
        body = residual_branch(conv(maps_in, width, 1), conv(width, width, 3, stride), conv(width, maps, 1))
        total = Sum(body=body, shortcut=shortcut_path("B", maps_in, maps, stride))
        return series(sum=total, relu=nn.ReLU(inplace=True))

    # (N, 256, 56, 56), (N, 512, 28, 28), (N, 1024, 14, 14), (N, 2048, 7, 7)
    maps = [EXPANSION * width for width in IMAGENET_WIDTHS]
    stem, size = imagenet_stem(in_channels), (in_channels, 224, 224)  # (N, 64, 56, 56)
    units = IMAGENET_UNITS[depth]
    return residual_net(stem, 64, units, maps, unit, num_classes=num_classes, input_size=size)


def wide_resnet50_2(num_classes: int = 1000, in_channels: int = 3) -> Net:
    """WRN-50-2-bottleneck for ImageNet (Zagoruyko and Komodakis 2016, Section 3 and Table 8).

    Input (N, 3, 224, 224), output (N, 1000); 68,883,240 parameters (the paper prints 68.9M), 11,398,021,120 MACs.

    ResNet-50 with twice as many maps inside its units; those between the units are as many as before. For
    ImageNet the paper keeps the post-activation units of ResNet. Which layer of a unit takes the stride it leaves
    open; as in its released model, it is the 3x3 layer.

    Differs from: torchvision's `wide_resnet50_2` is this net with another initialisation: variance 2 / fan-out
    instead of 2 / fan-in, and the fully connected layer uniform.
    """
    return _imagenet(num_classes, in_channels, depth=50, widen_factor=2)


def wide_resnet101_2(num_classes: int = 1000, in_channels: int = 3) -> Net:
    """ResNet-101 widened as `wide_resnet50_2`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 126,886,696 parameters, 22,753,050,624 MACs.

    Differs from: the paper has no such net; torchvision's `wide_resnet101_2` is this one.
    """
    return _imagenet(num_classes, in_channels, depth=101, widen_factor=2)
