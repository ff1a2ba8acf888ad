"""DenseNet: Huang, Liu, van der Maaten and Weinberger (2017), "Densely connected convolutional networks".

Its memory-saving form is that of Pleiss et al. (2017), "Memory-efficient implementation of DenseNets".
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as compute_twice

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Concat, Net, init_he, series
from cs231n_arch.models.variants import Totals, variant

TOTALS: Totals = {
    "densenet121": {"paper": (7_978_856, 2_834_161_664)},
    "densenet169": {"paper": (14_149_480, 3_359_843_328)},
    "densenet201": {"paper": (20_013_928, 4_291_365_888)},
    "densenet161": {"released": (28_681_000, 7_727_907_072)},
    "densenet_cifar": {"paper": (1_019_722, 264_812_928)},
    "densenet40_12": {"paper": (1_019_722, 264_812_928)},
    "densenet_bc100_12": {"paper": (769_162, 287_929_692)},
}


# Table 1 of the paper, and the k = 48 net of the authors' release: dense layers in each block.
#                    56x56  28x28  14x14  7x7
IMAGENET = {
    "densenet121": (6,     12,    24,    16),  # k = 32
    "densenet169": (6,     12,    32,    32),  # k = 32
    "densenet201": (6,     12,    48,    32),  # k = 32
    "densenet161": (6,     12,    36,    24),  # k = 48
}  # fmt: skip


def dropped(name: str, dropout: float) -> dict[str, nn.Module]:
    """A dropout layer under its name, or nothing where nothing is dropped."""
    return {name: nn.Dropout(dropout)} if dropout else {}


class DenseLayer(Concat):
    """The input and k new channels made from it (Section 3): (N, C, H, W) to (N, C + k, H, W).

    Args:
        in_channels: C, the channels of the block's input and of all layers before this one.
        growth_rate: k.
        bottleneck: a 1x1 convolution to 4k channels before the 3x3 convolution (DenseNet-B).
        dropout: probability of dropping an output of a convolution.
    """

    body: nn.Sequential

    def __init__(
        self, in_channels: int, growth_rate: int, *, bottleneck: bool = False, dropout: float = 0.0
    ) -> None:
        if bottleneck:
            body = series(
                bn1=nn.BatchNorm2d(in_channels),
                relu1=nn.ReLU(inplace=True),  # overwrites the output of batch norm, not the input
                conv1=nn.Conv2d(in_channels, 4 * growth_rate, kernel_size=1, bias=False),
                **dropped("dropout1", dropout),
                bn2=nn.BatchNorm2d(4 * growth_rate),
                relu2=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(4 * growth_rate, growth_rate, kernel_size=3, padding=1, bias=False),
                **dropped("dropout2", dropout),
            )
        else:
            body = series(
                bn=nn.BatchNorm2d(in_channels),
                relu=nn.ReLU(inplace=True),
                conv=nn.Conv2d(in_channels, growth_rate, kernel_size=3, padding=1, bias=False),
                **dropped("dropout", dropout),
            )
        super().__init__(identity=nn.Identity(), body=body)


class DenseBlock(nn.Sequential):
    """Dense layers in series: (N, C, H, W) to (N, C + layers * k, H, W).

    With `checkpoint` only the k new channels of each layer are kept for the backward pass, and the rest is
    computed again. The other arguments are those of `DenseLayer`.
    """

    def __init__(
        self,
        layers: int,
        in_channels: int,
        growth_rate: int,
        *,
        bottleneck: bool = False,
        dropout: float = 0.0,
        checkpoint: bool = False,
    ) -> None:
        super().__init__()
        for number in range(layers):
            channels = in_channels + number * growth_rate
            layer = DenseLayer(channels, growth_rate, bottleneck=bottleneck, dropout=dropout)
            self.add_module(f"layer{number + 1}", layer)
        self.checkpoint = checkpoint

    def __iter__(self) -> Iterator[DenseLayer]:
        """The layers in order."""
        return super().__iter__()  # type: ignore[return-value]

    def forward(self, x: Tensor) -> Tensor:
        """The layers one after the other; with `checkpoint` the same result in less memory."""
        if not (self.checkpoint and torch.is_grad_enabled()):
            for layer in self:
                x = layer(x)
            return x
        # The usual way keeps every layer's concatenation, and what batch norm makes of it: memory quadratic in the
        # layers. Here each layer's new channels are kept once; a concatenation is made again for its gradient.
        features = [x]
        for layer in self:
            features.append(new_channels(layer.body, features))
        return torch.cat(features, dim=1)


def new_channels(body: nn.Module, features: list[Tensor]) -> Tensor:
    """`body` of the concatenated features; what its gradient needs is computed a second time, not kept."""

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), statistics_kept(body)  # the first time, the second time

    def joined(*features: Tensor) -> Tensor:
        channels: Tensor = body(torch.cat(features, dim=1))
        return channels

    channels: Tensor = compute_twice(joined, *features, use_reentrant=False, context_fn=contexts)
    return channels


@contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """Let no batch norm in `module` count the batch that it sees: it has counted it before."""
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, (momentum, batches) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, batches


def transition(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    """Between two blocks (Section 3): (N, in_channels, H, W) to (N, out_channels, H/2, W/2)."""
    return series(
        bn=nn.BatchNorm2d(in_channels),
        relu=nn.ReLU(inplace=True),
        conv=nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),
        **dropped("dropout", dropout),
        pool=nn.AvgPool2d(kernel_size=2),
    )


def _net(
    stages: dict[str, nn.Module],
    channels: int,
    blocks: tuple[int, ...],
    growth_rate: int,
    num_classes: int,
    *,
    bc: bool,
    dropout: float,
    checkpoint: bool,
    input_size: tuple[int, int, int],
    smallest: int,
) -> Net:
    """A stem that outputs `channels` channels, dense blocks with transitions between them, and the classifier."""
    check_whole(num_classes=num_classes, growth_rate=growth_rate)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1; given {dropout}")
    for number, layers in enumerate(blocks, 1):
        stages[f"dense_block{number}"] = DenseBlock(
            layers, channels, growth_rate, bottleneck=bc, dropout=dropout, checkpoint=checkpoint
        )
        channels += layers * growth_rate
        if number < len(blocks):
            kept = channels // 2 if bc else channels  # theta of 0.5, or 1
            stages[f"transition{number}"] = transition(channels, kept, dropout)
            channels = kept
    stages["classification"] = series(
        bn=nn.BatchNorm2d(channels),
        relu=nn.ReLU(inplace=True),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        linear=nn.Linear(channels, num_classes),
    )
    net = Net(stages, input_size=input_size, smallest=smallest)
    init_he(net)  # Section 4.2
    return net


def densenet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    blocks: tuple[int, int, int, int] = IMAGENET["densenet121"],
    growth_rate: int = 32,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """A DenseNet-BC for ImageNet (Huang et al. 2017, Table 1): with bottlenecks, and transitions that halve.

    Input (N, 3, 224, 224), output (N, 1000). DenseNet-121 has 7,978,856 parameters and 2,834,161,664 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        blocks: dense layers in each block.
        growth_rate: channels that each layer adds, k (Section 3).
        dropout: probability of dropping an output of every convolution but the first; the paper takes 0.2 for data
            without augmentation (Section 4.2), so the default is 0.
        checkpoint: train with memory that grows linearly, not quadratically, with the layers of a block, for the
            time of a second forward pass: "shared memory" in the authors' report (Pleiss et al. 2017).

    Raises:
        ValueError: growth rate or dropout out of range.

    Differs from: torchvision's and timm's nets are the same under other names; only their classifiers start from
    other weights. The authors' Torch code starts from He's fan-out form; the cited paper's first form, as here,
    is fan-in. torchvision's `memory_efficient` also computes a layer twice, but lets batch norm count each batch
    twice and keeps the input of the 3x3 convolution.
    """
    check_whole(in_channels=in_channels, growth_rate=growth_rate)
    channels = 2 * growth_rate
    stem = {  # from (N, 3, 224, 224)
        "convolution": series(
            conv=nn.Conv2d(in_channels, channels, kernel_size=7, stride=2, padding=3, bias=False),
            bn=nn.BatchNorm2d(channels),
            relu=nn.ReLU(inplace=True),
        ),  # (N, 2k, 112, 112)
        "pooling": nn.MaxPool2d(kernel_size=3, stride=2, padding=1),  # (N, 2k, 56, 56), then halved three times
    }
    return _net(
        stem, channels, blocks, growth_rate, num_classes, bc=True, dropout=dropout, checkpoint=checkpoint,
        input_size=(in_channels, 224, 224), smallest=29,
    )  # fmt: skip


def densenet_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 40,
    growth_rate: int = 12,
    bc: bool = False,
    dropout: float = 0.0,
    checkpoint: bool = False,
) -> Net:
    """A DenseNet for CIFAR of any depth (Huang et al. 2017, Section 3 and Table 2).

    Input (N, 3, 32, 32), output (N, 10). L = 40, k = 12 has 1,019,722 parameters and 264,812,928 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers on the longest path, L: the first convolution, three blocks of n layers, two
            transitions and the classifier, 3n + 4; with `bc` 6n + 4.
        growth_rate: channels that each layer adds, k.
        bc: bottlenecks, transitions that halve the channels, and 2k instead of 16 channels at first: DenseNet-BC.
        dropout: as for `densenet`; 0.2 in the paper for data without augmentation (Section 4.2), 0 with.
        checkpoint: as for `densenet`.

    Raises:
        ValueError: a depth of another form; growth rate or dropout out of range.
    """
    check_whole(in_channels=in_channels, depth=depth, growth_rate=growth_rate)
    convolutions = 6 if bc else 3
    layers, over = divmod(depth - 4, convolutions)
    if layers < 1 or over:
        allowed = f"{convolutions}n + 4 with n at least 1, such as {convolutions + 4} or {16 * convolutions + 4}"
        raise ValueError(f"depth must be {allowed}; given {depth}")
    channels = 2 * growth_rate if bc else 16
    stem: dict[str, nn.Module] = {  # (N, 16, 32, 32); the blocks work at 32x32, 16x16 and 8x8
        "convolution": nn.Conv2d(in_channels, channels, kernel_size=3, padding=1, bias=False)
    }
    return _net(
        stem, channels, (layers,) * 3, growth_rate, num_classes, bc=bc, dropout=dropout, checkpoint=checkpoint,
        input_size=(in_channels, 32, 32), smallest=4,
    )  # fmt: skip


densenet121 = variant(densenet, "densenet121", "DenseNet-121 (Table 1).", blocks=IMAGENET["densenet121"])
densenet169 = variant(densenet, "densenet169", "DenseNet-169 (Table 1).", blocks=IMAGENET["densenet169"])
densenet201 = variant(densenet, "densenet201", "DenseNet-201 (Table 1).", blocks=IMAGENET["densenet201"])
# Earlier versions of the paper print it in Table 1, where the last one prints DenseNet-264.
densenet161 = variant(
    densenet, "densenet161", "DenseNet-161 of the release.", blocks=IMAGENET["densenet161"], growth_rate=48
)
densenet40_12 = variant(
    densenet_cifar, "densenet40_12", "The plain DenseNet with L = 40, k = 12.", depth=40, growth_rate=12, bc=False
)
densenet_bc100_12 = variant(
    densenet_cifar, "densenet_bc100_12", "DenseNet-BC with L = 100, k = 12.", depth=100, growth_rate=12, bc=True
)
