"""The papers' tables of layers, and which layer of ours each line is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of a source, line by line.

    Attributes:
        architecture: in `published.csv`; its rows `layer_output:LINE`, `params:LINE` ... are the table.
        lines: our layer -> line of the table. Layers joined by "+" are together one line.
        absent: lines that are no layer of our net.
        sizes_only: the table describes another net with the same sizes.
    """

    architecture: str
    lines: Mapping[str, str]
    absent: tuple[str, ...] = ()
    sizes_only: bool = False


def same(architecture: str, *names: str, absent: tuple[str, ...] = ()) -> Table:
    """A table whose lines are called as our layers are."""
    return Table(architecture, dict(zip(names, names, strict=True)), absent)


CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
FCS = ("fc6", "fc7", "fc8")
FIRES = tuple(f"fire{number}" for number in range(2, 10))
ALEXNET_SLIDE = Table(
    "AlexNet",
    {name: name for name in ("pool1", "norm1", "pool2", "norm2", *CONVS, *FCS)} | {"pool5": "pool3"},
)
VGG_POOLS = same("VGG (all configurations)", *(f"pool{number}" for number in range(1, 6)))
VGG16 = same(
    "VGG-16",
    *(f"conv{b}_{n}" for b, layers in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, layers + 1)),
    *(f"pool{number}" for number in range(1, 6)),
    *FCS,
    absent=("input",),
)
GOOGLENET = Table(
    "GoogLeNet",
    {"conv1": "conv7x7/2", "pool1": "maxpool1", "conv2_reduce+conv2": "conv3x3/1", "pool2": "maxpool2"}
    | {f"inception_{name}": f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")}
    | {"pool3": "maxpool3", "pool4": "maxpool4", "dropout": "dropout40", "avgpool": "avgpool", "linear": "linear"},
    absent=("softmax",),
)
NIN_CIFAR = Table(
    "NiN (CIFAR-10, released)",
    {name: name for name in ("mlpconv1", "pool1", "mlpconv2", "pool2", "mlpconv3")}
    | {"global_average": "global average"},
)
NIN_IMAGENET = Table(
    "NiN (ImageNet, released)",
    {f"{kind}{number}": f"{kind}{number}" for kind in ("mlpconv", "pool") for number in (1, 2, 3)}
    | {"mlpconv4": "mlpconv4", "global_average": "global average"},
)
INCEPTION_NAIVE = Table("Inception naive 3x module (28x28x256 in)", {"inception": "concatenation"})
_INCEPTION = {
    "conv_1a": "conv 1",
    "conv_2a": "conv 2",
    "conv_2b": "conv padded",
    "pool_3a": "pool",
    "conv_4a": "conv 4",
    "mixed_5d": "3 x Inception",
    "mixed_7c": "2 x Inception",
    "avgpool": "pool 8x8",
}
INCEPTION_V2 = Table(
    "Inception-v2 (Table 1)", _INCEPTION | {"conv_3b": "conv 3", "conv_4b": "conv 5", "mixed_6f": "5 x Inception"}
)
INCEPTION_V3 = Table(
    "Inception-v3 (released)",
    _INCEPTION | {"conv_3b": "conv 1x1", "pool_5a": "pool 2", "mixed_6e": "4 x Inception"},
)
_REDUCTIONS = {
    "stem": "stem",
    "reduction_a": "Reduction-A",
    "reduction_b": "Reduction-B",
    "avgpool": "average",
}
INCEPTION_V4 = Table(
    "Inception-v4",
    _REDUCTIONS | {"inception_a4": "4 x A", "inception_b7": "7 x B", "inception_c3": "3 x C"},
)
INCEPTION_RESNET = Table(
    "Inception-ResNet-v2 (released)",
    _REDUCTIONS
    | {"inception_resnet_a10": "10 x A", "inception_resnet_b20": "20 x B", "inception_resnet_c10": "10 x C"}
    | {"conv_7b": "1x1"},
)
RESNET_STAGES = same("ResNet (all)", "conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "fc")
CIFAR_LINES = {name: name for name in ("conv1", "conv2_x", "conv3_x", "conv4_x")} | {"avgpool": "average pool"}
CIFAR_STAGES = Table("ResNet (CIFAR)", CIFAR_LINES)
WRN_LINES = {
    "conv1": "conv1",
    "conv2": "conv2_x",
    "conv3": "conv3_x",
    "conv4": "conv4_x",
    "avgpool": "average pool",
}
FRACTAL_CIFAR = Table("FractalNet (CIFAR, C=3)", {f"block{number}": f"block {number}" for number in range(1, 6)})
FRACTAL_IMAGENET = Table(
    "FractalNet (ImageNet, C=4)",
    {f"block{number}": f"block {number}" for number in range(1, 5)}
    | {"conv1": "conv1", "pool1": "pool1", "avgpool": "average"},
)
DENSE_STAGES = Table(
    "DenseNet-BC (ImageNet)",
    {"convolution": "conv7x7/2", "pooling": "maxpool3x3/2", "classification": "classification"}
    | {f"dense_block{number}": f"dense{number}" for number in range(1, 5)}
    | {f"transition{number}": f"transition{number}" for number in range(1, 4)},
)
DENSE_CIFAR_LINES = (
    {"convolution": "convolution"}
    | {f"dense_block{number}": f"dense {number}" for number in range(1, 4)}
    | {f"transition{number}": f"transition {number}" for number in range(1, 3)}
)
SQUEEZE_V1_1 = same("SqueezeNet v1.1", "conv1", "maxpool1", "maxpool3", "maxpool5", *FIRES, "conv10", "avgpool10")
SQUEEZE = same("SqueezeNet v1.0", "conv1", "maxpool1", *FIRES, "maxpool4", "maxpool8", "conv10", "avgpool10")
