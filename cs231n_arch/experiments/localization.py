"""Localization: where in the image an object is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torchvision.ops import box_convert

from cs231n_arch.data import Split
from cs231n_arch.data.boxes import Boxed, load_boxed, load_pets
from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work
from cs231n_arch.localization import box_loss, box_regressor, localization_error
from cs231n_arch.models.layers import Net
from cs231n_arch.training import Budget


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


def part(boxed: Boxed, chosen: slice) -> Boxed:
    """Some of the images with their labels and boxes."""
    return Boxed(boxed.images[chosen], boxed.labels[chosen], boxed.boxes[chosen], boxed.classes)


@dataclass(frozen=True)
class Located(Arm):
    """Where the boxes come from: the mean of all, one regression for all classes, or one for each."""

    boxes: Literal["mean", "shared", "per class"] = "shared"


def boxes(trials: Mapping[str, Trial[Located]]) -> Iterator[tuple[str, Outcome]]:
    """The localization error of each kind of box."""
    first = trials["one box for all"]
    work, seed = first.work, first.seed
    if work.data == "oxford_pets":
        train, test = load_pets(image_size=work.image_size)
    else:
        sizes = (work.image_size * 3 // 8, work.image_size * 3 // 4)
        train, test = load_boxed(work.data, canvas=work.image_size, object_sizes=sizes, seed=2 * seed)
    kept = len(train.labels) - work.validation
    held_out = part(train, slice(kept, None)) if work.validation else test
    train = part(train, slice(min(kept, work.images or kept)))
    split = as_split(train, held_out, work.data)
    classifier = first.train(first.net(split), split).model.cpu()
    assert isinstance(classifier, Net)
    for name, trial in trials.items():
        if trial.arm.boxes == "mean":
            predicted = box_convert(train.boxes, "xyxy", "cxcywh").mean(dim=0).expand(len(test.labels), 1, 4)
        else:
            per_class = trial.arm.boxes == "per class"
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
        "mean box": Located("workbench", {"head": "hidden"}, boxes="mean"),
        "one box for all": Located("workbench", {"head": "hidden"}),
        "a box for each class": Located("workbench", {"head": "hidden"}, boxes="per class"),
    },
    comparisons=(
        Comparison("mean box", "one box for all", Better("lower"), "localization_error", "vgg-boxes"),
        Comparison("mean box", "a box for each class", Better("lower"), "localization_error", "vgg-boxes"),
        # Section A.2 of the paper: per-class regression is better than single-class.
        Comparison("one box for all", "a box for each class", Better("lower"), "localization_error"),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 600, epochs=6, batch_size=32, changes={"lr": 0.02}),
        "recorded": Work("fashion_mnist", 32, 4000, 12, 64, changes={"lr": 0.02}, validation=2000),
        "long": Work("fashion_mnist", 32, 20_000, 15, 64, changes={"lr": 0.02}, validation=5000),
        "gpu": Work("oxford_pets", 64, epochs=40, validation=500),
    },
    measure=boxes,
    whole=True,
)

TABLE = (LOCALIZATION,)
