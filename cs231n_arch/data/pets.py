"""Photographs with boxes: the heads of the cats and dogs of the Oxford-IIIT Pet set, which is downloaded."""

from pathlib import Path
from xml.etree import ElementTree

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from cs231n_arch.data.canvas import Boxed
from cs231n_arch.data.sources import DataUnavailableError, _make_writable, _patience, _unavailable, data_root

HELD_OUT = 5  # every fifth image is one to test on: the official test images have no boxes


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
    if image_size < 1:
        raise ValueError(f"image_size must be at least 1; given {image_size}")
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
        with _patience():
            OxfordIIITPet(str(root), download=True)
    except (OSError, RuntimeError) as error:
        tried = [f"{folder} holds no images and annotations", f"www.robots.ox.ac.uk: {error}"]
        place = f"images.tar.gz and annotations.tar.gz, unpacked, in {folder}"
        raise _unavailable("Oxford-IIIT Pet", tried, place) from error
    return folder
