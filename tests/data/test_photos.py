"""Photographs that come with packages, and photographs from files of every kind."""

import builtins
import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cs231n_arch import data


def test_photographs_have_names_and_credits() -> None:
    photos = data.photos()
    assert {"cat", "coffee", "temple", "flower", "photographer", "astronaut", "rocket", "admiral"} == set(photos)
    for name, photo in photos.items():
        assert photo.name == name
        assert photo.image.dtype == torch.uint8
        assert photo.image.is_contiguous()
        assert photo.image.shape[0] == 3
        assert min(photo.image.shape[1:]) >= 300
        assert photo.credit
        assert photo.licence in ("CC0", "CC BY 2.0", "public domain")
        assert photo.credit in repr(photo)
    assert "451x300" in repr(photos["cat"])
    red, green, blue = photos["coffee"].image.float().mean(dim=(1, 2))
    assert red > green > blue, "wood and coffee are brown"


def test_without_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("skimage"):
            raise ModuleNotFoundError("No module named 'skimage'")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        data.DataUnavailableError, match=r"'cat' comes with scikit-image.*pip install scikit-image"
    ):
        data.photos()


def test_crops() -> None:
    image = torch.arange(3 * 40 * 60).view(3, 40, 60).remainder(256).to(torch.uint8)
    made = data.crops([image, image.flip(1)], 8, size=20, seed=3, smallest=0.5)
    assert made.shape == (8, 3, 20, 20)
    assert made.dtype == torch.uint8
    assert torch.equal(made, data.crops([image, image.flip(1)], 8, size=20, seed=3, smallest=0.5))
    assert not torch.equal(made, data.crops([image, image.flip(1)], 8, size=20, seed=4, smallest=0.5))
    # At its own size a crop of the whole is the image itself, or its mirror image.
    square = image[:, :, :40]
    wholes = data.crops([square], 12, size=40, smallest=1.0)
    mirrored = [torch.equal(whole, square.flip(2)) for whole in wholes]
    assert all(torch.equal(whole, square) != flipped for whole, flipped in zip(wholes, mirrored, strict=True))
    assert 0 < sum(mirrored) < 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count must be a whole number of at least 1; given 0"),
        ({"size": 0}, "size must be a whole number"),
        ({"smallest": 0}, "smallest above 0 and at most 1; given 1 and 0"),
        ({"images": []}, "at least one photograph"),
    ],
)
def test_wrong_crops(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.crops(**{"images": [torch.zeros(3, 8, 8, dtype=torch.uint8)], "count": 1, **options})


# Left half red, right half blue, 40x20.
PICTURE = Image.fromarray(np.array([[[250, 0, 0]] * 20 + [[0, 0, 250]] * 20] * 20, dtype=np.uint8))


def stored(path: Path, image: Image.Image, **options: Any) -> torch.Tensor:
    image.save(path, **options)
    return data.read_photo(path).float()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.tif", "a.webp"])
def test_usual_files(name: str, tmp_path: Path) -> None:
    read = stored(tmp_path / name, PICTURE)
    assert read.shape == (3, 20, 40)
    assert torch.allclose(read[:, 10, 5], torch.tensor([250.0, 0, 0]), atol=12)
    assert torch.allclose(read[:, 10, 35], torch.tensor([0.0, 0, 250]), atol=12)


def test_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    read = stored(tmp_path / "a.jpg", PICTURE, exif=exif)
    assert read.shape == (3, 40, 20)
    assert read[0, 5, 10] > 200, "what was left is above"
    assert read[2, 35, 10] > 200


def test_cmyk(tmp_path: Path) -> None:
    read = stored(tmp_path / "a.jpg", PICTURE.convert("CMYK"))
    assert read[0, 10, 5] > 200
    assert read[2, 10, 5] < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_white(mode: str, tmp_path: Path) -> None:
    image = PICTURE.convert("RGBA")
    alpha = np.zeros((20, 40), np.uint8)
    alpha[:, :20] = 255
    image.putalpha(Image.fromarray(alpha))
    read = stored(tmp_path / "a.png", image.convert(mode))
    assert read[:, 10, 35].tolist() == [255, 255, 255]
    assert read[:, 10, 5].tolist() != [255, 255, 255]


@pytest.mark.parametrize(
    ("grey", "expected"),
    [
        (np.array([[0, 32768, 65535]], np.uint16), [0, 128, 255]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0, 0, 0]], np.float32), [0, 0, 0]),
    ],
)
def test_gray_of_many_bits(grey: np.ndarray, expected: list[int], tmp_path: Path) -> None:
    read = stored(tmp_path / "a.tif", Image.fromarray(grey))
    assert (read[0, 0] - torch.tensor(expected)).abs().max() <= 1
    assert torch.equal(read[0], read[2])


def test_black_and_white_and_gray(tmp_path: Path) -> None:
    for mode in ("1", "L"):
        read = stored(tmp_path / "a.png", Image.new(mode, (3, 2), 255 if mode == "L" else 1))
        assert read.shape == (3, 2, 3)
        assert read.unique().tolist() == [255]


def test_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    for content in (b"", b"GIF", b"hello, this is text"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.jpg is no image that Pillow can read, such as a PNG or a JPEG"):
            data.read_photo(path)
    with pytest.raises(FileNotFoundError):
        data.read_photo(tmp_path / "none.jpg")
    with pytest.raises(OSError, match="directory"):
        data.read_photo(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_damaged_images(kind: str, tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    file = io.BytesIO()
    noise.save(file, kind)
    whole, path = file.getvalue(), tmp_path / "photo"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"photo is (damaged: .|no image)"):
        data.read_photo(path)
    for seed in range(30):  # changed bytes: read somehow, or refused
        changed = np.frombuffer(whole, np.uint8).copy()
        generator = np.random.default_rng(seed)
        changed[generator.integers(0, len(changed), 5)] = generator.integers(0, 256, 5)
        path.write_bytes(changed.tobytes())
        with contextlib.suppress(ValueError):
            assert data.read_photo(path).dtype == torch.uint8


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_huge_images(side: int, tmp_path: Path) -> None:
    """A few kilobytes of white: Pillow warns of the first, and refuses the second."""
    path = tmp_path / "huge.png"
    Image.new("1", (side, side), 1).save(path)
    with pytest.raises(ValueError, match=r"huge.png has more than 89,478,485 pixels; make it smaller first"):
        data.read_photo(path)
