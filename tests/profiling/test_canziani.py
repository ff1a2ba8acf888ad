"""The analysis of records, on made-up measurements whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from cs231n_arch.profiling import canziani
from cs231n_arch.profiling.canziani import NETS

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


def test_only_the_batch_size_asked_for_counts_and_no_failed_row():
    frame = made_up(list("abcd"), batch_size=[16, 16, 16, 1], error=["", "", "OutOfMemoryError", ""])
    assert canziani.timed(frame, 16)["model"].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"no measurement with batch size 2; the record has \[1, 16\]"):
        canziani.timed(frame, 2)


def test_the_frontier_leaves_out_what_another_net_beats():
    rows = pd.DataFrame({"model": list("abcd"), "seconds_per_image": [3, 1, 2, 4], "accuracy": [70, 60, 75, 75]})
    assert canziani.frontier(rows)["model"].tolist() == ["b", "c"]


def test_published_times_name_our_nets_and_their_source():
    times = canziani.published_times().set_index("model")
    assert times["seconds"]["vgg16"] == pytest.approx(0.04159)
    assert times["seconds"]["googlenet"] == pytest.approx(0.01206)
    assert set(canziani.published_times("CPU*")["model"]) > {"vgg16", "resnet18", "resnet152"}
    assert times["source"].str.contains("cnn-benchmarks").all()
    assert set(times["hardware"]) == {"PascalTitanX_cudnn5.1.05"}
