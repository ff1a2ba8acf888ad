"""The rows marked as computed or confirmed really follow from the tables that the papers print."""

import math

import pytest

from cs231n_arch import published
from tests.published.closed_forms import (
    ALEXNET_CIFAR,
    FIRE,
    GOOGLENET,
    NIN_CIFAR,
    NIN_IMAGENET,
    VGG,
    Count,
    alexnet,
    biased,
    conv,
    densenet,
    fractalnet,
    googlenet,
    inception,
    lenet5,
    linear,
    nin,
    preact_cifar,
    resnet_cifar,
    resnet_imagenet,
    resnext29,
    squeezenet,
    total,
    vgg,
    zfnet,
)
from tests.published.inception_forms import inception_resnet_v2, inception_v2, inception_v3, inception_v4

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
_ZF = "Zeiler & Fergus 2013 (arXiv 1311.2901)"
_VGG = "Simonyan & Zisserman 2014 (arXiv 1409.1556) Table 1"
_INCEPTION = "Szegedy et al. 2015 (arXiv 1512.00567)"
_RESNET = "He et al. 2015 (arXiv 1512.03385)"
_PREACT = "He et al. 2016 (arXiv 1603.05027)"
_WRN = "Zagoruyko & Komodakis 2016 (arXiv 1605.07146)"
_RESNEXT = "Xie et al. 2017 (arXiv 1611.05431)"
_DENSE = "Huang et al. 2017 (arXiv 1608.06993)"
_SE = "Hu et al. 2020 (arXiv 1709.01507v4, the journal version)"
_SQUEEZE = "Iandola et al. 2016 (arXiv 1602.07360)"
_FIRE1 = (biased(3, 96, 7, 111), (55, 55, 55, 27, 27, 27, 27, 13), 13)


def _imagenet(depth: int, **how: object) -> Count:
    return resnet_imagenet(BLOCKS[depth], bottleneck=depth > 34, **how)  # type: ignore[arg-type]


# Architecture in `published.csv` -> what the source's tables amount to.
COMPUTED: dict[str, tuple[Count, str]] = {
    "LeNet-5": (lenet5(), "LeCun et al. 1998, Sec II.B"),
    "AlexNet (one tower)": (alexnet(), "Krizhevsky 2012 Sec 3.5"),
    "AlexNet (two-GPU groups)": (alexnet((1, 2, 1, 2, 2)), "Krizhevsky 2012 Sec 3.5"),
    "ZFNet (Fig 3: 384,384,256)": (zfnet((384, 384, 256)), f"{_ZF} Fig 3"),
    "ZFNet (512,1024,512)": (zfnet((512, 1024, 512)), f"{_ZF} Table 2b"),
    "AlexNet (CIFAR-10, 4 layers)": (nin(ALEXNET_CIFAR) + linear(1024, 10), "cuda-convnet, layers-18pct.cfg"),
    "NiN (CIFAR-10, released)": (nin(NIN_CIFAR), "public NiN CIFAR-10 layout"),
    "NiN (ImageNet, released)": (nin(NIN_IMAGENET), "public NiN ImageNet layout"),
    **{f"VGG-{c}": (vgg(c), _VGG) for c in VGG},
    **{f"VGG-{c} with batch norm": (vgg(c, bn=True), _VGG) for c in VGG},
    "GoogLeNet": (googlenet(), "Szegedy 2014 Table 1"),
    "Inception naive 3x module and classifier": (
        total([biased(256, 128, 1, 28), biased(256, 192, 3, 28), biased(256, 96, 5, 28), linear(672, 1000)]),
        "CS231n lecture 9 slide 48",
    ),
    "Inception-v2 (Table 1)": (inception_v2(), f"{_INCEPTION} Table 1"),
    "Inception-v3 (released)": (inception_v3(), f"{_INCEPTION} and released code"),
    "Inception-v4": (inception_v4(), "Szegedy et al. 2016 (arXiv 1602.07261) Fig 3-9"),
    "Inception-ResNet-v2 (released)": (
        inception_resnet_v2(),
        "Szegedy et al. 2016 (arXiv 1602.07261) Fig 15-19 and released code",
    ),
    **{f"plain-{d}": (_imagenet(d, shortcut=None), f"{_RESNET} Table 1") for d in (18, 34)},
    **{f"ResNet-{d} option {o}": (_imagenet(d, shortcut=o), f"{_RESNET} Table 1") for d in (18, 34) for o in "AB"},
    **{f"ResNet-{d} (stride in 1x1)": (_imagenet(d), f"{_RESNET} Table 1") for d in (50, 101, 152)},
    **{f"ResNet-{d} (stride in 3x3)": (_imagenet(d, stride_in=3), f"{_RESNET} Table 1") for d in (50, 101, 152)},
    **{f"plain-{d} (CIFAR)": (resnet_cifar(d, None), f"{_RESNET} Sec 4.2") for d in (20, 32, 44, 56, 110)},
    **{
        f"ResNet-{d} (CIFAR, option {o})": (resnet_cifar(d, o), f"{_RESNET} Sec 4.2")
        for d in (20, 32, 44, 56, 110, 1202)
        for o in "AB"
    },
    "pre-act ResNet-110": (preact_cifar(18, project=False), _PREACT),
    "pre-act ResNet-164": (preact_cifar(18, bottleneck=True), _PREACT),
    "pre-act ResNet-1001": (preact_cifar(111, bottleneck=True), _PREACT),
    **{
        f"WRN-{d}-{k}": (preact_cifar((d - 4) // 6, widen=k), _WRN)
        for d, k in ((40, 1), (40, 2), (40, 4), (40, 8), (28, 10), (28, 12), (22, 8), (22, 10), (16, 10))
    },
    **{f"WRN-{d}-2-bottleneck": (_imagenet(d, stride_in=3, width=128), f"{_WRN} Table 8") for d in (50, 101)},
    "ResNeXt-50 32x4d": (_imagenet(50, stride_in=3, width=128, groups=32), f"{_RESNEXT} Table 1"),
    "ResNeXt-101 32x4d": (_imagenet(101, stride_in=3, width=128, groups=32), f"{_RESNEXT} Table 1"),
    "ResNeXt-101 32x8d": (_imagenet(101, stride_in=3, width=256, groups=32), f"{_RESNEXT} Table 1"),
    "ResNeXt-101 64x4d": (_imagenet(101, stride_in=3, width=256, groups=64), f"{_RESNEXT} Table 1"),
    "ResNeXt-29 8x64d": (resnext29(8, 64), f"{_RESNEXT} App. A"),
    "FractalNet (CIFAR, C=3)": (
        fractalnet(3, (64, 128, 256, 512, 512), classes=10),
        "Larsson et al. 2017 (arXiv 1605.07648, ICLR) Sec 3-4",
    ),
    "FractalNet (ImageNet, C=4)": (
        conv(3, 64, 7, 112) + fractalnet(4, (128, 256, 512, 1024), classes=1000, side=56, maps=64),
        "Larsson et al. 2017 (arXiv 1605.07648, ICLR) Sec 4",
    ),
    "DenseNet L=40 k=12": (densenet((12,) * 3, 12, bottleneck=False), f"{_DENSE} Sec 3"),
    "DenseNet L=100 k=12": (densenet((32,) * 3, 12, bottleneck=False), f"{_DENSE} Sec 3"),
    "DenseNet L=100 k=24": (densenet((32,) * 3, 24, bottleneck=False), f"{_DENSE} Sec 3"),
    "DenseNet-BC L=100 k=12": (densenet((16,) * 3, 12, bottleneck=True), f"{_DENSE} Sec 3"),
    **{
        f"DenseNet-{d}": (densenet(blocks, k, bottleneck=True, imagenet=True), f"{_DENSE} Table 1")
        for d, blocks, k in (
            (121, (6, 12, 24, 16), 32),
            (169, (6, 12, 32, 32), 32),
            (201, (6, 12, 48, 32), 32),
            (264, (6, 12, 64, 48), 32),
            (161, (6, 12, 36, 24), 48),
        )
    },
    "SE-ResNet-50 (stride in 1x1)": (_imagenet(50, reduction=16), f"{_SE} Table 1"),
    "SE-ResNet-20 (CIFAR)": (resnet_cifar(20, "A", reduction=16), f"{_SE} Sec 3.3"),
    "SqueezeNet v1.0": (squeezenet(*_FIRE1), f"{_SQUEEZE} Table 1"),
    "SqueezeNet v1.1": (
        squeezenet(biased(3, 64, 3, 113), (56, 56, 28, 28, 14, 14, 14, 14), 14),
        "forresti/SqueezeNet, SqueezeNet_v1.1",
    ),
    "SqueezeNet + complex bypass": (squeezenet(*_FIRE1, complex_bypass=True), f"{_SQUEEZE} Fig 2"),
}


@pytest.mark.parametrize("architecture", COMPUTED)
def test_totals_follow_from_the_papers_tables(architecture: str) -> None:
    count, source = COMPUTED[architecture]
    for quantity, ours in (("params", count.params), ("macs", count.macs)):
        rows = published.load(architecture, quantity)
        computed = rows[rows["where_found"].str.startswith("computed")]
        assert list(computed["number"]) == [ours], (
            f"{architecture}: {quantity} by the table of {source} is {ours:,}"
        )


def product(size: str) -> int:
    return math.prod(int(side) for side in size.split("x"))


def sizes(architecture: str) -> dict[str, str]:
    """Layer -> "HxWxC", of the rows `layer_output:layer`."""
    rows = published.load(architecture, "layer_output:*")
    return dict(zip(rows["quantity"].str.removeprefix("layer_output:"), rows["value"], strict=True))


def layers(architecture: str, prefix: str) -> dict[str, float]:
    """Layer -> number, of the rows `prefix:layer`."""
    rows = published.load(architecture, f"{prefix}:*")
    return dict(zip(rows["quantity"].str.removeprefix(f"{prefix}:"), rows["number"], strict=True))


@pytest.mark.parametrize("architecture", ["AlexNet (one tower)", "AlexNet (two-GPU groups)"])
@pytest.mark.parametrize("quantity", ["params", "macs"])
def test_layers_of_alexnet_add_up(architecture: str, quantity: str) -> None:
    assert sum(layers(architecture, quantity).values()) == published.value(architecture, quantity)


def test_lenet_prints_its_own_totals() -> None:
    # The connections of the output layer, ten codes of 84, are in the total but have no row.
    assert sum(layers("LeNet-5", "connections").values()) + 10 * 84 == published.value(
        "LeNet-5", "connections_total"
    )
    assert sum(layers("LeNet-5", "params").values()) == published.value("LeNet-5", "params_total_trainable")


def test_alexnets_neurons_need_the_whole_of_conv1() -> None:
    printed = layers("AlexNet", "neurons_as_printed")
    conv1 = published.value("AlexNet", "neurons:conv1")
    assert conv1 == 55 * 55 * 96
    assert sum(printed.values()) - printed["input"] - printed["conv1"] + conv1 == published.value(
        "AlexNet", "neurons"
    )
    assert abs(published.value("AlexNet", "neurons") - published.value("AlexNet", "neurons_as_printed")) < 10_000


def test_vgg16_slide_lines_and_totals() -> None:
    exact = layers("VGG-16", "activations_exact")
    for layer, size in sizes("VGG-16").items():
        assert exact[layer] == product(size), layer
    assert sum(exact.values()) == published.value("VGG-16", "activations_exact")
    assert sum(layers("VGG-16", "weights").values()) == published.value("VGG-16", "weights_total_exact")
    biases = sum((64, 64, 128, 128, *[256] * 3, *[512] * 6, 4096, 4096, 1000))
    assert published.value("VGG-16", "weights_total_exact") + biases == published.value("VGG-D", "params")
    # The slide rounds each line; its total of 24M is not their sum, however they are rounded.
    slide = published.load("VGG-16", "activations_slide:*")
    printed = slide["number"].sum()
    slack = sum(published.precision(value) for value in slide["value"])
    assert abs(printed - sum(exact.values())) < slack + 0.02 * printed
    assert published.value("VGG-16", "activations_slide") - printed > 8e6


def test_googlenet_table_row_by_row() -> None:
    for name, row in GOOGLENET.items():
        biases = sum((row[2], row[3], row[4], row[5], row[6], row[7]))
        assert published.value("GoogLeNet", f"weights_exact:inception{name}") == inception(*row).params - biases
        assert published.value("GoogLeNet", f"macs_exact:inception{name}") == inception(*row).macs
    assert sum(layers("GoogLeNet", "macs_exact").values()) == published.value("GoogLeNet", "macs")
    assert googlenet(auxiliary=True).params == published.value("GoogLeNet", "params_exact_with_aux")
    for column, whole in (("params_as_printed", "params_sum_of_table"), ("ops_as_printed", "ops_sum_of_table")):
        row = published.load("GoogLeNet", whole).iloc[0]
        assert abs(sum(layers("GoogLeNet", column).values()) - row["number"]) <= published.precision(row["value"])


def test_inception_module_of_the_slides() -> None:
    naive = 28 * 28 * 256 * (128 + 9 * 192 + 25 * 96)
    assert published.value("Inception naive 3x module (28x28x256 in)", "ops_exact") == naive
    listed = 28 * 28 * (256 * (64 + 64 + 128 + 64) + 64 * 192 * 9 + 64 * 96 * 25)
    assert published.value("Inception bottleneck module (28x28x256 in)", "ops_exact") == listed


def test_auxiliary_heads_of_inception_v3() -> None:
    assert inception_v3(auxiliary=True).params == published.value(
        "torchvision Inception_V3 IMAGENET1K_V1", "params"
    )


def test_squeezenet_table_adds_up() -> None:
    before, after = (
        layers("SqueezeNet v1.0", "params_before_pruning"),
        layers("SqueezeNet v1.0", "params_after_pruning"),
    )
    assert sum(before.values()) == published.value("SqueezeNet v1.0", "params")
    assert sum(after.values()) == published.value("SqueezeNet v1.0", "params_after_pruning")
    maps = 96
    for number, (squeeze, expand) in enumerate(FIRE, start=2):
        fire = biased(maps, squeeze, 1, 1) + biased(squeeze, expand, 1, 1) + biased(squeeze, expand, 3, 1)
        assert before[f"fire{number}"] == fire.params
        maps = 2 * expand


@pytest.mark.parametrize("columns", range(1, 7))
def test_fractalnet_of_growing_depth(columns: int) -> None:
    row = published.load(f"FractalNet C={columns} depth {5 * 2 ** (columns - 1)}", "params_as_printed").iloc[0]
    exact = fractalnet(columns, (16, 32, 64, 128, 128), classes=100).params
    assert abs(exact - row["number"]) <= published.precision(row["value"])


def test_resnext_templates_have_equal_cost() -> None:
    for cardinality, width in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4)):
        # Equation 4 of the paper: C (256 d + 9 d d + d 256).
        ours = cardinality * (256 * width + 9 * width * width + width * 256)
        assert published.value(f"ResNeXt conv2 template C={cardinality} d={width}", "params_eq4") == ours


def test_conv_only_operations_of_vgg_are_those_that_the_resnet_paper_prints() -> None:
    for name, configuration in (("VGG-16", "D"), ("VGG-19", "E")):
        classifier = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
        conv_only = (vgg(configuration).macs - classifier) / 1e9
        row = published.load(name, "gmacs_conv_only").iloc[0]
        assert abs(conv_only - row["number"]) <= published.precision(row["value"])
