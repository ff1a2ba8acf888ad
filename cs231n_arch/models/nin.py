"""Network in Network: Lin, Chen and Yan (2013), arXiv 1312.4400."""

from typing import Literal, get_args

from torch import nn

from cs231n_arch.models.layers import Net, conv_relu, init_gaussian, series

# Each mlpconv layer: kernel, stride and padding of its convolution; the maps of it and of its two 1x1 layers.
# The very last width stands for the number of classes. The paper draws the layers (Figure 2) and prints no width;
# these are the authors' released definitions.
CIFAR = (
    (5, 1, 2, (192, 160, 96)),
    (5, 1, 2, (192, 192, 192)),
    (3, 1, 1, (192, 192, 10)),
)
IMAGENET = (
    (11, 4, 0, (96, 96, 96)),
    (5, 1, 2, (256, 256, 256)),
    (3, 1, 1, (384, 384, 384)),
    (3, 1, 1, (1024, 1024, 1000)),
)
Table = tuple[tuple[int, int, int, tuple[int, int, int]], ...]

Head = Literal["global_average", "fully_connected", "fully_connected_dropout"]


def nin_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    head: Head = "global_average",
    dropout: float = 0.5,
) -> Net:
    """The net of Lin et al. (2013), Section 4: three mlpconv layers and global average pooling.

    Input (N, 3, 32, 32), output (N, 10); 966,986 parameters, 222,486,528 MACs.

    Args:
        num_classes: classes; the last mlpconv layer makes one map for each.
        in_channels: channels of the images.
        head: the rows of Table 5. `global_average` takes each class's score as the mean of its map;
            `fully_connected` learns a layer from all pixels of these maps (6,410 more parameters, and 32x32 images
            only); `fully_connected_dropout` drops half of its inputs.
        dropout: probability of dropping a unit between the mlpconv layers, and before the fully connected head.

    Raises:
        ValueError: unknown head.

    The paper gives neither widths nor initialisation; both are those of the authors' cuda-convnet definition:
    weights from N(0, 0.05^2), biases zero. A ReLU ends every mlpconv layer, the last too (Equation 2), so no
    class's score is negative.

    Differs from: the authors' Caffe definition averages in the second pooling, where the paper and the
    cuda-convnet one take the maximum. Neither torchvision nor timm has the net.
    """
    if head not in get_args(Head):
        raise ValueError(f"head must be {', '.join(map(repr, get_args(Head)))}; given {head!r}")
    stages = mlpconv_layers(CIFAR, in_channels, num_classes, dropout, dropped=(1, 2))  # (N, 10, 8, 8)
    if head == "global_average":
        stages["global_average"] = nn.AdaptiveAvgPool2d(1)
    stages["flatten"] = nn.Flatten()
    if head == "fully_connected_dropout":
        stages["dropout3"] = nn.Dropout(dropout)
    if head != "global_average":
        stages["fc"] = nn.Linear(num_classes * 8 * 8, num_classes)
    fixed = head != "global_average"
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=32 if fixed else 4, fixed=fixed)
    init_gaussian(net, std=0.05)
    return net


def nin_imagenet(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """The authors' net for ImageNet, released as a Caffe model: four mlpconv layers, global average pooling.

    Input (N, 3, 224, 224), output (N, 1000); 7,595,176 parameters, 1,100,188,800 MACs.

    Args:
        num_classes: classes; the last mlpconv layer makes one map for each.
        in_channels: channels of the images.
        dropout: probability of dropping a unit before the last mlpconv layer.

    The paper has no ImageNet experiment: this net is that of the release, and so is its initialisation
    (`init_release`). Caffe's pooling lets its last window hang over the border: the sides are 54, 27, 13 and 6.

    Differs from: popular copies average 5x5 at the end, which follows from poolings that round down. Neither
    torchvision nor timm has the net.
    """
    stages = mlpconv_layers(IMAGENET, in_channels, num_classes, dropout, dropped=(3,))  # (N, 1000, 6, 6)
    stages |= {"global_average": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    net = Net(stages, input_size=(in_channels, 224, 224), smallest=39)
    init_release(net)
    return net


def mlpconv_layers(
    table: Table, in_channels: int, num_classes: int, dropout: float, dropped: tuple[int, ...]
) -> dict[str, nn.Module]:
    """The mlpconv layers of a table, with max pooling between them, and dropout after the poolings in `dropped`.

    An mlpconv layer slides a small multilayer perceptron over the image: a convolution, then 1x1 convolutions,
    which the authors call cascaded cross-channel parametric pooling, hence "cccp".
    """
    stages: dict[str, nn.Module] = {}
    maps = in_channels
    for number, (kernel, stride, padding, (first, second, third)) in enumerate(table, 1):
        last = number == len(table)
        third = num_classes if last else third
        units = {
            f"conv{number}": conv_relu(maps, first, kernel, stride, padding),
            f"cccp{2 * number - 1}": conv_relu(first, second, 1),
            f"cccp{2 * number}": conv_relu(second, third, 1),
        }
        stages[f"mlpconv{number}"] = series(**units)
        maps = third
        if not last:
            stages[f"pool{number}"] = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)  # halves the side
        if number in dropped:
            stages[f"dropout{number}"] = nn.Dropout(dropout)
    return stages


def init_release(net: Net) -> None:
    """The ImageNet release: N(0, 0.05^2), but N(0, 0.01^2) in conv1, conv3 and the last layer; biases zero."""
    init_gaussian(net, std=0.05)
    for name in ("mlpconv1.conv1", "mlpconv3.conv3", "mlpconv4.cccp8"):
        init_gaussian(net.get_submodule(name), std=0.01)
