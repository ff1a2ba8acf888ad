import argparse
import csv
import json

import pandas as pd
import pytest
import torch
from torch import nn

from cs231n_arch.cli import profile as command
from cs231n_arch.profiling import Machine, NotMeasurable, Peaks, compare, profile, records, report
from cs231n_arch.profiling.faster import FORMS, compare_forms
from cs231n_arch.profiling.memory import Memory


@pytest.fixture
def no_process(monkeypatch):
    """Memory without a fresh process each time, which has tests of its own."""

    def stand_in(model, batch_size, input_size, device):
        if batch_size == 13:
            raise NotMeasurable("a batch of 13")
        return Memory(1000 * batch_size, None, "training step: it did not fit")

    monkeypatch.setattr(report, "peak_memory", stand_in)


def test_a_net_is_counted_and_measured(net):
    taken = profile(net, batch_sizes=(1, 4), seconds=0.02)
    assert taken.model == "Sequential"
    assert taken.device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert taken.counted == {
        "params": 16 * 27 + 32 + (16 * 9 + 1) * 8 + 289 * 10,
        "macs": 16 * 27 * 64 + 16 * 9 * 8 * 36 + 2880,
        "conv_macs": 16 * 27 * 64 + 16 * 9 * 8 * 36,
        "fc_macs": 2880,
        "parameter_bytes": 4 * (16 * 27 + 32 + (16 * 9 + 1) * 8 + 289 * 10),
        "activation_bytes": 4 * (2 * 16 * 64 + 8 * 36 + 10),
    }
    frame = taken.frame()
    assert list(frame.columns) == report.COLUMNS
    assert frame["batch_size"].tolist() == [1, 4]
    assert (frame["seconds_low"] <= frame["seconds"]).all()
    assert (frame["seconds"] <= frame["seconds_high"]).all()
    assert frame["images_per_second"].tolist() == pytest.approx((frame["batch_size"] / frame["seconds"]).tolist())
    assert (frame["conv_seconds"] > frame["fc_seconds"]).all()
    assert (frame["training_peak_bytes"] >= frame["peak_bytes"]).all()
    # No meter: the reason, and no figure; with one: a figure.
    assert (frame["watts"].notna() | frame["notes"].str.contains("energy: not measurable here: ")).all()


def test_what_is_not_measurable_is_said_and_missing(net, no_process):
    one, other = profile(net, batch_sizes=(1, 13), device="cpu", seconds=0.01).batches
    assert (one.peak_bytes, one.training_peak_bytes) == (1000, None)
    assert "memory: training step: it did not fit" in one.notes
    assert other.peak_bytes is None
    assert "memory: not measurable here: a batch of 13" in other.notes


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        ("resnet5", {}, "no model is named 'resnet5'"),
        (nn.Conv2d(3, 4, 1), {}, "Conv2d has no input_size of its own"),
        (nn.Conv2d(3, 4, 1), {"input_size": (3, 8)}, "three positive whole numbers"),
        (nn.Conv2d(3, 4, 1), {"input_size": (3, 8, 8), "batch_sizes": (2, 0)}, "a batch size must be"),
        (nn.Conv2d(3, 4, 1), {"input_size": (3, 8, 8), "batch_sizes": ()}, "give at least one batch size"),
    ],
)
def test_a_wrong_question_is_refused_before_anything_is_measured(model, options, told, monkeypatch):
    monkeypatch.setattr(report, "measure", lambda *_: pytest.fail("something was measured"))
    with pytest.raises(ValueError, match=told):
        profile(model, **options)


class Fails(nn.Module):
    """A net whose layers cannot be traced, run or anything."""

    input_size = (3, 8, 8)

    def forward(self, x):
        raise RuntimeError("broken net\nmore")


def test_a_failing_model_does_not_lose_the_others(net, no_process):
    frame = compare({"good": net, "bad": Fails(), "again": net}, batch_sizes=(2,), device="cpu", seconds=0.01)
    assert frame["model"].tolist() == ["good", "bad", "again"]
    assert frame["error"].tolist() == ["", "RuntimeError: broken net", ""]
    assert frame["seconds"].notna().tolist() == [True, False, True]
    assert frame["macs"].dtype == "Int64"
    assert frame["seconds"].dtype == "float64"


def test_a_model_that_does_not_fit_does_not_lose_its_smaller_batches(net, monkeypatch):
    def stand_in(model, batch_size, input_size, device):
        if batch_size > 1:
            raise torch.OutOfMemoryError("the system ended the process")
        return Memory(1, 1)

    monkeypatch.setattr(report, "peak_memory", stand_in)
    frame = compare({"net": net}, batch_sizes=(1, 2), device="cpu", seconds=0.01)
    assert frame["error"].tolist() == ["", "OutOfMemoryError: the system ended the process"]


def test_names_are_built_one_after_the_other(no_process):
    frame = compare(["lenet5", "lenet6"], batch_sizes=(1,), device="cpu", seconds=0.01)
    assert frame["params"].tolist() == [60_000, pd.NA]
    assert "did you mean lenet5" in frame["error"][1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_is_measured_through_the_same_call(net):
    frame = profile(net, batch_sizes=(1, 64), device="cuda", seconds=0.05).frame()
    assert (frame["seconds"] > 0).all()
    assert (frame["peak_bytes"] > 0).all()
    assert next(net.parameters()).device.type == "cpu"  # left where it was


# ---- on file, and from the command line ----


def test_a_record_comes_back_as_it_was(tmp_path, net, no_process):
    frame = compare({"net": net, "bad": Fails()}, batch_sizes=(2,), device="cpu", seconds=0.01)
    table, place = records.save(tmp_path / "a.b", "cs231n-arch compare net", "a busy machine", measurements=frame)
    assert (table.name, place.name) == ("a.b.csv", "a.b.json")
    back = records.load(place)
    assert back.command == "cs231n-arch compare net"
    assert back.remark == "a busy machine"
    assert back.machine["processor"] == Machine.here().processor
    assert back.machine["versions"]["torch"] == torch.__version__
    assert back.measurements["seconds"][0] == pytest.approx(frame["seconds"][0], rel=1e-9)
    assert back.measurements["error"].tolist() == frame["error"].tolist()
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["model"] for line in lines] == ["net", "bad"]
    assert float(lines[0]["seconds"]) == frame["seconds"][0]
    assert lines[1]["macs"] == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"tables": 1}', '{"tables": {}}', "\x80"])
def test_a_file_that_is_no_record_is_refused(tmp_path, content):
    place = tmp_path / "x.json"
    place.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match="holds no measurements"):
        records.load(place)


def test_an_unknown_record_is_refused():
    with pytest.raises(ValueError, match="no record is named 'nothing'"):
        records.load("nothing")


def parsed(add, *words):
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(words)


def test_compare_writes_after_each_row_and_prints(tmp_path, no_process, capsys, monkeypatch):
    written = []
    monkeypatch.setattr(command, "save", lambda *args, measurements: written.append(len(measurements)))
    words = ["lenet5", "lenet6", "--batch-size", "1", "2", "--device", "cpu", "--seconds", "0.01", "--out", "x y"]
    assert command.run_compare(parsed(command.add_compare_arguments, *words)) == 0
    assert written == [1, 2, 3, 4]
    said = capsys.readouterr().out
    assert "lenet5, batch of 2: " in said
    assert "lenet6, batch of 1: ValueError: no model is named 'lenet6'" in said


def test_processor_time_is_said_in_the_record(tmp_path, no_process):
    out = str(tmp_path / "x")
    words = [
        "lenet5",
        "--batch-size",
        "1",
        "--device",
        "cpu",
        "--seconds",
        "0.01",
        "--processor-time",
        "--out",
        out,
    ]
    assert command.run_compare(parsed(command.add_compare_arguments, *words, "--remark", "a rainy day")) == 0
    kept = records.load(f"{out}.json")
    assert kept.machine["threads"] == 1
    assert kept.remark == "one thread, timed by the processor time it used; a rainy day"
    assert kept.command == f"cs231n-arch compare {' '.join(words)}"


def test_compare_fails_where_all_models_do(no_process):
    arguments = parsed(command.add_compare_arguments, "lenet6", "--device", "cpu", "--batch-size", "1")
    assert command.run_compare(arguments) == 1


def test_compare_takes_the_nets_of_the_paper(tmp_path):
    arguments = parsed(command.add_compare_arguments, "--out", "x y")
    assert len(arguments.models) == 12
    assert command.said("compare", arguments, arguments.models).endswith("--seconds 1 --out 'x y'")


def test_profile_goes_into_depth(tmp_path, no_process, capsys, monkeypatch):
    monkeypatch.setattr(command, "measure_peaks", lambda device: Peaks(1e11, 1e10))
    few = {"forms": FORMS[:3], "rounds": 1}
    monkeypatch.setattr(command, "compare_forms", lambda *args, **options: compare_forms(*args, **options | few))
    out = tmp_path / "deep" / "lenet"
    words = ["lenet5", "--batch-size", "1", "2", "--device", "cpu", "--seconds", "0.01", "--out", str(out)]
    assert command.run_profile(parsed(command.add_profile_arguments, *words)) == 0
    said = capsys.readouterr().out
    for title in ("By batch size", "Costliest layers, batch of 2", "Costliest operators", "Faster forms"):
        assert title in said
    kept = json.loads((tmp_path / "deep/lenet.json").read_text())
    assert set(kept["tables"]) == {"measurements", "peaks", "layers", "operators", "forms"}
    assert kept["command"] == f"cs231n-arch profile {' '.join(words)}"
    assert kept["seed"] == 0
    assert (tmp_path / "deep/lenet.csv").read_text().startswith("model,device,batch_size,")
