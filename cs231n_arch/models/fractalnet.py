"""FractalNet: Larsson, Maire and Shakhnarovich (2017), "Ultra-deep neural networks without residuals"."""

from collections.abc import Mapping, Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, init_glorot, series
from cs231n_arch.models.residual import classifier, imagenet_stem
from cs231n_arch.models.variants import Totals

TOTALS: Totals = {
    "fractalnet_cifar": {"paper": (33_724_618, 845_222_912)},
    "fractalnet_imagenet": {"paper": (164_031_016, 24_164_982_784)},
}

# Section 4: filters in each block, and the dropout rate of each block in the nets that use dropout.
CIFAR = (64, 128, 256, 512, 512)
CIFAR_DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4)
IMAGENET = (128, 256, 512, 1024)
IMAGENET_DROPOUT = (0.0, 0.0, 0.0, 0.0)


def conv(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    """The base case: 3x3 convolution, dropout, batch norm and ReLU, in the order of the authors' release."""
    drop = {"dropout": nn.Dropout(dropout)} if dropout else {}
    return series(
        conv=nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        **drop,
        bn=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(inplace=True),
    )


class Join(nn.Module):
    """The mean of its inputs; in training each is dropped with probability `drop_path`, though never all."""

    def __init__(self, drop_path: float) -> None:
        super().__init__()
        self.drop_path = drop_path

    def forward(self, *paths: Tensor) -> Tensor:
        """Any number of tensors of one shape, to their mean."""
        kept = [paths[i] for i in self.survivors(len(paths))]
        return reduce(torch.add, kept) / len(kept) if len(kept) > 1 else kept[0]

    def survivors(self, paths: int) -> list[int]:
        """Which of the inputs count this time; if the draw drops all, one of them is kept at random."""
        if not self.training or not self.drop_path or paths == 1:
            return list(range(paths))
        # On the CPU wherever the net is: the draw decides what is computed, and must not wait for a device.
        drawn = torch.rand(paths, device="cpu") >= self.drop_path
        return drawn.nonzero().flatten().tolist() or [int(torch.randint(paths, (), device="cpu"))]


class Fractal(nn.Module):
    """The expansion rule of Section 3: f_1 = conv, and f_(C+1)(z) = join(conv(z), f_C(f_C(z))).

    Joins that would follow one another are one (Figure 1), so the last join is left to the caller: the output is
    the list of the C columns' outputs, shallowest column first.
    """

    def __init__(self, columns: int, in_channels: int, filters: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.columns = columns
        self.conv = conv(in_channels, filters, dropout)
        if columns > 1:
            self.first = Fractal(columns - 1, in_channels, filters, dropout, drop_path)
            self.join = Join(drop_path)
            self.second = Fractal(columns - 1, filters, filters, dropout, drop_path)

    def forward(self, z: Tensor, column: int | None = None) -> list[Tensor]:
        """The outputs of all columns, each (N, filters, H, W); or of one column, alone in the list."""
        if column == 0 or self.columns == 1:
            return [self.conv(z)]
        deeper = None if column is None else column - 1
        deep = self.second(self.join(*self.first(z, deeper)), deeper)
        return deep if column is not None else [self.conv(z), *deep]

    def path(self, column: int) -> list[nn.Module]:
        """The 2^column convolutions that make up one column."""
        if column == 0:
            return [self.conv]
        return self.first.path(column - 1) + self.second.path(column - 1)


class FractalBlock(nn.Module):
    """A fractal, pooling and the join of its columns.

    Pooling comes before the join, column by column, as in the authors' release.
    """

    def __init__(self, fractal: Fractal, pool: nn.Module, drop_path: float) -> None:
        super().__init__()
        self.fractal = fractal
        self.pool = pool
        self.join = Join(drop_path)

    def forward(self, z: Tensor, column: int | None = None) -> Tensor:
        """(N, C, H, W) to (N, filters, H/2, W/2), by all columns or by one."""
        joined: Tensor = self.join(*(self.pool(path) for path in self.fractal(z, column)))
        return joined


class FractalNet(Net):
    """Fractal blocks under one global drop-path: at times a single column of the whole net is trained.

    Args:
        stages: name -> module, in the order of the forward pass.
        input_size: (channels, height, width) of the input that the paper uses.
        smallest: smallest height and width that reach the last layer.
        fixed: whether they are the only ones.
        columns: columns of each block, C.
        drop_path: share of the mini-batches that train a single column.
    """

    def __init__(
        self,
        stages: Mapping[str, nn.Module],
        *,
        input_size: tuple[int, int, int],
        smallest: int,
        fixed: bool,
        columns: int,
        drop_path: float,
    ) -> None:
        super().__init__(stages, input_size=input_size, smallest=smallest, fixed=fixed)
        self.columns = columns
        self.drop_path = drop_path

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) to class scores (N, num_classes)."""
        self.check_input(x)
        column = self.draw_column()
        for stage in self:
            x = stage(x, column) if isinstance(stage, FractalBlock) else stage(x)
        return x

    def draw_column(self) -> int | None:
        """The one column that this mini-batch trains, or None for all of them (and local drop-path)."""
        if not self.training or torch.rand((), device="cpu") >= self.drop_path:
            return None
        return int(torch.randint(self.columns, (), device="cpu"))


def column(net: FractalNet, index: int) -> Net:
    """A single column as a plain net, with the very layers of `net`: training one trains the other.

    `copy.deepcopy` of the result has weights of its own. Batch norm keeps the statistics of the whole net's
    training, in which global drop-path ran each column on its own too; `training.evaluation.settled`
    gives the column its own.

    Args:
        net: a FractalNet.
        index: 0 for the shallowest column (one convolution a block) to `net.columns - 1` for the deepest.

    Raises:
        ValueError: there is no such column.
    """
    if not 0 <= index < net.columns:
        raise ValueError(f"the columns are 0, the shallowest, to {net.columns - 1}, the deepest; given {index}")
    stages = dict(net.named_children())
    for name, stage in stages.items():
        if isinstance(stage, FractalBlock):
            convs = {f"conv{number}": unit for number, unit in enumerate(stage.fractal.path(index), 1)}
            stages[name] = series(**convs, pool=stage.pool)
    return Net(stages, input_size=net.input_size, smallest=net.smallest, fixed=net.fixed)


def fractal_blocks(
    in_channels: int,
    pools: Sequence[nn.Module],
    columns: int,
    filters: tuple[int, ...],
    dropout: tuple[float, ...],
    drop_path: float,
) -> dict[str, nn.Module]:
    """Blocks 1 to B, the first of which sees `in_channels` channels."""
    check_whole(columns=columns)
    blocks = len(pools)
    if len(filters) != blocks or len(dropout) != blocks:
        raise ValueError(f"filters and dropout must have {blocks} entries each; given {filters} and {dropout}")
    stages: dict[str, nn.Module] = {}
    for number, (pool, width, rate) in enumerate(zip(pools, filters, dropout, strict=True), 1):
        fractal = Fractal(columns, in_channels, width, rate, drop_path)
        stages[f"block{number}"] = FractalBlock(fractal, pool, drop_path)
        in_channels = width
    return stages


def fractalnet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    columns: int = 3,
    filters: tuple[int, ...] = CIFAR,
    dropout: tuple[float, ...] = CIFAR_DROPOUT,
    local_drop_path: float = 0.15,
    global_drop_path: float = 0.5,
) -> FractalNet:
    """FractalNet-21 for CIFAR and SVHN: B = 5 blocks, C = 3 columns (Larsson et al. 2017, Section 4 and Table 1).

    Input (N, 3, 32, 32), output (N, 10); 33,724,618 parameters, 845,222,912 MACs. The deepest
    column has B * 2^(C-1) = 20 convolutions; with the classifier 21 layers.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        columns: C; the depth experiments of Tables 3 and 4 go from 1 to 6, with `filters=(16, 32, 64, 128, 128)`.
        filters: filters in each of the five blocks.
        dropout: rate in each of the five blocks.
        local_drop_path: probability that a join drops an input (Section 3.1), 0 for no local drop-path.
        global_drop_path: share of the mini-batches that train one column alone instead, 0 for none. The paper's
            plain runs have both 0, and no dropout.

    Raises:
        ValueError: fewer than one column, rates out of range, not five filters and rates.

    Differs from: torchvision and timm have no FractalNet. The paper leaves open where dropout acts and how pooling
    and the last join follow one another: here, as in the authors' release, dropout after each convolution
    and pooling before the join. That release's batch norm lacks scale and shift, and its Xavier weights are
    those of Caffe (fan-in only); here both are those of the papers cited. DenseNet's Table 2 prints 38.6M
    parameters for this net; its own paper prints no total, but those of its Table 3 (2.1M for C = 3) are
    those of this construction.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_rates(dropout, local_drop_path, global_drop_path)
    pools = [nn.MaxPool2d(kernel_size=2) for _ in CIFAR]
    stages = fractal_blocks(in_channels, pools, columns, filters, dropout, local_drop_path)
    # (N, 64, 16, 16), (N, 128, 8, 8), (N, 256, 4, 4), (N, 512, 2, 2), (N, 512, 1, 1)
    stages |= {"flatten": nn.Flatten(), "prediction": nn.Linear(filters[-1], num_classes)}
    net = FractalNet(
        stages,
        input_size=(in_channels, 32, 32),
        smallest=32,
        fixed=True,
        columns=columns,
        drop_path=global_drop_path,
    )
    init_glorot(net)  # Section 4.1
    return net


def fractalnet_imagenet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    columns: int = 4,
    filters: tuple[int, ...] = IMAGENET,
    dropout: tuple[float, ...] = IMAGENET_DROPOUT,
    local_drop_path: float = 0.15,
    global_drop_path: float = 0.5,
) -> FractalNet:
    """FractalNet-34 for ImageNet: B = 4 blocks, C = 4 columns (Larsson et al. 2017, Section 4 and Table 2).

    Input (N, 3, 224, 224), output (N, 1000); 164,031,016 parameters, 24,164,982,784 MACs. The first and last
    layer are those of ResNet-34, to compare with it: the longest path has 1 + 4 * 2^3 + 1 = 34 layers. The
    arguments are those of `fractalnet_cifar`, for four blocks; the paper prints no dropout for ImageNet.

    Raises:
        ValueError: fewer than one column, rates out of range, not four filters and rates.

    Differs from: torchvision and timm have no FractalNet. The paper does not say how the blocks are pooled. Here
    they work at ResNet-34's sizes, 56, 28, 14 and 7, so the fourth is followed by its global average pooling.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_rates(dropout, local_drop_path, global_drop_path)
    pools = [*(nn.MaxPool2d(kernel_size=2) for _ in IMAGENET[1:]), nn.Identity()]
    stages = imagenet_stem(in_channels)  # (N, 64, 56, 56)
    stages |= fractal_blocks(64, pools, columns, filters, dropout, local_drop_path)
    # (N, 128, 28, 28), (N, 256, 14, 14), (N, 512, 7, 7), (N, 1024, 7, 7)
    stages |= classifier(filters[-1], num_classes)
    net = FractalNet(
        stages,
        input_size=(in_channels, 224, 224),
        smallest=29,
        fixed=False,
        columns=columns,
        drop_path=global_drop_path,
    )
    init_glorot(net)
    return net


def check_rates(dropout: tuple[float, ...], local_drop_path: float, global_drop_path: float) -> None:
    """Raise ValueError unless every rate is a probability, and only the global one may be 1."""
    for name, rates in {"dropout": dropout, "local_drop_path": (local_drop_path,)}.items():
        if not all(0 <= rate < 1 for rate in rates):
            raise ValueError(f"{name} must be at least 0 and below 1; given {rates}")
    if not 0 <= global_drop_path <= 1:
        raise ValueError(f"global_drop_path must be from 0 to 1; given {global_drop_path}")
