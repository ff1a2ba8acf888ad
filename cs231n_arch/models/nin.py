"""Network in Network: Lin, Chen and Yan (2013), arXiv 1312.4400."""

from typing import Literal, get_args

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, conv_relu, halving_pool, init_gaussian, series
from cs231n_arch.models.variants import Form, Totals, check_form

TOTALS: Totals = {
    "nin_cifar": {"paper": (966_986, 222_486_528), "released": (966_986, 222_486_528)},
    "nin_imagenet": {"released": (7_595_176, 1_100_188_800)},
}

Head = Literal["global_average", "fully_connected", "fully_connected_dropout"]


def mlpconv(
    number: int,
    in_channels: int,
    filters: tuple[int, int, int],
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
) -> nn.Sequential:
    """A small multilayer perceptron that slides over the image: a convolution and two 1x1 ones (Figure 1).

    The authors call the 1x1 layers "cascaded cross-channel parametric pooling", hence "cccp". `number` counts
    the mlpconv layers of the net; (N, in_channels, H, W) gives filters[2] channels.
    """
    first, second, third = filters
    layers = {
        f"conv{number}": conv_relu(in_channels, first, kernel_size, stride, padding),
        f"cccp{2 * number - 1}": conv_relu(first, second, 1),
        f"cccp{2 * number}": conv_relu(second, third, 1),
    }
    return series(**layers)


def nin_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    form: Form = "paper",
    head: Head = "global_average",
    dropout: float = 0.5,
) -> Net:
    """The net of Lin et al. (2013), Section 4: three mlpconv layers and global average pooling.

    Input (N, 3, 32, 32), output (N, 10); 966,986 parameters, 222,486,528 MACs.

    Args:
        num_classes: classes; the last mlpconv layer has an output channel for each.
        in_channels: channels of the images.
        form: `paper`, or `released`, the authors' Caffe definition, whose second pooling averages where the paper
            and their cuda-convnet definition take the maximum.
        head: the rows of Table 5. `global_average` takes each class's score as the mean of its channel;
            `fully_connected` learns a layer from all pixels of these channels (6,410 more parameters, and 32x32
            images only); `fully_connected_dropout` drops half of its inputs.
        dropout: probability of dropping a unit between the mlpconv layers, and before the fully connected head.

    Raises:
        ValueError: unknown form or head.

    The paper draws the layers (Figure 2) and prints neither widths nor initialization; both are those of the
    authors' cuda-convnet definition: weights from N(0, 0.05^2), biases zero. A ReLU ends every mlpconv layer, the
    last too (Equation 2), so no class's score is negative.

    Differs from: neither torchvision nor timm has the net.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))
    if head not in get_args(Head):
        raise ValueError(f"head must be {', '.join(map(repr, get_args(Head)))}; given {head!r}")
    average = nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True)
    stages: dict[str, nn.Module] = {  # from (N, 3, 32, 32)
        "mlpconv1": mlpconv(1, in_channels, (192, 160, 96), 5, padding=2),  # (N, 96, 32, 32)
        "pool1": halving_pool(),  # (N, 96, 16, 16)
        "dropout1": nn.Dropout(dropout),
        "mlpconv2": mlpconv(2, 96, (192, 192, 192), 5, padding=2),  # (N, 192, 16, 16)
        "pool2": average if form == "released" else halving_pool(),  # (N, 192, 8, 8)
        "dropout2": nn.Dropout(dropout),
        "mlpconv3": mlpconv(3, 192, (192, 192, num_classes), 3, padding=1),  # (N, 10, 8, 8)
    }
    fixed = head != "global_average"
    if not fixed:
        stages["global_average"] = nn.AdaptiveAvgPool2d(1)
    stages["flatten"] = nn.Flatten()
    if head == "fully_connected_dropout":
        stages["dropout3"] = nn.Dropout(dropout)
    if fixed:
        stages["fc"] = nn.Linear(num_classes * 8 * 8, num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=32 if fixed else 4, fixed=fixed)
    init_gaussian(net, std=0.05)
    return net


def nin_imagenet(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """The authors' net for ImageNet, released as a Caffe model: four mlpconv layers, global average pooling.

    Input (N, 3, 224, 224), output (N, 1000); 7,595,176 parameters, 1,100,188,800 MACs.

    Args:
        num_classes: classes; the last mlpconv layer has an output channel for each.
        in_channels: channels of the images.
        dropout: probability of dropping a unit before the last mlpconv layer.

    The paper has no ImageNet experiment, so layers and initialization (`init_weights`) are the release's.

    Differs from: popular copies average 5x5 at the end, which follows from poolings that round down; Caffe's round
    up. Neither torchvision nor timm has the net.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    stages = {  # from (N, 3, 224, 224)
        "mlpconv1": mlpconv(1, in_channels, (96, 96, 96), 11, stride=4),  # (N, 96, 54, 54)
        "pool1": halving_pool(),  # (N, 96, 27, 27)
        "mlpconv2": mlpconv(2, 96, (256, 256, 256), 5, padding=2),
        "pool2": halving_pool(),  # (N, 256, 13, 13)
        "mlpconv3": mlpconv(3, 256, (384, 384, 384), 3, padding=1),
        "pool3": halving_pool(),  # (N, 384, 6, 6)
        "dropout3": nn.Dropout(dropout),
        "mlpconv4": mlpconv(4, 384, (1024, 1024, num_classes), 3, padding=1),  # (N, 1000, 6, 6)
        "global_average": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
    }
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=39)
    init_weights(net)
    return net


def init_weights(net: Net) -> None:
    """The ImageNet release: N(0, 0.05^2), but N(0, 0.01^2) in conv1, conv3 and the last layer; biases zero."""
    init_gaussian(net, std=0.05)
    for name in ("mlpconv1.conv1", "mlpconv3.conv3", "mlpconv4.cccp8"):
        init_gaussian(net.get_submodule(name), std=0.01)
