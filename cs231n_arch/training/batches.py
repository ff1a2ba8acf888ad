"""Batches for the loop: the images of a `Split`, shuffled anew in each epoch."""

from collections.abc import Iterator

import torch
from torch import Tensor


class DeviceBatches:
    """Whole batches cut out of images that lie on the device.

    The order of an epoch depends on the seed and the epoch's number alone, so a run can be resumed inside it.
    Images that do not fill a last batch wait for another epoch's order.
    """

    def __init__(self, images: Tensor, labels: Tensor, batch_size: int, seed: int) -> None:
        if not 1 <= batch_size <= len(images):
            raise ValueError(f"batch_size must be from 1 to the {len(images)} training images; given {batch_size}")
        self.images, self.labels, self.batch_size, self.seed = images, labels, batch_size, seed

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch: images (batch, C, H, W), labels (batch,)."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.images), generator=generator).to(self.images.device)
        for chosen in torch.split(order, self.batch_size)[: len(self)]:
            yield self.images[chosen], self.labels[chosen]
