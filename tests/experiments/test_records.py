"""The recorded runs that come with the package: complete, of the present table, and repeatable."""

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import pytest
import torch

from cs231n_arch.experiments import EXPERIMENTS, Work, load_record, scale, summary
from cs231n_arch.experiments.records import KEYS, VERSION, described, file_name, judgement, plain
from cs231n_arch.machine import Machine
from cs231n_arch.training import recipes
from cs231n_arch.training.schedules import Plateau

RESULTS = Path(str(files("cs231n_arch"))) / "results"
FILES = sorted(
    path.name for path in RESULTS.glob("*.json") if "experiment" in json.loads(path.read_text(encoding="utf-8"))
)
REPEATED = "lenet-digits"  # its images come with scikit-learn
by_file = pytest.mark.parametrize("name", FILES)


def test_every_experiment_is_recorded() -> None:
    assert {load_record(RESULTS / name)["experiment"] for name in FILES} == set(EXPERIMENTS)


@by_file
def test_a_record_is_of_the_present_table(name: str) -> None:
    record = load_record(RESULTS / name)
    experiment = EXPERIMENTS[record["experiment"]]
    assert tuple(record) == KEYS
    assert name == file_name(experiment.id, record["budget"])
    assert record["budget"] in ("recorded", "long", "gpu")
    assert record["work"] == plain(asdict(experiment.budgets[record["budget"]]))
    assert record["recipe"] == experiment.recipe
    assert len(record["seeds"]) in record["looks"]
    assert record["command"].startswith(f"cs231n-arch experiment {experiment.id} --budget {record['budget']} ")
    assert list(record["arms"]) == list(experiment.arms)
    for arm, given in experiment.arms.items():
        runs = record["arms"][arm].pop("runs")
        assert record["arms"][arm] == described(given)
        assert [run["seed"] for run in runs] == record["seeds"]


@by_file
def test_test_images_decide_no_learning_rate(name: str) -> None:
    """A rate that falls on a plateau is watched on training or held-out images, or it did not fall in this run."""
    record = load_record(RESULTS / name)
    experiment = EXPERIMENTS[record["experiment"]]
    work = experiment.budgets[record["budget"]]
    schedule = recipes.get(record["recipe"]).replace(**work.changes).schedule
    if not isinstance(schedule, Plateau) or schedule.watch != "test" or work.validation:
        return
    for arm in record["arms"].values():
        for run in arm["runs"]:
            assert len(set(run["curve"]["lr"])) == 1, (arm["model"], run["seed"])


@by_file
def test_verdicts_follow_from_the_numbers(name: str) -> None:
    """The present rules, applied to the stored metrics, give the stored verdicts."""
    record = load_record(RESULTS / name)
    values = {name: [run["metrics"] for run in arm["runs"]] for name, arm in record["arms"].items()}
    again = judgement(EXPERIMENTS[record["experiment"]], values, record["looks"])
    for key in ("question", "claims", "verdicts"):
        assert again[key] == record[key]
    for found, stored in zip(again["comparisons"], record["comparisons"], strict=True):
        for key, value in found.items():
            assert stored[key] == (pytest.approx(value, rel=1e-6) if key in ("p", "interval") else value), key
    assert summary(record).shape[0] == len(record["arms"])


@by_file
def test_a_record_is_small(name: str) -> None:
    assert (RESULTS / name).stat().st_size < 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"experiment": "depth"},
            f"a record of version 1; this package reads version {VERSION}. Make it",
        ),
        (
            {"experiment": "depth", "version": 99, "command": "cs231n-arch experiment depth"},
            "Make it again: cs231n-a",
        ),
        ({"experiment": "depth", "version": VERSION}, "is no record of an experiment: it lacks question"),
        ({"tables": {}}, "is no record of an experiment: it lacks everything"),
    ],
)
def test_records_of_another_version_and_half_of_one(content: dict, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_record(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("images", "validation", "words"),
    [(2000, 500, "2,000 images"), (None, 500, "all but 500 training images"), (None, 0, "all training images")],
)
def test_a_scale_names_the_images_that_were_learned_from(images: int | None, validation: int, words: str) -> None:
    work = asdict(Work("fashion_mnist", 28, images, epochs=3, validation=validation))
    record = {**load_record(REPEATED), "work": work, "seeds": [0, 1]}
    assert scale(record) == f"{words} of Fashion-MNIST, 28x28 pixels, 3 epochs, 2 seeds"


def test_a_recorded_run_repeated_gives_the_same_numbers() -> None:
    record, experiment = load_record(REPEATED), EXPERIMENTS[REPEATED]
    threads = torch.get_num_threads()
    torch.set_num_threads(record["machine"]["threads"])
    try:
        again = dict(experiment.measure(experiment.trials("recorded", record["seeds"][0])))
    finally:
        torch.set_num_threads(threads)
    here, there = asdict(Machine.here()), record["machine"]
    # A record without its instruction set, from before it was noted, is not known to be of the same.
    decisive = ("processor", "instruction_set", "system", "versions")
    same = all(here[part] == there.get(part) for part in decisive)
    for name, outcome in again.items():
        stored = record["arms"][name]["runs"][0]["metrics"]
        # Other processors and versions add the same numbers up in another order.
        expected = stored if same else pytest.approx(stored, abs=0.02, rel=0.2)
        assert dict(outcome.metrics) == expected
