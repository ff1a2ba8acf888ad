"""Photographs that come with scikit-learn, scikit-image and matplotlib, and photographs from files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from cs231n_arch.data.sources import DataUnavailableError

LARGEST = 100_000_000  # pixels; as 8-bit colours these take 300 MB


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
# name -> package, its name there, credit, licence; all as the packages state them.
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
        colours = np.array(pixels) if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        image = torch.from_numpy(colours).permute(2, 0, 1).contiguous()
        found[name] = Photo(name, image, credit, licence, package)
    return found


def read_photo(path: str | Path) -> Tensor:
    """Read a photograph from a file, as a person sees it.

    It is turned as its EXIF says; CMYK, grey and palettes become colours; what is transparent shows white.

    Args:
        path: a PNG, JPEG or another file that Pillow reads; of an animation the first picture is taken.

    Returns:
        (3, height, width), uint8, red, green and blue.

    Raises:
        ValueError: not an image, a damaged one, or one of more than 100 million pixels.
        OSError: the file cannot be read.
    """
    path = Path(path)
    content = path.open("rb")
    try:
        with content, Image.open(content) as image:
            if (pixels := image.width * image.height) > LARGEST:
                raise ValueError(f"{path} has {pixels:,} pixels, more than {LARGEST:,}; make it smaller first")
            turned = ImageOps.exif_transpose(image)
            if turned.mode.startswith(("I", "F")):  # 16 bits and more, from black to white
                turned = Image.fromarray(stretched(np.array(turned)))
            if turned.has_transparency_data:
                turned = Image.alpha_composite(Image.new("RGBA", turned.size, "white"), turned.convert("RGBA"))
            return torch.from_numpy(np.array(turned.convert("RGB"))).permute(2, 0, 1).contiguous()
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} has more than {LARGEST:,} pixels; make it smaller first") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is no image that Pillow can read, such as PNG or JPEG") from error
    except (OSError, SyntaxError, EOFError, IndexError, TypeError) as error:  # what Pillow raises for damage
        raise ValueError(f"{path} is damaged: {error}") from error


def stretched(grey: np.ndarray) -> np.ndarray:
    """Grey levels of more than 8 bits as 8 bits: 16-bit files by their range, others by their own."""
    low, high = (
        (0, 65535) if grey.max() > 255 and grey.min() >= 0 and grey.max() <= 65535 else (grey.min(), grey.max())
    )
    return np.round((grey.astype(np.float64) - low) / max(high - low, 1) * 255).astype(np.uint8)
