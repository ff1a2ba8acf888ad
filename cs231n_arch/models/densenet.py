"""DenseNet: Huang, Liu, van der Maaten and Weinberger (2017), "Densely connected convolutional networks"."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from cs231n_arch.models.densenet_memory import new_maps
from cs231n_arch.models.layers import Concat, Net, init_he, series

# Table 1 of the paper, and the k = 48 net of the authors' release: dense layers in each block.
#                    56x56  28x28  14x14  7x7
IMAGENET = {
    "densenet121": (6,     12,    24,    16),  # k = 32
    "densenet169": (6,     12,    32,    32),  # k = 32
    "densenet201": (6,     12,    48,    32),  # k = 32
    "densenet161": (6,     12,    36,    24),  # k = 48
}  # fmt: skip


class Growth(NamedTuple):
    """Section 3: how the layers of one net grow.

    Attributes:
        growth_rate: maps that each layer adds, k.
        compression: share of the maps that a transition keeps, theta; 1 keeps all.
        bottleneck: a 1x1 convolution to 4k maps before each 3x3 convolution.
        dropout: probability of dropping an output of a convolution.
        checkpoint: keep only the k new maps of each layer for the backward pass, and compute the rest again.
    """

    growth_rate: int
    compression: float
    bottleneck: bool
    dropout: float
    checkpoint: bool


def composite(
    in_channels: int, out_channels: int, kernel_size: int, dropout: float, number: str = ""
) -> dict[str, nn.Module]:
    """Section 3's composite function: batch norm, ReLU, convolution; then dropout, where there is any."""
    layers: dict[str, nn.Module] = {
        f"bn{number}": nn.BatchNorm2d(in_channels),
        # In place is safe: it overwrites what batch norm made, never the maps that the identity branch hands on.
        f"relu{number}": nn.ReLU(inplace=True),
        f"conv{number}": nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False),
    }
    return layers | {f"dropout{number}": nn.Dropout(dropout)} if dropout else layers


def dense_layer(in_channels: int, growth: Growth) -> Concat:
    """All maps so far, and k new ones made from them: (N, C, H, W) to (N, C + k, H, W)."""
    k, dropout = growth.growth_rate, growth.dropout
    if growth.bottleneck:
        body = composite(in_channels, 4 * k, 1, dropout, "1") | composite(4 * k, k, 3, dropout, "2")
    else:
        body = composite(in_channels, k, 3, dropout)
    return Concat(identity=nn.Identity(), body=series(**body))


class DenseBlock(nn.Sequential):
    """Dense layers in series: (N, C, H, W) to (N, C + layers * k, H, W)."""

    def __init__(self, layers: int, in_channels: int, growth: Growth) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"layer{number + 1}", dense_layer(in_channels + number * growth.growth_rate, growth))
        self.checkpoint = growth.checkpoint

    def forward(self, x: Tensor) -> Tensor:
        """The layers one after the other; with `checkpoint` the same result in less memory."""
        if not (self.checkpoint and torch.is_grad_enabled()):
            for layer in self:
                x = layer(x)
            return x
        # Else every layer's join of all maps so far is kept, and what batch norm makes of it: memory quadratic
        # in the layers. Here only the maps are kept, once each; a join is made again when its gradient is due.
        features = [x]
        for layer in self:
            features.append(new_maps(layer.get_submodule("body"), features))
        return torch.cat(features, dim=1)


def densenet(
    stem: dict[str, nn.Module],
    maps: int,
    blocks: tuple[int, ...],
    growth: Growth,
    num_classes: int,
    *,
    input_size: tuple[int, int, int],
    smallest: int,
) -> Net:
    """A stem that makes `maps` maps, dense blocks with transitions between them, and the classifier."""
    stages = dict(stem)
    for number, layers in enumerate(blocks, 1):
        stages[f"dense_block{number}"] = DenseBlock(layers, maps, growth)
        maps += layers * growth.growth_rate
        if number < len(blocks):
            wide, maps = maps, int(growth.compression * maps)
            halve = nn.AvgPool2d(kernel_size=2)
            stages[f"transition{number}"] = series(**composite(wide, maps, 1, growth.dropout), pool=halve)
    stages["classification"] = series(
        bn=nn.BatchNorm2d(maps),
        relu=nn.ReLU(inplace=True),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        linear=nn.Linear(maps, num_classes),
    )
    net = Net(stages, input_size=input_size, smallest=smallest)
    init_he(net)  # Section 4.2
    return net


def checked(growth: Growth) -> Growth:
    """The same, if its numbers are in range; else ValueError."""
    if growth.growth_rate < 1:
        raise ValueError(f"growth_rate must be at least 1; given {growth.growth_rate}")
    if not 0 < growth.compression <= 1:
        raise ValueError(f"compression must be above 0 and at most 1; given {growth.compression}")
    if not 0 <= growth.dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1; given {growth.dropout}")
    return growth


def _imagenet(name: str, num_classes: int, in_channels: int, growth: Growth) -> Net:
    """A column of Table 1; see `densenet121`."""
    maps = 2 * checked(growth).growth_rate
    stem = {  # from (N, 3, 224, 224)
        "convolution": series(
            conv=nn.Conv2d(in_channels, maps, kernel_size=7, stride=2, padding=3, bias=False),
            bn=nn.BatchNorm2d(maps),
            relu=nn.ReLU(inplace=True),
        ),  # (N, 2k, 112, 112)
        "pooling": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),  # (N, 2k, 56, 56), then halved three times
    }
    size = (in_channels, 224, 224)
    return densenet(stem, maps, IMAGENET[name], growth, num_classes, input_size=size, smallest=29)


def _cifar(depth: int, num_classes: int, in_channels: int, growth: Growth) -> Net:
    """A net of Table 2; see `densenet40_12`."""
    convolutions = 6 if checked(growth).bottleneck else 3
    layers, over = divmod(depth - 4, convolutions)
    if layers < 1 or over:
        allowed = f"{convolutions}n + 4 with n at least 1, such as {convolutions + 4} or {16 * convolutions + 4}"
        raise ValueError(f"depth must be {allowed}; given {depth}")
    # Section 3: 16 maps, or twice the growth rate for DenseNet-BC.
    maps = 2 * growth.growth_rate if growth.bottleneck and growth.compression < 1 else 16
    first = nn.Conv2d(in_channels, maps, kernel_size=3, padding=1, bias=False)  # (N, maps, 32, 32)
    size = (in_channels, 32, 32)  # the blocks work at 32x32, 16x16 and 8x8
    return densenet({"convolution": first}, maps, (layers,) * 3, growth, num_classes, input_size=size, smallest=4)


def densenet121(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    growth_rate: int = 32,
    compression: float = 0.5,
    bottleneck: bool = True,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """DenseNet-121 for ImageNet, a DenseNet-BC (Huang et al. 2017, Table 1).

    Input (N, 3, 224, 224), output (N, 1000); 7,978,856 parameters, 2,834,161,664 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        growth_rate: maps that each layer adds, k (Section 3).
        compression: share of the maps that a transition keeps, theta (Section 3).
        bottleneck: a 1x1 convolution to 4k maps before each 3x3 convolution (Section 3).
        dropout: probability of dropping an output of every convolution but the first; the paper takes 0.2 for data
            without augmentation (Section 4.2), so not here.
        checkpoint: train in memory linear, not quadratic, in the layers of a block, for the time of a second
            forward pass: the "shared memory" of the authors' technical report (Pleiss et al. 2017).

    Raises:
        ValueError: growth rate, compression or dropout out of range.

    Differs from: torchvision's and timm's `densenet121` are the same net under other names; only their classifiers
    start from other weights. The authors' Torch code starts from He's fan-out form; the cited paper's first
    form, as here, is fan-in. torchvision's `memory_efficient` also computes a layer twice, but lets batch norm
    count each batch twice and keeps the 3x3 convolution's input.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _imagenet("densenet121", num_classes, in_channels, growth)


def densenet169(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    growth_rate: int = 32,
    compression: float = 0.5,
    bottleneck: bool = True,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """DenseNet-169 (Huang et al. 2017, Table 1); the options are those of `densenet121`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 14,149,480 parameters, 3,359,843,328 MACs.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _imagenet("densenet169", num_classes, in_channels, growth)


def densenet201(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    growth_rate: int = 32,
    compression: float = 0.5,
    bottleneck: bool = True,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """DenseNet-201 (Huang et al. 2017, Table 1); the options are those of `densenet121`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 20,013,928 parameters, 4,291,365,888 MACs.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _imagenet("densenet201", num_classes, in_channels, growth)


def densenet161(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    growth_rate: int = 48,
    compression: float = 0.5,
    bottleneck: bool = True,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """DenseNet-161 with k = 48, of the authors' release; the options are those of `densenet121`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 28,681,000 parameters, 7,727,907,072 MACs. Earlier versions of the
    paper print it in Table 1, where the last one prints DenseNet-264.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _imagenet("densenet161", num_classes, in_channels, growth)


def densenet40_12(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 40,
    growth_rate: int = 12,
    compression: float = 1.0,
    bottleneck: bool = False,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """The plain DenseNet for CIFAR with L = 40, k = 12 (Huang et al. 2017, Section 3 and Table 2).

    Input (N, 3, 32, 32), output (N, 10); 1,019,722 parameters, 264,812,928 MACs. With `depth=100`: 6,979,642 and
    1,769,516,448; with `growth_rate=24` too: 27,249,082.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers on the longest path, L: the first convolution, three blocks of n layers, two
            transitions and the classifier, 3n + 4; with `bottleneck` 6n + 4.
        growth_rate: maps that each layer adds, k.
        compression: share of the maps that a transition keeps, theta.
        bottleneck: a 1x1 convolution to 4k maps before each 3x3 convolution.
        dropout: as in `densenet121`; 0.2 in the paper for data without augmentation (Section 4.2), 0 with.
        checkpoint: memory linear in the layers of a block, as in `densenet121`.

    Raises:
        ValueError: a depth of another form; growth rate, compression or dropout out of range.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _cifar(depth, num_classes, in_channels, growth)


def densenet_bc100_12(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 100,
    growth_rate: int = 12,
    compression: float = 0.5,
    bottleneck: bool = True,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """DenseNet-BC for CIFAR with L = 100, k = 12 (Table 2): `densenet40_12` with bottlenecks and compression.

    Input (N, 3, 32, 32), output (N, 10); 769,162 parameters, 287,929,692 MACs. The options are those of
    `densenet40_12`, which see; Table 2's larger nets are `depth=250, growth_rate=24` and `depth=190,
    growth_rate=40`.
    """
    growth = Growth(growth_rate, compression, bottleneck, dropout, checkpoint)
    return _cifar(depth, num_classes, in_channels, growth)
