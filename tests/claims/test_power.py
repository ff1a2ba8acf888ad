"""The rules of the claims on time and power, on made-up measurements whose truth is known, and on our record."""

from functools import partial
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from cs231n_arch import claims
from cs231n_arch.claims import power
from cs231n_arch.cli import main
from cs231n_arch.profiling import energy, records, report
from cs231n_arch.profiling.canziani import NETS, with_accuracy
from cs231n_arch.profiling.power import Rapl

ACCURATE = [name for name, place in NETS.items() if place]
HOLDS, FAILS, UNKNOWN = "confirmed", "not shown at this scale", "not measured yet"


def made_up(models, **columns):
    count = len(models)
    usual = {"batch_size": 16, "seconds": 1.0, "macs": 1e9, "params": 1e6, "error": "", "notes": ""}
    usual |= {"watts": np.nan, "idle_watts": np.nan, "fc_macs": 0, "conv_macs": 1e9}
    return pd.DataFrame({"model": models} | {k: [v] * count for k, v in usual.items()} | columns)


def test_time_that_follows_operations_confirms():
    macs = np.array([1, 2, 4, 8, 16]) * 1e9
    seconds = 16 * (0.01 + 0.02 * macs / 1e9)
    found = power.operations_predict_time(made_up(list("abcde"), macs=macs, seconds=seconds))
    assert found.verdict == HOLDS
    assert "20 ms for a billion multiply-adds; the line explains 100.0 % of the variance" in found.ours


@pytest.mark.parametrize("seconds", [[5, 1, 4, 2, 3], [5, 4, 3, 2, 1]])
def test_time_that_does_not_follow_operations_refutes(seconds):
    macs = np.array([1, 2, 3, 4, 5]) * 1e9
    assert power.operations_predict_time(made_up(list("abcde"), macs=macs, seconds=seconds)).verdict == FAILS


def test_a_hyperbola_is_told_from_a_line():
    accuracy = with_accuracy(made_up(ACCURATE))["accuracy"]
    hyperbola = 16 * 0.5 / (82 - accuracy)  # accuracy = 82 - 0.5 / time
    found = power.hyperbolic(made_up(ACCURATE, seconds=hyperbola))
    assert found.verdict == HOLDS
    assert "the hyperbola explains 100 % of the variance" in found.ours
    straight = 16 * (accuracy - 50) / 100
    assert power.hyperbolic(made_up(ACCURATE, seconds=straight)).verdict == FAILS
    falling = 16 * 0.5 / (accuracy - 50)  # the slower, the worse
    assert power.hyperbolic(made_up(ACCURATE, seconds=falling)).verdict == FAILS


def layers(fc_small, fc_large, conv=1.0):
    """AlexNet-like: most weights in fully connected layers; rates in GMACs per second at batch 1 and 16."""
    sizes = np.array([1, 16])
    return made_up(
        ["big", "big"],
        batch_size=sizes,
        params=60e6,
        fc_macs=58e6,
        conv_macs=1e9,
        fc_seconds=58e6 * sizes / 1e9 / np.array([fc_small, fc_large]),
        conv_seconds=1e9 * sizes / 1e9 / conv,
    )


@pytest.mark.parametrize(
    ("fc_small", "fc_large", "verdict"), [(0.1, 0.5, HOLDS), (0.8, 2.0, FAILS), (0.1, 0.15, FAILS)]
)
def test_fully_connected_layers_are_judged_by_their_rate(fc_small, fc_large, verdict):
    found = power.fully_connected_inefficient(layers(fc_small, fc_large))
    assert found.verdict == verdict
    assert f"dense layers at {100 * fc_small:.0f} % of the convolutions' rate" in found.ours


def test_nets_with_few_weights_in_fully_connected_layers_do_not_count():
    with pytest.raises(ValueError, match="no net with most weights in fully connected layers"):
        power.fully_connected_inefficient(made_up(["small"], conv_seconds=1.0, fc_seconds=1.0))


@pytest.mark.parametrize(("watts", "verdict"), [([21, 22, 23, 22], HOLDS), ([12, 22, 35, 14], FAILS)])
def test_power_above_idle_is_constant_or_not(watts, verdict):
    assert power.power_constant(made_up(list("abcd"), watts=watts, idle_watts=10.0)).verdict == verdict


def test_power_that_was_not_measured_is_no_verdict():
    reason = "memory: none; energy: not measurable here: no RAPL energy counter under /sys"
    found = power.power_constant(made_up(list("ab"), notes=[reason] * 2))
    assert (found.ours, found.verdict) == (
        "energy: not measurable here: no RAPL energy counter under /sys; "
        "where there is a meter, `cs231n-arch compare --out profile` measures the power",
        UNKNOWN,
    )


class Clock:
    """Stands in for `time`: only a rest and a call of the work take time."""

    now = 0.0

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Rising(Rapl):
    """A counter under a folder like Linux's, which rises by 30 W at rest and by 50 W while `working`."""

    working = False
    last = 0.0

    def __init__(self, root, clock):
        self.clock = clock
        super().__init__(root)

    def read(self):
        path = self.packages[0] / "energy_uj"
        elapsed, self.last = self.clock.now - self.last, self.clock.now
        path.write_text(str(int(path.read_text()) + int(1e6 * elapsed * (50 if self.working else 30))))
        return super().read()


def test_the_command_of_the_ledger_measures_power_where_there_is_a_meter(tmp_path, monkeypatch):
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    (zone / "energy_uj").write_text("0")
    (zone / "max_energy_range_uj").write_text(str(10**12))
    clock = Clock()
    meter = Rising(tmp_path, clock)
    monkeypatch.setattr("cs231n_arch.profiling.power.time", clock)
    monkeypatch.setattr(report, "find_meter", lambda _: meter)
    monkeypatch.setattr(report, "energy", partial(at_work, meter))
    command = power.MEASURE.split()[1:-1]
    path = tmp_path / "profile"
    assert (
        main([*command[:1], "lenet5", "--batch-size", "1", "2", "--seconds", "0.1", *command[1:], str(path)]) == 0
    )
    frame = records.load(f"{path}.json").measurements
    assert frame["watts"].tolist() == pytest.approx([50, 50])
    assert frame["idle_watts"].tolist() == pytest.approx([30, 30])
    found = power.power_constant(frame)
    assert found.verdict == HOLDS
    assert "W above idle" in found.ours


def at_work(meter, work, _, device, *, seconds):
    """`energy`, with the stand-in told when there is work; a rest follows the first call, which warms up."""
    calls = 0

    def call():
        nonlocal calls
        calls += 1
        if calls == 2:
            meter.read()  # the time until now was at rest
        meter.working = calls > 1
        meter.clock.sleep(0.01)
        return work()

    meter.working = False
    return energy(call, meter, device, seconds=min(seconds, 0.5))


@pytest.mark.skipif(
    not files("cs231n_arch").joinpath("results", "profile_cpu.json").is_file(),
    reason="not recorded yet: cs231n-arch compare --out cs231n_arch/results/profile_cpu",
)
def test_the_record_of_the_package_can_be_judged():
    kept = records.load("profile_cpu")
    frame = kept.measurements
    assert set(NETS) <= set(frame["model"])
    assert {1, 16} <= set(frame["batch_size"])
    assert kept.command.startswith("cs231n-arch compare ")
    for rule in (
        power.operations_predict_time,
        power.hyperbolic,
        power.fully_connected_inefficient,
        power.power_constant,
    ):
        found = rule(frame)
        assert found.ours
        assert found.verdict in (HOLDS, FAILS, UNKNOWN)


def test_without_a_profile_nothing_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "profile", lambda: None)
    for name in ("canziani-ops", "canziani-hyperbola", "canziani-power", "canziani-fc"):
        found = claims.CHECKS[name]()
        assert (found.ours, found.verdict, found.where) == ("no run is recorded", UNKNOWN, None)
