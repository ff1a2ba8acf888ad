"""VGG: Simonyan and Zisserman (2014), "Very deep convolutional networks ...", arXiv 1409.1556."""

from typing import Literal, get_args

from torch import nn

from cs231n_arch.models.layers import Net, init_gaussian, init_glorot, local_response_norm

Configuration = Literal["A", "A-LRN", "B", "C", "D", "E"]

# Table 1 of the paper. Five blocks, each of which ends in a 2x2 max pooling; a block's convolutions all have these
# many maps, and the sides of their kernels, by configuration, are:
MAPS = (64, 128, 256, 512, 512)
KERNELS: dict[Configuration, tuple[tuple[int, ...], ...]] = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),  # and LRN after the first convolution
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
HIDDEN = 4096
SMALLEST = 32  # five poolings leave one pixel

Init = Literal["glorot", "gaussian"]


def vgg(
    configuration: Configuration,
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    batch_norm: bool = False,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """A configuration of Simonyan & Zisserman (2014), Table 1.

    Input (N, 3, 224, 224), output (N, 1000).

    =============  ======  ===========  ==============
    configuration  layers  parameters   MACs
    =============  ======  ===========  ==============
    A, A-LRN       11      132,863,336  7,609,090,048
    B              13      133,047,848  11,308,466,176
    C              16      133,638,952  11,770,888,192
    D              16      138,357,544  15,470,264,320
    E              19      143,667,240  19,632,062,464
    =============  ======  ===========  ==============

    Args:
        configuration: the column of Table 1.
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        batch_norm: batch normalisation between each convolution and its ReLU. Not in the paper, which is older;
            the convolutions keep their biases, as torchvision's do.
        image_size: height and width of the images; fc6 is sized for it, so it is fixed for the net.
        dropout: probability of dropping a hidden unit of fc6 and fc7 (Section 3.1).
        init: `glorot` draws all weights as Glorot & Bengio (2010) do, which the authors found after submission to
            make their pre-training needless (Section 3.1); `gaussian` is the printed one, N(0, variance 1e-2).
            Biases are zero in both.

    Raises:
        ValueError: unknown configuration or init, or an image too small for the five poolings.

    Section 3.1 draws only net A from the Gaussian; the first four convolutions and the fully connected layers
    of the deeper nets started from the trained A. The printed variance of 1e-2 is a standard deviation of 0.1,
    ten times that of AlexNet, whose procedure the paper otherwise follows; the paper leaves open whether 0.01
    was meant. With 0.1 the class scores of an untrained net are huge, with 0.01 they vanish.

    Differs from: torchvision draws the convolutions from He's N(0, 2 / fan-out), the linear layers from
    N(0, 0.01^2), and pools adaptively to 7x7 before fc6, so that it takes images of other sizes; it has no A-LRN
    and no C. The lecture's slide calls D and E VGG16 and VGG19, and sums 24M activations for D, which has 15.2M.
    """
    if configuration not in KERNELS:
        raise ValueError(f"configuration must be {', '.join(map(repr, KERNELS))}; given {configuration!r}")
    if init not in get_args(Init):
        raise ValueError(f"init must be 'glorot' or 'gaussian'; given {init!r}")
    if image_size < SMALLEST:
        raise ValueError(
            f"image_size must be at least {SMALLEST}, which leaves one pixel at pool5; given {image_size}"
        )

    stages: dict[str, nn.Module] = {}
    maps = in_channels
    for block, (width, kernels) in enumerate(zip(MAPS, KERNELS[configuration], strict=True), 1):
        for layer, kernel in enumerate(kernels, 1):
            name = f"{block}_{layer}"
            stages[f"conv{name}"] = nn.Conv2d(maps, width, kernel, padding=kernel // 2)
            if batch_norm:
                stages[f"bn{name}"] = nn.BatchNorm2d(width)
            stages[f"relu{name}"] = nn.ReLU(inplace=True)
            if configuration == "A-LRN" and block == 1:
                stages[f"norm{name}"] = local_response_norm()
            maps = width
        stages[f"pool{block}"] = nn.MaxPool2d(kernel_size=2, stride=2)  # 224 -> 112 -> 56 -> 28 -> 14 -> 7

    stages["flatten"] = nn.Flatten()
    for number, inputs in {6: maps * (image_size // 32) ** 2, 7: HIDDEN}.items():
        stages[f"fc{number}"] = nn.Linear(inputs, HIDDEN)
        stages[f"relu{number}"] = nn.ReLU(inplace=True)
        stages[f"dropout{number}"] = nn.Dropout(dropout)
    stages["fc8"] = nn.Linear(HIDDEN, num_classes)

    net = Net(stages, input_size=(in_channels, image_size, image_size), smallest=image_size, fixed=True)
    if init == "glorot":
        init_glorot(net)
    else:
        init_gaussian(net, std=0.1)
    return net


def vgg11(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 11 layers of configuration A: `vgg("A")`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 132,863,336 parameters, 7,609,090,048 MACs.
    """
    return vgg("A", num_classes, in_channels, image_size=image_size, dropout=dropout, init=init)


def vgg13(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 13 layers of configuration B: `vgg("B")`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 133,047,848 parameters, 11,308,466,176 MACs.
    """
    return vgg("B", num_classes, in_channels, image_size=image_size, dropout=dropout, init=init)


def vgg16(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 16 layers of configuration D: `vgg("D")`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 138,357,544 parameters, 15,470,264,320 MACs.
    """
    return vgg("D", num_classes, in_channels, image_size=image_size, dropout=dropout, init=init)


def vgg19(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 19 layers of configuration E: `vgg("E")`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 143,667,240 parameters, 19,632,062,464 MACs.
    """
    return vgg("E", num_classes, in_channels, image_size=image_size, dropout=dropout, init=init)


def vgg11_bn(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 11 layers of configuration A with batch normalisation: `vgg("A", batch_norm=True)`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 132,868,840 parameters, 7,609,090,048 MACs.
    """
    return vgg("A", num_classes, in_channels, batch_norm=True, image_size=image_size, dropout=dropout, init=init)


def vgg13_bn(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 13 layers of configuration B with batch normalisation: `vgg("B", batch_norm=True)`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 133,053,736 parameters, 11,308,466,176 MACs.
    """
    return vgg("B", num_classes, in_channels, batch_norm=True, image_size=image_size, dropout=dropout, init=init)


def vgg16_bn(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 16 layers of configuration D with batch normalisation: `vgg("D", batch_norm=True)`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 138,365,992 parameters, 15,470,264,320 MACs.
    """
    return vgg("D", num_classes, in_channels, batch_norm=True, image_size=image_size, dropout=dropout, init=init)


def vgg19_bn(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    dropout: float = 0.5,
    init: Init = "glorot",
) -> Net:
    """The 19 layers of configuration E with batch normalisation: `vgg("E", batch_norm=True)`, which see.

    Input (N, 3, 224, 224), output (N, 1000); 143,678,248 parameters, 19,632,062,464 MACs.
    """
    return vgg("E", num_classes, in_channels, batch_norm=True, image_size=image_size, dropout=dropout, init=init)
