"""Real digits or garments placed on larger canvases, with their exact boxes: data to localize in."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from cs231n_arch.data.sets import load


@dataclass(frozen=True)
class Boxed:
    """Images with one object each.

    Attributes:
        images: (N, C, H, W), float32, 0 the background, 1 the brightest ink.
        labels: (N,), int64, an index into `classes`.
        boxes: (N, 4), float32: left, top, right and bottom edge of the object, as shares of width and height.
        classes: names of the classes.
    """

    images: Tensor
    labels: Tensor
    boxes: Tensor
    classes: tuple[str, ...]


def load_boxed(
    name: str = "digits", *, canvas: int = 64, object_sizes: tuple[int, int] = (20, 44), seed: int = 0
) -> tuple[Boxed, Boxed]:
    """Every image of a set, scaled at random and placed at random on a black canvas.

    Args:
        name: a grey set that `data.load` knows; its images have a black background.
        canvas: height and width of the canvas in pixels.
        object_sizes: smallest and largest side to which an image is scaled before it is placed.
        seed: of sizes and places. The test images have their own.

    Returns:
        The part to train on and the part to test on. A box is the tightest one around the ink (brighter than a
        tenth of white), so the empty margin of the scaled image is not part of it.

    Raises:
        ValueError: an object larger than the canvas, or sizes out of order.
        DataUnavailableError: as `data.load`.
    """
    smallest, largest = object_sizes
    if not 1 <= smallest <= largest <= canvas:
        raise ValueError(f"object_sizes must grow from 1 to at most the canvas, {canvas}; given {object_sizes}")
    split = load(name, normalise=None, channels=1)
    return (
        _place(split.train_images, split.train_labels, split.classes, canvas, object_sizes, seed),
        _place(split.test_images, split.test_labels, split.classes, canvas, object_sizes, seed + 1),
    )


def _place(
    images: Tensor, labels: Tensor, classes: tuple[str, ...], canvas: int, sizes: tuple[int, int], seed: int
) -> Boxed:
    generator = torch.Generator().manual_seed(seed)
    placed = torch.zeros(len(images), 1, canvas, canvas)
    boxes = torch.zeros(len(images), 4)
    for image, target, box in zip(images, placed, boxes, strict=True):
        side = int(torch.randint(sizes[0], sizes[1] + 1, (), generator=generator))
        left, top = (int(torch.randint(0, canvas - side + 1, (), generator=generator)) for _ in range(2))
        scaled = F.interpolate(image[None].float() / 255, (side, side), mode="bilinear", antialias=True)[0]
        target[:, top : top + side, left : left + side] = scaled
        rows, columns = ((target[0] > 0.1).any(axis).nonzero() for axis in (1, 0))
        box[:] = torch.tensor([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / canvas
    return Boxed(placed, labels, boxes, classes)
