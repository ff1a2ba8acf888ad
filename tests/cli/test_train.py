"""`cs231n-arch train` and `evaluate`: a run from the shell, its files, its resumption and its record."""

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
from cs231n_arch.cli.main import build_parser
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
    for name in ("one", "two"):
        assert json.loads((tmp_path / name / "run.json").read_text())["history"]


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


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_not_replaced_unless_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*LENET, "--out", str(tmp_path), "--device", "cpu"]
    assert cli.main([*words, "--steps", "3"]) == 0
    before = files(tmp_path)
    assert set(before) == {"checkpoint.pt", "log.csv", "run.json"}
    assert cli.main([*words, "--steps", "2"]) == 1
    assert "checkpoint.pt is there already: --resume goes on with that run, --overwrite" in capsys.readouterr().err
    assert files(tmp_path) == before
    assert cli.main([*words, "--steps", "2", "--overwrite"]) == 0
    assert pd.read_csv(tmp_path / "log.csv")["step"].tolist() == [2]
    assert json.loads((tmp_path / "run.json").read_text())["history"][0]["step"] == 2


def test_a_record_is_not_replaced_unless_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "record.json"
    old.write_text("old")
    words = [*LENET, "--steps", "1", "--device", "cpu", "--out", str(tmp_path / "run"), "--record", str(old)]
    assert cli.main(words) == 1
    assert "record.json is there already: " in capsys.readouterr().err
    assert old.read_text() == "old"
    assert not (tmp_path / "run").exists()


def test_resume_and_overwrite_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([*LENET, "--out", str(tmp_path), "--resume", "--overwrite"])
    assert "--overwrite: not allowed with argument --resume" in capsys.readouterr().err


def test_a_model_is_trained_by_its_own_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "--model", "lenet5", "--steps", "1", "--device", "cpu", "--out", str(tmp_path)]
    assert cli.main(words) == 0
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["images"]["recipe"] == "lenet_sgd"
    printed = capsys.readouterr().out
    assert "epoch 1, step 1 of 1, training error " in printed


@pytest.mark.parametrize("name", ["lenet", "deep_compression"])
def test_recipes_that_train_no_new_net_say_so(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "--model", "lenet5", "--steps", "1", "--out", str(tmp_path), "--recipe", name]
    assert cli.main(words) == 1
    assert f"the recipe {name} trains no net from its first weights: it" in capsys.readouterr().err
    assert f" {name}," not in build_parser(["train"]).format_help()


def test_the_saved_net_is_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    averaged = ["train", "--model", "lenet5", "--recipe", "googlenet", "--lr", "0.01", "--image-size", "32"]
    for words in (LENET, averaged):  # the second keeps an average of its weights, which is what is tested
        out = ["--out", str(tmp_path), "--overwrite", "--device", "cpu", "--quiet"]
        assert cli.main([*words, "--steps", "40", *out]) == 0
        error = pd.read_csv(tmp_path / "log.csv")["test_error"].iloc[-1]
        capsys.readouterr()
        assert cli.main(["evaluate", str(tmp_path), "--classes", "--device", "cpu"]) == 0
        printed = capsys.readouterr().out
        assert f"lenet5 after 40 updates: {round(360 * error)} of 360 test images wrong" in printed
        lines = printed.splitlines()[1:11]
        assert sum(int(line.split()[2]) for line in lines) == round(360 * error)
        assert sum(int(line.split()[1]) for line in lines) == 360


def test_evaluating_what_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(tmp_path)]) == 1
    assert "run.json" in capsys.readouterr().err
    (tmp_path / "run.json").write_text("[]")
    assert cli.main(["evaluate", str(tmp_path)]) == 1
    assert "run.json is no record of `cs231n-arch train`" in capsys.readouterr().err


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
        (["--lr", "nan"], "lr must be a finite number of at least 0; given nan"),
        (["--lr", "inf"], "lr must be a finite number of at least 0; given inf"),
        (
            ["--seed", "99999999999999999999"],
            "seed must be a whole number from 0 to 9223372036854775807; given 99",
        ),
        (["--data", "/nosuch"], "there is no folder /nosuch; it must hold train/CLASS and val/CLASS"),
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
    assert json.loads((tmp_path / "run.json").read_text())["model"] == "lenet5"  # although it has not ended
