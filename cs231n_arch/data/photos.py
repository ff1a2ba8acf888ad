"""Photographs that come with scikit-learn, scikit-image and matplotlib, and photographs from files."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

from cs231n_arch.data.sources import DataUnavailableError
from cs231n_arch.errors import check_whole


@dataclass(frozen=True)
class Photo:
    """A photograph, and whose it is.

    Attributes:
        name: a word for what it shows.
        image: (3, height, width), uint8, red, green and blue.
        credit: the photographer.
        licence: under which it may be used.
        source: the package that it comes with.
    """

    name: str
    image: Tensor
    credit: str
    licence: str
    source: str

    def __repr__(self) -> str:
        _, height, width = self.image.shape
        return f"Photo({self.name!r}: {width}x{height}, {self.credit}, {self.licence}, from {self.source})"


def from_sklearn(name: str) -> np.ndarray:
    """An image of scikit-learn."""
    from sklearn.datasets import load_sample_image

    image: np.ndarray = load_sample_image(name)
    return image


def from_skimage(name: str) -> np.ndarray:
    """An image of scikit-image, of those that are installed with it."""
    import skimage.data

    image: np.ndarray = getattr(skimage.data, name)()
    return image


def from_matplotlib(name: str) -> np.ndarray:
    """An image of matplotlib."""
    from matplotlib.cbook import get_sample_data

    with Image.open(get_sample_data(name, asfileobj=False)) as image:
        return np.array(image.convert("RGB"))


NASA, CC_BY = "NASA", "CC BY 2.0"
PUBLIC, CC0 = "public domain", "CC0"
PACKAGES: dict[str, Callable[[str], np.ndarray]] = {
    "scikit-learn": from_sklearn,
    "scikit-image": from_skimage,
    "matplotlib": from_matplotlib,
}
# name -> package, its name there, credit, license; all as the packages state them.
PHOTOS: dict[str, tuple[str, str, str, str]] = {
    "cat": ("scikit-image", "chelsea", "Stefan van der Walt", CC0),
    "coffee": ("scikit-image", "coffee", "Rachel Michetti, courtesy of Pikolo Espresso Bar", CC0),
    "temple": ("scikit-learn", "china.jpg", "danielbuechele on Flickr", CC_BY),
    "flower": ("scikit-learn", "flower.jpg", "vultilion on Flickr", CC_BY),
    "photographer": ("scikit-image", "camera", "Lav Varshney", CC0),
    "astronaut": ("scikit-image", "astronaut", NASA, PUBLIC),
    "rocket": ("scikit-image", "rocket", "SpaceX", PUBLIC),
    "admiral": ("matplotlib", "grace_hopper.jpg", "James S. Davis, U.S. Navy", PUBLIC),
}


def photos() -> dict[str, Photo]:
    """A few real photographs, which come with installed packages; nothing is downloaded.

    Returns:
        Name -> photograph: a cat, a cup of coffee, a Chinese temple, a flower, a photographer (black and white, in
        three equal channels), the astronaut Eileen Collins, the launch of a rocket, and Admiral Grace Hopper.

    Raises:
        DataUnavailableError: scikit-image is not installed, or an image is not there.
    """
    found = {}
    for name, (package, there, credit, licence) in PHOTOS.items():
        try:
            pixels = PACKAGES[package](there)
        except (ImportError, AttributeError, OSError) as error:
            raise DataUnavailableError(
                f"the photograph {name!r} comes with {package}, and could not be read: {error}. "
                f"`pip install {package}` brings it"
            ) from error
        found[name] = Photo(name, as_tensor(pixels), credit, licence, package)
    return found


def as_tensor(pixels: np.ndarray) -> Tensor:
    """Pixels (height, width), gray, or (height, width, 3) as (3, height, width)."""
    colours = np.array(pixels) if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return torch.from_numpy(colours).permute(2, 0, 1).contiguous()


def crops(
    images: Sequence[Tensor], count: int, *, size: int = 227, seed: int = 0, smallest: float = 0.25
) -> Tensor:
    """Random square parts of photographs, half of them mirrored, all resized to the same size.

    Args:
        images: uint8 tensors (3, height, width).
        count: of the crops; the photographs take turns.
        size: height and width of a crop, in pixels.
        seed: of places, sizes and mirroring.
        smallest: the least side of a crop as a share of the photograph's shorter side, above 0 and at most 1.

    Returns:
        (count, 3, size, size), uint8.

    Raises:
        ValueError: no photograph, no crop, or a share out of range.
    """
    check_whole(count=count, size=size)
    if not images or not 0 < smallest <= 1:
        raise ValueError(
            f"give at least one photograph and smallest above 0 and at most 1; given {len(images)} and {smallest}"
        )
    generator = np.random.default_rng(seed)
    made = torch.empty(count, 3, size, size, dtype=torch.uint8)
    for number in range(count):
        image = images[number % len(images)]
        height, width = image.shape[1:]
        side = max(1, round(min(height, width) * generator.uniform(smallest, 1)))
        top, left = (int(generator.integers(0, whole - side + 1)) for whole in (height, width))
        part = image[None, :, top : top + side, left : left + side].float()
        part = F.interpolate(part, (size, size), mode="bilinear", antialias=True).round().to(torch.uint8)[0]
        made[number] = part.flip(2) if generator.random() < 0.5 else part
    return made


def read_photo(path: str | Path) -> Tensor:
    """Read a photograph from a file, as a person sees it.

    It is turned as its EXIF says; CMYK, gray and palettes become colors; what is transparent shows white.

    Args:
        path: a PNG, JPEG or another file that Pillow reads; of an animation the first picture is taken.

    Returns:
        (3, height, width), uint8, red, green and blue.

    Raises:
        ValueError: not an image, a damaged one, or one with more pixels than Pillow finds safe (89 million).
        OSError: the file cannot be opened.
    """
    with Path(path).open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return torch.from_numpy(np.array(as_rgb(Image.open(file)))).permute(2, 0, 1).contiguous()
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ValueError(
                f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller first"
            ) from error
        except UnidentifiedImageError as error:
            raise ValueError(f"{path} is no image that Pillow can read, such as a PNG or a JPEG") from error
        except Exception as error:  # damaged files make Pillow's decoders fail in many ways
            raise ValueError(f"{path} is damaged: {error}") from error


def as_rgb(image: Image.Image) -> Image.Image:
    """The image upright, without transparency, with 8 bits of red, green and blue."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):  # more than 8 bits of gray
        grey = np.array(image).astype(np.float64)
        high = 65535 if image.mode.startswith("I") and grey.max() <= 65535 else grey.max()
        low = min(0, grey.min())
        image = Image.fromarray(np.round(255 * (grey - low) / max(high - low, 1e-12)).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")
