"""SqueezeNet: Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer (2016), arXiv 1602.07360."""

from functools import partial
from typing import Literal, get_args

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Concat, Net, Sum, conv_relu, halving_pool, series, weighted
from cs231n_arch.models.variants import Form, Totals, check_form, variant

TOTALS: Totals = {
    "squeezenet1_0": {"paper": (1_248_424, 832_667_936), "released": (1_248_424, 861_339_936)},
    "squeezenet1_1": {"released": (1_235_496, 387_747_520)},
    "squeezenet_simple_bypass": {"paper": (1_248_424, 832_667_936), "released": (1_248_424, 861_339_936)},
    "squeezenet_complex_bypass": {"paper": (1_589_672, 1_183_953_184)},
}

Bypass = Literal["none", "simple", "complex"]


def fire(in_channels: int, squeeze1x1: int, expand1x1: int, expand3x3: int) -> nn.Sequential:
    """Fire module (Section 3.2, Figure 1): few 1x1 filters, then many 1x1 and 3x3 filters side by side.

    (N, in_channels, H, W) -> (N, expand1x1 + expand3x3, H, W).
    """
    return series(
        squeeze1x1=conv_relu(in_channels, squeeze1x1, 1),
        expand=Concat(
            expand1x1=conv_relu(squeeze1x1, expand1x1, 1),
            expand3x3=conv_relu(squeeze1x1, expand3x3, 3, padding=1),
        ),
    )


def bypassed(bypass: Bypass, in_channels: int, squeeze1x1: int, expand1x1: int, expand3x3: int) -> nn.Module:
    """A fire module with the path around it that its net has (Figure 2)."""
    body = fire(in_channels, squeeze1x1, expand1x1, expand3x3)
    out_channels = expand1x1 + expand3x3
    if bypass != "none" and in_channels == out_channels:
        return Sum(body=body, shortcut=nn.Identity())
    if bypass == "complex":
        return Sum(body=body, shortcut=nn.Conv2d(in_channels, out_channels, kernel_size=1))
    return body


def squeezenet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    form: Form = "paper",
    bypass: Bypass = "none",
    dropout: float = 0.5,
) -> Net:
    """SqueezeNet of Iandola et al. (2016), Table 1.

    Input (N, 3, 227, 227), output (N, 1000); 1,248,424 parameters, 832,667,936 MACs.
    With the complex bypass: 1,589,672 parameters, 1,183,953,184 MACs.

    Args:
        num_classes: classes; conv10 has a filter for each.
        in_channels: channels of the images.
        form: `paper`, or `released`, the authors' Caffe definition, which pads the 1x1 conv10 by one pixel, so
            that 15x15 positions are averaged. None was released with the complex bypass.
        bypass: Figure 2. `simple` adds a fire module's input to its output where both have as many channels:
            around fire3, fire5, fire7 and fire9; `complex` also sends it through a 1x1 convolution where they have
            not: around fire2, fire4, fire6 and fire8.
        dropout: probability of dropping a unit after fire9.

    Raises:
        ValueError: unknown bypass, or a form that the net does not have.

    The paper prints no initialization, so it is the release's (`init_weights`), as is the ReLU after conv10.
    Table 1 prints a 224x224 input, from which 7x7 windows at stride 2 make 109 positions and not the printed 111;
    227, on which the release was trained, makes 111. It prints 13x12 after the last pooling, for 13x13. Table 3
    prints 7.7 MB for the complex bypass; the four 1x1 convolutions of Figure 2 make 6.1 MB, counted as the table
    counts 4.8 MB for the net without.

    Differs from: torchvision's `squeezenet1_0` takes 224x224 images and draws the weights from He's uniform
    distribution; its layers are those of the paper, not of the release.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    if bypass not in get_args(Bypass):
        raise ValueError(f"bypass must be 'none', 'simple' or 'complex'; given {bypass!r}")
    check_form(form, ("paper",) if bypass == "complex" else ("paper", "released"))
    module = partial(bypassed, bypass)
    stages = {  # from (N, 3, 227, 227)
        "conv1": nn.Conv2d(in_channels, 96, kernel_size=7, stride=2),  # (N, 96, 111, 111)
        "relu1": nn.ReLU(inplace=True),
        "maxpool1": halving_pool(),  # (N, 96, 55, 55)
        "fire2": module(96, 16, 64, 64),
        "fire3": module(128, 16, 64, 64),
        "fire4": module(128, 32, 128, 128),
        "maxpool4": halving_pool(),  # (N, 256, 27, 27)
        "fire5": module(256, 32, 128, 128),
        "fire6": module(256, 48, 192, 192),
        "fire7": module(384, 48, 192, 192),
        "fire8": module(384, 64, 256, 256),
        "maxpool8": halving_pool(),  # (N, 512, 13, 13)
        "fire9": module(512, 64, 256, 256),
        "dropout9": nn.Dropout(dropout),
        "conv10": nn.Conv2d(512, num_classes, kernel_size=1, padding=1 if form == "released" else 0),
        "relu10": nn.ReLU(inplace=True),
        "avgpool10": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
    }
    net = Net(stages, input_size=(in_channels, 227, 227), smallest=21)
    init_weights(net)
    return net


squeezenet1_0 = variant(squeezenet, "squeezenet1_0", "SqueezeNet as in Table 1 of the paper.", bypass="none")
squeezenet_simple_bypass = variant(
    squeezenet,
    "squeezenet_simple_bypass",
    "SqueezeNet with identities around every other fire module.",
    bypass="simple",
)
squeezenet_complex_bypass = variant(
    squeezenet,
    "squeezenet_complex_bypass",
    "SqueezeNet with a bypass around every fire module.",
    bypass="complex",
    form="paper",
)


def squeezenet1_1(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """The authors' second release, as accurate for less than half the operations.

    Input (N, 3, 227, 227), output (N, 1000); 1,235,496 parameters, 387,747,520 MACs.

    The fire modules are those of `squeezenet`, after a smaller conv1, and the poolings come earlier. The
    arguments are those of `squeezenet`.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    stages = {  # from (N, 3, 227, 227)
        "conv1": nn.Conv2d(in_channels, 64, kernel_size=3, stride=2),  # (N, 64, 113, 113)
        "relu1": nn.ReLU(inplace=True),
        "maxpool1": halving_pool(),  # (N, 64, 56, 56)
        "fire2": fire(64, 16, 64, 64),
        "fire3": fire(128, 16, 64, 64),
        "maxpool3": halving_pool(),  # (N, 128, 28, 28)
        "fire4": fire(128, 32, 128, 128),
        "fire5": fire(256, 32, 128, 128),
        "maxpool5": halving_pool(),  # (N, 256, 14, 14)
        "fire6": fire(256, 48, 192, 192),
        "fire7": fire(384, 48, 192, 192),
        "fire8": fire(384, 64, 256, 256),
        "fire9": fire(512, 64, 256, 256),  # (N, 512, 14, 14)
        "dropout9": nn.Dropout(dropout),
        "conv10": nn.Conv2d(512, num_classes, kernel_size=1),
        "relu10": nn.ReLU(inplace=True),
        "avgpool10": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
    }
    net = Net(stages, input_size=(in_channels, 227, 227), smallest=17)
    init_weights(net)
    return net


def init_weights(net: Net) -> None:
    """The released Caffe definition: conv10 N(0, 0.01^2), others Caffe's "xavier"; biases zero.

    That filler is U(-a, a) with a^2 = 3 / fan-in, where Glorot & Bengio (2010) average fan-in and fan-out.
    """
    for layer in weighted(net):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")
    nn.init.normal_(net.get_parameter("conv10.weight"), 0.0, 0.01)
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
