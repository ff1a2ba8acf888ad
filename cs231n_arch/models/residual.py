"""Shared by the residual family: ResNet, its pre-activation, wide, ResNeXt and SE forms, and stochastic depth."""

from collections.abc import Callable, Sequence
from typing import Literal

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import series, weighted

Shortcut = Literal["A", "B", "C"]
Unit = Callable[[int, int, int], nn.Module]  # made from in_channels, out_channels and stride


def conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, *, groups: int = 1) -> nn.Conv2d:
    """Convolution without bias, padded so that at stride 1 it keeps height and width (odd kernels)."""
    return nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False)


def shortcut_path(option: Shortcut, in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The shortcut of a residual unit, by its option (He et al. 2015, arXiv 1512.03385, Sections 3.3 and 4.1).

    Args:
        option: where the shape changes, A takes every stride-th pixel and fills the new channels with zeros,
            without a parameter; B projects with a 1x1 convolution and batch norm. C projects everywhere.
        in_channels: channels of the unit's input.
        out_channels: channels of its output.
        stride: step of the unit.

    Raises:
        ValueError: another option.
    """
    if option not in ("A", "B", "C"):
        raise ValueError(f"shortcut must be 'A', 'B' or 'C'; given {option!r}")
    if option == "C" or (option == "B" and (stride, in_channels) != (1, out_channels)):
        return series(conv=conv(in_channels, out_channels, 1, stride), bn=nn.BatchNorm2d(out_channels))
    layers: dict[str, nn.Module] = {}
    if stride > 1:
        layers["subsample"] = nn.AvgPool2d(kernel_size=1, stride=stride)
    if out_channels > in_channels:
        layers["zeros"] = pad_channels(out_channels - in_channels)
    return series(**layers) if layers else nn.Identity()


def pad_channels(extra: int) -> nn.Module:
    """Append `extra` channels of zeros: (N, C, H, W) to (N, C + extra, H, W)."""
    return nn.ZeroPad3d((0, 0, 0, 0, 0, extra))  # the last three dimensions are channels, height and width


def imagenet_stem(in_channels: int) -> dict[str, nn.Module]:
    """The layers before the first residual unit of an ImageNet net (He et al. 2015, Table 1)."""
    return {  # from (N, 3, 224, 224)
        "conv1": conv(in_channels, 64, 7, stride=2),  # (N, 64, 112, 112)
        "bn1": nn.BatchNorm2d(64),
        "relu1": nn.ReLU(inplace=True),
        "pool1": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),  # (N, 64, 56, 56)
    }


def cifar_stem(in_channels: int, out_channels: int = 16) -> dict[str, nn.Module]:
    """The layers before the first residual unit of a net for CIFAR (He et al. 2015, Section 4.2)."""
    return {  # from (N, 3, 32, 32)
        "conv1": conv(in_channels, out_channels, 3),  # (N, 16, 32, 32)
        "bn1": nn.BatchNorm2d(out_channels),
        "relu1": nn.ReLU(inplace=True),
    }


def cifar_units(depth: int, layers: int = 2) -> tuple[int, int, int]:
    """Units in the three stages of a net for CIFAR (He et al. 2015, Section 4.2).

    Args:
        depth: weighted layers: the first, the last, and those of three stages of n units each.
        layers: weighted layers of a unit.

    Raises:
        ValueError: no n fits the depth.
    """
    check_whole(depth=depth)
    step = 3 * layers
    units, rest = divmod(depth - 2, step)
    if units < 1 or rest:
        few = ", ".join(str(2 + n * step) for n in (1, 2, 3))
        raise ValueError(
            f"depth must be {step}n+2 with n of at least 1 for units of {layers} layers: {few}, ...; given {depth}"
        )
    return (units, units, units)


def residual_stages(
    unit: Unit,
    units: Sequence[int],
    in_channels: int,
    channels: Sequence[int],
    *,
    first: Unit | None = None,
    suffix: str = "_x",
) -> dict[str, nn.Module]:
    """The stages conv2_x, conv3_x, ... of units conv2_1, conv2_2, ...; all but the first halve height and width.

    Args:
        unit: makes a unit.
        units: how many each stage has.
        in_channels: channels of the first stage's input.
        channels: channels that the units of each stage output.
        first: makes the very first unit, if that is another one.
        suffix: end of a stage's name.
    """
    stages: dict[str, nn.Module] = {}
    for stage, (count, out_channels) in enumerate(zip(units, channels, strict=True), 2):
        layers: dict[str, nn.Module] = {}
        for number in range(1, count + 1):
            make = first if first and not stages and not layers else unit
            stride = 2 if stage > 2 and number == 1 else 1
            layers[f"conv{stage}_{number}"] = make(in_channels, out_channels, stride)
            in_channels = out_channels
        stages[f"conv{stage}{suffix}"] = series(**layers)
    return stages


def classifier(in_channels: int, num_classes: int) -> dict[str, nn.Module]:
    """Global average pooling and the one fully connected layer."""
    return {
        "avgpool": nn.AdaptiveAvgPool2d(1),  # (N, in_channels, 1, 1)
        "flatten": nn.Flatten(),
        "fc": nn.Linear(in_channels, num_classes),  # (N, num_classes)
    }


def init_fan_out(net: nn.Module, *, zero_bias: bool) -> None:
    """Convolutions from N(0, 2 / fan-out), the fully connected layer uniform.

    Args:
        net: the net.
        zero_bias: the biases of the fully connected layer begin at zero, as in fb.resnet.torch, on which several
            authors' code is based; torchvision draws them like its weights.
    """
    for layer in weighted(net):
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    init_linear(net, zero_bias=zero_bias)


def init_torch_defaults(net: nn.Module, *, zero_bias: bool) -> None:
    """Scales of batch norm from U(0, 1), the fully connected layer uniform: Torch's defaults."""
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight)
    init_linear(net, zero_bias=zero_bias)


def init_linear(net: nn.Module, *, zero_bias: bool) -> None:
    """Fully connected layers from U(-a, a) with a^2 = 1 / fan-in, as Torch and PyTorch draw them."""
    for layer in weighted(net):
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
            if zero_bias:
                nn.init.zeros_(layer.bias)
