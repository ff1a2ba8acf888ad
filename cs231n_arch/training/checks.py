"""What `train` refuses before it begins, and what it tells when the loss is lost."""

import torch
from torch import Tensor, nn


class NonFiniteLossError(RuntimeError):
    """The loss became infinite or not a number; the message says when and in which layer."""


def check_images(images: Tensor) -> None:
    """Raise ValueError for images that cannot be trained on."""
    if len(images) == 0:
        raise ValueError("there are no training images")
    if not images.is_floating_point():
        raise ValueError(f"images must be normalised floats; given {images.dtype}: load with normalise='standard'")
    if not images.isfinite().all():
        raise ValueError("the training images hold values that are infinite or not a number")


def check_scores(model: nn.Module, images: Tensor, classes: int) -> None:
    """Raise ValueError, before the first update, if the model's scores do not cover the classes."""
    check_images(images[:1])
    model.eval()
    with torch.no_grad():
        scores = model(images[:1])
    if scores.shape[1] < classes:
        raise ValueError(f"the model gives {scores.shape[1]} scores, but the data has {classes} classes")


def check_number(name: str, value: object, least: int) -> None:
    """Raise ValueError unless `value` is a whole number of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; given {value!r}")


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
