"""The recorded runs that come with the package: complete, of the present table, and repeatable."""

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch

from cs231n_arch import claims
from cs231n_arch.experiments import EXPERIMENTS, load_record, summary
from cs231n_arch.experiments.records import plain, settings
from cs231n_arch.experiments.rules import together
from cs231n_arch.machine import Machine

RESULTS = Path(str(files("cs231n_arch"))) / "results"
RECORDED = sorted(
    path.stem for path in RESULTS.glob("*.json") if "experiment" in json.loads(path.read_text(encoding="utf-8"))
)
REPEATED = "lenet-digits"  # its images come with scikit-learn
by_name = pytest.mark.parametrize("name", RECORDED)


def test_every_experiment_is_recorded_and_every_record_is_of_one() -> None:
    assert set(RECORDED) == set(EXPERIMENTS)


@by_name
def test_a_record_is_of_the_present_table(name: str) -> None:
    record, experiment = load_record(name), EXPERIMENTS[name]
    assert record["budget"] == "recorded"
    assert record["work"] == plain(asdict(experiment.budgets["recorded"]))
    assert record["recipe"] == experiment.recipe
    assert record["question"] == experiment.question
    assert record["seeds"] == list(experiment.seeds)
    assert record["command"] == f"cs231n-arch experiment {name} --budget recorded --record"
    assert list(record["arms"]) == list(experiment.arms)
    for arm, given in experiment.arms.items():
        runs = record["arms"][arm].pop("runs")
        assert record["arms"][arm] == settings(given)
        assert [run["seed"] for run in runs] == list(experiment.seeds)


@by_name
def test_verdicts_follow_from_the_numbers(name: str) -> None:
    record, experiment = load_record(name), EXPERIMENTS[name]
    verdicts: dict[str, list[Any]] = {}
    for stored, comparison in zip(record["comparisons"], experiment.comparisons, strict=True):
        control, treatment = (
            [run["metrics"][comparison.metric] for run in record["arms"][arm]["runs"]]
            for arm in (comparison.control, comparison.treatment)
        )
        found = comparison.rule.judge(control, treatment)
        assert (stored["verdict"], stored["rule"]) == (found.verdict, str(comparison.rule))
        assert (stored["difference"], stored["standard_error"]) == (found.difference, found.standard_error)
        verdicts.setdefault(comparison.claim, []).append(found.verdict)
    verdicts.pop("", None)
    assert record["verdicts"] == {claim: together(found) for claim, found in verdicts.items()}
    assert summary(record).shape[0] == len(experiment.arms)


@by_name
def test_a_record_is_small_and_the_ledger_reads_it(name: str) -> None:
    assert (RESULTS / f"{name}.json").stat().st_size < 100_000
    for claim in load_record(name)["claims"]:
        found = claims.recorded(claim)
        assert found is not None
        assert found["experiment"] == name


@pytest.mark.skipif(
    REPEATED not in RECORDED, reason=f"not recorded yet: cs231n-arch experiment {REPEATED} --record"
)
def test_a_recorded_run_repeated_gives_the_same_numbers() -> None:
    record, experiment = load_record(REPEATED), EXPERIMENTS[REPEATED]
    threads = torch.get_num_threads()
    torch.set_num_threads(record["machine"]["threads"])
    try:
        again = dict(experiment.measure(experiment, experiment.budgets["recorded"], record["seeds"][0]))
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
