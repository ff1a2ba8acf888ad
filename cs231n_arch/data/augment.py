"""The papers' augmentations: of whole batches where they lie, of one image at a time, and the views for testing.

For small images the usual loader is the slow part of a training, so `CropAndFlip` changes a whole batch in a few
tensor operations, with the same distribution as torchvision's transforms image by image. Larger images are read
and changed one at a time, by torchvision's transforms and two that it lacks. A recipe names its steps in words;
`for_batches` and `for_images` turn them into changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from cs231n_arch.data.words import respelled

# Principal components of the colors of ImageNet's training pixels, on a scale from 0 to 1 (fb.resnet.torch).
IMAGENET_EIGENVALUES = (0.2175, 0.0188, 0.0045)
IMAGENET_EIGENVECTORS = (  # one column per component; rows are red, green, blue
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


@dataclass(frozen=True)
class CropAndFlip:
    """Pad, cut a random window of the old size, flip at random (Lee et al. 2014; He et al. 2015, Section 4.2).

    Attributes:
        padding: pixels added at each side.
        mode: `constant` pads with `fill`; `reflect` with the image's own mirrored pixels.
        flip: whether to mirror half of the images; digits and other writing must not be.
        fill: zero is the mean where images are normalized; LeNet's background is -0.1.
    """

    padding: int = 4
    mode: Literal["constant", "reflect"] = "constant"
    flip: bool = True
    fill: float = 0.0

    def __post_init__(self) -> None:
        if self.padding < 0:
            raise ValueError(f"padding must be at least 0; given {self.padding}")
        if self.mode not in ("constant", "reflect"):
            raise ValueError(f"mode must be 'constant' or 'reflect'; given {self.mode!r}")

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Map images (N, C, H, W) to as many of the same size, each with its own window and flip.

        Args:
            images: on any device; the result is there, too, in channels_last layout.
            generator: of the draws, on the CPU, so that a seed gives the same ones whatever the device.
        """
        count, channels, height, width = images.shape
        top, left = torch.randint(0, 2 * self.padding + 1, (2, count), generator=generator).to(images.device)
        value = self.fill if self.mode == "constant" else None
        padded = F.pad(images, (self.padding,) * 4, mode=self.mode, value=value)
        # With the channels last, a row of a window is one stretch of memory, and all windows are views.
        rows = padded.permute(0, 2, 3, 1).flatten(2)  # (N, H + 2p, (W + 2p) * C)
        windows = rows.unfold(1, height, 1).unfold(2, width * channels, channels)
        which = torch.arange(count, device=images.device)
        window = windows[which, top, left].view(count, height, width, channels)
        if self.flip:
            flipped = torch.rand(count, generator=generator) < 0.5
            window = torch.where(flipped.to(images.device).view(-1, 1, 1, 1), window.flip(2), window)
        return window.permute(0, 3, 1, 2)


# A recipe's words for the crops of small images -> padding, mode, fill.
CROPS: dict[str, tuple[int, Literal["constant", "reflect"], float]] = {
    "pad 2 with -0.1, random crop": (2, "constant", -0.1),
    "pad 4 with zeros, random crop": (4, "constant", 0.0),
    "pad 4 by reflection, random crop": (4, "reflect", 0.0),
}


def for_batches(steps: Sequence[str]) -> CropAndFlip:
    """The augmentation that a recipe for small images names, for whole batches.

    Args:
        steps: such as `recipes.get("resnet_cifar").augmentation`.

    Raises:
        ValueError: a step that only works image by image; see `for_images`.
    """
    unknown = [step for step in steps if step != "random flip" and step not in CROPS]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not done to whole batches; 'random flip' and {', '.join(map(repr, CROPS))} are"
        )
    padding, mode, fill = next((CROPS[step] for step in steps if step in CROPS), (0, "constant", 0.0))
    return CropAndFlip(padding, mode, flip="random flip" in steps, fill=fill)


class PCALighting(v2.Transform):  # type: ignore[misc]
    """Add multiples of the principal components of the colors to every pixel (Krizhevsky et al. 2012, Sec. 4.1).

    The shift is sum of a_i * l_i * p_i over the components p_i with eigenvalue l_i, with one a_i ~ N(0, std^2) for
    the whole image. The paper leaves open on which scale the eigenvalues are; here pixels count from 0 to 1, as in
    fb.resnet.torch, because on a scale to 255 the same formula would shift by a thousand gray levels.

    Args:
        std: standard deviation of a_i.
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std
        self.scaled = torch.tensor(IMAGENET_EIGENVECTORS) * torch.tensor(IMAGENET_EIGENVALUES)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Tensor]:
        """Draw the shift of red, green and blue, on a scale from 0 to 1."""
        return {"shift": self.scaled @ (torch.randn(3) * self.std)}

    def transform(self, inpt: Tensor, params: dict[str, Tensor]) -> Tensor:
        """Shift the colors of (..., 3, H, W); values stay on their scale."""
        top = 1.0 if inpt.is_floating_point() else 255.0
        shifted = inpt + params["shift"].view(3, 1, 1) * top
        return shifted.clamp(0, top).to(inpt.dtype) if top == 1.0 else shifted.round().clamp(0, top).to(inpt.dtype)


class OneOfTenCrops(v2.Transform):  # type: ignore[misc]
    """One of the ten crops of `v2.TenCrop`, at random (Zeiler & Fergus 2013, Section 3)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def make_params(self, flat_inputs: list[Any]) -> dict[str, int]:
        """Draw which."""
        return {"which": int(torch.randint(10, ()))}

    def transform(self, inpt: Tensor, params: dict[str, int]) -> Tensor:
        """Map (..., H, W) to (..., size, size)."""
        crops: tuple[Tensor, ...] = v2.functional.ten_crop(inpt, [self.size, self.size])
        return crops[params["which"]]


class Brighten(v2.Transform):  # type: ignore[misc]
    """Add one number to every pixel, drawn evenly from -most to most, on a scale from 0 to 1 (as TensorFlow)."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most = most

    def make_params(self, flat_inputs: list[Any]) -> dict[str, float]:
        """Draw the number."""
        return {"shift": float(torch.empty(()).uniform_(-self.most, self.most))}

    def transform(self, inpt: Tensor, params: dict[str, float]) -> Tensor:
        """Shift (..., H, W); values stay on their scale."""
        top = 1.0 if inpt.is_floating_point() else 255.0
        shifted = inpt + params["shift"] * top
        return (shifted if top == 1.0 else shifted.round()).clamp(0, top).to(inpt.dtype)


def area_crop(size: int, least: float = 0.08, widest: float = 4 / 3) -> v2.Transform:
    """GoogLeNet's crop: 8 to 100 % of the area, aspect ratio 3/4 to 4/3 (Szegedy et al. 2014, Section 6)."""
    return v2.RandomResizedCrop(size, scale=(least, 1.0), ratio=(3 / 4, widest), antialias=True)


def scale_jitter(low: int, high: int) -> v2.Transform:
    """Shorter side drawn from low to high (Simonyan & Zisserman 2014, Section 3.1)."""
    return v2.RandomShortestSize(list(range(low, high + 1)), antialias=True)


# A recipe's words -> what they do. Photometric distortion is Howard's (2013): brightness, contrast and color by a
# factor from 0.5 to 1.5, in random order; "and color" is that of fb.resnet.torch, 0.6 to 1.4. For 299 pixels the
# steps are those of the Inception papers' TensorFlow code: saturation, contrast by 0.5 to 1.5, hue by up to 0.2.
STEPS: dict[str, Callable[[], v2.Transform]] = {
    "shorter side 256, center 256": lambda: v2.Compose([v2.Resize(256, antialias=True), v2.CenterCrop(256)]),
    "256 by 256": lambda: v2.Resize((256, 256), antialias=True),
    "shorter side in 256-512": lambda: scale_jitter(256, 512),
    "shorter side in 256-480": lambda: scale_jitter(256, 480),
    "random crop 224": lambda: v2.RandomCrop(224),
    "random crop 227": lambda: v2.RandomCrop(227),
    "one of ten crops 224 (corners and center, each flipped)": lambda: OneOfTenCrops(224),
    "area crop 224, 8-100 % of the image, aspect 3/4-4/3": lambda: area_crop(224),
    "area crop 299, 5-100 % of the image, aspect 3/4-1.33": lambda: area_crop(299, 0.05, 1.33),
    "brightness by up to 32/255, saturation": lambda: v2.RandomOrder(
        [Brighten(32 / 255), v2.ColorJitter(saturation=0.5)]
    ),
    "brightness by up to 32/255, saturation, hue and contrast": lambda: v2.RandomOrder(
        [Brighten(32 / 255), v2.ColorJitter(saturation=0.5), v2.ColorJitter(hue=0.2), v2.ColorJitter(contrast=0.5)]
    ),
    "random flip": v2.RandomHorizontalFlip,
    "PCA lighting, deviation 0.1": PCALighting,
    "RGB color shift": PCALighting,
    "photometric distortion": lambda: v2.ColorJitter(0.5, 0.5, 0.5),
    "PCA lighting and color": lambda: v2.Compose([v2.ColorJitter(0.4, 0.4, 0.4), PCALighting()]),
    "pad 2 with -0.1, random crop": lambda: v2.RandomCrop(32, padding=2, fill=-0.1),
    "pad 4 with zeros, random crop": lambda: v2.RandomCrop(32, padding=4),
    "pad 4 by reflection, random crop": lambda: v2.RandomCrop(32, padding=4, padding_mode="reflect"),
}


def for_images(steps: Sequence[str]) -> v2.Transform:
    """The augmentation that a recipe names, for one image at a time.

    Args:
        steps: such as `recipes.get("vgg").augmentation`; the British spelling of earlier versions works, too.

    Raises:
        ValueError: a step that no recipe has.
    """
    steps = [respelled(step) for step in steps]
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise ValueError(f"no augmentation is called {unknown[0]!r}; there are {', '.join(map(repr, STEPS))}")
    return v2.Compose([STEPS[step]() for step in steps]) if steps else v2.Identity()


def ten_crops(images: Tensor, size: int) -> Tensor:
    """Corners and center, each also flipped: (..., H, W) to (10, ..., size, size) (Krizhevsky et al. 2012)."""
    return torch.stack(v2.functional.ten_crop(images, [size, size]))


def crops_144(images: Tensor, size: int = 224, scales: Sequence[int] = (256, 288, 320, 352)) -> Tensor:
    """The 144 crops of Szegedy et al. (2014), Section 7: (..., H, W) to (144, ..., size, size).

    At each of four shorter sides: the left, middle and right square (top, middle, bottom of an upright image); of
    each its corners and center, and the square itself resized; each also flipped.
    """
    views = []
    for side in scales:
        resized = v2.functional.resize(images, [side], antialias=True)
        long = max(resized.shape[-2:])
        for start in (0, (long - side) // 2, long - side):
            wide = resized.shape[-1] >= resized.shape[-2]
            square = resized[..., start : start + side] if wide else resized[..., start : start + side, :]
            views += v2.functional.five_crop(square, [size, size])
            views.append(v2.functional.resize(square, [size, size], antialias=True))
    crops = torch.stack(views)
    return torch.cat([crops, crops.flip(-1)])
