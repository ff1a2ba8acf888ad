"""Batches for the loop: the images of a `Split`, shuffled anew in each epoch."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from cs231n_arch.training.distributed import World

Augment = Callable[[Tensor, torch.Generator], Tensor]  # images (N, C, H, W) to as many


class DeviceBatches:
    """Whole batches cut out of images that lie on the device, and changed at random there.

    The order of an epoch, and what is drawn for a batch, depend on the seed and on the epoch's and batch's number
    alone, so a run can be resumed at any batch. Images that do not fill a last batch wait for the next epoch.
    Of several processes each gets its share of every batch.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int,
        seed: int,
        augment: Augment | None = None,
        world: World | None = None,
    ) -> None:
        self.world = world or World(0, 1)
        if not 1 <= batch_size <= len(images):
            raise ValueError(f"batch_size must be from 1 to the {len(images)} training images; given {batch_size}")
        if batch_size % self.world.size:
            raise ValueError(
                f"batch_size must be a multiple of the {self.world.size} processes; given {batch_size}"
            )
        self.images, self.labels, self.batch_size, self.seed = images, labels, batch_size, seed
        self.augment = augment

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch from number `start`: images (batch, C, H, W), labels (batch,)."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.images), generator=generator).to(self.images.device)
        for number, batch in enumerate(torch.split(order, self.batch_size)[: len(self)]):
            if number < start:
                continue
            chosen = self.world.share(batch)
            images = self.images[chosen]
            if self.augment is not None:
                draw = ((self.seed * 1_000_003 + epoch) * 1_000_003 + number) * 1_009 + self.world.rank
                images = self.augment(images, torch.Generator().manual_seed(draw % 2**63))
            yield images, self.labels[chosen]
