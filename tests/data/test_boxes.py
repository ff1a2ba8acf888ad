"""Boxes on canvases, and the loader of the Oxford-IIIT Pet set on a folder like it with a few pictures of ours."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from cs231n_arch.data import DataUnavailableError
from cs231n_arch.data.boxes import load_boxed, load_pets


def test_canvas_boxes_are_tight_and_reproducible() -> None:
    train, test = load_boxed(canvas=48, object_sizes=(16, 32), seed=3)
    again, _ = load_boxed(canvas=48, object_sizes=(16, 32), seed=3)
    assert torch.equal(train.images, again.images)
    assert len(train.images) + len(test.images) == 1797
    for image, box in zip(train.images[:50, 0], train.boxes[:50], strict=True):
        left, top, right, bottom = (box * 48).round().int().tolist()
        ink = image > 0.1
        assert ink[top:bottom, left:right].sum() == ink.sum() > 0
        assert ink[top].any()
        assert ink[bottom - 1].any()
        assert ink[:, left].any()
        assert ink[:, right - 1].any()
    assert train.boxes.min() >= 0
    assert train.boxes.max() <= 1
    sizes = (train.boxes[:, 2:] - train.boxes[:, :2]) * 48
    assert sizes.max() <= 32


@pytest.mark.parametrize("sizes", [(0, 8), (9, 8), (8, 49)])
def test_bad_object_sizes(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"object_sizes must .*; given \(\d, \d+\)"):
        load_boxed(canvas=48, object_sizes=sizes)


XML = """<annotation><size><width>{width}</width><height>{height}</height></size>
<object><name>cat</name><bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>
</bndbox></object></annotation>"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "oxford-iiit-pet"
    for part in ("images", "annotations/xmls"):
        (folder / part).mkdir(parents=True)
    names = [f"Maine_Coon_{n}" for n in range(6)] + [f"pug_{n}" for n in range(6)]
    for number, name in enumerate(names):
        Image.new("L" if number == 3 else "RGB", (80, 40), (20 * number,) * (1 if number == 3 else 3)).save(
            folder / "images" / f"{name}.jpg"
        )
        xml = XML.format(width=80, height=40, box=(8, 4, 48, 24))
        (folder / "annotations" / "xmls" / f"{name}.xml").write_text(xml)
    (folder / "annotations" / "xmls" / "pug_5.xml").unlink()
    lines = [f"{name} {1 if name.startswith('Maine') else 3} 1 1" for name in names]
    (folder / "annotations" / "trainval.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_images_labels_and_boxes(root: Path) -> None:
    train, test = load_pets(image_size=16, root=root)
    assert (len(train.labels), len(test.labels)) == (8, 3)  # one has no box
    assert train.images.shape == (8, 3, 16, 16)
    assert train.classes == ("Maine Coon", "", "pug")
    assert train.labels.tolist() == [0] * 4 + [2] * 4
    assert test.labels.tolist() == [0, 0, 2]
    torch.testing.assert_close(train.boxes, torch.tensor([[0.1, 0.1, 0.6, 0.6]]).expand(8, 4))
    assert train.images[0].mean().item() == pytest.approx(20 / 255, abs=0.02)


def test_damaged_annotation(root: Path) -> None:
    (root / "oxford-iiit-pet" / "annotations" / "xmls" / "pug_0.xml").write_text("<annotation>")
    with pytest.raises(DataUnavailableError, match=r"pug_0 of .* cannot be read"):
        load_pets(root=root)


def test_missing_image(root: Path) -> None:
    (root / "oxford-iiit-pet" / "images" / "pug_0.jpg").unlink()
    with pytest.raises(DataUnavailableError, match=r"pug_0 of .* cannot be read"):
        load_pets(root=root)


def test_without_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.datasets.OxfordIIITPet", unreachable)
    with pytest.raises(
        DataUnavailableError, match=r"Oxford-IIIT Pet is not on this machine[\s\S]*no route to host"
    ):
        load_pets(root=tmp_path)


def test_bad_size(root: Path) -> None:
    with pytest.raises(ValueError, match=r"image_size must be .*; given 0"):
        load_pets(image_size=0, root=root)
