"""The two nets that no paper has: small enough for a CPU, with an option for each early idea."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from torch import nn

from cs231n_arch.create import create_model
from cs231n_arch.data import Split
from cs231n_arch.models.googlenet import inception
from cs231n_arch.models.layers import Net, conv_bn_relu, conv_relu, init_he, series
from cs231n_arch.models.registry import constructor

Head = Literal["global_average", "class_maps", "hidden"]
HIDDEN = 512


def workbench(
    num_classes: int = 10,
    in_channels: int = 1,
    *,
    image_size: int = 28,
    kernels: tuple[int, ...] = (3, 3),
    channels: int = 32,
    mlpconv: bool = False,
    batch_norm: bool = False,
    head: Head = "global_average",
    dropout: float = 0.0,
) -> Net:
    """A first convolution, two stages of convolutions and max pooling, and a head.

    Input (N, in_channels, image_size, image_size), output (N, num_classes).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        image_size: height and width of the images; two of the heads are sized for it.
        kernels: of the convolutions of each stage, all odd and padded: (3, 3, 3) or (7,) is Simonyan & Zisserman
            (2014), Section 2.3.
        channels: of every convolution.
        batch_norm: between every convolution and its ReLU (Ioffe & Szegedy 2015, Section 3.2).
        mlpconv: two 1x1 convolutions after every other one (Lin et al. 2013, Section 3.1).
        head: `global_average` and `class_maps` make one map per class and average it, or learn a layer from all
            its pixels (Lin et al. 2013, Table 5); `hidden` is a fully connected layer of 512 units before the last
            one, as in AlexNet.
        dropout: probability of dropping a hidden unit (Krizhevsky et al. 2012, Section 4.2).

    Raises:
        ValueError: unknown head, dropout without hidden units, or an image that two poolings leave nothing of.
    """
    if head not in get_args(Head):
        raise ValueError(f"head must be {', '.join(map(repr, get_args(Head)))}; given {head!r}")
    if dropout and head != "hidden":
        raise ValueError(f"dropout needs head='hidden'; given head={head!r}")
    if image_size < 4:
        raise ValueError(f"image_size must be at least 4, which leaves one pixel; given {image_size}")
    unit = conv_bn_relu if batch_norm else conv_relu
    stages: dict[str, nn.Module] = {"conv1": unit(in_channels, channels, 3, padding=1)}
    for number in (2, 3):
        for index, kernel in enumerate(kernels, 1):
            stages[f"conv{number}_{index}"] = unit(channels, channels, kernel, padding=kernel // 2)
            if mlpconv:
                stages[f"cccp{number}_{index}"] = series(
                    a=unit(channels, channels, 1), b=unit(channels, channels, 1)
                )
        stages[f"pool{number}"] = nn.MaxPool2d(kernel_size=2)
    pixels = (image_size // 4) ** 2
    if head == "hidden":
        stages |= {"flatten": nn.Flatten(), "fc4": nn.Linear(channels * pixels, HIDDEN)}
        stages |= {"relu4": nn.ReLU(inplace=True), "dropout4": nn.Dropout(dropout)}
        stages["fc5"] = nn.Linear(HIDDEN, num_classes)
    else:
        stages["class_maps"] = nn.Conv2d(channels, num_classes, kernel_size=1)
        if head == "global_average":
            stages |= {"global_average": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
        else:
            stages |= {"flatten": nn.Flatten(), "fc4": nn.Linear(num_classes * pixels, num_classes)}
    size = (in_channels, image_size, image_size)
    net = Net(stages, input_size=size, smallest=image_size, fixed=True)
    init_he(net)
    return net


def inception_bench(num_classes: int = 10, in_channels: int = 1, *, reductions: bool = True) -> Net:
    """Three of GoogLeNet's modules, 3a, 3b and 4a, with a quarter of their channels, on small images.

    Input (N, in_channels, H, W), output (N, num_classes). The projection after the pooling stays, or each module
    would have more channels than the one before.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        reductions: 1x1 convolutions before those of 3x3 and 5x5 (Szegedy et al. 2014, Figure 2b, not 2a).
    """

    def module(channels: int, *columns: int) -> nn.Module:
        n1x1, reduce3, n3x3, reduce5, n5x5, projection = (column // 4 for column in columns)
        made = inception(channels, n1x1, reduce3, n3x3, reduce5, n5x5, projection)
        if not reductions:
            made.branch3x3 = conv_relu(channels, n3x3, 3, padding=1)
            made.branch5x5 = conv_relu(channels, n5x5, 5, padding=2)
        return made

    stages = {
        "conv1": conv_relu(in_channels, 48, 3, padding=1),
        "inception_3a": module(48, 64, 96, 128, 16, 32, 32),
        "inception_3b": module(64, 128, 128, 192, 32, 96, 64),
        "pool3": nn.MaxPool2d(kernel_size=2),
        "inception_4a": module(120, 192, 96, 208, 16, 48, 64),
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "linear": nn.Linear(128, num_classes),
    }
    net = Net(stages, input_size=(in_channels, 28, 28), smallest=2)
    init_he(net)
    return net


OURS: dict[str, Callable[..., Net]] = {"workbench": workbench, "inception_bench": inception_bench}


def build(model: str, split: Split, **options: object) -> Net:
    """The net of an arm, for the classes, channels and, where its head depends on it, the size of the images.

    Raises:
        ValueError: as `create_model`.
    """
    channels, size, _ = split.image_size
    allowed = inspect.signature(OURS.get(model) or constructor(model)).parameters
    given = {"num_classes": len(split.classes), "in_channels": channels}
    if "image_size" in allowed:
        given["image_size"] = size
    make = OURS.get(model) or partial(create_model, model)
    return make(**{**given, **options})
