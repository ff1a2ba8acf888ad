"""How the work of the tools grows with the number of layers: counted in calls of Python, so no clock is needed."""

import sys
from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks import growth
from cs231n_arch import create_model
from cs231n_arch.profiling import layer_times, records

UNITS = (2, 4, 8, 16)  # in each of the three stages


def calls(run: Callable[[], object]) -> int:
    """Functions that Python calls, its own and those written in C."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return counted


def times(net: nn.Module, batch: int, side: int) -> None:
    layer_times(net, torch.zeros(batch, 3, side, side), passes=1)


@pytest.mark.parametrize("call", [growth.call_layer_table, times, growth.call_train])
def test_the_work_is_linear_in_the_number_of_layers(call: Callable[[nn.Module, int, int], object]) -> None:
    nets = [create_model("wide_resnet", depth=6 * units + 4, widen_factor=1) for units in UNITS]
    call(nets[0], 2, 8)  # loads what is loaded once
    counts = [calls(lambda net=net: call(net, 2, 8)) for net in nets]
    # Linear work grows by increments that double when the size does; quadratic work, by increments four times as
    # large. Measured: 1.95 to 2.00.
    increments = [after - before for before, after in pairwise(counts)]
    for before, after in pairwise(increments):
        assert after / before == pytest.approx(2, rel=0.1), counts


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("constant", [0.0, 40.0])
def test_the_exponent_is_that_of_what_grows(power: float, constant: float) -> None:
    sizes = [4, 8, 16, 32, 64, 128]
    assert growth.exponent(sizes, [constant + 3 * size**power for size in sizes]) == pytest.approx(power)


def test_a_cost_that_does_not_grow_has_exponent_0() -> None:
    assert growth.exponent([1, 2, 4, 8], [5.0, 5.1, 5.0, 5.1]) == 0


def test_the_record_has_every_point_and_its_exponents_are_those_of_its_points() -> None:
    record = records.load(growth.FILE)
    found = record.measurements.groupby(["call", "varied"])["size"].apply(tuple).to_dict()
    assert found == {(call, varied): sizes for call in growth.CALLS for varied, sizes in growth.SIZES.items()}
    pd.testing.assert_frame_equal(growth.exponents(record.measurements), record.tables["exponents"])
