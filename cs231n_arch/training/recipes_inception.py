"""The recipes of GoogLeNet and its successors."""

from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Every

GOOGLENET = Recipe(
    name="googlenet",
    paper="szegedy2015",
    optimizer="sgd",
    lr=0.01,
    schedule=Every(epochs=8, of=250, by=0.96),
    batch_size=32,
    epochs=250,
    weight_decay=2e-4,
    decays="weights",
    momentum=0.9,
    ema_decay=0.9999,
    dropout="0.4 before the classifier, 0.7 in the auxiliary ones",
    initialisation="Glorot",
    augmentation=("area crop 224, 8-100 % of the image, aspect 3/4-4/3", "random flip", "photometric distortion"),
    test_view="144 crops (4 scales, 3 squares, 6 crops, each flipped), softmax averaged",
    sources={
        "Section 6": ("optimizer", "momentum", "schedule", "ema_decay", "augmentation"),
        "Section 5": ("dropout",),
        "Section 7": ("test_view",),
        "not printed; Caffe's bvlc_googlenet/solver.prototxt": ("lr", "batch_size", "epochs", "weight_decay"),
        "not printed; Caffe's bvlc_googlenet/train_val.prototxt": ("initialisation", "decays"),
    },
    notes={
        "optimizer": "asynchronous, on many machines (DistBelief)",
        "schedule": "Caffe's quick_solver decays by (1 - done)^0.5 instead",
        "decays": "Caffe's net sets decay_mult to 0 for every bias",
        "lr": "in Caffe's net biases begin at 0.2 and learn at twice the rate (not built here)",
        "initialisation": "Caffe's page says that the authors' nets began Gaussian, and its own by Glorot's rule",
        "augmentation": "Caffe's net only crops and mirrors",
        "ema_decay": "the paper says Polyak averaging and no constant; 0.9999 is that of the later Inception code",
    },
)

INCEPTION_V3 = Recipe(
    name="inception_v3",
    paper="szegedy2016",
    optimizer="rmsprop",
    lr=0.045,
    schedule=Every(epochs=2, of=100, by=0.94),
    batch_size=32,
    epochs=100,
    weight_decay=4e-5,
    decays="weights",
    momentum=0.9,
    rms_decay=0.9,
    rms_epsilon=1.0,
    label_smoothing=0.1,
    clip_norm=2.0,
    ema_decay=0.9999,
    dropout="0.2 before the classifier",
    initialisation="truncated normal, deviation 0.1 by default",
    augmentation=(
        "area crop 299, 5-100 % of the image, aspect 3/4-1.33",
        "random flip",
        "brightness by up to 32/255, saturation, hue and contrast",
    ),
    test_view="central 87.5 % scaled to 299; 12 or 144 crops in Tables 4 and 5",
    sources={
        "Section 8": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "rms_decay", "rms_epsilon", "clip_norm",
            "ema_decay",
        ),
        "Section 7": ("label_smoothing",),
        "Section 10; the single view from the authors' TensorFlow code": ("test_view",),
        "not printed; the authors' TensorFlow code": (
            "weight_decay", "decays", "momentum", "dropout", "initialisation", "augmentation",
        ),
    },
    notes={
        "batch_size": "on each of 50 replicas that update asynchronously",
        "momentum": "of RMSProp's steps; Section 8 prints 0.9 for earlier experiments by momentum alone",
        "rms_epsilon": "TensorFlow adds it below the root, PyTorch's RMSprop outside; ours follows TensorFlow",
        "ema_decay": "a running average is evaluated; its constant is from the authors' code",
    },
)  # fmt: skip

INCEPTION_V4 = Recipe(
    name="inception_v4",
    paper="szegedy2017",
    optimizer="rmsprop",
    lr=0.045,
    schedule=Every(epochs=2, of=200, by=0.94),
    batch_size=32,
    epochs=200,
    weight_decay=4e-5,
    decays="weights",
    momentum=0.9,
    rms_decay=0.9,
    rms_epsilon=1.0,
    label_smoothing=0.1,
    ema_decay=0.9999,
    dropout="0.2 before the classifier",
    initialisation="He et al. (2015) in Inception-v4, Glorot in Inception-ResNet-v2",
    augmentation=(
        "area crop 299, 5-100 % of the image, aspect 3/4-1.33",
        "random flip",
        "brightness by up to 32/255, saturation",
    ),
    test_view="central 87.5 % scaled to 299; 12 or 144 crops in Tables 3 and 4",
    sources={
        "Section 4": ("optimizer", "lr", "schedule", "rms_decay", "rms_epsilon", "ema_decay"),
        "Figure 9": ("dropout",),
        "Section 5; the single view from the authors' TensorFlow code": ("test_view",),
        "not printed; the authors' TensorFlow code": (
            "batch_size", "weight_decay", "decays", "momentum", "label_smoothing", "initialisation",
            "augmentation",
        ),
        "not printed; Figures 20 to 25 end near it": ("epochs",),
    },
    notes={
        "batch_size": "on each of 20 replicas",
        "momentum": "of RMSProp's steps; Section 4 prints 0.9 for earlier experiments by momentum alone",
        "augmentation": "the code's slow mode also changes hue and contrast",
        "rms_epsilon": "TensorFlow adds it below the root, PyTorch's RMSprop outside; ours follows TensorFlow",
        "warmup": "none: Section 3.3 finds that wide nets need scaled residuals (0.1-0.3), warm-up is not enough",
        "ema_decay": "a running average is evaluated; its constant is from the authors' code",
    },
)  # fmt: skip
