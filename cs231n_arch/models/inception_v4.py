"""Inception-v4 and Inception-ResNet-v2: Szegedy et al. (2016), arXiv 1602.07261.

"Inception-v4, Inception-ResNet and the impact of residual connections on learning".
"""

from collections.abc import Mapping

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.inception import EPS, STEM_V3, chain, fork, pooled, stem
from cs231n_arch.models.layers import Concat, Net, Scale, Sum, conv_bn_relu, init_glorot, series, weighted
from cs231n_arch.models.variants import Form, Totals, check_form

TOTALS: Totals = {
    "inception_v4": {"paper": (42_679_816, 12_253_974_624)},
    "inception_resnet_v2": {
        "released": (55_843_464, 13_155_794_016),
        "paper": (32_433_928, 9_257_953_632),
    },
}

ROW_7, COLUMN_7, ROW_3, COLUMN_3 = (1, 7), (7, 1), (1, 3), (3, 1)

# Table 1: filters of the Reduction-A module.
#                            k    l    m    n
REDUCTION_A_V4 = (192, 224, 256, 384)
REDUCTION_A_RESNET_V2 = (256, 256, 384, 384)


# How many of the modules A (35x35 grid), B (17x17) and C (8x8) an Inception-ResNet has.
PAPER = (5, 10, 5)  # Figure 15
RELEASED = (10, 20, 9)  # and a tenth C, unscaled and without ReLU


def stem_v4(in_channels: int) -> nn.Sequential:
    """Figure 3: (N, in_channels, 299, 299) to (N, 384, 35, 35)."""
    return series(
        conv1=conv_bn_relu(in_channels, 32, 3, stride=2, eps=EPS),  # (N, 32, 149, 149)
        conv2=conv_bn_relu(32, 32, 3, eps=EPS),  # (N, 32, 147, 147)
        conv3=conv_bn_relu(32, 64, 3, padding=1, eps=EPS),  # (N, 64, 147, 147)
        join1=Concat(  # (N, 160, 73, 73)
            pool=nn.MaxPool2d(3, stride=2),
            conv=conv_bn_relu(64, 96, 3, stride=2, eps=EPS),
        ),
        join2=Concat(  # (N, 192, 71, 71)
            branch3x3=chain(160, (64, 1), (96, 3), unpadded_stride=1),
            branch7x7=chain(160, (64, 1), (64, ROW_7), (64, COLUMN_7), (96, 3), unpadded_stride=1),
        ),
        join3=Concat(  # (N, 384, 35, 35)
            conv=conv_bn_relu(192, 192, 3, stride=2, eps=EPS),
            pool=nn.MaxPool2d(3, stride=2),
        ),
    )


def inception_a() -> Concat:
    """Figure 4: (N, 384, 35, 35) to the same shape."""
    return Concat(
        branch1x1=chain(384, (96, 1)),
        branch3x3=chain(384, (64, 1), (96, 3)),
        branch3x3dbl=chain(384, (64, 1), (96, 3), (96, 3)),
        branch_pool=pooled(384, 96),
    )


def inception_b() -> Concat:
    """Figure 5: (N, 1024, 17, 17) to the same shape."""
    return Concat(
        branch1x1=chain(1024, (384, 1)),
        branch7x7=chain(1024, (192, 1), (224, ROW_7), (256, COLUMN_7)),
        branch7x7dbl=chain(1024, (192, 1), (192, COLUMN_7), (224, ROW_7), (224, COLUMN_7), (256, ROW_7)),
        branch_pool=pooled(1024, 128),
    )


def inception_c() -> Concat:
    """Figure 6: (N, 1536, 8, 8) to the same shape."""
    return Concat(
        branch1x1=chain(1536, (256, 1)),
        branch3x3=series(stem=chain(1536, (384, 1)), fork=fork(384, 256)),
        branch3x3dbl=series(stem=chain(1536, (384, 1), (448, COLUMN_3), (512, ROW_3)), fork=fork(512, 256)),
        branch_pool=pooled(1536, 256),
    )


def reduction_a(in_channels: int, k: int, l: int, m: int, n: int) -> Concat:  # noqa: E741, the paper's letters
    """Figure 7 with the filters of Table 1: (N, in_channels, 35, 35) to (N, n + m + in_channels, 17, 17)."""
    return Concat(
        branch3x3=chain(in_channels, (n, 3), unpadded_stride=2),
        branch3x3dbl=chain(in_channels, (k, 1), (l, 3), (m, 3), unpadded_stride=2),
        branch_pool=nn.MaxPool2d(3, stride=2),
    )


def reduction_b() -> Concat:
    """Figure 8, for Inception-v4: (N, 1024, 17, 17) to (N, 1536, 8, 8)."""
    return Concat(
        branch3x3=chain(1024, (192, 1), (192, 3), unpadded_stride=2),
        branch7x7x3=chain(1024, (256, 1), (256, ROW_7), (320, COLUMN_7), (320, 3), unpadded_stride=2),
        branch_pool=nn.MaxPool2d(3, stride=2),
    )


def reduction_b_resnet(in_channels: int) -> Concat:
    """Figure 18, for Inception-ResNet-v2: (N, in_channels, 17, 17) to (N, 992 + in_channels, 8, 8)."""
    return Concat(
        branch3x3=chain(in_channels, (256, 1), (384, 3), unpadded_stride=2),
        branch3x3b=chain(in_channels, (256, 1), (288, 3), unpadded_stride=2),
        branch3x3dbl=chain(in_channels, (256, 1), (288, 3), (320, 3), unpadded_stride=2),
        branch_pool=nn.MaxPool2d(3, stride=2),
    )


def residual(channels: int, branches: Concat, joined: int, scale: float, *, relu: bool = True) -> nn.Sequential:
    """ReLU(x + scale * linear(branches(x))): the frame of Figures 16, 17 and 19, scaled as in Figure 20.

    The module `branches` outputs `joined` channels; the linear 1x1 convolution restores the `channels` of x.
    """
    body = series(branches=branches, linear=nn.Conv2d(joined, channels, 1), scale=Scale(scale))
    unit = series(sum=Sum(body=body, shortcut=nn.Identity()))
    if relu:
        unit.add_module("relu", nn.ReLU(inplace=True))
    return unit


def resnet_a(channels: int, scale: float) -> nn.Sequential:
    """Figure 16: (N, channels, 35, 35) to the same shape."""
    branches = Concat(
        branch1x1=chain(channels, (32, 1)),
        branch3x3=chain(channels, (32, 1), (32, 3)),
        branch3x3dbl=chain(channels, (32, 1), (48, 3), (64, 3)),
    )
    return residual(channels, branches, 128, scale)


def resnet_b(channels: int, scale: float) -> nn.Sequential:
    """Figure 17: (N, channels, 17, 17) to the same shape."""
    branches = Concat(
        branch1x1=chain(channels, (192, 1)),
        branch7x7=chain(channels, (128, 1), (160, ROW_7), (192, COLUMN_7)),
    )
    return residual(channels, branches, 384, scale)


def resnet_c(channels: int, scale: float, *, relu: bool = True) -> nn.Sequential:
    """Figure 19: (N, channels, 8, 8) to the same shape."""
    branches = Concat(
        branch1x1=chain(channels, (192, 1)),
        branch3x3=chain(channels, (192, 1), (224, ROW_3), (256, COLUMN_3)),
    )
    return residual(channels, branches, 448, scale, relu=relu)


def inception_v4(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.2) -> Net:
    """Inception-v4, which has no residual connections (Szegedy et al. 2016, Figures 3 to 9).

    Input (N, 3, 299, 299), output (N, 1000); 42,679,816 parameters, 12,253,974,624 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        dropout: probability of dropping a unit before the last layer (Figure 9: keep 0.8).

    Raises:
        ValueError: dropout outside 0 ... 1.

    The figures do not say whether 1x7 is a row or a column; kernels lie here as in the released code, so that its
    weights fit. Average pooling divides by the pixels inside the border, as there. The paper prints no
    initialization; the release's is taken (`init_weights`).

    Differs from: the lecture calls v4 "ResNet + Inception"; that is Inception-ResNet, the paper's other family.
    The released code can add an auxiliary classifier, which the paper does not mention. timm's `inception_v4` is
    this net without dropout.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    stages: dict[str, nn.Module] = {"stem": stem_v4(in_channels)}  # (N, 384, 35, 35)
    stages |= {f"inception_a{number}": inception_a() for number in range(1, 5)}
    stages["reduction_a"] = reduction_a(384, *REDUCTION_A_V4)  # (N, 1024, 17, 17)
    stages |= {f"inception_b{number}": inception_b() for number in range(1, 8)}
    stages["reduction_b"] = reduction_b()  # (N, 1536, 8, 8)
    stages |= {f"inception_c{number}": inception_c() for number in range(1, 4)}
    net = _net(stages, 1536, num_classes, in_channels, dropout)
    init_weights(net)
    return net


def inception_resnet_v2(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    form: Form = "released",
    scales: tuple[float, float, float] = (0.17, 0.10, 0.20),
    dropout: float = 0.2,
) -> Net:
    """Inception-ResNet-v2 (Szegedy et al. 2016, Figures 15 to 19), as the authors released it.

    Input (N, 3, 299, 299), output (N, 1000); 55,843,464 parameters, 13,155,794,016 MACs.
    In the form `paper`: 32,433,928 parameters, 9,257,953,632 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        form: `released`, or `paper`, the schema of Figure 15: the stem of Inception-v4 (Figure 3), modules A, B
            and C five, ten and five times, and nothing between the last module and the average.
        scales: factors of the residuals in the modules A, B and C (Section 3.3 prints 0.1 to 0.3, these are the
            released code's).
        dropout: probability of dropping a unit before the last layer (Figure 15: keep 0.8).

    Raises:
        ValueError: unknown form, not three scales, or dropout outside 0 ... 1.

    Two figures misprint the filters of a linear convolution: 1154 and 2048 channels cannot be added to 1152 and
    2144, which the form `paper` has. The paper prints no initialization; the release's is Glorot's.

    Differs from: the released net has the stem of Inception-v3 and one Inception module to 320 channels, twice as
    many modules as Figure 15, the last of them unscaled and without ReLU, and a 1x1 convolution to 1536 channels
    before the average. timm's `inception_resnet_v2` is this net without dropout. The released code can add an
    auxiliary classifier, which the paper does not mention.
    """
    check_form(form, ("paper", "released"))
    check_whole(num_classes=num_classes, in_channels=in_channels)
    if len(scales) != 3:
        raise ValueError(f"scales must be three factors, for the modules A, B and C; given {scales!r}")
    scale_a, scale_b, scale_c = scales
    stages: dict[str, nn.Module] = {}
    if form == "paper":
        (a, b, c), channels = PAPER, 384
        stages["stem"] = stem_v4(in_channels)  # (N, 384, 35, 35)
    else:
        (a, b, c), channels = RELEASED, 320
        stages["stem"] = series(**stem(STEM_V3, in_channels), mixed_5b=_mixed_5b())  # (N, 320, 35, 35)
    stages |= {f"inception_resnet_a{i}": resnet_a(channels, scale_a) for i in range(1, a + 1)}
    stages["reduction_a"] = reduction_a(channels, *REDUCTION_A_RESNET_V2)
    channels += 768  # (N, 1088, 17, 17), in the paper (N, 1152, 17, 17)
    stages |= {f"inception_resnet_b{i}": resnet_b(channels, scale_b) for i in range(1, b + 1)}
    stages["reduction_b"] = reduction_b_resnet(channels)
    channels += 992  # (N, 2080, 8, 8), in the paper (N, 2144, 8, 8)
    stages |= {f"inception_resnet_c{i}": resnet_c(channels, scale_c) for i in range(1, c + 1)}
    if form == "released":
        stages["inception_resnet_c10"] = resnet_c(channels, 1.0, relu=False)
        stages["conv_7b"] = conv_bn_relu(channels, 1536, 1, eps=EPS)  # (N, 1536, 8, 8)
        channels = 1536
    net = _net(stages, channels, num_classes, in_channels, dropout)
    init_glorot(net)
    return net


def _mixed_5b() -> Concat:
    """The module after the released stem, which the paper does not show: (N, 192, 35, 35) to (N, 320, 35, 35)."""
    return Concat(
        branch1x1=chain(192, (96, 1)),
        branch5x5=chain(192, (48, 1), (64, 5)),
        branch3x3dbl=chain(192, (64, 1), (96, 3), (96, 3)),
        branch_pool=pooled(192, 64),
    )


def _net(
    stages: Mapping[str, nn.Module], channels: int, num_classes: int, in_channels: int, dropout: float
) -> Net:
    """The stages, whose output is (N, channels, 8, 8), under the classifier that both nets have."""
    head = {
        "avgpool": nn.AdaptiveAvgPool2d(1),  # (N, channels, 1, 1)
        "dropout": nn.Dropout(dropout),
        "flatten": nn.Flatten(),
        "linear": nn.Linear(channels, num_classes),
    }
    return Net({**stages, **head}, input_size=(in_channels, 299, 299), smallest=75)


def init_weights(net: Net) -> None:
    """The release of Inception-v4: He's variance, 2 / fan-in, in convolutions; Glorot's weights in the classifier.

    As in TensorFlow, the former come from a normal distribution that is cut at two deviations; its variance is 1.3
    times He's to make up for what is cut off.
    """
    init_glorot(net)
    for layer in weighted(net):
        if isinstance(layer, nn.Conv2d):
            std = (1.3 * 2 / layer.weight[0].numel()) ** 0.5
            nn.init.trunc_normal_(layer.weight, 0.0, std, -2 * std, 2 * std)
