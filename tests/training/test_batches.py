"""Both pipelines give the loop the same kind of batches, and any number of processes or workers the same ones."""

import random
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from cs231n_arch import create_model, data
from cs231n_arch.data import Split
from cs231n_arch.data.augment import CropAndFlip, for_images
from cs231n_arch.data.loaders import Datasets, one_by_one
from cs231n_arch.training import Recipe, recipes, train
from cs231n_arch.training.batches import DeviceBatches, LoaderBatches
from cs231n_arch.training.distributed import World
from cs231n_arch.training.schedules import Constant

CPU = torch.device("cpu")
RECIPE = Recipe("test", "none", "sgd", 0.02, Constant(), batch_size=32, epochs=1, momentum=0.9)


@pytest.fixture(scope="module")
def split() -> Split:
    whole = data.load("digits", image_size=32)
    return replace(whole, train_images=whole.train_images[:200], train_labels=whole.train_labels[:200])


def loader(split: Split, *, workers: int = 0, world: World | None = None) -> LoaderBatches:
    changed = one_by_one(split, for_images(recipes.get("resnet_cifar").augmentation))
    return LoaderBatches(changed, 32, 3, workers, CPU, torch.channels_last, world)


def device(split: Split, world: World | None = None) -> DeviceBatches:
    train_part, test = (split.train_images, split.train_labels), (split.test_images, split.test_labels)
    return DeviceBatches(train_part, test, 32, 3, CropAndFlip(), world)


def test_both_pipelines_visit_the_same_images_in_the_same_order(split: Split) -> None:
    for (_, first), (_, second) in zip(device(split).epoch(4), loader(split).epoch(4), strict=True):
        assert torch.equal(first, second)
    assert len(device(split)) == len(loader(split)) == 200 // 32


@pytest.mark.parametrize("make", [device, loader])
def test_two_processes_see_the_batches_of_one(split: Split, make) -> None:
    whole = list(make(split).epoch(1))
    parts = [list(make(split, world=World(rank, 2)).epoch(1)) for rank in range(2)]
    for (images, labels), *halves in zip(whole, *parts, strict=True):
        for rank, (some, theirs) in enumerate(halves):
            assert torch.equal(some, images[rank::2])  # the same crops, not only the same images
            assert torch.equal(theirs, labels[rank::2])


@pytest.mark.parametrize("make", [device, loader])
def test_an_epoch_resumes_at_any_batch(split: Split, make) -> None:
    whole = list(make(split).epoch(2))
    rest = list(make(split).epoch(2, start=4))
    assert len(rest) == 2
    for (images, labels), (again, theirs) in zip(whole[4:], rest, strict=True):
        assert torch.equal(images, again)
        assert torch.equal(labels, theirs)


def test_workers_change_nothing(split: Split) -> None:
    alone, helped = (list(loader(split, workers=n).epoch(0)) for n in (0, 2))
    for (images, labels), (again, theirs) in zip(alone, helped, strict=True):
        assert torch.equal(images, again)
        assert torch.equal(labels, theirs)
    assert alone[0][0].is_contiguous(memory_format=torch.channels_last)


class Drawn(Dataset):
    """What each of the three global generators draws for an image."""

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.tensor([random.random(), np.random.rand(), torch.rand(()).item()]), index  # noqa: NPY002


def drawn(seed: int, epoch: int, workers: int, start: int = 0) -> torch.Tensor:
    batches = LoaderBatches(
        Datasets("drawn", Drawn(), Drawn(), ("a",)), 2, seed, workers, CPU, torch.preserve_format
    )
    found = [(labels, images) for images, labels in batches.epoch(epoch, start)]
    return torch.cat([torch.cat([y[:, None].float(), x], dim=1) for y, x in found])


def test_every_generator_draws_by_seed_epoch_and_image_whatever_the_workers() -> None:
    first = drawn(seed=1, epoch=2, workers=0)
    assert torch.equal(drawn(seed=1, epoch=2, workers=1), first)
    assert torch.equal(drawn(seed=1, epoch=2, workers=2), first)
    assert torch.equal(drawn(seed=1, epoch=2, workers=2, start=1), first[2:])
    numbers = torch.cat([first, drawn(1, 3, workers=1), drawn(2, 2, workers=1)])[:, 1:].flatten()
    assert (
        len(numbers.unique()) == 3 * 6 * 3
    )  # nothing comes twice: not in an epoch, nor in another, nor by a seed


def test_the_callers_generators_are_left_alone() -> None:
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    drawn(seed=0, epoch=0, workers=0)
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])


@pytest.mark.parametrize("make", [device, loader])
def test_every_test_image_is_seen_once(split: Split, make) -> None:
    seen = [torch.cat([y for _, y in make(split, world=World(rank, 16)).test()]) for rank in range(16)]
    assert torch.equal(torch.cat(seen).sort().values, split.test_labels.sort().values)


def test_training_from_the_usual_loader(split: Split) -> None:
    plain = one_by_one(split)
    runs = []
    for given in (split, plain):
        torch.manual_seed(0)
        model = create_model("lenet5", modern=True)
        runs.append(train(model, given, RECIPE, epochs=2, device="cpu", progress=False))
    first, second = (list(run.model.parameters()) for run in runs)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert runs[0].test_error == runs[1].test_error


def test_the_wrong_kind_of_change_is_refused(split: Split) -> None:
    model = create_model("lenet5", modern=True)
    with pytest.raises(ValueError, match="augment is for a Split; Datasets change their images themselves"):
        train(model, one_by_one(split), RECIPE, augment=CropAndFlip(), device="cpu", progress=False)
    with pytest.raises(ValueError, match="workers must be a whole number of at least 0; given -1"):
        train(model, one_by_one(split), RECIPE, workers=-1, device="cpu", progress=False)
    bytes_only = replace(split, train_images=split.train_images.byte(), test_images=split.test_images.byte())
    with pytest.raises(ValueError, match=r"normalized floats; given torch\.uint8"):
        train(model, one_by_one(bytes_only), RECIPE, device="cpu", progress=False)


def test_whole_batches_are_at_least_five_times_as_fast() -> None:
    generator = torch.Generator().manual_seed(0)
    both = torch.randn(2000, 3, 32, 32, generator=generator), torch.randint(0, 10, (2000,), generator=generator)
    split = Split("random", *both, *both, tuple("0123456789"), (0.0,) * 3, (1.0,) * 3, "random numbers")
    seconds = []
    for make in (device, loader):
        batches = make(split)
        next(batches.epoch(0))
        begun = time.process_time()  # the processor's own: other work on the machine does not count
        assert sum(len(labels) for _, labels in batches.epoch(1)) == 2000 // 32 * 32
        seconds.append(time.process_time() - begun)
    assert seconds[1] > 5 * seconds[0]
