"""`cs231n-arch compare` and `cs231n-arch profile` with the measurements' own functions, for a very short time."""

import argparse
import json
from importlib import import_module

import pytest

from cs231n_arch.cli import compare, profile
from cs231n_arch.profiling import Peaks, compare_forms, faster, records, report
from cs231n_arch.profiling.canziani import NETS
from cs231n_arch.profiling.faster import FORMS
from cs231n_arch.profiling.memory import Memory

roofline = import_module("cs231n_arch.profiling.roofline")  # the function has the name of its module
SHORT = ["--device", "cpu", "--seconds", "0.01"]


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """Memory without a fresh process each time, which has tests of its own."""
    monkeypatch.setattr(report, "peak_memory", lambda *_: Memory(1000, None, "training step: it did not fit"))


def run(command, *words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_compare_writes_after_each_row_and_prints(capsys, monkeypatch):
    written = []
    monkeypatch.setattr(records, "save", lambda *args, measurements: written.append(len(measurements)))
    assert run(compare, "lenet5", "resnet20", "--batch-size", "1", "2", *SHORT, "--out", "x y") == 0
    assert written == [1, 2, 3, 4]
    said = capsys.readouterr().out
    assert "lenet5, batch of 2: " in said
    assert "memory: training step: it did not fit" in said


def test_processor_time_is_said_in_the_record(tmp_path):
    out = str(tmp_path / "x")
    words = ["lenet5", "--batch-size", "1", *SHORT, "--processor-time", "--out", out]
    assert run(compare, *words, "--remark", "a rainy day") == 0
    kept = records.load(f"{out}.json")
    assert kept.machine["threads"] == 1
    assert kept.remark == "one thread, timed by the processor time it used; a rainy day"
    assert kept.command == f"cs231n-arch compare {' '.join(words)}"


def test_compare_takes_the_nets_of_the_paper(monkeypatch):
    taken = []
    monkeypatch.setattr(report, "measurements", lambda models, **_: taken.extend(models) or [])
    monkeypatch.setattr(report, "join", lambda rows: report.pd.DataFrame({"error": []}))
    assert run(compare, *SHORT) == 1  # nothing was measured
    assert taken == list(NETS)


def test_profile_goes_into_depth(tmp_path, capsys, monkeypatch):
    few = {"forms": FORMS[:3], "rounds": 1}
    monkeypatch.setattr(roofline, "measure_peaks", lambda device: Peaks(1e11, 1e10))
    monkeypatch.setattr(faster, "compare_forms", lambda *args, **options: compare_forms(*args, **options | few))
    out = tmp_path / "deep" / "lenet"
    words = ["lenet5", "--batch-size", "1", "2", *SHORT, "--out", str(out)]
    assert run(profile, *words) == 0
    said = capsys.readouterr().out
    for title in ("By batch size", "Costliest layers, batch of 2", "Costliest operators", "Faster forms"):
        assert title in said
    kept = json.loads((tmp_path / "deep/lenet.json").read_text())
    assert set(kept["tables"]) == {"measurements", "peaks", "layers", "operators", "forms"}
    assert kept["command"] == f"cs231n-arch profile {' '.join(words)}"
    assert kept["seed"] == 0
    assert (tmp_path / "deep/lenet.csv").read_text().startswith("model,device,batch_size,")
