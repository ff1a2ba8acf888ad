"""What `train` refuses before it begins, and what it tells when the loss is lost."""

import torch
from torch import Tensor, nn

from cs231n_arch.data import Split
from cs231n_arch.data.datasets import Datasets
from cs231n_arch.training.recipe import Recipe


class NonFiniteLossError(RuntimeError):
    """The loss became infinite or not a number; the message says when and in which layer."""


def check_kinds(model: object, data: object, recipe: object) -> None:
    """Raise ValueError for what is no net, no data or no recipe, such as their names."""
    for value, kinds, call in (
        (model, nn.Module, "create_model"),
        (data, Split | Datasets, "data.load"),
        (recipe, Recipe, "recipes.get"),
    ):
        if not isinstance(value, kinds):
            raise ValueError(f"train needs what {call}(...) gives; given {value!r}")


def check_images(images: Tensor, part: str = "training") -> None:
    """Raise ValueError for images that cannot be trained on."""
    if len(images) == 0:
        raise ValueError(f"there are no {part} images")
    if not images.is_floating_point():
        raise ValueError(f"images must be normalised floats; given {images.dtype}: load with normalise='standard'")
    if not images.isfinite().all():
        raise ValueError(f"the {part} images hold values that are infinite or not a number")


def check_split(images: Tensor, labels: Tensor, classes: int | None, part: str) -> None:
    """Raise ValueError for images as above, and for labels that are not theirs or of no class."""
    check_images(images, part)
    if len(labels) != len(images):
        raise ValueError(f"each image needs a label; given {len(images)} {part} images and {len(labels)} labels")
    lowest, highest = int(labels.min()), int(labels.max())
    if classes is not None and not 0 <= lowest <= highest < classes:
        raise ValueError(f"labels must be from 0 to {classes - 1}; those of {part} are from {lowest} to {highest}")


def check_scores(model: nn.Module, images: Tensor, classes: int) -> None:
    """Raise ValueError, before the first update, if the model's scores do not cover the classes."""
    check_images(images[:1])
    model.eval()
    with torch.no_grad():
        scores = model(images[:1])
    if scores.shape[1] < classes:
        raise ValueError(f"the model gives {scores.shape[1]} scores, but the data has {classes} classes")


def check_number(name: str, value: object, least: int) -> int:
    """The same, if it is a whole number of at least `least`; else ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; given {value!r}")
    return value


def diagnosis(model: nn.Module, images: Tensor, epoch: int, step: int, optimizer: torch.optim.Optimizer) -> str:
    """When the loss was lost, after so many whole epochs and steps, and the first layer with such an output."""
    culprits: list[str] = []

    def watch(name: str, output: object) -> None:
        if isinstance(output, Tensor) and not output.isfinite().all():
            culprits.append(name)

    handles = [
        layer.register_forward_hook(lambda _, __, output, name=name: watch(name, output))
        for name, layer in model.named_modules()
        if name and not list(layer.children())
    ]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    if culprits:
        where = f"the first output that is not finite is that of {culprits[0]}"
    else:
        where = "every layer's output is finite"
    return (
        f"the loss is infinite or not a number at step {step + 1} (epoch {epoch + 1}), learning rate "
        f"{optimizer.param_groups[0]['lr']:g}; {where}. A lower learning rate, a warm-up or clipping usually helps"
    )
