"""Augmentation of a whole batch at once, where the images lie: for small images the loader is the slow part.

The same distribution as torchvision's transforms image by image (`transforms.py`), in a few tensor operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class CropAndFlip:
    """Pad, cut a random window of the old size, flip at random (Lee et al. 2014; He et al. 2015, Section 4.2).

    Attributes:
        padding: pixels added at each side.
        mode: `constant` pads with `fill`; `reflect` with the image's own mirrored pixels.
        flip: whether to mirror half of the images; digits and other writing must not be.
        fill: zero is the mean where images are normalised; LeNet's background is -0.1.
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


def augmentation(steps: Sequence[str]) -> CropAndFlip:
    """What a recipe for small images names: `augmentation(recipes.get("resnet_cifar").augmentation)`.

    Raises:
        ValueError: a step that only works image by image; see `transforms.augmentation`.
    """
    unknown = [step for step in steps if step != "random flip" and step not in CROPS]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not done to whole batches; 'random flip' and {', '.join(map(repr, CROPS))} are"
        )
    padding, mode, fill = next((CROPS[step] for step in steps if step in CROPS), (0, "constant", 0.0))
    return CropAndFlip(padding, mode, flip="random flip" in steps, fill=fill)
