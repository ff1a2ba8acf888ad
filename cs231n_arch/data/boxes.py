"""Data to localize in: digits or garments on larger canvases, and the heads of cats and dogs in photographs."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import functional as transforms

from cs231n_arch.data.sets import load
from cs231n_arch.data.sources import DataUnavailableError, _make_writable, _unavailable, data_root, patience
from cs231n_arch.errors import check_whole

HELD_OUT = 5  # every fifth image is one to test on: the official test images have no boxes


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
        name: a gray set that `data.load` knows; its images have a black background.
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


def load_pets(*, image_size: int = 64, root: str | Path | None = None) -> tuple[Boxed, Boxed]:
    """The images of the Oxford-IIIT Pet set (Parkhi et al. 2012) whose heads have boxes, 3,680 or so of 37 breeds.

    Args:
        image_size: height and width to which the images are scaled; their proportions are lost.
        root: folder of the downloaded files, as for `data.load`.

    Returns:
        The part to train on and the part to test on; images (N, 3, image_size, image_size) from 0 to 1.

    Raises:
        ValueError: an image size below 1.
        DataUnavailableError: the files are nowhere and cannot be downloaded, or fail their checksum, or a box or
            an image among them cannot be read.
    """
    check_whole(image_size=image_size)
    folder = available(data_root(root))
    images, labels, boxes = [], [], []
    breeds: dict[int, str] = {}
    for line in (folder / "annotations" / "trainval.txt").read_text(encoding="utf-8").splitlines():
        name, label, *_ = line.split()
        annotation = folder / "annotations" / "xmls" / f"{name}.xml"
        if not annotation.exists():  # a few images have none
            continue
        breeds[int(label) - 1] = name.rpartition("_")[0].replace("_", " ")
        labels.append(int(label) - 1)
        try:
            boxes.append(head(annotation))
            with Image.open(folder / "images" / f"{name}.jpg") as file:
                picture = transforms.pil_to_tensor(file.convert("RGB"))
        except (ElementTree.ParseError, ValueError, OSError) as error:
            raise DataUnavailableError(f"{name} of {folder} cannot be read: {error}") from error
        images.append(transforms.resize(picture, [image_size, image_size], antialias=True))
    classes = tuple(breeds.get(number, "") for number in range(max(breeds) + 1))
    test = torch.arange(len(labels)) % HELD_OUT == 0
    pixels, numbers, edges = torch.stack(images).float() / 255, torch.tensor(labels), torch.stack(boxes)
    train, held_out = (Boxed(pixels[part], numbers[part], edges[part], classes) for part in (~test, test))
    return train, held_out


def head(annotation: Path) -> Tensor:
    """The box in an annotation: left, top, right and bottom edge, as shares of width and height."""
    tree = ElementTree.parse(annotation)
    edges = [float(tree.findtext(f"object/bndbox/{edge}") or "") for edge in ("xmin", "ymin", "xmax", "ymax")]
    size = [float(tree.findtext(f"size/{side}") or "") for side in ("width", "height")]
    return torch.tensor(edges) / torch.tensor(size * 2)


def available(root: Path) -> Path:
    """The set's folder in `root`, downloaded by torchvision with its checksums if it is not there."""
    from torchvision.datasets import OxfordIIITPet

    folder = root / "oxford-iiit-pet"
    if (folder / "images").is_dir() and (folder / "annotations" / "xmls").is_dir():
        return folder
    _make_writable(root)
    try:
        with patience():
            OxfordIIITPet(str(root), download=True)
    except (OSError, RuntimeError) as error:
        tried = [f"{folder} holds no images and annotations", f"www.robots.ox.ac.uk: {error}"]
        place = f"images.tar.gz and annotations.tar.gz, unpacked, in {folder}"
        raise _unavailable("Oxford-IIIT Pet", tried, place) from error
    return folder
