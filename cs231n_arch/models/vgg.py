"""VGG: Simonyan and Zisserman (2014), "Very deep convolutional networks ...", arXiv 1409.1556."""

from typing import Literal, get_args

from torch import nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, init_gaussian, init_glorot, local_response_norm
from cs231n_arch.models.variants import Totals, variant

TOTALS: Totals = {
    "vgg11": {"paper": (132_863_336, 7_609_090_048)},
    "vgg13": {"paper": (133_047_848, 11_308_466_176)},
    "vgg16": {"paper": (138_357_544, 15_470_264_320)},
    "vgg19": {"paper": (143_667_240, 19_632_062_464)},
    "vgg11_bn": {"torchvision": (132_868_840, 7_609_090_048)},
    "vgg13_bn": {"torchvision": (133_053_736, 11_308_466_176)},
    "vgg16_bn": {"torchvision": (138_365_992, 15_470_264_320)},
    "vgg19_bn": {"torchvision": (143_678_248, 19_632_062_464)},
}

Configuration = Literal["A", "A-LRN", "B", "C", "D", "E"]

# Table 1 of the paper: five blocks, each of which ends in a 2x2 max pooling; the filters of every convolution in a
# block, and the sides of their kernels by configuration.
FILTERS = (64, 128, 256, 512, 512)
KERNELS: dict[Configuration, tuple[tuple[int, ...], ...]] = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),  # and LRN after the first convolution
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
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
        batch_norm: batch normalization between each convolution and its ReLU, as in torchvision's `vgg..._bn`; the
            convolutions keep their biases. The paper is older.
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

    Differs from: the authors' released Caffe nets, D and E, have the same layers. torchvision draws the
    convolutions from He's N(0, 2 / fan-out) and the linear layers from N(0, 0.01^2), and pools adaptively to 7x7
    before fc6, so that it takes images of other sizes; it has no A-LRN and no C. The lecture's slide calls D and E
    VGG16 and VGG19, and sums 24M activations for D, which has 15.2M.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_whole(SMALLEST, image_size=image_size)
    if configuration not in KERNELS:
        raise ValueError(f"configuration must be {', '.join(map(repr, KERNELS))}; given {configuration!r}")
    stages: dict[str, nn.Module] = {}
    channels = in_channels
    for block, (filters, kernels) in enumerate(zip(FILTERS, KERNELS[configuration], strict=True), 1):
        for layer, kernel in enumerate(kernels, 1):
            name = f"{block}_{layer}"
            stages[f"conv{name}"] = nn.Conv2d(channels, filters, kernel, padding=kernel // 2)
            if batch_norm:
                stages[f"bn{name}"] = nn.BatchNorm2d(filters)
            stages[f"relu{name}"] = nn.ReLU(inplace=True)
            if configuration == "A-LRN" and block == 1:
                stages[f"norm{name}"] = local_response_norm()
            channels = filters
        stages[f"pool{block}"] = nn.MaxPool2d(kernel_size=2, stride=2)  # 224 -> 112 -> 56 -> 28 -> 14 -> 7
    stages |= {
        "flatten": nn.Flatten(),
        "fc6": nn.Linear(channels * (image_size // 32) ** 2, 4096),
        "relu6": nn.ReLU(inplace=True),
        "dropout6": nn.Dropout(dropout),
        "fc7": nn.Linear(4096, 4096),
        "relu7": nn.ReLU(inplace=True),
        "dropout7": nn.Dropout(dropout),
        "fc8": nn.Linear(4096, num_classes),
    }
    net = Net(stages, input_size=(in_channels, image_size, image_size), smallest=image_size, fixed=True)
    init_weights(net, init)
    return net


def init_weights(net: Net, init: Init = "glorot") -> None:
    """One of the two initializations of Section 3.1; see `vgg`."""
    if init not in get_args(Init):
        raise ValueError(f"init must be 'glorot' or 'gaussian'; given {init!r}")
    if init == "glorot":
        init_glorot(net)
    else:
        init_gaussian(net, std=0.1)


vgg11 = variant(vgg, "vgg11", "The 11 layers of configuration A.", configuration="A", batch_norm=False)
vgg13 = variant(vgg, "vgg13", "The 13 layers of configuration B.", configuration="B", batch_norm=False)
vgg16 = variant(vgg, "vgg16", "The 16 layers of configuration D.", configuration="D", batch_norm=False)
vgg19 = variant(vgg, "vgg19", "The 19 layers of configuration E.", configuration="E", batch_norm=False)
vgg11_bn = variant(
    vgg, "vgg11_bn", "Configuration A with batch normalization.", configuration="A", batch_norm=True
)
vgg13_bn = variant(
    vgg, "vgg13_bn", "Configuration B with batch normalization.", configuration="B", batch_norm=True
)
vgg16_bn = variant(
    vgg, "vgg16_bn", "Configuration D with batch normalization.", configuration="D", batch_norm=True
)
vgg19_bn = variant(
    vgg, "vgg19_bn", "Configuration E with batch normalization.", configuration="E", batch_norm=True
)
