"""Wide ResNet: Zagoruyko and Komodakis (2016), "Wide residual networks" (arXiv 1605.07146)."""

from functools import partial

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, Sum, init_he, series
from cs231n_arch.models.residual import (
    classifier,
    conv,
    imagenet_stem,
    init_torch_defaults,
    residual_stages,
    shortcut_path,
)
from cs231n_arch.models.variants import Form, Totals, check_form, variant

# Table 1, for CIFAR:  conv1 3x3, 16;  conv2 [3x3, 16k; 3x3, 16k] x N;  conv3 32k;  conv4 64k;  avg-pool 8x8
STEM = 16
CHANNELS = (16, 32, 64)
# Section 3 and Table 8, for ImageNet: the bottleneck nets of He et al. (2015), the inner layers widened.
IMAGENET_UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
IMAGENET_CHANNELS = (256, 512, 1024, 2048)

TOTALS: Totals = {
    "wide_resnet": {"paper": (36_479_194, 5_243_328_768), "released": (36_479_194, 5_243_328_768)},
    "wide_resnet28_10": {"paper": (36_479_194, 5_243_328_768), "released": (36_479_194, 5_243_328_768)},
    "wide_resnet40_4": {"paper": (8_949_210, 1_298_582_016), "released": (8_949_210, 1_298_582_016)},
    # The paper prints 68.9M parameters.
    "wide_resnet50_2": {"paper": (68_883_240, 11_398_021_120)},
    "wide_resnet101_2": {"paper": (126_886_696, 22_753_050_624)},
}


def wide_basic(in_channels: int, out_channels: int, stride: int, *, dropout: float = 0.0) -> nn.Module:
    """The sum x + F(x), where F is two 3x3 layers with dropout between them (Figure 1(d))."""
    before = {"bn1": nn.BatchNorm2d(in_channels), "relu1": nn.ReLU(inplace=True)}
    layers = {
        "conv1": conv(in_channels, out_channels, 3, stride),
        "bn2": nn.BatchNorm2d(out_channels),
        "relu2": nn.ReLU(inplace=True),
        "dropout": nn.Dropout(dropout),
        "conv2": conv(out_channels, out_channels, 3),
    }
    if dropout == 0:
        del layers["dropout"]
    if in_channels == out_channels:
        return Sum(body=series(**before, **layers), shortcut=nn.Identity())
    # Where the shape changes, both paths see the activation, as in the authors' code.
    return series(**before, sum=Sum(body=series(**layers), shortcut=conv(in_channels, out_channels, 1, stride)))


def wide_bottleneck(in_channels: int, out_channels: int, stride: int, *, widen_factor: int) -> nn.Sequential:
    """relu(F(x) + x): ResNet's bottleneck with `widen_factor` times as many channels inside (Section 3)."""
    width = widen_factor * out_channels // 4
    body = series(
        conv1=conv(in_channels, width, 1),
        bn1=nn.BatchNorm2d(width),
        relu1=nn.ReLU(inplace=True),
        conv2=conv(width, width, 3, stride),
        bn2=nn.BatchNorm2d(width),
        relu2=nn.ReLU(inplace=True),
        conv3=conv(width, out_channels, 1),
        bn3=nn.BatchNorm2d(out_channels),
    )
    path = shortcut_path("B", in_channels, out_channels, stride)
    return series(sum=Sum(body=body, shortcut=path), relu=nn.ReLU(inplace=True))


def wide_resnet(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 28,
    widen_factor: int = 10,
    dropout: float = 0.0,
    form: Form = "paper",
) -> Net:
    """WRN-depth-k with B(3,3) units for CIFAR (Zagoruyko and Komodakis 2016, Table 1).

    Input (N, 3, 32, 32), output (N, 10).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: convolutional layers, 6n+4 with n units in each of three groups. The count has conv1, the two
            layers of each unit and the three projections, but not the fully connected layer.
        widen_factor: k, by which the units have more channels than those of ResNet.
        dropout: probability of dropping a value between the two layers of a unit (Section 2.4); the paper takes
            0.3 for CIFAR and 0.4 for SVHN.
        form: the initial weights: `paper`, N(0, 2 / fan-in); `released`, the same but for the scales of batch
            norm (uniform from 0 to 1) and the fully connected layer (uniform), where the authors' code leaves what
            Torch draws.

    Raises:
        ValueError: a depth that is not 6n+4, a widen_factor below 1, or another form.

    Differs from: torchvision and timm have no such nets.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels, depth=depth, widen_factor=widen_factor)
    check_form(form, ("paper", "released"))
    if depth < 10 or (depth - 4) % 6:
        raise ValueError(f"depth must be 6n+4 with n of at least 1: 10, 16, 22, 28, ...; given {depth}")
    units = ((depth - 4) // 6,) * 3
    channels = [widen_factor * width for width in CHANNELS]
    stages: dict[str, nn.Module] = {"conv1": conv(in_channels, STEM, 3)}  # (N, 16, 32, 32)
    # (N, 16k, 32, 32), (N, 32k, 16, 16), (N, 64k, 8, 8)
    stages |= residual_stages(partial(wide_basic, dropout=dropout), units, STEM, channels, suffix="")
    stages |= {"bn": nn.BatchNorm2d(channels[-1]), "relu": nn.ReLU(inplace=True)}
    stages |= classifier(channels[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_he(net)
    if form == "released":
        init_torch_defaults(net, zero_bias=True)
    return net


def wide_resnet_bottleneck(
    num_classes: int = 1000, in_channels: int = 3, *, depth: int = 50, widen_factor: int = 2
) -> Net:
    """WRN-depth-k-bottleneck for ImageNet (Zagoruyko and Komodakis 2016, Section 3 and Table 8).

    Input (N, 3, 224, 224), output (N, 1000).

    ResNet with more channels inside its units; those between the units are as many as before. For ImageNet the
    paper keeps the post-activation units of ResNet. It does not print which layer takes the stride; here, as in
    its released model, it is the 3x3 layer.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 50 or 101. The paper has no 101 layers, torchvision has.
        widen_factor: k.

    Raises:
        ValueError: another depth, or a widen_factor below 1.

    Differs from: torchvision's `wide_resnet50_2` is this net with the initial weights of `init_fan_out`.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels, widen_factor=widen_factor)
    if depth not in IMAGENET_UNITS:
        raise ValueError(f"depth must be 50 or 101; given {depth!r}")
    unit = partial(wide_bottleneck, widen_factor=widen_factor)
    stages = imagenet_stem(in_channels)  # (N, 64, 56, 56)
    # (N, 256, 56, 56), (N, 512, 28, 28), (N, 1024, 14, 14), (N, 2048, 7, 7)
    stages |= residual_stages(unit, IMAGENET_UNITS[depth], 64, IMAGENET_CHANNELS)
    stages |= classifier(IMAGENET_CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=1)
    init_he(net)
    return net


wide_resnet28_10 = variant(
    wide_resnet, "wide_resnet28_10", "WRN-28-10 for CIFAR (Tables 4 to 6).", depth=28, widen_factor=10
)
wide_resnet40_4 = variant(
    wide_resnet, "wide_resnet40_4", "WRN-40-4 for CIFAR (Tables 4 and 5).", depth=40, widen_factor=4
)
wide_resnet50_2 = variant(
    wide_resnet_bottleneck, "wide_resnet50_2", "WRN-50-2-bottleneck (Table 8).", depth=50, widen_factor=2
)
wide_resnet101_2 = variant(
    wide_resnet_bottleneck, "wide_resnet101_2", "WRN-101-2-bottleneck, torchvision's.", depth=101, widen_factor=2
)
