"""Images one by one, for PyTorch's `DataLoader`: sets that are too large to lie on the device."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from cs231n_arch.data.sets import Split

Transform = Callable[[Tensor], Tensor]
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of the training images, on a scale from 0 to 1
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Datasets:
    """As `Split`, but images are read and changed one at a time.

    Attributes:
        name: of the set.
        train: (image, label) pairs, each image (C, H, W), float32 and normalized, all of one size.
        test: as `train`.
        classes: names of the classes.
    """

    name: str
    train: Dataset[tuple[Tensor, int]]
    test: Dataset[tuple[Tensor, int]]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        sizes = len(self.train), len(self.test)  # type: ignore[arg-type]
        return (
            f"Datasets({self.name!r}: {sizes[0]} training and {sizes[1]} test images, {len(self.classes)} classes)"
        )


class Images(Dataset[tuple[Tensor, int]]):
    """Tensors, one image at a time, each changed on the way."""

    def __init__(self, images: Tensor, labels: Tensor, transform: Transform | None = None) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.images[index]
        return image if self.transform is None else self.transform(image), int(self.labels[index])


class ImageFiles(Dataset[tuple[Tensor, int]]):
    """The image files of a folder with one folder per class, without the hidden ones that other programs leave.

    Args:
        root: the folder.
        transform: maps a PIL image in RGB to a tensor.

    Raises:
        FileNotFoundError: no such folder, or a class without an image.
    """

    def __init__(self, root: Path, transform: Callable[[Image.Image], Tensor]) -> None:
        self.transform = transform
        self.classes = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
        self.files: list[tuple[Path, int]] = []
        for number, name in enumerate(self.classes):
            files = list(image_paths(root / name))
            if not files:
                raise FileNotFoundError(f"{root / name} holds no image ({', '.join(SUFFIXES)})")
            self.files += [(file, number) for file in files]
        if not self.files:
            raise FileNotFoundError(f"{root} holds no folder of a class")

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path, label = self.files[index]
        try:
            with Image.open(path) as file:
                image = file.convert("RGB")
        except Exception as error:  # of many kinds: a broken PNG raises SyntaxError
            raise OSError(f"{path} cannot be read as an image: {error}") from error
        return self.transform(image), label


def image_paths(folder: Path) -> Iterator[Path]:
    """The image files in a folder and the folders below it, in order; nothing whose name begins with a dot."""
    for where, below, names in os.walk(folder, followlinks=True):
        below[:] = sorted(name for name in below if name[0] != ".")
        paths = (Path(where, name) for name in sorted(names) if name[0] != ".")
        yield from (path for path in paths if path.suffix.lower() in SUFFIXES)


class Repeatable(Dataset[tuple[Tensor, int]]):
    """A set whose random changes depend on the seed, the epoch and the image alone.

    So they are the same for any number of workers and processes, and when an epoch is resumed in its middle. That
    holds for changes that draw from PyTorch's, NumPy's or Python's global generator; each is left as it was.
    """

    def __init__(self, dataset: Dataset[tuple[Tensor, int]], seed: int, epoch: int) -> None:
        self.dataset, self.seed, self.epoch = dataset, seed, epoch

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        seed = ((self.seed * 1_000_003 + self.epoch) * 1_000_000_007 + index) % 2**63
        states = random.getstate(), np.random.get_state()  # noqa: NPY002  (the generator that transforms use)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            try:
                return self.dataset[index]
            finally:
                random.setstate(states[0])
                np.random.set_state(states[1])  # noqa: NPY002

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Tensor, int]] | list[OSError]:
        """A batch for PyTorch's loader, or the error that says why it cannot be read.

        An error that a worker process raises arrives as text with a traceback; one that it returns arrives as it
        is. See `collate`.
        """
        try:
            return [self[index] for index in indices]
        except OSError as error:
            return [error]


def collate(items: list[tuple[Tensor, int]] | list[OSError]) -> list[Tensor] | OSError:
    """Images and labels of a batch, each as one tensor; or the error that `Repeatable` returned."""
    first = items[0]
    batch: list[Tensor] | OSError = first if isinstance(first, OSError) else default_collate(items)
    return batch


def one_by_one(split: Split, transform: Transform | None = None) -> Datasets:
    """A `Split` for PyTorch's loader; `augment.for_images` gives changes for its training images."""
    train = Images(split.train_images, split.train_labels, transform)
    return Datasets(split.name, train, Images(split.test_images, split.test_labels), split.classes)


def folders(root: str | Path, steps: Sequence[str]) -> Datasets:
    """Image files as ImageNet is usually stored, one folder per class: root/train/CLASS and root/val/CLASS.

    Training images are augmented by the steps of a recipe; test images are the center crop, of the training
    size, of an image whose shorter side is 8/7 of it (256 for 224). Both are normalized by ImageNet's mean and
    deviation.

    Args:
        root: folder with `train` and `val`.
        steps: augmentation of a recipe for ImageNet, such as `recipes.get("vgg").augmentation`, whose crop gives
            the size.

    Raises:
        ValueError: the steps do not crop to one size, or the classes of both folders differ.
        FileNotFoundError: no such folders, or no image in them.
        OSError: an image cannot be read; when it is taken, and with its name.
    """
    from torchvision.transforms import v2

    from cs231n_arch.data.augment import for_images

    height, size = for_images(steps)(torch.zeros(3, 400, 500)).shape[-2:]
    if height != size:
        raise ValueError(f"{', '.join(steps) or 'no step'}: this does not crop image files to one size")
    finish: list[Any] = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET_MEAN, IMAGENET_STD)]
    centre = [v2.Resize(round(size * 8 / 7), antialias=True), v2.CenterCrop(size)]
    parts = {
        "train": v2.Compose([v2.ToImage(), for_images(steps), *finish]),
        "val": v2.Compose([v2.ToImage(), *centre, *finish]),
    }
    train, test = (ImageFiles(Path(root) / part, transform) for part, transform in parts.items())
    if train.classes != test.classes:
        alone = sorted({*train.classes} ^ {*test.classes})
        raise ValueError(
            f"{root}/train and {root}/val must hold the same classes; only one of them has {', '.join(alone[:3])}"
        )
    return Datasets(Path(root).name, train, test, tuple(train.classes))
