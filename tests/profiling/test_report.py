import csv
import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils import weight_norm as old_weight_norm
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.prune import l1_unstructured

from cs231n_arch.compression import quantize
from cs231n_arch.profiling import Machine, NotMeasurable, compare, profile, records, report
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
        (
            nn.Conv2d(3, 4, 1),
            {"input_size": (3, 8, 8), "batch_sizes": (2, 0)},
            "batch_size must be a whole number",
        ),
        (nn.Conv2d(3, 4, 1), {"input_size": (3, 8, 8), "device": "meta"}, "there is no device 'meta' here"),
        (nn.Conv2d(3, 4, 1, device="meta"), {"input_size": (3, 8, 8)}, "Conv2d has weights on the meta device"),
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
    assert frame["error"][1].startswith("ValueError: Fails cannot run on inputs of shape (1, 3, 8, 8)")
    assert "RuntimeError: broken net" in frame["error"][1]
    assert frame["error"][[0, 2]].tolist() == ["", ""]
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
    frame = compare(["lenet5", "resnet20"], batch_sizes=(1,), device="cpu", seconds=0.01)
    assert frame["params"].tolist() == [60_000, 269_722]
    assert compare("lenet5", batch_sizes=(1,), device="cpu", seconds=0.01)["model"].tolist() == ["lenet5"]


def test_an_unknown_name_is_refused_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(report, "measure", lambda *_: pytest.fail("something was measured"))
    with pytest.raises(ValueError, match="did you mean lenet5"):
        compare(["lenet5", "lenet6"], batch_sizes=(1,), device="cpu", seconds=0.01)


class Own(nn.Conv2d):
    """A convolution of a kind of its own."""


class Functional(nn.Module):
    """A convolution that is no layer."""

    def __init__(self):
        super().__init__()
        self.weight, self.head = nn.Parameter(torch.ones(4, 3, 3, 3)), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(nn.functional.conv2d(x, self.weight).mean((2, 3)))


def one(model, **options):
    (batch,) = profile(
        model, input_size=(3, 8, 8), batch_sizes=(2,), device="cpu", seconds=0.01, **options
    ).batches  # fmt: skip
    return batch


def quantized(layer):
    net = nn.Sequential(layer)
    quantize(net, 4)
    return net


CONVOLUTIONS = {
    "a subclass": lambda: Own(3, 4, 3),
    "quantized": lambda: quantized(nn.Conv2d(3, 4, 3)),
    "weight norm": lambda: weight_norm(nn.Conv2d(3, 4, 3)),
    "old weight norm": lambda: old_weight_norm(nn.Conv2d(3, 4, 3)),
    "pruned": lambda: l1_unstructured(nn.Conv2d(3, 4, 3), "weight", 0.5),
    "transposed": lambda: nn.ConvTranspose2d(3, 4, 3),
}


@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_a_convolution_of_any_kind_is_one(kind, no_process):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the old weight norm
        conv = CONVOLUTIONS[kind]()
    side = 10 if kind == "transposed" else 6
    net = nn.Sequential(conv, nn.Flatten(), nn.Linear(4 * side**2, 5))
    taken = profile(net, input_size=(3, 8, 8), batch_sizes=(2,), device="cpu", seconds=0.01)
    assert taken.counted["conv_macs"] == 4 * 27 * (64 if kind == "transposed" else 36)
    assert taken.counted["fc_macs"] == 4 * side**2 * 5
    assert taken.batches[0].conv_seconds > 0
    assert taken.batches[0].fc_seconds > 0


def test_the_time_of_a_convolution_outside_of_layers_is_missing(no_process):
    taken = one(Functional())
    assert taken.conv_seconds is None
    assert taken.fc_seconds > 0
    assert "conv_seconds: some of this work is done outside of layers" in taken.notes


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_net_of_any_precision_is_measured(dtype):
    taken = one(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 5)).to(dtype))
    assert taken.timing.median > 0
    assert taken.training_peak_bytes >= taken.peak_bytes >= 0
    assert not any("memory" in note for note in taken.notes)


def test_a_parametrized_net_is_measured_without_its_memory():
    taken = one(quantized(nn.Conv2d(3, 4, 3)))
    assert taken.timing.median > 0
    assert any("memory: not measurable here: the model cannot be sent" in note for note in taken.notes)


class Cached(nn.Module):
    """Keeps a grid for the next image of the same size."""

    input_size = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.conv, self.grid = nn.Conv2d(4, 2, 3), None

    def forward(self, x):
        if self.grid is None or self.grid.shape[2:] != x.shape[2:]:
            self.grid = torch.linspace(0, 1, x.shape[3]).expand(1, 1, *x.shape[2:])
        return self.conv(torch.cat([x, self.grid.expand(len(x), -1, -1, -1)], dim=1))


def test_a_net_that_keeps_tensors_can_be_trained_after_it_was_profiled(no_process):
    net = Cached()
    assert one(net).timing.median > 0
    assert net.grid is None
    net(torch.zeros(2, 3, 8, 8)).sum().backward()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_is_measured_through_the_same_call(net):
    frame = profile(net, batch_sizes=(1, 64), device="cuda", seconds=0.05).frame()
    assert (frame["seconds"] > 0).all()
    assert (frame["peak_bytes"] > 0).all()
    assert next(net.parameters()).device.type == "cpu"  # left where it was


# ---- on file ----


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
