"""Claims of the chapter on ResNet: depth, training and results."""

import torch
from torch.nn import functional as F

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle


@checks("resnet-deepest")
def deepest() -> Verdict:
    """Layers of the winner of 2015, of the deepest one before it, and of nets that were trained elsewhere."""
    frame = published.imagenet_winners()
    before = frame.loc[frame["year"] < 2015, "depth"].max()
    ours = frame.loc[frame["year"] == 2015, "depth"].item()
    highway = published.load("Highway networks", "depth_trained")["value"].item()
    return settle(
        f"{ours:.0f} layers, where the deepest winner before had {before:.0f}; highway networks had been trained "
        f"with {highway}, though not on ImageNet",
        holds=before < ours / 2 and "hundreds" not in highway,
    )


@checks("resnet-swept")
def swept() -> Verdict:
    """Tracks of ILSVRC and COCO 2015 that it won, as the authors list them."""
    tracks = published.load("ResNet", "first_places_2015")["value"].item()
    ahead = published.value("ResNet", "map_imagenet_detection_ahead_of_second")
    return settle(
        f"the paper: first in {tracks}; {ahead:g} points of mean average precision ahead in ImageNet detection",
        holds=all(word in tracks for word in ("classification", "detection", "localization", "COCO")),
    )


@checks("resnet-deeper-better")
def deeper_better() -> Verdict:
    """Errors of four depths on ImageNet."""
    nets = ("ResNet-34 B", "ResNet-50", "ResNet-101", "ResNet-152")
    errors = [published.value(name, "top1_error_10crop") for name in nets]
    return settle(
        f"34, 50, 101 and 152 layers on ImageNet: {listed([f'{error:g} %' for error in errors])} top-1 error",
        holds=errors == sorted(errors, reverse=True),
    )


@checks("resnet-1202")
def twelve_hundred() -> Verdict:
    """Errors of 1202 and of 110 layers on CIFAR-10."""
    training = published.load("ResNet (CIFAR)", "resnet1202_train_error")["value"].item().strip("<%")
    more, fewer = (published.value(f"ResNet-{n} (CIFAR)", "test_error_cifar10") for n in (1202, 110))
    return settle(
        f"the training error is below {training} %, but the test error {more} %, where 110 layers have {fewer} %",
        holds=more <= fewer,
    )


@checks("resnet-init")
def initialisation() -> Verdict:
    """Spread of the signal after 30 layers of ReLU, with the variances 1/n and 2/n and without batch norm."""
    spread = {variance: after_layers(variance) for variance in (1, 2)}
    return settle(
        f"after 30 layers with ReLU the signal has {spread[1]:.5f} of its size with the variance 1/n, and "
        f"{spread[2]:.1g} with 2/n",
        holds=spread[1] < 1e-3 and 0.1 < spread[2] < 10,
    )


def after_layers(variance: int) -> float:
    """Root mean square of a signal after 30 dense layers with ReLU, as a share of that at the start."""
    width, generator = 512, torch.Generator().manual_seed(0)
    x = start = torch.randn(64, width, generator=generator)
    for _ in range(30):
        x = F.relu(x @ torch.randn(width, width, generator=generator).mul((variance / width) ** 0.5))
    return float(x.square().mean().sqrt() / start.square().mean().sqrt())


@checks("resnet-recipe")
def recipe() -> Verdict:
    """Slide against paper, number by number."""
    names = {"momentum": "momentum", "lr": "first rate", "batch_size": "batch size"}
    slide = {name: published.value("ResNet", f"{name}_slide") for name in names}
    paper = {name: published.value("ResNet (ImageNet)", name) for name in names}
    printed, ours = (listed([f"{names[n]} {v:g}" for n, v in side.items()]) for side in (slide, paper))
    return settle(ours, printed=printed, holds=slide == paper)


@checks("resnet-decay")
def decay() -> Verdict:
    """Slide against paper."""
    slide, paper = (
        published.value("ResNet", "weight_decay_slide"),
        published.value("ResNet (ImageNet)", "weight_decay"),
    )
    return settle(f"the paper: {paper:.4f}, ten times as much", printed=f"{slide:.5f}", holds=slide == paper)


@checks("resnet-human")
def human() -> Verdict:
    """The ensemble's error on the test set against a person's."""
    ours = published.value("ILSVRC2015 ResNet ensemble (6 models)", "top5_error_test")
    person = published.value("human (Russakovsky et al.)", "top5_error")
    return settle(
        f"an ensemble of six nets has {ours} % top-5 error, the person who practiced most {person} %",
        holds=ours < person,
    )


@checks("resnet-one-person")
def one_person() -> Verdict:
    """Images that the person was tested on, and the standard error of a rate that is measured on so many."""
    images = published.value("human (Russakovsky et al.)", "images_annotator_1")
    error = published.value("human (Russakovsky et al.)", "top5_error") / 100
    person = published.load("human (Russakovsky et al.)", "annotator_1")["value"].item()
    chance = 196 * (error * (1 - error) / images) ** 0.5
    return settle(
        f"{person}, tested on {images:,.0f}; a rate of {100 * error:.1f} % from so many is uncertain by "
        f"{chance:.1f} points to either side",
        holds=person.startswith("one person"),
    )
