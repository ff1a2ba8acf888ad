"""Running, recording and reading: on settings so small that they take a second."""

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from cs231n_arch.data import load as load_data
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.experiments import (
    Arm,
    Comparison,
    Experiment,
    Outcome,
    Work,
    histories,
    load_record,
    run,
    save,
    summary,
)
from cs231n_arch.experiments.records import KEYS
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import continued, crop_and_flip, fit, fresh, load, trained

WORK = Work("digits", 8, 64, epochs=2, batch_size=32, recipe={"lr": 0.02})
TINY = Experiment(
    id="tiny",
    question="Does width help?",
    arms={"narrow": Arm("workbench", {"maps": 2}), "wide": Arm("workbench", {"maps": 8})},
    comparisons=(
        Comparison("narrow", "wide", Better("lower"), claim="alexnet-dropout"),
        Comparison("wide", "narrow", Better("lower")),
    ),
    recipe="alexnet",
    budgets={"live": WORK},
    measure=trained,
)


@pytest.fixture(scope="module")
def record() -> dict:
    return run(TINY, "live", progress=False)


def test_a_record_holds_every_seed_of_every_arm(record: dict) -> None:
    assert tuple(record) == KEYS
    assert list(record["arms"]) == ["narrow", "wide"]
    for arm in record["arms"].values():
        assert [r["seed"] for r in arm["runs"]] == [0, 1, 2]
        for r in arm["runs"]:
            assert set(r["metrics"]) == {"test_error", "train_error", "train_loss"}
            assert r["curve"]["epoch"] == [1, 2]
            assert r["curve"]["train_error"][-1] == pytest.approx(r["metrics"]["train_error"], abs=1e-5)
            assert "seconds" not in r["curve"]
    assert record["arms"]["wide"]["options"] == {"maps": 8}
    assert record["command"] == "cs231n-arch experiment tiny --budget live --record"
    assert set(record["machine"]["versions"]) == {"python", "torch", "cs231n_arch"}
    assert record["work"]["images"] == 64


def test_verdicts_are_those_of_the_rule(record: dict) -> None:
    values = {name: [r["metrics"]["test_error"] for r in arm["runs"]] for name, arm in record["arms"].items()}
    found = Better("lower").judge(values["narrow"], values["wide"])
    first, second = record["comparisons"]
    assert first["difference"] == found.difference
    assert first["verdict"] == found.verdict
    assert second["difference"] == pytest.approx(-found.difference)
    assert record["claims"] == ["alexnet-dropout"]
    assert record["verdicts"] == {"alexnet-dropout": found.verdict}  # the other comparison has no claim


def test_the_same_run_twice_gives_the_same(record: dict) -> None:
    again = run(TINY, "live", seeds=(0, 1), progress=False)
    for name, arm in again["arms"].items():
        assert arm["runs"] == record["arms"][name]["runs"][:2]
    assert again["command"] == "cs231n-arch experiment tiny --budget live --seeds 0 1 --record"


def test_saved_and_read_again(record: dict, tmp_path: Path) -> None:
    path = save(record, tmp_path)
    assert path == tmp_path / "tiny.json"
    assert load_record(path) == record


def test_tables_and_curves_of_a_record(record: dict) -> None:
    errors = [r["metrics"]["test_error"] for r in record["arms"]["wide"]["runs"]]
    assert summary(record).loc["wide", "test_error"].startswith(f"{sum(errors) / 3:.4g} ± ")
    curves = histories(record)["narrow"]
    assert curves.groupby("seed")["epoch"].apply(list).to_dict() == {0: [1, 2], 1: [1, 2], 2: [1, 2]}


@pytest.mark.parametrize("content", ["", "[1, 2]", "{}", '{"experiment": "tiny"}', "\x00\xff"])
def test_files_that_are_no_records(content: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"x\.json is no record of an experiment"):
        load_record(path)
    with pytest.raises(ValueError, match="no record is named 'nothing'"):
        load_record("nothing")


def test_bad_requests() -> None:
    with pytest.raises(ValueError, match="tiny has the budgets live; given 'gpu'"):
        run(TINY, "gpu")
    with pytest.raises(ValueError, match=r"a verdict needs at least two seeds; given \(3,\)"):
        run(TINY, "live", seeds=(3,))


def test_images_are_cut_and_scaled_as_the_budget_says() -> None:
    whole = load_data("digits", image_size=8)
    split = load(WORK)
    assert torch.equal(split.train_images, whole.train_images[:64])
    assert torch.equal(split.test_images, whole.test_images)
    assert len(split.train_labels) == 64
    pixels = load(dataclasses.replace(WORK, scale="pixels"))
    raw = load_data("digits", image_size=8, normalise=None).train_images.float()
    assert torch.equal(pixels.train_images, (raw - raw.mean(dim=0))[:64])


def test_the_seed_decides_weights_and_order() -> None:
    arm, split = TINY.arms["narrow"], load(WORK)
    one, same, other = (fresh(arm, split, seed).conv1.conv.weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    losses = [fit(TINY, arm, WORK, split, seed).history["train_loss"].tolist() for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_hes_weights_for_nets_whose_own_are_too_small() -> None:
    split = load(dataclasses.replace(WORK, image_size=67))
    own = fresh(Arm("alexnet"), split, 0).conv3.weight.std().item()
    he = fresh(Arm("alexnet", setting={"init": "he"}), split, 0).conv3.weight.std().item()
    assert own == pytest.approx(0.01, rel=0.02)
    assert he == pytest.approx(math.sqrt(2 / (9 * 256)), rel=0.02)


def test_recipe_changes_of_the_arm_come_last() -> None:
    split, net = load(WORK), fresh(TINY.arms["narrow"], load(WORK), 0)
    assert continued(net, TINY, Arm("workbench"), WORK, split, 0).recipe.lr == 0.02
    assert continued(net, TINY, Arm("workbench", recipe={"lr": 0.5}), WORK, split, 0).recipe.lr == 0.5


def test_augmentation_of_a_setting() -> None:
    split = load(WORK)
    change = crop_and_flip(WORK, split)
    assert (change.padding, change.flip) == (1, False)
    assert change.fill == split.train_images.min()
    colour = dataclasses.replace(split, train_images=split.train_images.expand(-1, 3, -1, -1))
    assert crop_and_flip(Work("cifar10", 32), colour) == CropAndFlip(padding=4, flip=True, fill=0.0)
    losses = [
        fit(TINY, Arm("workbench", setting={"augmented": on}), WORK, load(WORK), 0).history["train_loss"].tolist()
        for on in (False, True, True)
    ]
    assert losses[0] != losses[1] == losses[2]


def test_measures_of_our_own(tmp_path: Path) -> None:
    def counted(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
        for name in experiment.arms:
            curve = pd.DataFrame({"stage": ["a", "b"], "norm": [0.123456789, 1.0]})
            yield name, Outcome({"count": seed + (name == "wide")}, curve, {"map": ((1, 2), (3,))})

    comparisons = (Comparison("narrow", "wide", Better("higher"), "count"),)
    made = run(dataclasses.replace(TINY, measure=counted, comparisons=comparisons), "live", progress=False)
    entry = made["arms"]["wide"]["runs"][2]
    assert entry["metrics"] == {"count": 3}
    assert entry["curve"] == {"stage": ["a", "b"], "norm": [0.12346, 1.0]}
    assert entry["map"] == [[1, 2], [3]]
    assert made["comparisons"][0]["difference"] == 1
    assert made["verdicts"] == {}
    assert json.loads(save(made, tmp_path).read_text())["arms"] == made["arms"]
