"""What the residual family shares: ResNet, pre-activation ResNet, Wide ResNet, ResNeXt, stochastic depth."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from torch import nn

from cs231n_arch.models.layers import Net, init_he, series

Shortcut = Literal["A", "B", "C"]
Unit = Callable[[int, int, int], nn.Module]  # from maps that come in, maps that go out, and stride


def conv(in_channels: int, maps: int, kernel_size: int, stride: int = 1, *, groups: int = 1) -> nn.Conv2d:
    """Convolution without bias, padded so that at stride 1 it keeps height and width (odd kernels)."""
    return nn.Conv2d(in_channels, maps, kernel_size, stride, kernel_size // 2, groups=groups, bias=False)


def residual_branch(*convs: nn.Conv2d) -> nn.Sequential:
    """conv1, bn1, relu1, conv2, bn2, ...: batch norm after every weight layer, ReLU after all but the last."""
    layers: dict[str, nn.Module] = {}
    for number, layer in enumerate(convs, 1):
        if number > 1:
            layers[f"relu{number - 1}"] = nn.ReLU(inplace=True)
        layers |= {f"conv{number}": layer, f"bn{number}": nn.BatchNorm2d(layer.out_channels)}
    return series(**layers)


def shortcut_path(option: Shortcut, in_channels: int, maps: int, stride: int) -> nn.Module:
    """The shortcut of a residual unit, by its option (He et al. 2015, arXiv 1512.03385, Sections 3.3 and 4.1).

    Args:
        option: where the shape changes, A takes every stride-th pixel and fills the new maps with zeros, without
            a parameter; B projects with a 1x1 convolution and batch norm. C projects everywhere.
        in_channels: maps that come in.
        maps: maps that the unit puts out.
        stride: step of the unit.

    Raises:
        ValueError: another option.
    """
    if option not in ("A", "B", "C"):
        raise ValueError(f"shortcut must be 'A', 'B' or 'C'; given {option!r}")
    if option == "C" or (option == "B" and (stride, in_channels) != (1, maps)):
        return series(conv=conv(in_channels, maps, 1, stride), bn=nn.BatchNorm2d(maps))
    layers: dict[str, nn.Module] = {}
    if stride > 1:
        layers["subsample"] = nn.AvgPool2d(kernel_size=1, stride=stride)
    if maps > in_channels:
        layers["zeros"] = pad_maps(maps - in_channels)
    return series(**layers) if layers else nn.Identity()


def pad_maps(extra: int) -> nn.Module:
    """Append `extra` maps of zeros: (N, C, H, W) to (N, C + extra, H, W)."""
    return nn.ZeroPad3d((0, 0, 0, 0, 0, extra))  # of a batch of maps, the last three dimensions


def residual_stage(name: str, units: int, in_channels: int, maps: int, stride: int, unit: Unit) -> nn.Sequential:
    """The units name_1, name_2, ...; the first changes the number of maps and their size, the others keep both.

    Args:
        name: what the units' names begin with.
        units: how many.
        in_channels: maps that come in.
        maps: maps that every unit puts out.
        stride: step of the first unit.
        unit: makes a unit from (maps that come in, maps that go out, stride).
    """
    first, keep = (in_channels, maps, stride), (maps, maps, 1)
    return series(
        **{f"{name}_{number}": unit(*(first if number == 1 else keep)) for number in range(1, units + 1)}
    )


def imagenet_stem(in_channels: int) -> dict[str, nn.Module]:
    """The layers ahead of the first residual stage of an ImageNet net.

    Differs from: He's Caffe models round the size after pooling up instead of padding; both give 56.
    """
    return {  # from (N, 3, 224, 224)
        "conv1": conv(in_channels, 64, 7, stride=2),  # (N, 64, 112, 112)
        "bn1": nn.BatchNorm2d(64),
        "relu1": nn.ReLU(inplace=True),
        "pool1": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),  # (N, 64, 56, 56)
    }


def cifar_stem(in_channels: int) -> dict[str, nn.Module]:
    """The layers ahead of the first residual stage of a net for CIFAR (He et al. 2015, Section 4.2)."""
    return {  # from (N, 3, 32, 32)
        "conv1": conv(in_channels, 16, 3),  # (N, 16, 32, 32)
        "bn1": nn.BatchNorm2d(16),
        "relu1": nn.ReLU(inplace=True),
    }


def cifar_units(depth: int) -> tuple[int, int, int]:
    """Units in the three stages of a net of 6n+2 layers for CIFAR (He et al. 2015, Section 4.2).

    Raises:
        ValueError: another depth.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"depth must be 6n+2 with n of at least 1: 8, 14, 20, ...; given {depth}")
    return ((depth - 2) // 6,) * 3


def classifier(maps: int, num_classes: int) -> dict[str, nn.Module]:
    """Global average pooling and the one fully connected layer."""
    return {
        "avgpool": nn.AdaptiveAvgPool2d(1),  # (N, maps, 1, 1)
        "flatten": nn.Flatten(),
        "fc": nn.Linear(maps, num_classes),  # (N, num_classes)
    }


def residual_net(
    stem: Mapping[str, nn.Module],
    stem_maps: int,
    units: Sequence[int],
    maps: Sequence[int],
    unit: Unit,
    *,
    num_classes: int,
    input_size: tuple[int, int, int],
) -> Net:
    """Stages conv2_x, conv3_x, ... of residual units behind a stem, and the classifier; weights as `init_he`.

    Args:
        stem: its layers.
        stem_maps: maps that the stem puts out.
        units: how many each stage has.
        maps: maps that the units of each stage put out.
        unit: makes one.
        num_classes: classes of the last layer.
        input_size: (channels, height, width).
    """
    stages, maps_in = dict(stem), stem_maps
    for number, (count, maps_out) in enumerate(zip(units, maps, strict=True), 2):
        # (N, maps[0], H, W), (N, maps[1], H/2, W/2), ... for the H and W that the stem leaves
        stride = 1 if number == 2 else 2
        stages[f"conv{number}_x"] = residual_stage(f"conv{number}", count, maps_in, maps_out, stride, unit)
        maps_in = maps_out
    net = Net(stages | classifier(maps_in, num_classes), input_size=input_size, smallest=1)
    init_he(net)
    return net
