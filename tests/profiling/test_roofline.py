from importlib import import_module

import pytest

from cs231n_arch.profiling import Peaks, images, measure_peaks, roofline
from cs231n_arch.profiling.timing import Timing


def test_flops_bytes_and_bounds_of_each_layer(net):
    peaks = Peaks(flops=1e9, bandwidth=1e8)  # ridge at 10 flops per byte
    table = roofline(net, images(4, net.input_size), peaks).set_index("name")
    assert list(table.index) == list("0123456")
    macs = 16 * 3 * 9 * 64
    assert table["flops"]["0"] == 2 * 4 * macs
    assert table["intensity"]["0"] == pytest.approx(2 * 4 * macs / (4 * (4 * 3 * 64 + 4 * 16 * 64 + 16 * 27)))
    assert table["flops"]["1"] == 0
    assert table["bound"].tolist() == [
        "arithmetic",
        "memory",
        "memory",
        "arithmetic",
        "memory",
        "memory",
        "memory",
    ]
    conv, norm = table.loc["3"], table.loc["1"]
    assert conv["reached"] == pytest.approx(conv["flops"] / 1e9 / conv["seconds"])
    assert norm["reached"] == pytest.approx(norm["bytes"] / 1e8 / norm["seconds"])
    assert conv["rate"] == pytest.approx(conv["flops"] / conv["seconds"])


def test_the_ridge_is_where_the_roofs_meet():
    assert Peaks(flops=6e12, bandwidth=2e12).ridge == 3


def test_peaks_are_measured():
    peaks = measure_peaks(seconds=0.01, scale=0.1)
    assert 1e8 < peaks.flops < 1e15
    assert 1e7 < peaks.bandwidth < 1e14


def test_the_peak_is_that_of_the_best_of_the_ways(monkeypatch):
    module = import_module("cs231n_arch.profiling.roofline")
    rates = iter([1.0, 2.0, 400.0, 5.0, 1.0])  # calls per second: product, 1x1, 3x3, copy, sum
    monkeypatch.setattr(module, "time_call", lambda *_, **__: Timing(0.0, 1 / next(rates), 0.0, 9))
    peaks = measure_peaks(scale=0.01)  # sides of 20, 10 maps of one pixel, 2 maps of 2x2 pixels
    assert peaks.flops == pytest.approx(2 * 9 * 2**2 * 2**2 * 400)
    assert peaks.bandwidth == pytest.approx(2 * 4 * int(2**26 * 0.01) * 5)
