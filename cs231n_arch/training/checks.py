"""The checks of `train` before it begins."""

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.data import Split
from cs231n_arch.data.loaders import Datasets
from cs231n_arch.training.options import Compute, Files
from cs231n_arch.training.recipe import Recipe


def check_kinds(model: object, data: object, recipe: object, compute: object, files: object) -> None:
    """Raise ValueError for arguments that are not a net, data, a recipe and options, such as their names."""
    for value, kinds, call in (
        (model, nn.Module, "create_model"),
        (data, Split | Datasets, "data.load"),
        (recipe, Recipe, "recipes.get"),
        (compute, Compute | None, "Compute"),
        (files, Files | None, "Files"),
    ):
        if not isinstance(value, kinds):
            raise ValueError(f"train needs what {call}(...) gives; given {value!r}")


def check_images(images: Tensor, part: str = "training") -> None:
    """Raise ValueError for images that cannot be trained on."""
    if len(images) == 0:
        raise ValueError(f"there are no {part} images")
    if not images.is_floating_point():
        raise ValueError(f"images must be normalized floats; given {images.dtype}: load with normalise='standard'")
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


@torch.no_grad()
def scores(model: nn.Module, images: Tensor) -> Tensor:
    """The model's scores (N, classes) of images (N, C, H, W), in evaluation mode."""
    with evaluating(model):
        return model(images)  # type: ignore[no-any-return]


def check_scores(model: nn.Module, images: Tensor, classes: int) -> None:
    """Raise ValueError, before the first update, if the model's scores do not cover the classes."""
    given = scores(model, images)
    if given.shape[1] < classes:
        raise ValueError(f"the model gives {given.shape[1]} scores, but the data has {classes} classes")
