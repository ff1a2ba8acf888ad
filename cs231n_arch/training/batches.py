"""Batches for the loop, shuffled anew in each epoch: whole ones on the device, or image by image from a loader.

The order of an epoch, and what is drawn for an image, depend on the seed and on the numbers of epoch, batch and
image alone. So a run can be resumed at any batch, and several processes see the batches of a single one. Images
that do not fill a last batch wait for the next epoch.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from cs231n_arch.data import Split
from cs231n_arch.data.loaders import Datasets, Repeatable, collate
from cs231n_arch.errors import check_whole
from cs231n_arch.machine import find_device
from cs231n_arch.training.checks import check_split
from cs231n_arch.training.distributed import World

Augment = Callable[[Tensor, torch.Generator], Tensor]  # images (N, C, H, W) to as many
TEST_BATCH = 512
LARGEST_SEED = 2**63 - 1  # of PyTorch's generators


class Batches(Protocol):
    """The interface between the loop and its data."""

    def __len__(self) -> int:
        """Batches of an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of the batches from number `start`: images (batch, C, H, W), labels (batch,)."""

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of the test images, each of them once over all processes."""


def make_batches(
    data: Split | Datasets,
    batch_size: int,
    *,
    seed: int = 0,
    augment: Augment | None = None,
    workers: int = 0,
    device: str | torch.device | None = None,
    layout: torch.memory_format = torch.contiguous_format,
) -> "DeviceBatches | LoaderBatches":
    """The batches of either kind of data, for `fit`.

    Args:
        data: a `Split` is moved to the device as a whole; `Datasets` are read by PyTorch's loader.
        batch_size: images of a batch, over all processes.
        seed: of order and changes, from 0 to 2^63 - 1.
        augment: changes a batch of a `Split` at random, such as `augment.CropAndFlip()`.
        workers: processes that read `Datasets`; 0 reads them in this one.
        device: where the batches are needed; by default the CUDA device if there is one, else the CPU.
        layout: of the images in memory.

    Raises:
        ValueError: an option out of range, images that are not finite floats, or labels of no class.
    """
    check_whole(0, LARGEST_SEED, seed=seed)
    check_whole(0, workers=workers)
    target = find_device(device)
    if isinstance(data, Datasets):
        if augment is not None:
            raise ValueError("augment is for a Split; Datasets change their images themselves")
        return LoaderBatches(data, batch_size, seed, workers, target, layout)
    train, test = (
        (images.to(target, memory_format=layout), labels.to(target))
        for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels))
    )
    check_split(*train, len(data.classes), "training")
    check_split(*test, len(data.classes), "test")
    return DeviceBatches(train, test, batch_size, seed, augment)


def draws(*numbers: int) -> torch.Generator:
    """A generator of random numbers that depend on all of these: seed, epoch, batch."""
    seed = 0
    for number in numbers:
        seed = seed * 1_000_003 + int(number)
    return torch.Generator().manual_seed(seed % 2**63)


def order(count: int, batch_size: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """The images of each batch of an epoch, over all processes."""
    return torch.split(torch.randperm(count, generator=draws(seed, epoch)), batch_size)[: count // batch_size]


def pieces(images: Tensor, labels: Tensor, world: World | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """This process's share of labeled images, in the pieces in which they are tested."""
    mine = ((world or World.here()).share(values) for values in (images, labels))
    yield from zip(*(torch.split(values, TEST_BATCH) for values in mine), strict=True)


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
        test: as `train`.
        batch_size: images of a batch, over all processes.
        seed: of order and changes.
        augment: changes a batch, such as `augment.CropAndFlip()`.
        world: the processes; by default those of this training.
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
        self.world = world or World.here()
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
                images = self.augment(self.images[chosen], draws(self.seed, epoch, number))
                yield self.world.share(images), self.labels[self.world.share(chosen)]

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        return pieces(*self.tested, self.world)


class LoaderBatches:
    """Batches that PyTorch's `DataLoader` puts together from single images.

    Args:
        data: the images.
        batch_size: images of a batch, over all processes.
        seed: of order and changes.
        workers: processes that read and change images; 0 does it in this one.
        device: where the batches go.
        layout: of the images.
        world: the processes; by default those of this training.
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
        self.world = world or World.here()
        self.count = len(data.train)  # type: ignore[arg-type]
        check_batch_size(batch_size, self.count, self.world)
        self.data, self.batch_size, self.seed, self.workers = data, batch_size, seed, workers
        self.device, self.layout = device, layout

    def __len__(self) -> int:
        return self.count // self.batch_size

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        batches = order(self.count, self.batch_size, self.seed, epoch)[start:]
        return self._load(self.data.train, [self.world.share(batch) for batch in batches], epoch)

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        count = len(self.data.test)  # type: ignore[arg-type]
        return self._load(self.data.test, torch.split(self.world.share(torch.arange(count)), TEST_BATCH), epoch=0)

    def _load(
        self, dataset: Dataset[tuple[Tensor, int]], batches: Iterable[Tensor], epoch: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """These batches of a set; all that is drawn for an image depends on seed, epoch and image alone."""
        loader = DataLoader(
            Repeatable(dataset, self.seed, epoch),
            batch_sampler=[batch.tolist() for batch in batches],
            num_workers=self.workers,
            pin_memory=self.device.type == "cuda",
            generator=draws(self.seed, epoch),  # of its own, so that it does not use the training's
            collate_fn=collate,
        )
        for batch in loader:
            if isinstance(batch, Exception):
                raise batch
            images, labels = batch
            moved = images.to(self.device, memory_format=self.layout, non_blocking=True)
            yield moved, labels.to(self.device, non_blocking=True)
