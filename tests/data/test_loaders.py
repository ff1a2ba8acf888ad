"""Images one by one: tensors and files, changed in a way that can be repeated."""

from pathlib import Path

import pytest
import torch
from torchvision.transforms.v2.functional import to_pil_image

from cs231n_arch import data
from cs231n_arch.data.augment import for_images
from cs231n_arch.data.loaders import Images, Repeatable, folders, one_by_one
from cs231n_arch.training import make_batches, recipes


def test_a_split_one_by_one() -> None:
    split = data.load("digits", image_size=32)
    sets = one_by_one(split, lambda image: image + 1)
    image, label = sets.train[5]
    assert torch.equal(image, split.train_images[5] + 1)
    assert label == split.train_labels[5]
    assert torch.equal(sets.test[7][0], split.test_images[7])  # test images are left alone
    assert repr(sets) == "Datasets('digits': 1437 training and 360 test images, 10 classes)"


def test_changes_depend_on_seed_epoch_and_image_alone() -> None:
    images = torch.zeros(4, 1, 2, 2)
    noisy = Images(images, torch.arange(4), lambda image: image + torch.rand(image.shape))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = [Repeatable(noisy, seed=1, epoch=2)[i][0] for i in range(4)]
    assert torch.equal(torch.get_rng_state(), before)
    again = [Repeatable(noisy, seed=1, epoch=2)[i][0] for i in reversed(range(4))]
    assert all(torch.equal(a, b) for a, b in zip(first, reversed(again), strict=True))
    others = [Repeatable(noisy, seed=1, epoch=3)[0][0], Repeatable(noisy, seed=2, epoch=2)[0][0], first[1]]
    assert not any(torch.equal(first[0], other) for other in others)


@pytest.fixture
def image_files(tmp_path: Path) -> Path:
    """Real digits as image files of different sizes, enlarged so that there is something to crop."""
    split = data.load("digits", image_size=120, channels=3, normalise=None)
    for part, images in (("train", split.train_images), ("val", split.test_images)):
        for number in range(6):
            folder = tmp_path / part / f"class{number % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            to_pil_image(images[number][:, : 110 + number]).save(folder / f"{number}.png")
    return tmp_path


def test_image_files(image_files: Path) -> None:
    sets = folders(image_files, recipes.get("resnext").augmentation)
    assert sets.classes == ("class0", "class1")
    shapes = {image.shape for part in (sets.train, sets.test) for image, _ in part}
    assert shapes == {(3, 224, 224)}
    image, label = sets.test[0]
    assert image.dtype == torch.float32
    assert label in (0, 1)
    # White paper is 1 before ImageNet's mean and deviation, black ink 0.
    bounds = [(value - 0.485) / 0.229 for value in (0.0, 1.0)]
    assert bounds[0] - 1e-4 <= image[0].min() < image[0].max() <= bounds[1] + 1e-4
    assert not torch.equal(sets.train[0][0], sets.train[0][0])  # two draws


def test_bad_folders(image_files: Path) -> None:
    steps = recipes.get("vgg").augmentation
    with pytest.raises(FileNotFoundError):
        folders(image_files / "nowhere", steps)
    with pytest.raises(ValueError, match="random flip: this does not crop image files to one size"):
        folders(image_files, ("random flip",))
    with pytest.raises(ValueError, match="no step: this does not crop image files to one size"):
        folders(image_files, ())
    (image_files / "val" / "class1").rename(image_files / "val" / "class2")
    with pytest.raises(ValueError, match="must hold the same classes"):
        folders(image_files, steps)


def test_hidden_folders_and_files_are_skipped(image_files: Path) -> None:
    steps = recipes.get("resnext").augmentation
    before = [path for path, _ in folders(image_files, steps).train.files]
    for part in ("train", "val"):
        hidden = image_files / part / ".ipynb_checkpoints"
        hidden.mkdir()
        (hidden / "0-checkpoint.png").write_bytes((image_files / part / "class0" / "0.png").read_bytes())
        (image_files / part / "class0" / "._0.png").write_bytes(b"left by another system")
    sets = folders(image_files, steps)
    assert sets.classes == ("class0", "class1")
    assert [path for path, _ in sets.train.files] == before
    assert len(before) == 6


def test_labels_are_the_number_of_the_folder(image_files: Path) -> None:
    sets = folders(image_files, recipes.get("resnext").augmentation)
    assert all(path.parent.name == sets.classes[label] for path, label in sets.train.files)
    assert [label for _, label in sets.test] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("content", [b"no image", b"cut short"])
def test_an_image_that_cannot_be_read_is_named(image_files: Path, content: bytes, workers: int) -> None:
    broken = image_files / "train" / "class1" / "3.png"
    broken.write_bytes(broken.read_bytes()[:200] if content == b"cut short" else content)
    sets = folders(image_files, recipes.get("resnext").augmentation)
    batches = make_batches(sets, 6, workers=workers, device="cpu")
    with pytest.raises(OSError, match=r"class1/3\.png cannot be read as an image: ") as caught:
        list(batches.epoch(0))
    assert "Traceback" not in str(caught.value)


def test_a_class_without_an_image(image_files: Path) -> None:
    (image_files / "train" / "class2").mkdir()
    with pytest.raises(FileNotFoundError, match=r"class2 holds no image \(\.jpg, "):
        folders(image_files, recipes.get("resnext").augmentation)


def test_a_recipes_steps_change_a_split() -> None:
    split = data.load("digits", image_size=32)
    sets = one_by_one(split, for_images(recipes.get("resnet_cifar").augmentation))
    draws = torch.stack([sets.train[3][0] for _ in range(20)])
    assert draws.shape == (20, 1, 32, 32)
    assert len(draws.flatten(1).unique(dim=0)) > 10
