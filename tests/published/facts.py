"""Which published rows describe which of our models: the facts that each model must reproduce.

`FACTS` names, for each registered model, the rows with its exact parameters and MACs, the tables that give its
layers one by one, and what its paper and others print in total. Where a paper prints no number, the rows are
computed from its tables (their `source` and `where_found` say so). `deviations.py` lists the printed figures that
our nets do not reproduce, each with the reason.
"""

from dataclasses import dataclass
from typing import Literal

from tests.published import tables
from tests.published.tables import Table, same

Measure = Literal["params", "all params", "macs"]  # of evaluation; with auxiliary classifiers; multiply-adds
Total = tuple[str, str, Measure]  # architecture and quantity of a row, and what of ours it prints


@dataclass(frozen=True)
class Facts:
    """What is published about one model.

    Attributes:
        exact: the architecture whose rows `params` and `macs` the model has to the last digit.
        tables: its layers.
        printed: totals as printed: (architecture, quantity, what of ours it is).
    """

    exact: str
    tables: tuple[Table, ...] = ()
    printed: tuple[Total, ...] = ()


def _vgg(letter: str, torchvision: str | None, *, batch_norm: bool = False) -> Facts:
    paper: Total = (f"VGG-{letter}", "params_as_printed", "params")
    printed = (() if batch_norm else (paper,)) + (_torchvision(torchvision) if torchvision else ())
    return Facts(f"VGG-{letter}{' with batch norm' * batch_norm}", (tables.VGG_POOLS,), printed)


def _torchvision(name: str, *, macs: bool = True) -> tuple[Total, ...]:
    """Totals in torchvision's metadata of the weights `name`, for nets that are the same."""
    architecture = f"torchvision {name} IMAGENET1K_V1"
    counts: tuple[Total, ...] = ((architecture, "params", "params"),)
    return (*counts, (architecture, "gmacs", "macs")) if macs else counts


def _resnet(depth: int) -> Facts:
    """Table 1 of He et al. 2015; torchvision's bottlenecks have the stride in the 3x3, hence other MACs."""
    exact = f"ResNet-{depth} option B" if depth < 50 else f"ResNet-{depth} (stride in 1x1)"
    paper: Total = (f"ResNet-{depth}", "flops_as_printed", "macs")
    return Facts(exact, (tables.RESNET_STAGES,), (paper, *_torchvision(f"ResNet{depth}", macs=depth < 50)))


def _resnet_cifar(depth: int) -> Facts:
    printed: tuple[Total, ...] = ((f"ResNet-{depth} (CIFAR)", "params_as_printed", "params"),)
    if depth in (110, 1202):
        printed += ((f"original ResNet-{depth}", "params_as_printed", "params"),)
    return Facts(f"ResNet-{depth} (CIFAR, option A)", (tables.CIFAR_STAGES,), printed)


def _wide(depth: int, widen: int) -> Facts:
    name = f"WRN-{depth}-{widen}"
    return Facts(name, (Table(name, tables.WRN_LINES),), ((name, "params_as_printed", "params"),))


def _densenet(depth: int) -> Facts:
    return Facts(f"DenseNet-{depth}", (tables.DENSE_STAGES,), _torchvision(f"DenseNet{depth}"))


_ALEXNET: Total = ("AlexNet", "params_as_printed", "params")
_PREACT_164 = Facts(
    "pre-act ResNet-164",
    (Table("pre-act ResNet-164", tables.CIFAR_LINES),),
    (
        ("pre-act ResNet-164", "params_as_printed", "params"),
        ("osmr PreResNet-164(BN)", "params_cifar10", "params"),
    ),
)
_RESNEXT_50 = Facts(
    "ResNeXt-50 32x4d",
    (tables.RESNET_STAGES,),
    (
        ("ResNeXt-50 32x4d", "params_as_printed", "params"),
        ("ResNeXt-50 32x4d", "flops_as_printed", "macs"),
        *_torchvision("ResNeXt50_32X4D"),
    ),
)
_RESNEXT_29 = Facts(
    "ResNeXt-29 8x64d",
    (Table("ResNeXt-29 8x64d", tables.CIFAR_LINES),),
    (("ResNeXt-29 8x64d", "params_as_printed", "params"),),
)
_STOCHASTIC = Facts(
    "ResNet-110 (CIFAR, option A)", (tables.CIFAR_STAGES,), (("stoc-depth 110", "params_as_printed", "params"),)
)

FACTS: dict[str, Facts] = {
    "lenet5": Facts(
        "LeNet-5",
        (Table("LeNet-5", {name.lower(): name for name in ("C1", "S2", "C3", "S4", "C5", "F6")}),),
        (("LeNet-5", "params_total_trainable", "params"),),
    ),
    "alexnet": Facts(
        "AlexNet (one tower)",
        (tables.ALEXNET_SLIDE, same("AlexNet (one tower)", *tables.CONVS, *tables.FCS)),
        (_ALEXNET, ("osmr AlexNet", "params", "params")),
    ),
    "alexnet_two_gpu": Facts(
        "AlexNet (two-GPU groups)",
        (tables.ALEXNET_SLIDE, same("AlexNet (two-GPU groups)", *tables.CONVS, *tables.FCS)),
        (_ALEXNET,),
    ),
    "alexnet_cifar": Facts(
        "AlexNet (CIFAR-10, 4 layers)",
        (same("AlexNet (CIFAR-10, 4 layers)", "conv1", "pool1", "conv2", "pool2", "conv3", "pool3"),),
    ),
    "zfnet": Facts(
        "ZFNet (Fig 3: 384,384,256)",
        (same("ZFNet (Fig 3: 384,384,256)", *tables.CONVS, "pool1", "pool2", "pool5"),),
        (("osmr ZFNet", "params", "params"),),
    ),
    "vgg11": _vgg("A", "VGG11"),
    "vgg13": _vgg("B", None),
    "vgg16": Facts(
        "VGG-D",
        (tables.VGG_POOLS, tables.VGG16),
        (
            ("VGG-D", "params_as_printed", "params"),
            ("VGG-16", "params_total_slide", "params"),
            ("VGG-16", "flops_as_printed_by_He", "macs"),
            *_torchvision("VGG16"),
        ),
    ),
    "vgg19": Facts(
        "VGG-E",
        (tables.VGG_POOLS,),
        (
            ("VGG-E", "params_as_printed", "params"),
            ("VGG-19", "flops_as_printed_by_He", "macs"),
            *_torchvision("VGG19"),
        ),
    ),
    "vgg11_bn": _vgg("A", "VGG11_BN", batch_norm=True),
    "vgg13_bn": _vgg("B", "VGG13_BN", batch_norm=True),
    "vgg16_bn": _vgg("D", "VGG16_BN", batch_norm=True),
    "vgg19_bn": _vgg("E", "VGG19_BN", batch_norm=True),
    "nin_cifar": Facts(
        "NiN (CIFAR-10, released)", (tables.NIN_CIFAR,), (("osmr NIN", "params_cifar10", "params"),)
    ),
    "nin_imagenet": Facts("NiN (ImageNet, released)", (tables.NIN_IMAGENET,)),
    "googlenet": Facts("GoogLeNet", (tables.GOOGLENET,), (("GoogLeNet", "params_exact_with_aux", "all params"),)),
    "inception_naive": Facts(
        "Inception naive 3x module and classifier",
        (tables.INCEPTION_NAIVE,),
    ),
    "inception_v2": Facts("Inception-v2 (Table 1)", (tables.INCEPTION_V2,)),
    "inception_v3": Facts(
        "Inception-v3 (released)",
        (tables.INCEPTION_V3,),
        (
            ("torchvision Inception_V3 IMAGENET1K_V1", "params", "all params"),
            ("torchvision Inception_V3 IMAGENET1K_V1", "gmacs", "macs"),
            ("InceptionV3 (no aux)", "params_exact", "params"),
        ),
    ),
    "inception_v4": Facts(
        "Inception-v4",
        (tables.INCEPTION_V4,),
        (("timm InceptionV4", "params_exact", "params"),),
    ),
    "inception_resnet_v2": Facts(
        "Inception-ResNet-v2 (released)",
        (tables.INCEPTION_RESNET,),
        (("timm InceptionResNetV2", "params_exact", "params"),),
    ),
    **{f"resnet{depth}": _resnet(depth) for depth in (18, 34, 50, 101, 152)},
    **{f"plain{depth}": Facts(f"plain-{depth}", (tables.RESNET_STAGES,)) for depth in (18, 34)},
    "resnet_cifar": _resnet_cifar(20),
    **{f"resnet{depth}": _resnet_cifar(depth) for depth in (20, 32, 44, 56, 110, 1202)},
    **{
        f"plain{depth}": Facts(f"plain-{depth} (CIFAR)", (tables.CIFAR_STAGES,)) for depth in (20, 32, 44, 56, 110)
    },
    "preact_resnet": _PREACT_164,
    "preact_resnet110": Facts(
        "pre-act ResNet-110", (tables.CIFAR_STAGES,), (("pre-act 110", "params_as_printed", "params"),)
    ),
    "preact_resnet164": _PREACT_164,
    "preact_resnet1001": Facts(
        "pre-act ResNet-1001",
        (Table("pre-act ResNet-164", tables.CIFAR_LINES),),
        (
            ("pre-act ResNet-1001", "params_as_printed", "params"),
            ("osmr PreResNet-1001", "params_cifar10", "params"),
        ),
    ),
    "wide_resnet": _wide(28, 10),
    "wide_resnet28_10": _wide(28, 10),
    "wide_resnet40_4": _wide(40, 4),
    "wide_resnet50_2": Facts(
        "WRN-50-2-bottleneck",
        (tables.RESNET_STAGES,),
        (("WRN-50-2-bottleneck", "params_as_printed", "params"), *_torchvision("Wide_ResNet50_2")),
    ),
    "wide_resnet101_2": Facts(
        "WRN-101-2-bottleneck",
        (tables.RESNET_STAGES,),
        (
            ("torchvision Wide_ResNet101_2 IMAGENET1K_V2", "params", "params"),
            ("torchvision Wide_ResNet101_2 IMAGENET1K_V2", "gmacs", "macs"),
        ),
    ),
    "resnext": _RESNEXT_50,
    "resnext50_32x4d": _RESNEXT_50,
    "resnext101_32x8d": Facts("ResNeXt-101 32x8d", (tables.RESNET_STAGES,), _torchvision("ResNeXt101_32X8D")),
    "resnext101_64x4d": Facts(
        "ResNeXt-101 64x4d", (tables.RESNET_STAGES,), (("osmr ResNeXt-101 (64x4d)", "params", "params"),)
    ),
    "resnext_cifar": _RESNEXT_29,
    "resnext29_8x64d": _RESNEXT_29,
    "stochastic_resnet": _STOCHASTIC,
    "stochastic_resnet110": _STOCHASTIC,
    "fractalnet_cifar": Facts(
        "FractalNet (CIFAR, C=3)",
        (tables.FRACTAL_CIFAR,),
        (("FractalNet (21 layers)", "params", "params"),),
    ),
    "fractalnet_imagenet": Facts("FractalNet (ImageNet, C=4)", (tables.FRACTAL_IMAGENET,)),
    **{f"densenet{depth}": _densenet(depth) for depth in (121, 169, 201, 161)},
    **{
        name: Facts(
            "DenseNet L=40 k=12",
            (Table("DenseNet L=40 k=12", tables.DENSE_CIFAR_LINES),),
            (("DenseNet L=40 k=12", "params_as_printed", "params"),),
        )
        for name in ("densenet_cifar", "densenet40_12")
    },
    "densenet_bc100_12": Facts(
        "DenseNet-BC L=100 k=12",
        (Table("DenseNet-BC L=100 k=12", tables.DENSE_CIFAR_LINES),),
        (
            ("DenseNet-BC L=100 k=12", "params_as_printed", "params"),
            ("osmr DenseNet-BC-100 (k=12)", "params_cifar10", "params"),
        ),
    ),
    "squeezenet1_0": Facts("SqueezeNet v1.0", (tables.SQUEEZE,), _torchvision("SqueezeNet1_0", macs=False)),
    "squeezenet1_1": Facts(
        "SqueezeNet v1.1",
        (tables.SQUEEZE_V1_1,),
        (("osmr SqueezeNet v1.1", "params", "params"),),
    ),
    "squeezenet_simple_bypass": Facts("SqueezeNet v1.0", (tables.SQUEEZE,)),
    "se_resnet50": Facts(
        "SE-ResNet-50 (stride in 1x1)",
        (tables.RESNET_STAGES,),
        (("SE-ResNet-50", "params_as_printed", "params"), ("SE-ResNet-50", "flops_as_printed", "macs")),
    ),
    **{name: Facts("SE-ResNet-20 (CIFAR)", (tables.CIFAR_STAGES,)) for name in ("se_resnet_cifar", "se_resnet20")},
    "squeezenet_complex_bypass": Facts(
        "SqueezeNet + complex bypass", (Table("SqueezeNet v1.0", tables.SQUEEZE.lines, sizes_only=True),)
    ),
}
