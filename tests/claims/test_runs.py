"""The verdicts of recorded runs on a claim."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cs231n_arch import claims
from cs231n_arch.claims import runs
from cs231n_arch.claims.verdicts import Verdict
from cs231n_arch.experiments import EXPERIMENTS, load_record


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in the place of the package's recorded results."""
    monkeypatch.setattr(runs, "RESULTS", tmp_path)
    runs.decisive.cache_clear()
    yield tmp_path
    runs.decisive.cache_clear()


def write(folder: Path, name: str = "run", **changes: Any) -> None:
    """A record that decides alexnet-relu-speed, made from the package's own."""
    record = load_record("relu-tanh") | changes
    (folder / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")


def test_without_a_run_nothing_is_measured(records: Path) -> None:
    measured = claims.ledger().query("kind == 'measured' and chapter != 'power'")["id"]
    for name in measured:
        assert claims.CHECKS[name]().verdict == "not measured yet", name
    assert claims.recorded("alexnet-relu-speed") is None


@pytest.mark.parametrize(
    "found", ["confirmed", "not shown at this scale", "refuted at this scale", "regime not reached"]
)
def test_a_recorded_run_decides(found: str, records: Path) -> None:
    write(records, verdicts={"alexnet-relu-speed": found})
    result = runs.by_run("alexnet-relu-speed", "faster")
    words = "epochs to the target 5.5 (ReLU) against 8.1 (tanh); the difference lies between −4.1 and −1.0"
    scale = " (2,000 images of Fashion-MNIST, 32x32 pixels, 20 epochs, 5 seeds)"
    assert result == Verdict("faster", words + scale, found, "results/run.json")  # type: ignore[arg-type]


def test_the_run_with_the_most_work_decides(records: Path) -> None:
    write(records, "a", budget="gpu")
    write(records, "b", budget="long", verdicts={"alexnet-relu-speed": "refuted at this scale"})
    write(records, "c", budget="recorded", verdicts={"alexnet-relu-speed": "refuted at this scale"})
    assert runs.by_run("alexnet-relu-speed", "").verdict == "confirmed"


def test_what_is_no_record_of_a_run_is_passed_over(records: Path) -> None:
    (records / "profile_cpu.json").write_text('{"tables": {}}', encoding="utf-8")
    assert runs.decisive() == {}


def test_the_ledger_reads_every_recorded_run_that_tests_a_claim() -> None:
    """Each verdict of a record is the one that the claim's own check gives, from this very record."""
    read = 0
    for name in EXPERIMENTS:
        record = load_record(name)
        for claim, verdict in record["verdicts"].items():
            found = claims.CHECKS[claim]()
            assert (found.verdict, found.where) == (verdict, f"results/{name}.json"), claim
            read += 1
    assert read == len(runs.decisive()) > 25


def test_every_metric_of_a_claim_has_words() -> None:
    metrics = {c.metric for experiment in EXPERIMENTS.values() for c in experiment.comparisons if c.claim}
    assert metrics <= set(runs.METRICS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("resnet56", "ResNet-56"),
        ("plain20", "plain net of 20 layers"),
        ("bn_after_addition", "bn after addition"),
    ],
)
def test_names_of_arms(name: str, text: str) -> None:
    assert runs.spoken(name) == text


def test_a_regime_that_was_not_reached_is_told() -> None:
    compared = next(c for c in load_record("depth")["comparisons"] if c["claim"] == "resnet-deeper-train")
    assert "regime" not in runs.in_words(compared | {"reached": True})
    told = runs.in_words(compared | {"reached": False})
    assert told.endswith("not reach the claim's regime, in which 20 layers have been trained nearly to their end")
