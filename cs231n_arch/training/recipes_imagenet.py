"""The recipes of the papers that trained on ImageNet, in the lecture's order."""

from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau, Polynomial, Steps

ALEXNET = Recipe(
    name="alexnet",
    paper="krizhevsky2012",
    optimizer="sgd",
    lr=0.01,
    schedule=Plateau(times=3),
    batch_size=128,
    epochs=90,
    weight_decay=5e-4,
    decays="weights",
    momentum=0.9,
    dropout="0.5 on fc6 and fc7",
    initialisation="N(0, 0.01²); biases 1 in conv2, conv4, conv5, fc6 and fc7, else 0",
    augmentation=("shorter side 256, center 256", "random crop 224", "random flip", "PCA lighting, deviation 0.1"),
    test_view="ten crops (corners and center, each flipped), softmax averaged",
    sources={
        "Section 5": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "initialisation",
        ),
        "Section 4.2": ("dropout",),
        "Section 4.1": ("augmentation", "test_view"),
        "not printed; the authors' cuda-convnet": ("decays",),
    },
    notes={
        "decays": "the paper writes the decay for weights; its code, cuda-convnet, gives biases none",
        "schedule": "torchvision's reference divides by 10 every 30 epochs instead",
        "weight_decay": "torchvision's reference uses 1e-4",
        "augmentation": "the authors' cuda-convnet rounds sizes up, so that conv1 makes 55 of 224; code that "
        "rounds down crops 227",
    },
)  # fmt: skip

ZFNET = Recipe(
    name="zfnet",
    paper="zeiler2014",
    optimizer="sgd",
    lr=0.01,
    schedule=Plateau(times=3),
    batch_size=128,
    epochs=70,
    momentum=0.9,
    dropout="0.5 on fc6 and fc7",
    initialisation="all weights 0.01, biases 0, as printed",
    augmentation=("shorter side 256, center 256", "one of ten crops 224 (corners and center, each flipped)"),
    test_view="ten crops (corners and center, each flipped)",
    sources={
        "Section 3": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "momentum", "dropout", "initialisation",
            "augmentation",
        ),
        "not printed; as AlexNet, with which the paper compares": ("test_view",),
    },
    notes={
        "schedule": "annealed by hand when the validation error plateaus; the number of reductions is not printed",
        "weight_decay": "not printed",
        "initialisation": "equal weights could not learn different features; N(0, 0.01²) is what must be meant",
        "augmentation": "each convolutional filter whose RMS passes 0.1 is scaled back to it (not built here)",
    },
)  # fmt: skip

VGG = Recipe(
    name="vgg",
    paper="simonyan2015",
    optimizer="sgd",
    lr=0.01,
    schedule=Plateau(times=3),
    batch_size=256,
    epochs=74,
    iterations=370_000,
    weight_decay=5e-4,
    momentum=0.9,
    dropout="0.5 on fc6 and fc7",
    initialisation="net A: N(0, variance 0.01), biases 0; deeper nets begin with A's first 4 and last 3 layers",
    augmentation=("shorter side in 256-512", "random crop 224", "random flip", "RGB color shift"),
    test_view="dense evaluation and 50 crops (5x5 grid, each flipped) at each of three scales, softmax averaged",
    sources={
        "Section 3.1": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "iterations", "weight_decay", "momentum",
            "dropout", "initialisation", "augmentation",
        ),
        "Section 3.2": ("test_view",),
    },
    notes={
        "lr": "0.001 where a net for shorter side 384 begins with the weights for 256",
        "augmentation": "the shorter side is 256, 384 or, with scale jitter, random",
        "initialisation": "after submission: Glorot & Bengio (2010) works without pre-training",
        "decays": "not printed",
    },
)  # fmt: skip

RESNET = Recipe(
    name="resnet",
    paper="he2016",
    optimizer="sgd",
    lr=0.1,
    schedule=Plateau(times=2),
    batch_size=256,
    epochs=120,
    iterations=600_000,
    weight_decay=1e-4,
    momentum=0.9,
    dropout="none",
    initialisation="He et al. (2015): N(0, 2 / fan-in)",
    augmentation=("shorter side in 256-480", "random crop 224", "random flip", "PCA lighting, deviation 0.1"),
    test_view="ten crops; best results: fully convolutional at shorter sides 224, 256, 384, 480 and 640, averaged",
    sources={
        "Section 3.4": (
            "optimizer", "lr", "schedule", "batch_size", "iterations", "weight_decay", "momentum", "dropout",
            "initialisation", "augmentation", "test_view",
        ),
        "Section 3.4: iterations times batch over 1.28 million images": ("epochs",),
    },
    notes={
        "weight_decay": "the lecture's slide prints 1e-5",
        "initialisation": "the slide calls it Xavier/2",
        "schedule": "the number of reductions is not printed, Figure 4 shows two; fb.resnet.torch and torchvision "
        "divide at epochs 30 and 60 of 90",
        "augmentation": "fb.resnet.torch and torchvision crop by area and aspect, as GoogLeNet does",
    },
)  # fmt: skip

RESNEXT = Recipe(
    name="resnext",
    paper="xie2017",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(30, 60, 90), of=100, unit="epochs"),
    batch_size=256,
    epochs=100,
    weight_decay=1e-4,
    momentum=0.9,
    initialisation="He et al. (2015)",
    augmentation=("area crop 224, 8-100 % of the image, aspect 3/4-4/3", "random flip", "PCA lighting and color"),
    test_view="center crop 224 of shorter side 256",
    sources={
        "Section 4": ("optimizer", "lr", "batch_size", "weight_decay", "momentum", "initialisation", "test_view"),
        "Section 4, which names fb.resnet.torch": ("schedule", "augmentation", "epochs"),
    },
    notes={
        "schedule": "printed: divided by 10 three times, on the schedule of fb.resnet.torch",
        "nesterov": "not printed; the released code has it",
    },
)

DENSENET = Recipe(
    name="densenet",
    paper="huang2017",
    optimizer="sgd",
    lr=0.1,
    schedule=Steps(at=(30, 60), of=90, unit="epochs"),
    batch_size=256,
    epochs=90,
    weight_decay=1e-4,
    momentum=0.9,
    nesterov=True,
    dropout="none",
    initialisation="He et al. (2015)",
    augmentation=("area crop 224, 8-100 % of the image, aspect 3/4-4/3", "random flip", "PCA lighting and color"),
    test_view="center crop 224, or ten crops",
    sources={
        "Section 4.2": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "weight_decay", "momentum", "nesterov",
            "initialisation",
        ),
        "Section 4.1, which names fb.resnet.torch": ("augmentation", "test_view"),
    },
    notes={"batch_size": "128 for DenseNet-161, for memory, with 100 epochs and a further division at epoch 90"},
)  # fmt: skip

SENET = Recipe(
    name="senet",
    paper="hu2018",
    optimizer="sgd",
    lr=0.6,
    schedule=Steps(at=(30, 60, 90), of=100, unit="epochs"),
    batch_size=1024,
    epochs=100,
    weight_decay=1e-4,
    momentum=0.9,
    dropout="none",
    initialisation="He et al. (2015): N(0, 2 / fan-in)",
    augmentation=("area crop 224, 8-100 % of the image, aspect 3/4-4/3", "random flip"),
    test_view="center crop 224 of shorter side 256",
    sources={
        "Section 5.1": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "momentum", "initialisation", "augmentation",
            "test_view",
        ),
        "not printed; He et al. (2016), Section 3.4, whose nets these are": ("weight_decay", "dropout"),
    },
    notes={
        "batch_size": "the released models were trained anew with batches of 256 at rate 0.1, for longer",
        "augmentation": "the released models also rotate by up to 10 degrees and shift the pixels by up to 20",
    },
)  # fmt: skip

SQUEEZENET = Recipe(
    name="squeezenet",
    paper="iandola2016",
    optimizer="sgd",
    lr=0.04,
    schedule=Polynomial(power=1),
    batch_size=512,
    epochs=68,
    iterations=170_000,
    weight_decay=2e-4,
    momentum=0.9,
    dropout="0.5 after fire9",
    initialisation="Glorot; conv10 from N(0, 0.01²)",
    augmentation=("256 by 256", "random crop 227"),
    test_view="center crop 227",
    sources={
        "Section 3.3": ("lr", "schedule", "dropout"),
        "not printed; the released Caffe solver": (
            "optimizer", "batch_size", "epochs", "iterations", "weight_decay", "momentum",
        ),
        "not printed; the released Caffe net": ("initialisation", "augmentation", "test_view"),
    },
    notes={
        "batch_size": "32 images, gradients added over 16 of them before an update; 32 to 1024 were tried, says "
        "the page of the release",
        "augmentation": "the released net does not mirror; popular code does",
    },
)  # fmt: skip

DEEP_COMPRESSION = Recipe(
    name="deep_compression",
    paper="han2016",
    optimizer="sgd",
    lr=1e-4,
    schedule=Plateau(times=1),
    batch_size=256,
    epochs=140,
    iterations=700_000,
    weight_decay=5e-4,
    decays="weights",
    momentum=0.9,
    dropout="on fc6 and fc7, 0.5 times the root of the share of weights that remain",
    initialisation="the weights that pruning has left",
    augmentation=("256 by 256", "random crop 227", "random flip"),
    test_view="center crop 227",
    sources={
        "Han et al. (2015), arXiv 1506.02626, Section 4.2": ("lr", "iterations"),
        "Han et al. (2015), Section 3.2": ("dropout",),
        "Han et al. (2015), Section 3.3": ("initialisation",),
        "not printed; Caffe's bvlc_alexnet, which is pruned": (
            "optimizer", "batch_size", "schedule", "weight_decay", "decays", "momentum", "augmentation",
            "test_view",
        ),
        "iterations times batch over 1.28 million images": ("epochs",),
    },
    notes={
        "lr": "a hundredth of the rate that trained the net; a tenth for LeNet (Section 4.1). The paper of Deep "
        "Compression itself prints no rate",
        "schedule": "Caffe's solver divides by 10 every 100,000 iterations",
        "decays": "Caffe's net sets decay_mult to 0 for every bias, and lets biases learn at twice the rate",
    },
)  # fmt: skip
