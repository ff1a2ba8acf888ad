"""Batches for the loop, shuffled anew in each epoch: whole ones on the device, or image by image from a loader.

The order of an epoch, and what is drawn for an image, depend on the seed and on numbers of epoch, batch and image
alone. So a run can be resumed at any batch, and several processes see the batches of a single one. Images that do
not fill a last batch wait for the next epoch.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from cs231n_arch.data.datasets import Datasets, Repeatable
from cs231n_arch.training.distributed import World

Augment = Callable[[Tensor, torch.Generator], Tensor]  # images (N, C, H, W) to as many
TEST_BATCH = 512


class Batches(Protocol):
    """What the loop asks of its data."""

    def __len__(self) -> int:
        """Batches of an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of the batches from number `start`: images (batch, C, H, W), labels (batch,)."""

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of the test images, each of them once over all processes."""


def order(count: int, batch_size: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """The images of each batch of an epoch, over all processes."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return torch.split(torch.randperm(count, generator=generator), batch_size)[: count // batch_size]


def check_batch_size(batch_size: int, images: int, world: World) -> None:
    """Raise ValueError unless each process gets as many images of every batch."""
    if not 1 <= batch_size <= images:
        raise ValueError(f"batch_size must be from 1 to the {images} training images; given {batch_size}")
    if batch_size % world.size:
        raise ValueError(f"batch_size must be a multiple of the {world.size} processes; given {batch_size}")


class DeviceBatches:
    """Whole batches cut out of images that lie on the device, and changed at random there.

    Args:
        train: images (N, C, H, W) and labels (N,).
        test: likewise.
        batch_size: images of a batch, over all processes.
        seed: of order and changes.
        augment: changes a batch, such as `data.batchwise.CropAndFlip()`.
        world: the processes.
    """

    def __init__(
        self,
        train: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor],
        batch_size: int,
        seed: int,
        augment: Augment | None = None,
        world: World | None = None,
    ) -> None:
        self.world = world or World(0, 1)
        check_batch_size(batch_size, len(train[0]), self.world)
        (self.images, self.labels), self.tested = train, test
        self.batch_size, self.seed, self.augment = batch_size, seed, augment

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        for number, batch in enumerate(order(len(self.images), self.batch_size, self.seed, epoch)):
            if number < start:
                continue
            chosen = batch.to(self.images.device)
            if self.augment is None:
                chosen = self.world.share(chosen)
                yield self.images[chosen], self.labels[chosen]
            else:  # every process draws for the whole batch, so that the draws do not depend on their number
                draw = (self.seed * 1_000_003 + epoch) * 1_000_003 + number
                generator = torch.Generator().manual_seed(draw % 2**63)
                images = self.augment(self.images[chosen], generator)
                yield self.world.share(images), self.labels[self.world.share(chosen)]

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        parts = (torch.split(self.world.share(values), TEST_BATCH) for values in self.tested)
        yield from zip(*parts, strict=True)


class LoaderBatches:
    """Batches that PyTorch's `DataLoader` puts together from single images.

    Args:
        data: the images.
        batch_size: images of a batch, over all processes.
        seed: of order and changes.
        workers: processes that read and change images; 0 does it in this one.
        device: where the batches go.
        layout: of the images.
        world: the processes.
    """

    def __init__(
        self,
        data: Datasets,
        batch_size: int,
        seed: int,
        workers: int,
        device: torch.device,
        layout: torch.memory_format,
        world: World | None = None,
    ) -> None:
        self.world = world or World(0, 1)
        self.count = len(data.train)  # type: ignore[arg-type]
        check_batch_size(batch_size, self.count, self.world)
        self.data, self.batch_size, self.seed, self.workers = data, batch_size, seed, workers
        self.device, self.layout = device, layout

    def __len__(self) -> int:
        return self.count // self.batch_size

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        batches = order(self.count, self.batch_size, self.seed, epoch)[start:]
        mine = [self.world.share(batch).tolist() for batch in batches]
        changed = Repeatable(self.data.train, self.seed, epoch)
        return self._moved(self._loader(changed, mine))

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        count = len(self.data.test)  # type: ignore[arg-type]
        parts = torch.split(self.world.share(torch.arange(count)), TEST_BATCH)
        return self._moved(self._loader(self.data.test, [part.tolist() for part in parts]))

    def _loader(
        self, dataset: Dataset[tuple[Tensor, int]], batches: list[list[int]]
    ) -> DataLoader[tuple[Tensor, int]]:
        """PyTorch's loader of these batches; a generator of its own keeps it from using the training's."""
        pinned = self.device.type == "cuda"
        own = torch.Generator()
        return DataLoader(
            dataset, batch_sampler=batches, num_workers=self.workers, pin_memory=pinned, generator=own
        )

    def _moved(self, loader: DataLoader[tuple[Tensor, int]]) -> Iterator[tuple[Tensor, Tensor]]:
        for images, labels in loader:
            moved = images.to(self.device, memory_format=self.layout, non_blocking=True)
            yield moved, labels.to(self.device, non_blocking=True)
