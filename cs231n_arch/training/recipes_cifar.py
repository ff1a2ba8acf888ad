"""The recipes of the papers that trained on CIFAR, in the lecture's order."""

from dataclasses import replace

from cs231n_arch.training.recipe import Recipe, Warmup
from cs231n_arch.training.schedules import Halving, Plateau, Steps

CROP_AND_FLIP = ("pad 4 with zeros, random crop", "random flip")
REFLECT_AND_FLIP = ("pad 4 by reflection, random crop", "random flip")

NIN = Recipe(
    name="nin",
    paper="lin2014",
    optimizer="sgd",
    lr=0.1,
    schedule=Plateau(times=2, watch="train"),
    batch_size=128,
    epochs=300,
    iterations=120_000,
    weight_decay=1e-4,
    decays="weights",
    momentum=0.9,
    dropout="0.5 after each mlpconv layer but the last",
    initialisation="N(0, 0.05²)",
    augmentation=CROP_AND_FLIP,
    test_view="the image, contrast-normalized and ZCA-whitened",
    sources={
        "Section 4": ("schedule", "batch_size", "dropout"),
        "Section 4.1": ("augmentation", "test_view"),
        "not printed; the released Caffe solver and net": (
            "optimizer", "lr", "iterations", "weight_decay", "decays", "momentum", "initialisation",
        ),
        "iterations times batch over 50,000 images": ("epochs",),
    },
    notes={
        "schedule": "repeated once, so that the last rate is a hundredth of the first; the released Caffe solver "
        "divides once, after 100,000 of 120,000 iterations",
        "decays": "the released Caffe net sets decay_mult to 0 for every bias",
        "lr": "in both releases biases learn at twice the rate, the last layer at a tenth of it (not built here)",
        "augmentation": "only for the second of two results; the size of the translation is not printed",
    },
)  # fmt: skip

RESNET_CIFAR = Recipe(
    name="resnet_cifar",
    paper="he2016",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(32_000, 48_000), of=64_000),
    batch_size=128,
    epochs=164,
    iterations=64_000,
    weight_decay=1e-4,
    momentum=0.9,
    dropout="none",
    initialisation="He et al. (2015): N(0, 2 / fan-in)",
    augmentation=CROP_AND_FLIP,
    test_view="the image",
    sources={
        "Section 4.2": (
            "optimizer", "lr", "schedule", "batch_size", "iterations", "weight_decay", "momentum", "dropout",
            "initialisation", "augmentation", "test_view",
        ),
        "iterations times batch over 50,000 images": ("epochs",),
    },
    notes={
        "warmup": "only for 110 layers: the recipe resnet_cifar_110",
        "schedule": "chosen on a split of 45,000 training and 5,000 validation images",
        "batch_size": "on two GPUs, 64 on each, which is what batch norm saw",
    },
)  # fmt: skip

RESNET_CIFAR_110 = replace(
    RESNET_CIFAR,
    name="resnet_cifar_110",
    warmup=Warmup(factor=0.1, iterations=400),
    sources={**RESNET_CIFAR.sources, "Section 4.2, 110 layers": ("warmup",)},
    notes={
        **RESNET_CIFAR.notes,
        "warmup": "printed: 0.01 until the training error is below 80 %, about 400 iterations",
    },
)

PREACT_RESNET = replace(
    RESNET_CIFAR,
    name="preact_resnet",
    paper="he2016identity",
    warmup=Warmup(factor=0.1, iterations=400),
    sources={
        "Appendix": (
            "optimizer", "lr", "schedule", "batch_size", "weight_decay", "momentum", "initialisation",
            "augmentation", "warmup",
        ),
        "He et al. (2016), Section 4.2, which the appendix follows": ("iterations", "test_view"),
        "iterations times batch over 50,000 images": ("epochs",),
    },
    notes={
        "batch_size": "on two GPUs, 64 on each; 64 for the best result of the 1001-layer net (Table 4)",
        "schedule": "the released code uses fb.resnet.torch: 200 epochs, divided at 81 and 122, batches of 64",
        "nesterov": "not printed; the released code has it",
        "warmup": "the released code has none",
    },
)  # fmt: skip

WIDE_RESNET = Recipe(
    name="wide_resnet",
    paper="zagoruyko2016",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(60, 120, 160), of=200, by=0.2, unit="epochs"),
    batch_size=128,
    epochs=200,
    weight_decay=5e-4,
    momentum=0.9,
    nesterov=True,
    dropout="0.3 between the convolutions of a block, where dropout is used",
    initialisation="He et al. (2015)",
    augmentation=REFLECT_AND_FLIP,
    test_view="the image",
    sources={
        "Section 3": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "nesterov",
            "augmentation", "test_view",
        ),
        "Section 2.4 and Section 3": ("dropout",),
        "not printed; the released Torch code": ("initialisation",),
    },
    notes={
        "augmentation": "images are normalized by channel mean and deviation; Table 4 used ZCA whitening",
        "schedule": "the ImageNet nets follow fb.resnet.torch",
        "epochs": "on SVHN 160, at rate 0.01, divided by 10 at 80 and 120, with dropout 0.4",
    },
)  # fmt: skip

RESNEXT_CIFAR = Recipe(
    name="resnext_cifar",
    paper="xie2017",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(150, 225), of=300, unit="epochs"),
    batch_size=128,
    epochs=300,
    weight_decay=5e-4,
    momentum=0.9,
    initialisation="He et al. (2015)",
    augmentation=CROP_AND_FLIP,
    test_view="the image",
    sources={
        "Appendix A": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "augmentation",
            "test_view",
        ),
        "Section 4": ("initialisation",),
    },
    notes={
        "batch_size": "on eight GPUs, 16 on each; the first version of the paper printed 256",
        "schedule": "the factor is not printed: the usual tenth; the released code divides after 0.49 and 0.74 of "
        "the epochs",
        "nesterov": "not printed; the released code has it",
    },
)  # fmt: skip

STOCHASTIC_DEPTH = Recipe(
    name="stochastic_depth",
    paper="huang2016",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(250, 375), of=500, unit="epochs"),
    batch_size=128,
    epochs=500,
    weight_decay=1e-4,
    momentum=0.9,
    nesterov=True,
    dropout="none; blocks survive with probability 1 to 0.5, falling linearly with depth",
    initialisation="He et al. (2015)",
    augmentation=CROP_AND_FLIP,
    test_view="the image",
    sources={
        "Section 4": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "nesterov",
            "augmentation", "test_view",
        ),
        "Section 3": ("dropout",),
        "not printed; the released Torch code": ("initialisation",),
    },
    notes={
        "epochs": "50 on SVHN, 90 on ImageNet",
        "test_view": "the released code subtracts the mean image and divides by one deviation; it trains on "
        "45,000 images and validates on 5,000",
    },
)  # fmt: skip

FRACTALNET = Recipe(
    name="fractalnet",
    paper="larsson2017",
    optimizer="sgd",
    lr=0.02,
    schedule=Halving(times=4),
    batch_size=100,
    epochs=400,
    momentum=0.9,
    dropout="0, 0.1, 0.2, 0.3, 0.4 by block; drop-path 0.15, local and global on alternate batches",
    initialisation="Glorot",
    augmentation=CROP_AND_FLIP,
    test_view="the image",
    sources={
        "Section 4": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "momentum", "dropout", "initialisation",
            "augmentation", "test_view",
        ),
    },
    notes={
        "schedule": "the number of reductions is not printed; after four, 25 of 400 epochs remain",
        "weight_decay": "not printed",
        "epochs": "20 on SVHN, 70 on ImageNet (there at rate 0.001 with batches of 32)",
    },
)  # fmt: skip

DENSENET_CIFAR = Recipe(
    name="densenet_cifar",
    paper="huang2017",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(150, 225), of=300, unit="epochs"),
    batch_size=64,
    epochs=300,
    weight_decay=1e-4,
    momentum=0.9,
    nesterov=True,
    dropout="0.2 after each convolution but the first, only without augmentation",
    initialisation="He et al. (2015)",
    augmentation=CROP_AND_FLIP,
    test_view="the image",
    sources={
        "Section 4.2": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "nesterov",
            "dropout", "initialisation",
        ),
        "Section 4.1": ("augmentation", "test_view"),
    },
    notes={"schedule": "printed as 50 % and 75 % of the epochs", "epochs": "40 on SVHN"},
)  # fmt: skip
