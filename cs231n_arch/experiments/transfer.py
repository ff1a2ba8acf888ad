"""Transfer: what the features of a trained net are worth for classes and images that it never saw."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch import create_model, data
from cs231n_arch.data.photos import as_tensor, from_skimage
from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work, load
from cs231n_arch.experiments.workbench import build
from cs231n_arch.training.schedules import Plateau
from cs231n_arch.transfer import features, linear_probe

SHOTS = 20  # images of each class that a probe may learn from
TESTED = 1000  # test images, the first of the set, on which features of photographs are probed
SQUARE = 64  # side of the squares that photographs are cut into, in pixels
DRAWN = {"digits": (SHOTS, 20), "patches": (5, 20)}  # images of each class to learn from, and others to be asked
SMALL = 32  # side of what the small net sees of them
TEXTURES = ("brick", "grass", "gravel")  # of scikit-image
Described = Callable[[Tensor], Tensor]  # images to features
OTHER = {"fashion_mnist": "digits", "digits": "digits", "cifar10": "fashion_mnist"}  # the other data set


def only(images: Tensor, labels: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """The images of the classes from `first` to before `last`, whose labels count from zero."""
    chosen = (labels >= first) & (labels < last)
    return images[chosen], labels[chosen] - first


def few(images: Tensor, labels: Tensor, seed: int, shots: int = SHOTS) -> tuple[Tensor, Tensor]:
    """So many images of each class, drawn at random."""
    (picked,) = drawn(labels, seed, shots)
    return images[picked], labels[picked]


@dataclasses.dataclass(frozen=True)
class Probed(Arm):
    """The features that a linear probe sees, or `scratch`: a small net, which only the few images train."""

    features: Literal["pixels", "random", "trained", "scratch"] = "trained"


def probes(trials: Mapping[str, Trial[Probed]]) -> Iterator[tuple[str, Outcome]]:
    """Linear probes from a few images of classes, and of a data set, that the net was not trained on."""
    for name, trial in trials.items():
        split, work, seed = trial.split, trial.work, trial.seed
        half = len(split.classes) // 2
        train_images, train_labels = only(split.train_images, split.train_labels, 0, half)
        watched_images, watched_labels = only(*load(work)[1], 0, half)
        seen = dataclasses.replace(
            split,
            train_images=train_images,
            train_labels=train_labels,
            test_images=watched_images,
            test_labels=watched_labels,
            classes=split.classes[:half],
        )
        other = data.load(OTHER[work.data], image_size=work.image_size, channels=split.image_size[0])
        unseen = only(split.test_images, split.test_labels, half, 2 * half)
        shots = few(*only(split.train_images, split.train_labels, half, 2 * half), seed)
        few_others = few(other.train_images, other.train_labels, seed)
        described: Described = Tensor.float
        if trial.arm.features != "pixels":
            net: nn.Module = trial.net(seen)
            if trial.arm.features == "trained":
                net = trial.train(net, seen).model
            described = partial(features, net)
        metrics = {
            "other_classes_accuracy": probe(described, shots, unseen, seed),
            "other_data_accuracy": probe(described, few_others, (other.test_images, other.test_labels), seed),
        }
        yield name, Outcome(metrics)


def probe(described: Described, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], seed: int) -> float:
    """Accuracy of a linear probe of what `described` makes of the images."""
    return linear_probe((described(train[0]), train[1]), (described(test[0]), test[1]), seed=seed)


def prepared(preprocess: Any, images: Tensor, size: int) -> Tensor:
    """Bytes (N, 1 or 3, h, w) as a net with published weights wants them, enlarged or reduced and not cropped."""
    x = F.interpolate(images.float(), (size, size), mode="bilinear", antialias=True).expand(-1, 3, -1, -1)
    std = getattr(preprocess, "std", None)  # torchvision's nets want shares of white, Caffe's want 0 to 255
    mean = torch.as_tensor(preprocess.mean).reshape(3, -1).mean(dim=1).view(3, 1, 1)
    return x - mean if std is None else (x / 255 - mean) / torch.tensor(std).view(3, 1, 1)


def describer(trial: Trial[Probed]) -> Described:
    """What makes features of bytes: nothing, or a net with its first weights or with published ones."""
    arm, size = trial.arm, trial.work.image_size
    if arm.features == "pixels":
        return Tensor.float
    net = create_model(arm.model, pretrained=True)
    preprocess = net.preprocess
    if arm.features == "random":
        torch.manual_seed(trial.seed)
        net = create_model(arm.model)
    net = net.to(memory_format=torch.channels_last)

    def described(images: Tensor) -> Tensor:
        return torch.cat([features(net, prepared(preprocess, part, size)) for part in torch.split(images, 10)])

    return described


def photograph_probes(trials: Mapping[str, Trial[Probed]]) -> Iterator[tuple[str, Outcome]]:
    """Linear probes of features that ImageNet has trained: few images of the work's set, and of faces."""
    for name, trial in trials.items():
        work, described, metrics = trial.work, describer(trial), {}
        sets = {of: data.load(of, normalise=None) for of in (work.data, "faces")}
        shots = work.images // len(sets[work.data].classes) if work.images else SHOTS
        for metric, split in zip(("few_shot_accuracy", "faces_accuracy"), sets.values(), strict=True):
            images, labels = few(split.train_images, split.train_labels, trial.seed, shots)
            asked, answers = split.test_images[:TESTED], split.test_labels[:TESTED]
            metrics[metric] = probe(described, (images, labels), (asked, answers), trial.seed)
        yield name, Outcome(metrics)


def squares(image: Tensor, side: int = SQUARE) -> Tensor:
    """A photograph as squares that share no pixel; what remains is cut off at the right and at the bottom.

    Args:
        image: (3, H, W) of any type.
        side: of a square in pixels.

    Returns:
        (N, 3, side, side), row by row, of the same type.

    Raises:
        RuntimeError: H or W is less than `side`.
    """
    return image.unfold(1, side, side).unfold(2, side, side).flatten(1, 2).transpose(0, 1)


@cache
def tasks() -> dict[str, tuple[Tensor, Tensor]]:
    """Task -> its images, uint8, (N, 1, 8, 8) or (N, 3, 64, 64), and labels (N,), int64.

    The tasks are which digit it is, and from which of eleven photographs a square has been cut.

    Raises:
        DataUnavailableError: scikit-image, which has the photographs, is not installed.
    """
    digits = data.load("digits", normalise=None)
    images = torch.cat([digits.train_images, digits.test_images])
    photographs = [photo.image for photo in data.photos().values()]
    photographs += [as_tensor(from_skimage(name)) for name in TEXTURES]
    cut = [squares(photograph) for photograph in photographs]
    of = torch.repeat_interleave(torch.arange(len(cut)), torch.tensor([len(part) for part in cut]))
    return {
        "digits": (images, torch.cat([digits.train_labels, digits.test_labels])),
        "patches": (torch.cat(cut), of),
    }


def drawn(labels: Tensor, seed: int, *counts: int) -> list[Tensor]:
    """Draw groups of images at random, each with the same number of images of every class.

    Args:
        labels: (N,), int64.
        seed: of the draw.
        counts: images of each class, a number for each group.

    Returns:
        The indices (images,) of each group, int64; no image is in two groups.

    Raises:
        RuntimeError: a class has fewer images than all groups together need.
    """
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    each = [order[labels[order] == label][: sum(counts)] for label in torch.unique(labels)]
    parts = [torch.split(indices, list(counts)) for indices in each]
    return [torch.cat(part) for part in zip(*parts, strict=True)]


def from_scratch(trial: Trial[Probed], train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> float:
    """Accuracy of the workbench's small net, trained on the few images alone, at 32 pixels or their own fewer.

    Args:
        trial: gives the seed and the recipe.
        train: images, uint8 (N, C, side, side), and labels (N,) to learn from.
        test: others of the same size; the share of these that it gets right is returned, from 0 to 1.
    """
    side = min(SMALL, train[0].shape[-1])
    few_images, others = (
        F.interpolate(x.float(), (side, side), mode="bilinear", antialias=True) for x in (train[0], test[0])
    )
    mean, std = few_images.mean(dim=(0, 2, 3)), few_images.std(dim=(0, 2, 3))
    seen, asked = ((images - mean.view(-1, 1, 1)) / std.view(-1, 1, 1) for images in (few_images, others))
    classes = tuple(str(label) for label in range(int(train[1].max()) + 1))
    split = data.Split("few", seen, train[1], asked, test[1], classes, tuple(mean / 255), tuple(std / 255), "")
    torch.manual_seed(trial.seed)
    return 1 - trial.train(build("workbench", split, head="hidden"), split).test_error


def far_probes(trials: Mapping[str, Trial[Probed]]) -> Iterator[tuple[str, Outcome]]:
    """Few images of the digits, and few squares of each photograph: what is learned, asked of others of them."""
    for name, trial in trials.items():
        described = None if trial.arm.features == "scratch" else describer(trial)
        metrics = {}
        for task, (images, labels) in tasks().items():
            known, asked = drawn(labels, trial.seed, *DRAWN[task])
            train, test = ((images[chosen], labels[chosen]) for chosen in (known, asked))
            metrics[f"{task}_accuracy"] = (
                probe(described, train, test, trial.seed) if described else from_scratch(trial, train, test)
            )
        yield name, Outcome(metrics)


TRANSFER = Experiment(
    id="transfer",
    question="Do the features of the last hidden layer serve classes and a data set that the net never saw?",
    arms={
        "pixels": Probed("workbench", {"head": "hidden"}, features="pixels"),
        "random": Probed("workbench", {"head": "hidden"}, features="random"),
        "trained": Probed("workbench", {"head": "hidden"}),
    },
    comparisons=tuple(
        Comparison(control, "trained", Better("higher"), f"{task}_accuracy")
        for task in ("other_classes", "other_data")
        for control in ("pixels", "random")
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 16, epochs=6, batch_size=32, changes={"lr": 0.02}),
        "recorded": Work("fashion_mnist", 28, 10_000, 15, 64, changes={"lr": 0.02}, validation=2000),
        "long": Work("fashion_mnist", 28, epochs=15, batch_size=64, changes={"lr": 0.02}, validation=5000),
        "gpu": Work("cifar10", 32, epochs=90, validation=5000),
    },
    measure=probes,
)

# The claim's own regime is a source as broad as ImageNet and photographs to tell apart. SqueezeNet's weights
# need no network; instead of FC7 it has the means of the maps of its last fire module.
IMAGENET_FEATURES = Experiment(
    id="imagenet-features",
    question="Do the features of a net trained on ImageNet serve other photographs, with few labeled images?",
    arms={
        "pixels": Probed("squeezenet1_1", features="pixels"),
        "random": Probed("squeezenet1_1", features="random"),
        "trained": Probed("squeezenet1_1"),
    },
    comparisons=tuple(
        Comparison(control, "trained", Better("higher"), f"{task}_accuracy", "vgg-fc7")
        for task in ("few_shot", "faces")
        for control in ("pixels", "random")
    ),
    recipe="squeezenet",
    budgets={
        "live": Work("digits", 64, 50),
        "recorded": Work("fashion_mnist", 227, 200),
        "long": Work("fashion_mnist", 227, 200),
        "gpu": Work("cifar10", 227, 200),
    },
    measure=photograph_probes,
)

# The small net sees the few images of a probe and no others, so the rate follows the training error.
BY_TRAINING_ERROR = {"lr": 0.005, "schedule": Plateau(times=3, watch="train")}

# No claim of the lecture, and so no verdict on one. On the digits, which are far from ImageNet, the pixels were
# better in a first try with two draws at 64 and 112 pixels. The squares were not tried before this was written;
# those that are asked share no pixel with those that are learned from.
DIGITS_AND_PATCHES = Experiment(
    id="digits-and-patches",
    question="Do features from ImageNet serve digits, and do they tell which photograph a patch is from?",
    arms={
        "pixels": Probed("squeezenet1_1", features="pixels"),
        "random": Probed("squeezenet1_1", features="random"),
        "small net": Probed("squeezenet1_1", features="scratch"),
        "trained": Probed("squeezenet1_1"),
    },
    comparisons=tuple(
        Comparison(control, "trained", Better("higher"), f"{task}_accuracy")
        for task in DRAWN
        for control in ("pixels", "random", "small net")
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 64, epochs=5, batch_size=16, changes=BY_TRAINING_ERROR),
        "recorded": Work("digits", 227, epochs=60, batch_size=16, changes=BY_TRAINING_ERROR),
        "long": Work("digits", 227, epochs=60, batch_size=16, changes=BY_TRAINING_ERROR),
        "gpu": Work("digits", 227, epochs=60, batch_size=16, changes=BY_TRAINING_ERROR),
    },
    measure=far_probes,
)

TABLE = (TRANSFER, IMAGENET_FEATURES, DIGITS_AND_PATCHES)
