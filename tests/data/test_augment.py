"""The papers' augmentations, image by image and batch by batch."""

import math

import pytest
import torch
from torchvision.transforms import v2

from cs231n_arch import data
from cs231n_arch.data.augment import (
    STEPS,
    Brighten,
    CropAndFlip,
    OneOfTenCrops,
    PCALighting,
    crops_144,
    for_images,
    ten_crops,
)
from cs231n_arch.training import recipes


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_augments(name: str) -> None:
    recipe = recipes.get(name)
    small = any("random crop" in step and "pad" in step for step in recipe.augmentation)
    size = 32 if small or not recipe.augmentation else 500
    image = torch.rand(3, size, size - 100 * (size > 32))
    torch.manual_seed(0)
    cropped = for_images(recipe.augmentation)(image)
    assert cropped.dtype == image.dtype
    assert cropped.shape[1] == cropped.shape[2] or not recipe.augmentation
    if not small and recipe.augmentation:
        assert cropped.shape[1] in (224, 227, 299)


def test_unknown_step() -> None:
    with pytest.raises(ValueError, match="no augmentation is called 'blur'; there are 'shorter side 256"):
        for_images(["random flip", "blur"])
    assert "random flip" in STEPS


def test_lighting_is_the_papers_formula() -> None:
    lighting = PCALighting(std=0.1)
    image = torch.full((3, 2, 2), 0.5)
    torch.manual_seed(3)
    shifted = lighting(image)
    torch.manual_seed(3)
    draws = torch.randn(3) * 0.1
    vectors = torch.tensor([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    expected = sum(draws[i] * [0.2175, 0.0188, 0.0045][i] * vectors[:, i] for i in range(3))
    torch.testing.assert_close(shifted - image, expected.view(3, 1, 1).expand(3, 2, 2))


def test_lighting_of_bytes_and_floats_agrees() -> None:
    image = torch.randint(0, 256, (3, 8, 8), dtype=torch.uint8)
    lighting = PCALighting(std=1.0)
    torch.manual_seed(0)
    as_bytes = lighting(image)
    torch.manual_seed(0)
    as_floats = lighting(image.float() / 255)
    assert as_bytes.dtype == torch.uint8
    assert (as_bytes.float() / 255 - as_floats).abs().max() <= 0.5 / 255 + 1e-6
    assert as_floats.min() >= 0
    assert as_floats.max() <= 1


def test_ten_crops_are_corners_center_and_mirrors() -> None:
    image = torch.arange(36.0).view(1, 6, 6)
    crops = ten_crops(image, 4)
    assert crops.shape == (10, 1, 4, 4)
    assert [crop[0, 0, 0].item() for crop in crops[:5]] == [0, 2, 12, 14, 7]
    assert torch.equal(crops[5:].flip(-1).sort(0).values, crops[:5].sort(0).values)
    torch.manual_seed(0)
    drawn = {tuple(OneOfTenCrops(4)(image).flatten().tolist()) for _ in range(200)}
    assert drawn == {tuple(crop.flatten().tolist()) for crop in crops}


@pytest.mark.parametrize("shape", [(3, 60, 90), (2, 3, 90, 60)])
def test_144_crops(shape: tuple[int, ...]) -> None:
    crops = crops_144(torch.rand(shape), size=32, scales=(36, 40, 44, 48))
    assert crops.shape == (144, *shape[:-2], 32, 32)
    assert len(crops.flatten(1).unique(dim=0)) == 144
    assert torch.equal(crops[72:], crops[:72].flip(-1))


def outcomes(crops: torch.Tensor, size: int, padding: int) -> torch.Tensor:
    """Which of the (2p+1)^2 * 2 windows each crop of the all-different image is, told by its pixels."""
    image = torch.arange(1.0, size * size + 1).view(1, size, size)
    padded = torch.nn.functional.pad(image, (padding,) * 4)
    places = range(2 * padding + 1)
    windows = torch.stack([padded[:, t : t + size, s : s + size] for t in places for s in places])
    table = torch.cat([windows, windows.flip(-1)]).flatten(1)
    return torch.cdist(crops.flatten(1), table, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)


def chi_square(counts: torch.Tensor) -> float:
    expected = counts.sum() / len(counts)
    return float(((counts - expected) ** 2 / expected).sum())


def test_both_pipelines_draw_every_window_equally_often() -> None:
    size, padding, draws = 6, 2, 5000
    image = torch.arange(1.0, size * size + 1).view(1, size, size)
    kinds = 2 * (2 * padding + 1) ** 2
    torch.manual_seed(0)
    one_by_one = v2.Compose([v2.RandomCrop(size, padding=padding), v2.RandomHorizontalFlip()])
    loader = torch.stack([one_by_one(image) for _ in range(draws)])
    batch = CropAndFlip(padding)(image.expand(draws, 1, size, size), torch.Generator().manual_seed(0))
    limit = kinds - 1 + 4 * math.sqrt(2 * (kinds - 1))  # four standard deviations above the mean of chi-square
    for crops in (loader, batch):
        counts = outcomes(crops, size, padding).bincount(minlength=kinds).double()
        assert chi_square(counts) < limit


def test_reflection_is_torchvisions() -> None:
    images = torch.rand(50, 3, 8, 8)
    drawn = CropAndFlip(3, mode="reflect", flip=False)(images, torch.Generator().manual_seed(1))
    padded = v2.functional.pad(images, [3, 3, 3, 3], padding_mode="reflect")
    for crop, whole in zip(drawn, padded, strict=True):
        windows = whole.unfold(1, 8, 1).unfold(2, 8, 1).movedim(0, 2).flatten(0, 1)
        assert (windows == crop).flatten(1).all(1).any()


def test_whole_batches_are_reproducible_and_keeps_images_apart() -> None:
    images = torch.arange(64.0).view(64, 1, 1, 1).expand(64, 2, 8, 8) + 1
    draw = [CropAndFlip()(images, torch.Generator().manual_seed(5)) for _ in range(2)]
    assert torch.equal(*draw)
    assert draw[0].is_contiguous(memory_format=torch.channels_last)
    for number, image in enumerate(draw[0]):
        assert set(image.unique().tolist()) <= {0.0, number + 1.0}
    assert torch.equal(CropAndFlip(0, flip=False)(images), images)


def test_bad_padding() -> None:
    with pytest.raises(ValueError, match="padding must be at least 0; given -1"):
        CropAndFlip(-1)


def test_flipping_digits_can_be_switched_off() -> None:
    images = data.load("digits").train_images[:200]
    window = CropAndFlip(0, flip=False)(images, torch.Generator().manual_seed(0))
    assert torch.equal(window, images)


def test_brightness_is_one_number_added_to_all_pixels() -> None:
    torch.manual_seed(0)
    image = torch.rand(3, 8, 8) / 2 + 0.25
    shifts = torch.stack([Brighten(32 / 255)(image) - image for _ in range(200)]).flatten(1)
    assert (shifts.amax(1) - shifts.amin(1)).max() < 1e-6
    assert shifts.abs().max() <= 32 / 255 + 1e-6
    assert shifts.mean().abs() < 0.02  # the mean of 200 draws has a deviation of 0.005
    assert Brighten(1.0)((image * 255).byte()).dtype == torch.uint8


def test_the_inception_crop_takes_from_a_twentieth_of_the_image() -> None:
    crop = STEPS["area crop 299, 5-100 % of the image, aspect 3/4-1.33"]()
    assert (tuple(crop.scale), tuple(crop.ratio)) == ((0.05, 1.0), (0.75, 1.33))
    assert crop(torch.rand(3, 400, 300)).shape == (3, 299, 299)
