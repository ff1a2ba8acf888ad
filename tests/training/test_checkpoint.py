"""Checkpoints: exact resumption, and every kind of bad file."""

import os
import pickle
import signal
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, data
from cs231n_arch.data import Split
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.training import CheckpointError, Files, Recipe, train
from cs231n_arch.training import checkpoint as checkpoints
from cs231n_arch.training.schedules import Constant, Plateau

RECIPE = Recipe(
    "test", "none", "sgd", 0.02, Plateau(by=0.1, times=2, patience=1, watch="test"), batch_size=64, epochs=3,
    momentum=0.9, ema_decay=0.95, clip_norm=5.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> Split:
    return data.load("digits", image_size=16)


def net() -> nn.Module:
    """A net whose dropout draws from the training's random numbers."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Dropout(0.2), create_model("resnet20", in_channels=1, num_classes=10))


class Stop(Exception):
    """Ends a training from inside, as a crash would."""


def crashing(after: int) -> object:
    """An augmentation that fails after so many batches."""
    calls = 0
    shift = CropAndFlip(2, flip=False)

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Stop
        return shift(images, generator)

    return augment


@pytest.mark.parametrize("after", [3, 22, 30])  # inside the first epoch, at the end of it, inside the second
def test_resumption_is_exact(digits: Split, tmp_path: Path, after: int) -> None:
    options = {"steps": 34, "device": "cpu", "progress": False, "seed": 4}

    def drawing() -> nn.Sequential:
        return nn.Sequential(nn.Dropout(0.2), net())

    whole = train(drawing(), digits, RECIPE, augment=crashing(10**9), **options)
    files = Files(tmp_path / "c.pt", checkpoint_every=1, resume=True)
    with pytest.raises(Stop):
        train(drawing(), digits, RECIPE, augment=crashing(after), files=files, **options)
    resumed = train(drawing(), digits, RECIPE, augment=crashing(10**9), files=files, **options)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    columns = ["epoch", "step", "lr", "train_loss", "train_error", "test_error"]
    assert resumed.history[columns].equals(whole.history[columns])


def test_a_finished_run_has_nothing_left_to_do(digits: Split, tmp_path: Path) -> None:
    files = Files(tmp_path / "c.pt", resume=True)
    options = {"steps": 2, "files": files, "device": "cpu", "progress": False}
    first = train(net(), digits, RECIPE, **options)
    again = train(net(), digits, RECIPE, augment=crashing(0), **options)
    assert again.history.equals(first.history)


def test_ctrl_c_saves(digits: Split, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    before = signal.getsignal(signal.SIGINT)  # a program in the background ignores the signal

    def press(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        if not path.exists():
            os.kill(os.getpid(), signal.SIGINT)
        return images

    with pytest.raises(KeyboardInterrupt):
        train(net(), digits, RECIPE, epochs=1, augment=press, files=Files(path), device="cpu", progress=False)
    assert torch.load(path, weights_only=True)["state"]["now"]["step"] == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_training_in_another_thread(digits: Split) -> None:
    runs = []
    worker = threading.Thread(
        target=lambda: runs.append(train(net(), digits, RECIPE, steps=1, device="cpu", progress=False))
    )
    worker.start()
    worker.join()
    assert len(runs) == 1


RUN = {"recipe": "r", "seed": "0"}


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "deep" / "c.pt", RUN, {"step": 3, "x": torch.arange(3), "text": ["a"]})
    state = checkpoints.load(tmp_path / "deep" / "c.pt", RUN)
    assert state["step"] == 3
    assert torch.equal(state["x"], torch.arange(3))


def test_another_run_is_refused(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c.pt", RUN, {})
    with pytest.raises(CheckpointError, match="belongs to another run: its seed is 0, this run's is 1"):
        checkpoints.load(tmp_path / "c.pt", RUN | {"seed": "1"})


def test_a_run_with_the_words_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    new = {"augmentation": "('shorter side 256, center 256', 'RGB color shift')", "test_view": "center crop 224"}
    old = {name: words.replace("center", "centre").replace("color", "colour") for name, words in new.items()}
    for before, now in ((old, new), (new, old), (old, old)):
        checkpoints.save(tmp_path / "c.pt", before, {"step": 3})
        assert checkpoints.load(tmp_path / "c.pt", now) == {"step": 3}
    checkpoints.save(tmp_path / "c.pt", {"data": "colour"}, {})  # elsewhere it is another name
    with pytest.raises(CheckpointError, match="belongs to another run: its data is"):
        checkpoints.load(tmp_path / "c.pt", {"data": "color"})


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch hostile-was-here",)


def test_hostile_files_are_refused_unrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"format": checkpoints.FORMAT, "run": RUN, "state": Hostile()}, "zip.pt")
    Path("raw.pt").write_bytes(pickle.dumps(Hostile(), protocol=2))
    for name in ("zip.pt", "raw.pt"):
        with pytest.raises(CheckpointError, match=f"{name} is refused"):
            checkpoints.load(name, RUN)
    assert not Path("hostile-was-here").exists()


def test_damaged_and_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    checkpoints.save(path, RUN, {"x": torch.arange(1000)})
    whole = path.read_bytes()
    for content in (b"", b"hello", whole[:10], whole[: len(whole) // 2], whole[:-5]):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"damaged|refused"):
            checkpoints.load(path, RUN)
    torch.save({"weights": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint of this library"):
        checkpoints.load(path, RUN)
    with pytest.raises(FileNotFoundError):
        checkpoints.load(tmp_path / "nothing", RUN)


def test_weights_that_do_not_fit() -> None:
    small, large = create_model("lenet5"), create_model("lenet5", num_classes=10, in_channels=3)
    before = {k: v.clone() for k, v in small.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"c1.weight has shape \(6, 3, 5, 5\) there and \(6, 1, 5, 5\) here"):
        checkpoints.load_weights(small, large.state_dict(), "c.pt")
    with pytest.raises(CheckpointError, match=r"only the model has c1\.weight"):
        checkpoints.load_weights(small, {}, "c.pt")
    with pytest.raises(CheckpointError, match="only the checkpoint has extra"):
        checkpoints.load_weights(small, before | {"extra": torch.zeros(1)}, "c.pt")
    assert all(torch.equal(v, small.state_dict()[k]) for k, v in before.items())


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.pt"
    checkpoints.save(path, RUN, {"x": torch.arange(10)})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(path, RUN, {"x": torch.arange(20)})
    assert len(checkpoints.load(path, RUN)["x"]) == 10
    assert [file.name for file in tmp_path.iterdir()] == ["c.pt"]


def test_schedules_without_state_resume_too(digits: Split, tmp_path: Path) -> None:
    plain = Recipe("plain", "none", "sgd", 0.02, Constant(), batch_size=128, epochs=1)
    options = {"steps": 4, "device": "cpu", "progress": False}
    whole = train(net(), digits, plain, **options)
    with pytest.raises(Stop):
        train(
            net(), digits, plain, files=Files(tmp_path / "c", checkpoint_every=1), augment=crashing(2), **options
        )
    resumed = train(net(), digits, plain, files=Files(tmp_path / "c", resume=True), **options)
    assert resumed.history["step"].iloc[-1] == whole.history["step"].iloc[-1] == 4
