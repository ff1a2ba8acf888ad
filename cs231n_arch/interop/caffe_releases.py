"""The nets that were released for Caffe, and how their programs prepare an image."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import functional as transforms

from cs231n_arch.interop.wire import Numbers

Triple = tuple[float, float, float]
BVLC: Triple = (104.0, 117.0, 123.0)


@dataclass(frozen=True)
class Release:
    """How a Caffe release prepares an image.

    Attributes:
        crop: side of the central crop.
        whole: whether the image is squeezed to 256x256 first; otherwise its shorter side becomes 256.
        mean: what is subtracted from blue, green and red, 0 to 255, where no mean image is given. AlexNet, NiN and
            ResNet come with an image; these are the means of its channels.
    """

    crop: int
    whole: bool = True
    mean: Triple = BVLC


RELEASES: Mapping[str, Release] = {
    "alexnet_two_gpu": Release(227),
    **{name: Release(224, whole=False, mean=(103.939, 116.779, 123.68)) for name in ("vgg16", "vgg19")},
    "nin_imagenet": Release(224),
    "googlenet": Release(224),
    **{
        name: Release(224, whole=False, mean=(103.0626, 115.9029, 123.1516))
        for name in ("resnet50", "resnet101", "resnet152")
    },
    "se_resnet50": Release(224, whole=False),
    **{name: Release(227) for name in ("squeezenet1_0", "squeezenet1_1", "squeezenet_simple_bypass")},
}


class Preprocess:
    """An image as the release of a net was given it, channels in the order red, green, blue.

    Args:
        release: size of the image and of its crop, and the mean.
        mean: another mean: a number for each of blue, green and red, or an image (3, height, width) of them.

    Raises:
        ValueError: a mean image that is neither as large as the resized image nor as the crop.
    """

    def __init__(self, release: Release, mean: Numbers) -> None:
        self.release = release
        if np.shape(mean)[:1] != (3,) or np.ndim(mean) not in (1, 3):
            raise ValueError(f"mean must be three numbers or an image of three channels; given {mean}")
        self.mean = torch.from_numpy(np.array(mean, "f4").reshape(3, *np.shape(mean)[1:] or (1, 1))).flip(0)
        allowed = {1, release.crop, *([256] if release.whole else [])}
        if self.mean.shape[1] != self.mean.shape[2] or self.mean.shape[1] not in allowed:
            sides = " or ".join(f"{side}x{side}" for side in sorted(allowed - {1}))
            raise ValueError(f"the mean image must be {sides}; given {self.mean.shape[2]}x{self.mean.shape[1]}")

    def __call__(self, image: object) -> Tensor:
        """Map a PIL image, or a tensor (..., 3, H, W) of bytes or of numbers 0 to 1, to (..., 3, crop, crop)."""
        pixels: Tensor = image if isinstance(image, Tensor) else transforms.pil_to_tensor(image)
        pixels = 255 * transforms.convert_image_dtype(pixels, torch.float)
        pixels = transforms.resize(pixels, [256, 256] if self.release.whole else [256])
        before = self.mean.shape[1] not in (1, self.release.crop)
        if before:
            pixels = pixels - self.mean
        pixels = transforms.center_crop(pixels, [self.release.crop])
        return pixels if before else pixels - self.mean

    def __repr__(self) -> str:
        size = "256x256" if self.release.whole else "the shorter side 256"
        kind = (
            "a mean image"
            if self.mean.shape[1] > 1
            else f"mean {[round(number, 4) for number in self.mean.flatten().tolist()]}"
        )
        return f"Preprocess(resize to {size}, crop {self.release.crop}, pixels 0 to 255 less {kind})"
