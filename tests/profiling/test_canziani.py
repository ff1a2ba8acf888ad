"""The rules on made-up measurements whose truth is known, and on the record that comes with the package."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from cs231n_arch.profiling import canziani, records
from cs231n_arch.profiling.canziani import FAILS, HOLDS, NETS, UNKNOWN

ACCURATE = [name for name, place in NETS.items() if place]


def made_up(models, **columns):
    count = len(models)
    usual = {"batch_size": 16, "seconds": 1.0, "macs": 1e9, "params": 1e6, "error": "", "notes": ""}
    usual |= {"watts": np.nan, "idle_watts": np.nan, "fc_macs": 0, "conv_macs": 1e9}
    return pd.DataFrame({"model": models} | {k: [v] * count for k, v in usual.items()} | columns)


def test_accuracy_is_published_and_has_its_source():
    rows = canziani.with_accuracy(made_up([*NETS, "lenet5"])).set_index("model")
    assert list(rows.index) == ACCURATE
    assert rows["accuracy"]["vgg16"] == pytest.approx(71.5)
    assert rows["accuracy"]["inception_v4"] == pytest.approx(80.144)
    assert rows["accuracy"].is_monotonic_increasing is False
    assert rows["source"]["vgg16"] == "Albanie, convnet-burden"


def test_a_line_is_fitted():
    line = canziani.fit_line([0, 1, 2, 3], [1, 3, 5, 7.4])
    assert (line.slope, line.intercept) == pytest.approx((2.12, 0.92))
    assert line.residuals.sum() == pytest.approx(0)
    assert line.r2 == pytest.approx(1 - (line.residuals**2).sum() / np.square([-3.1, -1.1, 0.9, 3.3]).sum())


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3])])
def test_a_line_needs_points(x, y):
    with pytest.raises(ValueError, match="a line needs at least three points"):
        canziani.fit_line(x, y)


def test_time_that_follows_operations_confirms():
    macs = np.array([1, 2, 4, 8, 16]) * 1e9
    seconds = 16 * (0.01 + 0.02 * macs / 1e9)
    found = canziani.operations_predict_time(made_up(list("abcde"), macs=macs, seconds=seconds))
    assert found.verdict == HOLDS
    assert "20.00 ms a GMAC, R² = 1.000" in found.ours


@pytest.mark.parametrize("seconds", [[5, 1, 4, 2, 3], [5, 4, 3, 2, 1]])
def test_time_that_does_not_follow_operations_refutes(seconds):
    macs = np.array([1, 2, 3, 4, 5]) * 1e9
    assert canziani.operations_predict_time(made_up(list("abcde"), macs=macs, seconds=seconds)).verdict == FAILS


def test_only_the_batch_size_asked_for_counts_and_no_failed_row():
    frame = made_up(list("abcd"), batch_size=[16, 16, 16, 1], error=["", "", "OutOfMemoryError", ""])
    assert canziani.measured(frame, 16)["model"].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"no measurement with batch size 2; the record has \[1, 16\]"):
        canziani.measured(frame, 2)


def test_a_hyperbola_is_told_from_a_line():
    accuracy = canziani.with_accuracy(made_up(ACCURATE))["accuracy"]
    hyperbola = 16 * 0.5 / (82 - accuracy)  # accuracy = 82 - 0.5 / time
    found = canziani.hyperbolic(made_up(ACCURATE, seconds=hyperbola))
    assert found.verdict == HOLDS
    assert "accuracy = 82.0 % - 500 % ms / time, R² = 1.00" in found.ours
    straight = 16 * (accuracy - 50) / 100
    assert canziani.hyperbolic(made_up(ACCURATE, seconds=straight)).verdict == FAILS
    falling = 16 * 0.5 / (accuracy - 50)  # the slower, the worse
    assert canziani.hyperbolic(made_up(ACCURATE, seconds=falling)).verdict == FAILS


def test_the_frontier_leaves_out_what_another_net_beats():
    rows = pd.DataFrame({"model": list("abcd"), "seconds_per_image": [3, 1, 2, 4], "accuracy": [70, 60, 75, 75]})
    assert canziani.frontier(rows)["model"].tolist() == ["b", "c"]


def layers(fc_small, fc_large, conv=1.0):
    """AlexNet-like: most weights in fully connected layers; rates in GMACs a second at batch 1 and 16."""
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
    found = canziani.fully_connected_inefficient(layers(fc_small, fc_large))
    assert found.verdict == verdict
    assert f"FC at {fc_small:.0%} of the convolutions' rate" in found.ours


def test_nets_with_few_weights_in_fully_connected_layers_do_not_count():
    with pytest.raises(ValueError, match="no net with most weights in fully connected layers"):
        canziani.fully_connected_inefficient(made_up(["small"], conv_seconds=1.0, fc_seconds=1.0))


@pytest.mark.parametrize(("watts", "verdict"), [([21, 22, 23, 22], HOLDS), ([12, 22, 35, 14], FAILS)])
def test_power_above_idle_is_constant_or_not(watts, verdict):
    assert canziani.power_constant(made_up(list("abcd"), watts=watts, idle_watts=10.0)).verdict == verdict


def test_power_that_nobody_measured_is_no_verdict():
    reason = "memory: none; energy: not measurable here: no RAPL energy counter under /sys"
    found = canziani.power_constant(made_up(list("ab"), notes=[reason] * 2))
    assert found == ("energy: not measurable here: no RAPL energy counter under /sys", UNKNOWN)


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
        canziani.operations_predict_time,
        canziani.hyperbolic,
        canziani.fully_connected_inefficient,
        canziani.power_constant,
    ):
        ours, verdict = rule(frame)
        assert ours
        assert verdict in (HOLDS, FAILS, UNKNOWN)


def test_published_times_name_our_nets_and_their_source():
    times = canziani.published_times().set_index("model")
    assert times["seconds"]["vgg16"] == pytest.approx(0.04159)
    assert times["seconds"]["googlenet"] == pytest.approx(0.01206)
    assert set(canziani.published_times("CPU*")["model"]) > {"vgg16", "resnet18", "resnet152"}
    assert times["source"].str.contains("cnn-benchmarks").all()
    assert set(times["hardware"]) == {"PascalTitanX_cudnn5.1.05"}
