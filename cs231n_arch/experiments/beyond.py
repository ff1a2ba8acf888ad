"""Beyond classification: what the features of a trained net serve for, and where in the image an object is."""

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from cs231n_arch import data
from cs231n_arch.data import Split
from cs231n_arch.data.canvas import Boxed, load_boxed
from cs231n_arch.data.pets import load_pets
from cs231n_arch.experiments.design import Arm, Comparison, Experiment, Outcome, Work
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import fit, fresh, load
from cs231n_arch.localization import box_loss, box_regressor, centres, localization_error
from cs231n_arch.models.layers import Net
from cs231n_arch.training import Budget
from cs231n_arch.transfer import features, linear_probe

SHOTS = 20  # images of each class that a probe may learn from
OTHER = {"fashion_mnist": "digits", "digits": "digits", "cifar10": "fashion_mnist"}  # the other data set


def only(images: Tensor, labels: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """The images of the classes from `first` to before `last`, whose labels count from zero."""
    chosen = (labels >= first) & (labels < last)
    return images[chosen], labels[chosen] - first


def few(images: Tensor, labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """`SHOTS` images of each class, drawn at random."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    picked = torch.cat([order[labels[order] == label][:SHOTS] for label in torch.unique(labels)])
    return images[picked], labels[picked]


def probes(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """Linear probes from a few images of classes, and of a data set, that the net was not trained on."""
    split = load(work)
    half = len(split.classes) // 2
    train_images, train_labels = only(split.train_images, split.train_labels, 0, half)
    seen = dataclasses.replace(
        split,
        train_images=train_images,
        train_labels=train_labels,
        test_images=only(split.test_images, split.test_labels, 0, half)[0],
        test_labels=only(split.test_images, split.test_labels, 0, half)[1],
        classes=split.classes[:half],
    )
    other = data.load(OTHER[work.data], image_size=work.image_size, channels=split.image_size[0])
    tasks = {
        "other_classes": (
            few(*only(split.train_images, split.train_labels, half, 2 * half), seed),
            only(split.test_images, split.test_labels, half, 2 * half),
        ),
        "other_data": (few(other.train_images, other.train_labels, seed), (other.test_images, other.test_labels)),
    }
    for name, arm in experiment.arms.items():
        net: nn.Module | None = None
        if arm.setting["features"] == "random":
            net = fresh(arm, seen, seed)
        elif arm.setting["features"] == "trained":
            net = fit(experiment, arm, work, seen, seed).model
        yield name, Outcome({f"{task}_accuracy": probe(net, *given, seed) for task, given in tasks.items()})


def probe(net: nn.Module | None, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], seed: int) -> float:
    """Accuracy of a linear probe of a net's features, or of the pixels."""
    if net is None:
        return linear_probe(train, test, seed=seed)
    return linear_probe((features(net, train[0]), train[1]), (features(net, test[0]), test[1]), seed=seed)


TRANSFER = Experiment(
    id="transfer",
    question="Do the features of the last hidden layer serve classes and a data set that the net never saw?",
    arms={
        kind: Arm("workbench", {"head": "hidden"}, setting={"features": kind})
        for kind in ("pixels", "random", "trained")
    },
    comparisons=tuple(
        Comparison(control, "trained", Better("higher"), f"{task}_accuracy", "vgg-fc7")
        for task in ("other_classes", "other_data")
        for control in ("pixels", "random")
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 16, epochs=6, batch_size=32, recipe={"lr": 0.02}),
        "recorded": Work("fashion_mnist", 28, 10_000, epochs=4, batch_size=64, recipe={"lr": 0.02}),
        "gpu": Work("cifar10", 32, epochs=90),
    },
    measure=probes,
)


def as_split(train: Boxed, test: Boxed, name: str) -> Split:
    """The same images as a set to classify."""
    mean, std = (0.0,) * train.images.shape[1], (1.0,) * train.images.shape[1]
    return Split(name, train.images, train.labels, test.images, test.labels, train.classes, mean, std, name)


def regress(net: nn.Module, boxed: Boxed, work: Work, seed: int) -> nn.Module:
    """Fine-tune all layers on the boxes (Simonyan & Zisserman 2014, Appendix A.1), as long as the classifier."""
    device = Budget.auto().device
    net.to(device).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    size = work.batch_size or 128
    for epoch in range(work.epochs or 1):
        order = torch.randperm(len(boxed.labels), generator=torch.Generator().manual_seed(1000 * seed + epoch))
        for chosen in torch.split(order, size):
            images, labels, boxes = (x[chosen].to(device) for x in (boxed.images, boxed.labels, boxed.boxes))
            loss = box_loss(net(images), labels, boxes)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return net.eval().cpu()


def boxes(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """The localization error of each kind of box."""
    if work.data == "oxford_pets":
        train, test = load_pets(image_size=work.image_size)
    else:
        sizes = (work.image_size * 3 // 8, work.image_size * 3 // 4)
        train, test = load_boxed(work.data, canvas=work.image_size, object_sizes=sizes, seed=2 * seed)
    train = Boxed(
        train.images[: work.images], train.labels[: work.images], train.boxes[: work.images], train.classes
    )
    split = as_split(train, test, work.data)
    classifier = fit(experiment, experiment.arms["one box for all"], work, split, seed).model.cpu()
    assert isinstance(classifier, Net)
    for name, arm in experiment.arms.items():
        if arm.setting["boxes"] == "mean":
            predicted = centres(train.boxes).mean(dim=0).expand(len(test.labels), 1, 4)
        else:
            per_class = arm.setting["boxes"] == "per class"
            torch.manual_seed(seed)
            net = regress(box_regressor(classifier, len(train.classes), per_class=per_class), train, work, seed)
            with torch.no_grad():
                predicted = torch.cat([net(part) for part in torch.split(test.images, 500)])
        error = localization_error(predicted, test.labels, test.boxes)
        yield name, Outcome({"localization_error": error})


LOCALIZATION = Experiment(
    id="localization",
    question="Does a box-regression head find the object, and is one box for each class better than one for all?",
    arms={
        "mean box": Arm("workbench", {"head": "hidden"}, setting={"boxes": "mean"}),
        "one box for all": Arm("workbench", {"head": "hidden"}, setting={"boxes": "shared"}),
        "a box for each class": Arm("workbench", {"head": "hidden"}, setting={"boxes": "per class"}),
    },
    comparisons=(
        Comparison("mean box", "one box for all", Better("lower"), "localization_error", "vgg-localization"),
        Comparison("mean box", "a box for each class", Better("lower"), "localization_error", "vgg-localization"),
        # Section A.2 of the paper: per-class regression is better than single-class.
        Comparison("one box for all", "a box for each class", Better("lower"), "localization_error"),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 600, epochs=6, batch_size=32, recipe={"lr": 0.02}),
        "recorded": Work("fashion_mnist", 32, 4000, epochs=8, batch_size=64, recipe={"lr": 0.02}),
        "gpu": Work("oxford_pets", 64, epochs=40),
    },
    measure=boxes,
)

TABLE = (TRANSFER, LOCALIZATION)
