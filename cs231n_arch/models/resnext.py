"""ResNeXt: Xie, Girshick, Dollár, Tu and He (2017), arXiv 1611.05431.

"Aggregated residual transformations for deep neural networks", with the three equivalent blocks of Figure 3.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Branches, Concat, Net, Sum, init_he, series
from cs231n_arch.models.residual import (
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

# Table 1: the units of conv2_x, conv3_x, conv4_x and conv5_x.
UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
STEM = 64  # channels before the first unit
CHANNELS = (256, 512, 1024, 2048)  # of a unit's output; three stages for CIFAR

TOTALS: Totals = {
    "resnext": {"paper": (25_028_904, 4_230_479_872), "released": (25_028_904, 4_230_479_872)},
    "resnext50_32x4d": {"paper": (25_028_904, 4_230_479_872), "released": (25_028_904, 4_230_479_872)},
    "resnext101_32x8d": {"paper": (88_791_336, 16_414_015_488), "released": (88_791_336, 16_414_015_488)},
    "resnext101_64x4d": {"paper": (83_455_272, 15_460_270_080), "released": (83_455_272, 15_460_270_080)},
    "resnext_cifar": {"paper": (34_426_698, 5_387_266_048), "released": (34_426_698, 5_387_266_048)},
    "resnext29_8x64d": {"paper": (34_426_698, 5_387_266_048), "released": (34_426_698, 5_387_266_048)},
}

Block = Literal["a", "b", "c"]


class PathSum(Branches):
    """Paths whose outputs are added (Equation 1)."""

    def forward(self, x: Tensor) -> Tensor:
        """Every path maps (N, C, H, W) to one and the same shape; so does the sum."""
        return reduce(torch.add, self.outputs(x))


def path(in_channels: int, width: int, stride: int) -> nn.Sequential:
    """The 1x1 and the 3x3 layer of one path of Figure 3(a) and (b)."""
    return series(
        conv1=conv(in_channels, width, 1),
        bn1=nn.BatchNorm2d(width),
        relu1=nn.ReLU(inplace=True),
        conv2=conv(width, width, 3, stride),
        bn2=nn.BatchNorm2d(width),
        relu2=nn.ReLU(inplace=True),
    )


def block_a(in_channels: int, out_channels: int, stride: int, cardinality: int, width: int) -> nn.Sequential:
    """Figure 3(a): the sum of the paths. Batch norm follows the sum, not its terms (footnote 6)."""
    paths: dict[str, nn.Module] = {}
    for number in range(1, cardinality + 1):
        paths[f"path{number}"] = path(in_channels, width, stride)
        paths[f"path{number}"].add_module("conv3", conv(width, out_channels, 1))
    return series(paths=PathSum(**paths), bn3=nn.BatchNorm2d(out_channels))


def block_b(in_channels: int, out_channels: int, stride: int, cardinality: int, width: int) -> nn.Sequential:
    """Figure 3(b): the paths side by side, then one 1x1 layer of them all."""
    paths = {f"path{number}": path(in_channels, width, stride) for number in range(1, cardinality + 1)}
    return series(
        paths=Concat(**paths),
        conv3=conv(cardinality * width, out_channels, 1),
        bn3=nn.BatchNorm2d(out_channels),
    )


def block_c(in_channels: int, out_channels: int, stride: int, cardinality: int, width: int) -> nn.Sequential:
    """Figure 3(c): a bottleneck whose 3x3 layer has its channels in groups."""
    inside = cardinality * width
    return series(
        conv1=conv(in_channels, inside, 1),
        bn1=nn.BatchNorm2d(inside),
        relu1=nn.ReLU(inplace=True),
        conv2=conv(inside, inside, 3, stride, groups=cardinality),
        bn2=nn.BatchNorm2d(inside),
        relu2=nn.ReLU(inplace=True),
        conv3=conv(inside, out_channels, 1),
        bn3=nn.BatchNorm2d(out_channels),
    )


BLOCKS = {"a": block_a, "b": block_b, "c": block_c}


def bottleneck(
    in_channels: int, out_channels: int, stride: int, *, cardinality: int, width: int, block: Block = "c"
) -> nn.Sequential:
    """relu(F(x) + x), where F is one of the blocks of Figure 3; `width` is that of a path."""
    body = BLOCKS[block](in_channels, out_channels, stride, cardinality, width)
    shortcut = shortcut_path("B", in_channels, out_channels, stride)
    return series(sum=Sum(body=body, shortcut=shortcut), relu=nn.ReLU(inplace=True))


def _stages(units: tuple[int, ...], cardinality: int, width: int, block: Block) -> dict[str, nn.Module]:
    """The stages of units; `width` is that of conv2_x and doubles with every stage."""
    check_whole(width=width)
    if block not in BLOCKS:
        raise ValueError(f"block must be 'a', 'b' or 'c', as in Figure 3; given {block!r}")
    check_whole(1 if block == "c" else 2, cardinality=cardinality)

    def unit(in_channels: int, out_channels: int, stride: int) -> nn.Module:
        inside = width * out_channels // CHANNELS[0]
        return bottleneck(in_channels, out_channels, stride, cardinality=cardinality, width=inside, block=block)

    # (N, 256, H, W), (N, 512, H/2, W/2), (N, 1024, H/4, W/4), (N, 2048, H/8, W/8)
    return residual_stages(unit, units, STEM, CHANNELS[: len(units)])


def resnext(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    depth: int = 50,
    cardinality: int = 32,
    width: int = 4,
    block: Block = "c",
    form: Form = "paper",
) -> Net:
    """ResNeXt for ImageNet with any cardinality and width (Xie et al. 2017, Tables 1 to 4).

    Input (N, 3, 224, 224), output (N, 1000).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: 50 or 101.
        cardinality: number of paths in a unit, C. At the same complexity Table 2 pairs 1 with a width of 64, which
            is ResNet-50, 2 with 40, 4 with 24, 8 with 14, and 32 with 4.
        width: channels inside each path in conv2_x, d; they double with every stage.
        block: one of three equivalent blocks (Figure 3): a adds the outputs of explicit paths, b joins the paths
            before one 1x1 layer, c is a grouped convolution, with which the paper's nets are built. `split_paths`
            turns the weights of c into those of a or b.
        form: the initial weights: `paper`, N(0, 2 / fan-in); `released`, `init_fan_out` as in the authors' code,
            where the fan-out of a grouped layer counts the channels of all groups.

    Raises:
        ValueError: another depth, block or form, or a cardinality or width out of range.

    Differs from: torchvision's and timm's ResNeXt have block c, and begin as the released form but for the biases
    of the last layer. In all of them the 3x3 layer takes the stride (Section 4).
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))
    if depth not in UNITS:
        raise ValueError(f"depth must be one of {', '.join(map(str, UNITS))}; given {depth!r}")
    stages = imagenet_stem(in_channels)  # (N, 64, 56, 56)
    stages |= _stages(UNITS[depth], cardinality, width, block)
    stages |= classifier(CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=1)
    init_weights(net, form)
    return net


def resnext_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 29,
    cardinality: int = 8,
    width: int = 64,
    block: Block = "c",
    form: Form = "paper",
) -> Net:
    """ResNeXt for CIFAR (Xie et al. 2017, Section 5.3 and Appendix A).

    Input (N, 3, 32, 32), output (N, 10).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 9n+2 with n units in each of three stages.
        cardinality: number of paths in a unit.
        width: channels inside each path in the first stage; they double with every stage.
        block: see `resnext`.
        form: see `resnext`.

    Raises:
        ValueError: a depth that is not 9n+2, another block or form, or a cardinality or width out of range.

    Differs from: torchvision and timm have no such nets.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))
    stages = cifar_stem(in_channels, STEM)  # (N, 64, 32, 32)
    stages |= _stages(cifar_units(depth, layers=3), cardinality, width, block)
    stages |= classifier(CHANNELS[2], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_weights(net, form)
    return net


def init_weights(net: Net, form: Form) -> None:
    """Weights from N(0, 2 / fan-in) (Section 4), or as released.

    The last layers of block a, whose outputs are added, count as one layer, so that all blocks begin alike.
    """
    if form == "released":
        init_fan_out(net, zero_bias=True)
        return
    init_he(net)
    for module in net.modules():
        if isinstance(module, PathSum):
            paths = list(module.children())
            for each in paths:
                each.get_parameter("conv3.weight").data.div_(len(paths) ** 0.5)


def split_paths(grouped: Mapping[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """Weights of block c for a net of block a or b, which then computes the same (Section 3.4 and Figure 3).

    Args:
        grouped: state dict of the net with block c.
        net: the net with block a or b.

    Returns:
        A state dict for `net`; each path has copies of its share of the channels.
    """
    state: dict[str, Tensor] = {}
    for key, own in net.state_dict().items():
        unit, _, inside = key.partition(".paths.path")
        number, _, layer = inside.partition(".")
        whole = grouped[f"{unit}.{layer}" if layer else key]
        if layer and own.ndim:
            # The paths share the input channels of the last layer, the output channels of the others.
            dim = 1 if layer == "conv3.weight" else 0
            whole = whole.narrow(dim, (int(number) - 1) * own.shape[dim], own.shape[dim])
        state[key] = whole.clone()
    return state


resnext50_32x4d = variant(
    resnext, "resnext50_32x4d", "ResNeXt-50 (32x4d) (Table 1).", depth=50, cardinality=32, width=4
)
resnext101_32x8d = variant(
    resnext,
    "resnext101_32x8d",
    "ResNeXt-101 (32x8d), of Mahajan et al. (2018), arXiv 1805.00932, and torchvision; the paper has no such net.",
    depth=101,
    cardinality=32,
    width=8,
)
resnext101_64x4d = variant(
    resnext, "resnext101_64x4d", "ResNeXt-101 (64x4d) (Tables 4 and 5).", depth=101, cardinality=64, width=4
)
resnext29_8x64d = variant(
    resnext_cifar, "resnext29_8x64d", "ResNeXt-29 (8x64d) for CIFAR (Table 7).", depth=29, cardinality=8, width=64
)
