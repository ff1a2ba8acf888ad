"""The papers' augmentations of one image, for the usual `DataLoader`: torchvision's transforms, and what it lacks.

A recipe names its steps in words; `STEPS` says what each word does. Images are tensors (C, H, W) or batches of one
size (N, C, H, W), bytes or floats from 0 to 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import v2

# Principal components of the colours of ImageNet's training pixels, on a scale from 0 to 1 (fb.resnet.torch).
IMAGENET_EIGENVALUES = (0.2175, 0.0188, 0.0045)
IMAGENET_EIGENVECTORS = (  # one column a component; rows are red, green, blue
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


class PCALighting(v2.Transform):  # type: ignore[misc]
    """Add multiples of the principal components of the colours to every pixel (Krizhevsky et al. 2012, Sec. 4.1).

    The shift is sum of a_i * l_i * p_i over the components p_i with eigenvalue l_i, with one a_i ~ N(0, std^2) for
    the whole image. The paper leaves open on which scale the eigenvalues are; here pixels count from 0 to 1, as in
    fb.resnet.torch, because on a scale to 255 the same formula would shift by a thousand grey levels.

    Args:
        std: standard deviation of a_i.
        eigenvalues: of the covariance of the colours.
        eigenvectors: (3, 3), one column a component.
    """

    def __init__(
        self,
        std: float = 0.1,
        eigenvalues: Sequence[float] = IMAGENET_EIGENVALUES,
        eigenvectors: Sequence[Sequence[float]] = IMAGENET_EIGENVECTORS,
    ) -> None:
        super().__init__()
        self.std = std
        self.scaled = torch.tensor(eigenvectors) * torch.tensor(eigenvalues)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Tensor]:
        """Draw the shift of red, green and blue, on a scale from 0 to 1."""
        return {"shift": self.scaled @ (torch.randn(3) * self.std)}

    def transform(self, inpt: Tensor, params: dict[str, Tensor]) -> Tensor:
        """Shift the colours of (..., 3, H, W); values stay on their scale."""
        top = 1.0 if inpt.is_floating_point() else 255.0
        shifted = inpt + params["shift"].view(3, 1, 1) * top
        return shifted.clamp(0, top).to(inpt.dtype) if top == 1.0 else shifted.round().clamp(0, top).to(inpt.dtype)


def colour_components(images: Tensor) -> tuple[Tensor, Tensor]:
    """What `PCALighting` needs of images (N, 3, H, W): eigenvalues (3,), largest first, and eigenvectors (3, 3).

    Raises:
        ValueError: not colour images.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"images must be (N, 3, H, W); given shape {tuple(images.shape)}")
    pixels = images.movedim(1, 0).flatten(1).double() / (1.0 if images.is_floating_point() else 255.0)
    values, vectors = torch.linalg.eigh(torch.cov(pixels))
    return values.flip(0), vectors.flip(1)


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


def area_crop(size: int) -> v2.Transform:
    """GoogLeNet's crop: 8 to 100 % of the area, aspect ratio 3/4 to 4/3 (Szegedy et al. 2014, Section 6)."""
    return v2.RandomResizedCrop(size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), antialias=True)


def scale_jitter(low: int, high: int) -> v2.Transform:
    """Shorter side drawn from low to high (Simonyan & Zisserman 2014, Section 3.1)."""
    return v2.RandomShortestSize(list(range(low, high + 1)), antialias=True)


# A recipe's words -> what they do. Photometric distortion is Howard's (2013): brightness, contrast and colour by a
# factor from 0.5 to 1.5, in random order; "and colour" is that of fb.resnet.torch, 0.6 to 1.4.
STEPS: dict[str, Callable[[], v2.Transform]] = {
    "shorter side 256, centre 256": lambda: v2.Compose([v2.Resize(256, antialias=True), v2.CenterCrop(256)]),
    "256 by 256": lambda: v2.Resize((256, 256), antialias=True),
    "shorter side in 256-512": lambda: scale_jitter(256, 512),
    "shorter side in 256-480": lambda: scale_jitter(256, 480),
    "random crop 224": lambda: v2.RandomCrop(224),
    "random crop 227": lambda: v2.RandomCrop(227),
    "one of ten crops 224 (corners and centre, each flipped)": lambda: OneOfTenCrops(224),
    "area crop 224, 8-100 % of the image, aspect 3/4-4/3": lambda: area_crop(224),
    "area crop 299": lambda: area_crop(299),
    "random flip": v2.RandomHorizontalFlip,
    "PCA lighting, deviation 0.1": PCALighting,
    "RGB colour shift": PCALighting,
    "photometric distortion": lambda: v2.ColorJitter(0.5, 0.5, 0.5),
    "PCA lighting and colour": lambda: v2.Compose([v2.ColorJitter(0.4, 0.4, 0.4), PCALighting()]),
    "pad 2 with -0.1, random crop": lambda: v2.RandomCrop(32, padding=2, fill=-0.1),
    "pad 4 with zeros, random crop": lambda: v2.RandomCrop(32, padding=4),
    "pad 4 by reflection, random crop": lambda: v2.RandomCrop(32, padding=4, padding_mode="reflect"),
}


def augmentation(steps: Sequence[str]) -> v2.Transform:
    """The augmentation that a recipe names: `augmentation(recipes.get("vgg").augmentation)`.

    Raises:
        ValueError: a step that no recipe has.
    """
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise ValueError(f"no augmentation is called {unknown[0]!r}; there are {', '.join(map(repr, STEPS))}")
    return v2.Compose([STEPS[step]() for step in steps]) if steps else v2.Identity()


def ten_crops(images: Tensor, size: int) -> Tensor:
    """Corners and centre, each also flipped: (..., H, W) to (10, ..., size, size) (Krizhevsky et al. 2012)."""
    return torch.stack(v2.functional.ten_crop(images, [size, size]))


def grid_crops(images: Tensor, size: int, grid: int = 5) -> Tensor:
    """A regular grid of crops, each also flipped: (..., H, W) to (2 * grid^2, ..., size, size).

    With three scales of the image these are the 150 crops of Simonyan & Zisserman (2014), Section 3.2.
    """
    height, width = images.shape[-2:]
    if min(height, width) < size:
        raise ValueError(f"crops of {size} do not fit images of {height}x{width}")
    tops, lefts = (torch.linspace(0, room - size, grid).round().int().tolist() for room in (height, width))
    crops = torch.stack([images[..., t : t + size, s : s + size] for t in tops for s in lefts])
    return torch.cat([crops, crops.flip(-1)])


def crops_144(images: Tensor, size: int = 224, scales: Sequence[int] = (256, 288, 320, 352)) -> Tensor:
    """The 144 crops of Szegedy et al. (2014), Section 7: (..., H, W) to (144, ..., size, size).

    At each of four shorter sides: the left, middle and right square (top, middle, bottom of an upright image); of
    each its corners and centre, and the square itself resized; each also flipped.
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
