"""Running, recording and reading: on settings so small that they take a second."""

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from cs231n_arch.data import load as load_data
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.experiments import (
    Arm,
    Comparison,
    Condition,
    Experiment,
    Outcome,
    Trial,
    Work,
    histories,
    load_record,
    means,
    run,
    save,
    summary,
)
from cs231n_arch.experiments.records import KEYS, is_recorded
from cs231n_arch.experiments.rules import LEVEL, NOT_REACHED, Better, decide, judge
from cs231n_arch.experiments.running import TimeUpError
from cs231n_arch.experiments.trial import crop_and_flip, load
from cs231n_arch.experiments.unfinished import Unfinished

WORK = Work("digits", 8, 64, epochs=2, batch_size=32, changes={"lr": 0.02})
TINY = Experiment(
    id="tiny",
    question="Does width help?",
    arms={"narrow": Arm("workbench", {"channels": 2}), "wide": Arm("workbench", {"channels": 8})},
    comparisons=(
        Comparison("narrow", "wide", Better("lower"), claim="alexnet-dropout"),
        Comparison("wide", "narrow", Better("lower")),
    ),
    recipe="alexnet",
    budgets={"live": WORK},
    looks=(3,),
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
    assert record["arms"]["wide"]["options"] == {"channels": 8}
    assert record["command"] == "cs231n-arch experiment tiny --budget live --record"
    assert set(record["machine"]["versions"]) == {"python", "torch", "cs231n_arch"}
    assert record["work"]["images"] == 64
    assert (record["seeds"], record["looks"]) == ([0, 1, 2], [3])


def test_verdicts_are_those_of_the_rule(record: dict) -> None:
    values = {name: [r["metrics"]["test_error"] for r in arm["runs"]] for name, arm in record["arms"].items()}
    found = judge(Better("lower"), values["narrow"], values["wide"])
    first, second = record["comparisons"]
    assert first["difference"] == found.difference
    assert first["interval"] == [found.low, found.high]
    assert first["verdict"] == decide([found])[0]
    assert second["difference"] == pytest.approx(-found.difference)
    assert record["claims"] == ["alexnet-dropout"]
    assert record["verdicts"] == {"alexnet-dropout": first["verdict"]}  # the other comparison has no claim


def test_the_same_run_twice_gives_the_same(record: dict) -> None:
    again = run(TINY, "live", seeds=(0, 1), progress=False)
    for name, arm in again["arms"].items():
        assert arm["runs"] == record["arms"][name]["runs"][:2]
    assert again["command"] == "cs231n-arch experiment tiny --budget live --seeds 0 1 --record"


def test_side_by_side_gives_the_same_numbers(record: dict, tmp_path: Path) -> None:
    again = run(TINY, "live", processes=2, folder=tmp_path, progress=False)
    for name, arm in again["arms"].items():
        stored = [run["metrics"] for run in record["arms"][name]["runs"]]
        assert [run["metrics"] for run in arm["runs"]] == [pytest.approx(metrics, abs=0.01) for metrics in stored]


def test_saved_and_read_again(record: dict, tmp_path: Path) -> None:
    path = save(record, tmp_path)
    assert path == tmp_path / "tiny.json"
    assert load_record(path) == record
    assert is_recorded(TINY, "live", tmp_path)
    other = dataclasses.replace(TINY, budgets={"live": dataclasses.replace(WORK, epochs=3)})
    assert not is_recorded(other, "live", tmp_path)
    assert not is_recorded(TINY, "live", tmp_path / "nowhere")
    assert save({**record, "budget": "gpu"}, tmp_path).name == "tiny-gpu.json"


def test_tables_and_curves_of_a_record(record: dict) -> None:
    errors = [r["metrics"]["test_error"] for r in record["arms"]["wide"]["runs"]]
    assert means(record).loc["wide", "test_error"] == pytest.approx(sum(errors) / 3)
    assert summary(record).loc["wide", "test_error"].startswith(f"{sum(errors) / 3:.4g} ± ")
    curves = histories(record)["narrow"]
    assert curves.groupby("seed")["epoch"].apply(list).to_dict() == {0: [1, 2], 1: [1, 2], 2: [1, 2]}


def counting(differences: list[float]) -> tuple[Experiment, list[tuple[int, str]]]:
    """An experiment whose arms differ by the given amounts, seed by seed, and the list of what was measured."""
    calls: list[tuple[int, str]] = []

    def measure(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
        for name, trial in trials.items():
            calls.append((trial.seed, name))
            curve = pd.DataFrame({"stage": ["a", "b"], "norm": [0.123456789, 1.0]})
            count = differences[trial.seed] * (name == "wide")
            yield name, Outcome({"count": count}, curve, {"map": ((1, 2), (3,))})

    comparisons = (Comparison("narrow", "wide", Better("higher"), "count"),)
    return dataclasses.replace(TINY, measure=measure, comparisons=comparisons, looks=(3, 4, 6)), calls


def test_measures_of_our_own(tmp_path: Path) -> None:
    made = run(counting([1.0, 1.0, 1.0])[0], "live", progress=False)
    entry = made["arms"]["wide"]["runs"][2]
    assert entry["metrics"] == {"count": 1}
    assert entry["curve"] == {"stage": ["a", "b"], "norm": [0.12346, 1.0]}
    assert entry["map"] == [[1, 2], [3]]
    assert made["verdicts"] == {}
    assert json.loads(save(made, tmp_path).read_text())["arms"] == made["arms"]


@pytest.mark.parametrize(
    ("differences", "seeds", "verdict"),
    [
        ([1.0, 1.0, 1.0], 3, "confirmed"),
        ([1.0, 0.8, 0.1, 0.9], 4, "not shown at this scale"),
        ([1.0, 0.9, 0.5, 0.9, 0.8, 0.9], 4, "confirmed"),
        ([1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 6, "not shown at this scale"),
    ],
)
def test_seeds_are_added_until_the_rule_decides_up_to_the_bound(
    differences: list[float], seeds: int, verdict: str
) -> None:
    experiment, _ = counting(differences)
    if len(differences) == 4:
        experiment = dataclasses.replace(experiment, looks=(3, 4))
    made = run(experiment, "live", progress=False)
    assert len(made["seeds"]) == seeds
    assert made["looks"] == list(experiment.looks)
    found = made["comparisons"][0]
    assert found["verdict"] == verdict
    # Each look is a chance to be wrong, so the level is shared among them.
    values = [run["metrics"]["count"] for run in made["arms"]["wide"]["runs"]]
    expected = judge(Better("higher"), [0.0] * seeds, values, level=LEVEL / len(experiment.looks))
    assert found["interval"] == [expected.low, expected.high]


def test_a_comparison_outside_of_its_regime_decides_nothing_and_needs_no_more_seeds() -> None:
    experiment, _ = counting([1.0] * 6)
    for limit, expected in ((0.5, NOT_REACHED), (1.0, "confirmed"), ("narrow", NOT_REACHED)):
        condition = Condition("wide", "count", limit, "why")
        comparison = dataclasses.replace(experiment.comparisons[0], regime=(condition,))
        made = run(dataclasses.replace(experiment, comparisons=(comparison,)), "live", progress=False)
        assert made["comparisons"][0]["verdict"] == expected
        assert made["seeds"] == [0, 1, 2]
    assert str(condition) == "count of wide at most that of narrow: why"


class Interrupted(Exception):
    """Stands for whatever ends a program."""


def interrupted(experiment: Experiment, after: int, folder: Path) -> None:
    """Run an experiment that is interrupted after so many arms."""
    measure, done = experiment.measure, iter(range(after))

    def some(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
        for found in measure(trials):
            if next(done, None) is None:
                raise Interrupted
            yield found

    with pytest.raises(Interrupted):
        run(dataclasses.replace(experiment, measure=some), "live", folder=folder, progress=False)


@pytest.mark.parametrize("whole", [False, True])
def test_an_interrupted_run_goes_on_with_the_arms_that_are_missing(whole: bool, tmp_path: Path) -> None:
    experiment, calls = counting([1.0] * 6)
    experiment = dataclasses.replace(experiment, whole=whole)
    interrupted(experiment, 3, tmp_path)
    calls.clear()
    made = run(experiment, "live", folder=tmp_path, resume=True, progress=False)
    again = [(1, "narrow")] if whole else []
    assert calls == [*again, (1, "wide"), (2, "narrow"), (2, "wide")]
    undisturbed = run(experiment, "live", progress=False)
    assert made["arms"] == undisturbed["arms"]
    Unfinished(experiment, "live", tmp_path, resume=True).done()
    assert not list((tmp_path / "unfinished").iterdir())


def test_kept_arms_are_not_lost_by_mistake(tmp_path: Path) -> None:
    experiment, _ = counting([1.0] * 6)
    interrupted(experiment, 3, tmp_path)
    (kept,) = (tmp_path / "unfinished").iterdir()
    with pytest.raises(ValueError, match=r"holds 3 finished arms; go on with --resume, or delete it"):
        run(experiment, "live", folder=tmp_path, progress=False)
    other = dataclasses.replace(experiment, budgets={"live": dataclasses.replace(WORK, epochs=5)})
    with pytest.raises(ValueError, match="was made with another work; delete it to begin again"):
        run(other, "live", folder=tmp_path, resume=True, progress=False)
    kept.write_text(kept.read_text()[:100], encoding="utf-8")
    with pytest.raises(ValueError, match=r"is damaged \(JSONDecodeError: .*\); delete it to begin again"):
        run(experiment, "live", folder=tmp_path, resume=True, progress=False)


def test_a_full_disk_loses_no_arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, _ = counting([1.0] * 6)
    interrupted(experiment, 3, tmp_path)
    (kept,) = (tmp_path / "unfinished").iterdir()
    before = kept.read_bytes()

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cs231n_arch.records.os.fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        run(experiment, "live", folder=tmp_path, resume=True, progress=False)
    assert kept.read_bytes() == before
    assert list(kept.parent.iterdir()) == [kept]


def test_the_limit_stops_the_run_and_keeps_what_is_finished(tmp_path: Path) -> None:
    long = dataclasses.replace(TINY, budgets={"live": dataclasses.replace(WORK, images=None, epochs=2000)})
    with pytest.raises(TimeUpError, match="tiny: the limit is reached with 6 tasks to do"):
        run(long, "live", folder=tmp_path, limit=0.5, progress=False)


@pytest.mark.parametrize("content", ["", "[1, 2]", "{}", "\x00\xff"])
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
    with pytest.raises(ValueError, match=r"a verdict needs at least two seeds, all different; given \(3,\)"):
        run(TINY, "live", seeds=(3,))
    with pytest.raises(ValueError, match=r"all different; given \(3, 3\)"):
        run(TINY, "live", seeds=(3, 3))
    with pytest.raises(ValueError, match="processes must be at least 1; given 0"):
        run(TINY, "live", processes=0)
    with pytest.raises(ValueError, match="validation must be from 0 to below 1437; given 1437"):
        load(dataclasses.replace(WORK, validation=1437))


def test_images_are_cut_and_scaled_as_the_budget_says() -> None:
    whole = load_data("digits", image_size=8)
    split, watched = load(WORK)
    assert torch.equal(split.train_images, whole.train_images[:64])
    assert torch.equal(split.test_images, whole.test_images)
    assert torch.equal(watched[0], whole.test_images)
    assert len(split.train_labels) == 64
    pixels, _ = load(dataclasses.replace(WORK, scale="pixels"))
    raw = load_data("digits", image_size=8, normalise=None).train_images.float()
    assert torch.equal(pixels.train_images, (raw - raw.mean(dim=0))[:64])


def test_no_training_sees_the_validation_images_and_curves_are_of_them() -> None:
    whole = load_data("digits", image_size=8)
    work = dataclasses.replace(WORK, images=None, validation=400)
    split, (images, labels) = load(work)
    assert torch.equal(split.train_images, whole.train_images[:-400])
    assert torch.equal(images, whole.train_images[-400:])
    assert torch.equal(labels, whole.train_labels[-400:])
    few, _ = load(dataclasses.replace(work, images=64))
    assert torch.equal(few.train_images, whole.train_images[:64])
    trial = Trial(TINY.arms["wide"], "alexnet", work, 0)
    outcome = trial.outcome(trial.train())
    assert "validation_error" in outcome.curve
    assert "test_error" not in outcome.curve
    assert outcome.metrics["test_error"] > 0


def trial(arm: Arm = TINY.arms["narrow"], work: Work = WORK, seed: int = 0) -> Trial[Arm]:
    return Trial(arm, "alexnet", work, seed)


def test_the_seed_decides_weights_and_order() -> None:
    one, same, other = (trial(seed=seed).net().conv1.conv.weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    losses = [trial(seed=seed).train().history["train_loss"].tolist() for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_hes_weights_for_nets_whose_own_are_too_small() -> None:
    work = dataclasses.replace(WORK, image_size=67)
    own = trial(Arm("alexnet"), work).net().conv3.weight.std().item()
    he = trial(Arm("alexnet", init="he"), work).net().conv3.weight.std().item()
    assert own == pytest.approx(0.01, rel=0.02)
    assert he == pytest.approx(math.sqrt(2 / (9 * 256)), rel=0.02)


def test_recipe_changes_of_the_arm_come_last() -> None:
    assert trial().changed_recipe.lr == 0.02
    assert trial(Arm("workbench", changes={"lr": 0.5})).changed_recipe.lr == 0.5


def test_augmentation_of_an_arm() -> None:
    split, _ = load(WORK)
    change = crop_and_flip(WORK, split)
    assert (change.padding, change.flip) == (1, False)
    assert change.fill == split.train_images.min()
    colour = dataclasses.replace(split, train_images=split.train_images.expand(-1, 3, -1, -1))
    assert crop_and_flip(Work("cifar10", 32), colour) == CropAndFlip(padding=4, flip=True, fill=0.0)
    arms = [Arm("workbench", augmented=on) for on in (False, True, True)]
    losses = [trial(arm).train().history["train_loss"].tolist() for arm in arms]
    assert losses[0] != losses[1] == losses[2]
