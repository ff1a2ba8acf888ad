"""`cs231n-arch train`: a run from the shell, its files, its resumption and its record."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from torchvision.transforms.v2.functional import to_pil_image

from cs231n_arch import cli, data
from cs231n_arch.cli import train as command
from cs231n_arch.training import recipes

LENET = [
    "train",
    "--model",
    "lenet5",
    "--recipe",
    "resnet_cifar",
    "--lr",
    "0.001",
    "--image-size",
    "32",
    "--quiet",
]


def test_a_recorded_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*LENET, "--steps", "4", "--out", str(tmp_path), "--record", "--device", "cpu"]) == 0
    assert "test error" in capsys.readouterr().out
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["machine"]["versions"]["torch"]
    assert record["seed"] == 0
    assert {row["field"] for row in record["recipe"]} >= {"lr", "schedule", "batch_size"}
    log = pd.read_csv(tmp_path / "log.csv")
    assert len(record["history"]) == len(log) == 1
    assert (tmp_path / "checkpoint.pt").exists()


def test_a_record_by_name_says_how_to_repeat_the_run(tmp_path: Path) -> None:
    words = [*LENET, "--steps", "2", "--device", "cpu", "--seed", "3", "--precision", "fp32"]
    for name in ("one", "two"):
        assert cli.main([*words, "--out", str(tmp_path / name), "--record", str(tmp_path / f"{name}.json")]) == 0
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "two"))
    assert first["precision"] == "fp32"
    assert first["device"] == "cpu"
    losses = [[row["train_loss"] for row in run["history"]] for run in (first, second)]
    assert losses[0] == losses[1]
    assert not (tmp_path / "one" / "run.json").exists()


def test_image_files_from_the_shell(tmp_path: Path) -> None:
    digits = data.load("digits", image_size=260, channels=3, normalise=None)
    for number in range(6):
        for part, images in (("train", digits.train_images), ("val", digits.test_images)):
            folder = tmp_path / "files" / part / f"class{number % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            to_pil_image(images[number]).save(folder / f"{number}.png")
    words = ["train", "--model", "squeezenet1_1", "--recipe", "resnext", "--data", str(tmp_path / "files")]
    options = ["--batch-size", "2", "--steps", "2", "--workers", "0", "--out", str(tmp_path / "out"), "--quiet"]
    assert cli.main([*words, *options, "--device", "cpu"]) == 0
    assert len(pd.read_csv(tmp_path / "out" / "log.csv")) == 1


def test_resuming_another_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*LENET, "--steps", "1", "--out", str(tmp_path), "--device", "cpu"]) == 0
    other = [*LENET, "--steps", "2", "--out", str(tmp_path), "--resume", "--device", "cpu"]
    assert cli.main(other) == 1
    assert "belongs to another run: its length is 1, this run's is 2" in capsys.readouterr().err


def test_an_unwritable_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main([*LENET, "--steps", "1", "--out", str(tmp_path / "file" / "x"), "--device", "cpu"]) == 1
    assert "cs231n-arch train: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--model", "lenet6"], "no model is named 'lenet6'"),
        (["--data", "cifar11"], "no data set is named 'cifar11'; did you mean cifar10"),
        (["--recipe", "resnett"], "no recipe is named 'resnett'"),
        (["--batch-size", "0"], "batch_size must be at least 1; given 0"),
    ],
)
def test_wrong_names(change: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*LENET, "--steps", "1", "--out", str(tmp_path), *change]) == 1
    assert message in capsys.readouterr().err


def test_digits_are_not_mirrored_and_garments_are() -> None:
    recipe = recipes.get("resnet_cifar")
    assert not command.augmentation(recipe, "digits").flip
    assert command.augmentation(recipe, "fashion_mnist").flip
    assert command.augmentation(recipes.get("wide_resnet"), "cifar10").mode in ("reflect", "constant")
    assert command.augmentation(recipes.get("alexnet"), "cifar10") is None


def test_ctrl_c_saves_and_resuming_ends_the_run(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "cs231n_arch",
        *LENET,
        "--epochs",
        "300",
        "--out",
        str(tmp_path),
        "--device",
        "cpu",
    ]
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "log.csv").exists():
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.1)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(timeout=60) == 130
    assert "interrupted" in running.stderr.read()
    running.stderr.close()
    assert (tmp_path / "checkpoint.pt").exists()
