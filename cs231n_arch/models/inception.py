"""Inception-v2 and v3: Szegedy et al. (2015), "Rethinking the Inception architecture for computer vision"."""

from typing import NamedTuple

from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import AuxHead, AuxNet, Concat, Net, conv_bn_relu, conv_relu, series
from cs231n_arch.models.variants import Form, Totals, check_form

TOTALS: Totals = {
    "inception_v2": {"paper": (27_254_832, 5_767_793_248)},
    "inception_v3": {"released": (27_161_264, 5_713_216_096), "torchvision": (27_161_264, 5_713_216_096)},
}

# The rows of Table 1 above the Inception modules: filters (None: max pooling), kernel, stride, padding.
# The rows carry the names of the authors' released code.
STEM_V2 = {  # from (N, 3, 299, 299)
    "conv_1a": (32, 3, 2, 0),  # (N, 32, 149, 149)
    "conv_2a": (32, 3, 1, 0),  # (N, 32, 147, 147)
    "conv_2b": (64, 3, 1, 1),  # (N, 64, 147, 147)
    "pool_3a": (None, 3, 2, 0),  # (N, 64, 73, 73)
    "conv_3b": (80, 3, 1, 0),  # (N, 80, 71, 71)
    "conv_4a": (192, 3, 2, 0),  # (N, 192, 35, 35)
    "conv_4b": (288, 3, 1, 1),  # (N, 288, 35, 35)
}
# The same rows in the released code of Inception-v3.
STEM_V3 = {
    "conv_1a": (32, 3, 2, 0),
    "conv_2a": (32, 3, 1, 0),
    "conv_2b": (64, 3, 1, 1),
    "pool_3a": (None, 3, 2, 0),
    "conv_3b": (80, 1, 1, 0),  # (N, 80, 73, 73)
    "conv_4a": (192, 3, 1, 0),  # (N, 192, 71, 71)
    "pool_5a": (None, 3, 2, 0),  # (N, 192, 35, 35)
}
# Inner width of each module of Figure 6 on the 17x17 grid: five in Table 1, four in the released code. The paper
# leaves the widths of the five open; the narrowest released one keeps the net below the abstract's 25 million.
GRID_17_V2 = (128, 128, 128, 128, 128)
GRID_17_V3 = (128, 160, 160, 192)

EPS = 0.001  # of batch norm, in the released code
AUX_WEIGHT = 0.4  # in the released code; the paper prints none

Kernel = int | tuple[int, int]
Row = tuple[int | None, int, int, int]


class InceptionOutputs(NamedTuple):
    """The output in training mode: scores (N, num_classes) of the main and the auxiliary classifier."""

    logits: Tensor
    aux: Tensor


def chain(in_channels: int, *convs: tuple[int, Kernel], unpadded_stride: int | None = None) -> nn.Sequential:
    """Convolutions in series, each with batch norm and ReLU.

    Args:
        in_channels: channels of the input.
        convs: (filters, kernel size) of each; a kernel of (1, 7) is one row of seven pixels.
        unpadded_stride: stride of the last convolution, which then has no padding. All others, and with None the
            last too, keep height and width.
    """
    layers: dict[str, nn.Module] = {}
    for number, (filters, kernel) in enumerate(convs, 1):
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        stride, padding = 1, (height // 2, width // 2)
        if number == len(convs) and unpadded_stride is not None:
            stride, padding = unpadded_stride, (0, 0)
        layers[f"conv{number}"] = conv_bn_relu(in_channels, filters, (height, width), stride, padding, eps=EPS)
        in_channels = filters
    return series(**layers)


def pooled(in_channels: int, filters: int) -> nn.Sequential:
    """The pooling branch: 3x3 average over the pixels inside the border, then `filters` 1x1 convolutions."""
    pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return series(pool=pool, conv=conv_bn_relu(in_channels, filters, 1, eps=EPS))


def fork(in_channels: int, filters: int) -> Concat:
    """1x3 and 3x1 convolutions side by side, `filters` each: the ends of the branches in Figure 7."""
    return Concat(branch1x3=chain(in_channels, (filters, (1, 3))), branch3x1=chain(in_channels, (filters, (3, 1))))


def stem(table: dict[str, Row], in_channels: int) -> dict[str, nn.Module]:
    """The layers of a stem table by name; their output is (N, channels, 35, 35)."""
    stages: dict[str, nn.Module] = {}
    for name, (filters, kernel, stride, padding) in table.items():
        if filters is None:
            stages[name] = nn.MaxPool2d(kernel, stride, padding)
        else:
            stages[name] = conv_bn_relu(in_channels, filters, kernel, stride, padding, eps=EPS)
            in_channels = filters
    return stages


def figure5(in_channels: int, pool_proj: int, *, middle: int) -> Concat:
    """The module of the 35x35 grid: (N, in_channels, 35, 35) to (N, 224 + pool_proj, 35, 35).

    `middle` is the kernel of the branch with one spatial convolution: 3 in Figure 5, 5 in the released code.
    """
    return Concat(
        branch1x1=chain(in_channels, (64, 1)),
        **{f"branch{middle}x{middle}": chain(in_channels, (48, 1), (64, middle))},
        branch3x3dbl=chain(in_channels, (64, 1), (96, 3), (96, 3)),
        branch_pool=pooled(in_channels, pool_proj),
    )


def figure6(width: int) -> Concat:
    """The module of the 17x17 grid, 7x7 kernels factorized: (N, 768, 17, 17) to the same shape."""
    row, column = (1, 7), (7, 1)
    return Concat(
        branch1x1=chain(768, (192, 1)),
        branch7x7=chain(768, (width, 1), (width, row), (192, column)),
        branch7x7dbl=chain(768, (width, 1), (width, column), (width, row), (width, column), (192, row)),
        branch_pool=pooled(768, 192),
    )


def figure7(in_channels: int) -> Concat:
    """The module of the 8x8 grid, with widened ends: (N, in_channels, 8, 8) to (N, 2048, 8, 8)."""
    return Concat(
        branch1x1=chain(in_channels, (320, 1)),
        branch3x3=series(stem=chain(in_channels, (384, 1)), fork=fork(384, 384)),
        branch3x3dbl=series(stem=chain(in_channels, (448, 1), (384, 3)), fork=fork(384, 384)),
        branch_pool=pooled(in_channels, 192),
    )


def reduction_17() -> Concat:
    """Section 5, Figure 10: (N, 288, 35, 35) to (N, 768, 17, 17)."""
    return Concat(
        branch3x3=chain(288, (384, 3), unpadded_stride=2),
        branch3x3dbl=chain(288, (64, 1), (96, 3), (96, 3), unpadded_stride=2),
        branch_pool=nn.MaxPool2d(3, stride=2),
    )


def reduction_8() -> Concat:
    """Section 5, Figure 10: (N, 768, 17, 17) to (N, 1280, 8, 8)."""
    return Concat(
        branch3x3=chain(768, (192, 1), (320, 3), unpadded_stride=2),
        branch7x7x3=chain(768, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3), unpadded_stride=2),
        branch_pool=nn.MaxPool2d(3, stride=2),
    )


def auxiliary(num_classes: int, *, batch_norm: bool) -> AuxHead:
    """The auxiliary classifier (Figure 8): (N, 768, 17, 17) to (N, num_classes).

    Its hidden fully connected layer is a 5x5 convolution of 5x5 pixels, as in the released code. Batch norm in it
    makes Inception-v3 of v2 ("BN-auxiliary", Section 8).
    """
    hidden = conv_bn_relu(128, 768, 5, eps=EPS) if batch_norm else conv_relu(128, 768, 5)
    return AuxHead(
        avgpool=nn.AvgPool2d(5, stride=3),  # (N, 768, 5, 5)
        conv=conv_bn_relu(768, 128, 1, eps=EPS),  # (N, 128, 5, 5)
        hidden=hidden,  # (N, 768, 1, 1)
        pool=nn.AdaptiveAvgPool2d(1),  # more than one position only for images beyond 299x299
        flatten=nn.Flatten(),
        linear=nn.Linear(768, num_classes),
    )


def inception_v2(
    num_classes: int = 1000, in_channels: int = 3, *, aux: bool = True, dropout: float = 0.2
) -> AuxNet:
    """Inception-v2 by its outline (Szegedy et al. 2015, Table 1 and Section 6).

    Input (N, 3, 299, 299), output (N, 1000), in training mode with the auxiliary classifier `InceptionOutputs`.
    27,254,832 parameters, of them 23,928,904 without the auxiliary classifier; 5,767,793,248 MACs without it.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        aux: the auxiliary classifier on the last module of the 17x17 grid, its convolution normalized, its fully
            connected layer not; it adds `net.aux_weight` = 0.4 times its loss. Training then needs images of
            299x299 or larger.
        dropout: probability of dropping a unit before the last layer.

    Raises:
        ValueError: dropout outside 0 ... 1.

    The paper prints the outline alone. The filters inside the modules are those of the released Inception-v3,
    which give the printed depths 288, 768, 1280 and 2048; but that net has four modules on the 17x17 grid, of
    growing width, where Table 1 has five, here all of the narrowest. Table 1 does not call the last stem
    convolution padded, although its output has the size of its input.

    Differs from: TensorFlow's code gives the name `inception_v2` to BN-Inception (Ioffe and Szegedy 2015, 224x224,
    no factorized 7x7 kernels). In Table 3 the first rows called Inception-v2 still have a 7x7 convolution
    in the stem, which Table 1 has factorized. The paper's 4.8 billion operations for that form are fewer than
    counted here. Neither torchvision nor timm has this net.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    stages = stem(STEM_V2, in_channels)
    for letter in "bcd":
        stages[f"mixed_5{letter}"] = figure5(288, 64, middle=3)  # (N, 288, 35, 35)
    head = auxiliary(num_classes, batch_norm=False) if aux else None
    return _net(stages, GRID_17_V2, head, num_classes, in_channels, dropout)


def inception_v3(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    form: Form = "released",
    aux: bool = True,
    dropout: float | None = None,
) -> AuxNet:
    """Inception-v3 (Szegedy et al. 2015, last row of Table 3), filter by filter as the authors released it.

    Input (N, 3, 299, 299), output (N, 1000), in training mode with the auxiliary classifier `InceptionOutputs`.
    27,161,264 parameters, of them 23,834,568 without the auxiliary classifier; 5,713,216,096 MACs without it.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        form: `released`; or `torchvision`, where average pooling counts the zeros around its input as pixels.
        aux: the auxiliary classifier on the last module of the 17x17 grid, with batch norm also in its fully
            connected layer; it adds `net.aux_weight` = 0.4 times its loss. Training then needs images of 299x299
            or larger.
        dropout: probability of dropping a unit before the last layer; None takes 0.2, as `torchvision` 0.5.

    Raises:
        ValueError: unknown form, or dropout outside 0 ... 1.

    Differs from: the paper's Table 1 outlines a slightly different net (see `inception_v2`); the authors' code
    calls itself the exact model of the paper, and torchvision and timm have its sizes. TensorFlow's average
    pooling divides by the pixels inside the border, torchvision's always by nine. TensorFlow's batch norm had no
    trainable scale and averaged with a decay of 0.9997; here, as in torchvision, it has the scale and PyTorch's
    decay of 0.9.
    """
    check_form(form, ("released", "torchvision"))
    check_whole(num_classes=num_classes, in_channels=in_channels)
    stages = stem(STEM_V3, in_channels)
    stages["mixed_5b"] = figure5(192, 32, middle=5)  # (N, 256, 35, 35)
    stages["mixed_5c"] = figure5(256, 64, middle=5)  # (N, 288, 35, 35)
    stages["mixed_5d"] = figure5(288, 64, middle=5)
    head = auxiliary(num_classes, batch_norm=True) if aux else None
    if dropout is None:
        dropout = 0.5 if form == "torchvision" else 0.2
    net = _net(stages, GRID_17_V3, head, num_classes, in_channels, dropout)
    for module in net.modules():
        if isinstance(module, nn.AvgPool2d):
            module.count_include_pad = form == "torchvision"
    return net


def _net(
    stages: dict[str, nn.Module],
    grid_17: tuple[int, ...],
    head: AuxHead | None,
    num_classes: int,
    in_channels: int,
    dropout: float,
) -> AuxNet:
    """The net from the first reduction on; `stages` lead to (N, 288, 35, 35)."""
    stages["mixed_6a"] = reduction_17()  # (N, 768, 17, 17)
    for letter, width in zip("bcdef", grid_17, strict=False):
        stages[f"mixed_6{letter}"] = figure6(width)
    if head is not None:
        stages["aux"] = head
    stages["mixed_7a"] = reduction_8()  # (N, 1280, 8, 8)
    stages["mixed_7b"] = figure7(1280)  # (N, 2048, 8, 8)
    stages["mixed_7c"] = figure7(2048)
    stages["avgpool"] = nn.AdaptiveAvgPool2d(1)  # (N, 2048, 1, 1)
    stages["dropout"] = nn.Dropout(dropout)
    stages["flatten"] = nn.Flatten()
    stages["linear"] = nn.Linear(2048, num_classes)
    net = AuxNet(
        stages,
        outputs=InceptionOutputs,
        aux_weight=AUX_WEIGHT,
        input_size=(in_channels, 299, 299),
        smallest=75,
        smallest_training=299 if head is not None else None,
    )
    init_weights(net)
    return net


def init_weights(net: Net) -> None:
    """Weights from normal distributions cut at two deviations; biases zero.

    The paper prints none; the deviations are those of the code that the authors released first: 0.1 in every
    convolution but 0.01 in the auxiliary classifier's hidden layer, 0.01 in the classifier and 0.001 in the
    auxiliary one. torchvision takes 0.1 in the classifier and cuts at +-2; slim, the authors' later code, has He's
    deviations.
    """
    special = {"aux.hidden.conv": 0.01, "aux.linear": 0.001, "linear": 0.01}
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            std = special.get(name, 0.1)
            nn.init.trunc_normal_(layer.weight, 0.0, std, -2 * std, 2 * std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
