"""Real images by name: scikit-learn's digits, which need no network, and torchvision's sets, which do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from cs231n_arch.data.sources import SETS
from cs231n_arch.errors import check_whole, unknown

Normalisation = Literal["standard", "lenet"]


@dataclass(frozen=True)
class Split:
    """Images and labels, in one part to train on and one to test on.

    Attributes:
        name: the name that `load` was given.
        train_images: (N, C, H, W), float32 when normalized, otherwise uint8 from 0 to 255.
        train_labels: (N,), int64, an index into `classes`.
        test_images: as `train_images`.
        test_labels: as `train_labels`.
        classes: names of the classes.
        mean: of each channel over the training images, on a scale from 0 to 1, before normalizing.
        std: standard deviation of each channel, on the same scale.
        source: where the images came from.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str

    @property
    def image_size(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width

    def __repr__(self) -> str:
        size = "x".join(map(str, self.image_size))
        return (
            f"Split({self.name!r}: {len(self.train_images)} training and {len(self.test_images)} test images "
            f"of {size}, {len(self.classes)} classes, from {self.source})"
        )


def load(
    name: str,
    *,
    image_size: int | None = None,
    channels: int | None = None,
    root: str | Path | None = None,
    normalise: Normalisation | None = "standard",
) -> Split:
    """Load a data set by name, at the size that a net wants.

    Args:
        name: `digits` (1,797 digits of 8x8, part of scikit-learn, never downloaded), `faces` (100 faces and 100
            pieces of background of 25x25, from Labeled Faces in the Wild, part of scikit-image, never downloaded),
            `fashion_mnist`, `mnist` or `cifar10`; these three are downloaded on first use, with torchvision's
            addresses and checksums.
            Fashion-MNIST is also read from the Debian package dataset-fashion-mnist.
        image_size: height and width; None keeps the set's own. Bilinear, smoothed when it shrinks.
        channels: 1 or 3; None keeps the set's own. Gray becomes three equal channels, color becomes luma.
        root: folder of the downloaded files; None takes the environment variable CS231N_ARCH_DATA, or
            ~/.cache/cs231n_arch.
        normalise: `standard` subtracts each channel's training mean and divides by its standard deviation;
            `lenet` maps 0 to -0.1 and 255 to 1.175, the background and ink of LeCun et al. (1998), Section II.B;
            None gives the bytes.

    Returns:
        The images and labels. The digits have no official split: 360 of them, the same share of each
        class, are held out for testing, always the same ones. Of the faces it is every second one.

    Raises:
        ValueError: unknown name (with near matches), or an option out of range.
        DataUnavailableError: the files are nowhere and cannot be downloaded, or fail their checksum.
    """
    if name not in SETS:
        raise ValueError(unknown("data set", name, SETS))
    if channels not in (None, 1, 3):
        raise ValueError(f"channels must be 1 or 3; given {channels!r}")
    if image_size is not None:
        check_whole(image_size=image_size)
    if normalise not in (None, "standard", "lenet"):
        raise ValueError(f"normalise must be 'standard', 'lenet' or None; given {normalise!r}")

    raw = SETS[name](root)
    train, test = (_shaped(images, image_size, channels) for images, _ in (raw.train, raw.test))
    mean, std = _statistics(train)
    if normalise == "standard":
        train, test = (_affine(images, mean, std) for images in (train, test))
    elif normalise == "lenet":
        span = 1.175 - -0.1
        shift, scale = (0.1 / span,) * len(mean), (1 / span,) * len(mean)
        train, test = (_affine(images, shift, scale) for images in (train, test))
    return Split(name, train, raw.train[1], test, raw.test[1], raw.classes, mean, std, raw.source)


def _shaped(images: Tensor, size: int | None, channels: int | None) -> Tensor:
    """The images, still uint8, at another size and with another number of channels."""
    if channels == 3 and images.shape[1] == 1:
        images = images.expand(-1, 3, -1, -1)
    elif channels == 1 and images.shape[1] == 3:
        luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        images = (images * luma).sum(dim=1, keepdim=True).round().to(torch.uint8)
    if size is not None and images.shape[2:] != (size, size):
        # In pieces: a large set and its copy as floats would not fit into memory together.
        pieces = [
            F.interpolate(piece.float(), (size, size), mode="bilinear", antialias=True).round().to(torch.uint8)
            for piece in torch.split(images, 1024)
        ]
        images = torch.cat(pieces)
    return images.contiguous()


def _statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of uint8 images, on a scale from 0 to 1."""
    counts = [torch.bincount(images[:, c].flatten(), minlength=256).double() for c in range(images.shape[1])]
    levels = torch.arange(256, dtype=torch.float64) / 255
    means = [float((count * levels).sum() / count.sum()) for count in counts]
    variances = [
        float((count * (levels - mean) ** 2).sum() / count.sum())
        for count, mean in zip(counts, means, strict=True)
    ]
    return tuple(means), tuple(variance**0.5 for variance in variances)


def _affine(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """(image / 255 - mean) / std for each channel, float32."""
    # A set with a constant channel has nothing to divide by.
    scale = torch.tensor([1 / (255 * (s or 1.0)) for s in std]).view(1, -1, 1, 1)
    shift = torch.tensor([m / (s or 1.0) for m, s in zip(mean, std, strict=True)]).view(1, -1, 1, 1)
    return images.float().mul_(scale).sub_(shift)
