import dataclasses
import math

import pytest
import torch
from torch import nn

from cs231n_arch import layer_table
from cs231n_arch.experiments import Work
from cs231n_arch.experiments.workbench import workbench
from cs231n_arch.experiments.zfnet import FIRST_LAYER, unstable, with_windows


class Column(nn.Module):
    """Says in which of eight columns the brightest pixel is, looking at every `stride`-th column alone."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = nn.Parameter(torch.tensor(stride), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.amax(dim=(1, 2))[:, :: int(self.stride)]


def test_a_prediction_that_follows_the_shift_is_unstable_and_one_that_cannot_see_it_is_not():
    images = torch.zeros(2, 1, 4, 8)
    images[:, 0, 1, 0] = 1
    assert unstable(Column(1), images) == 1
    assert unstable(Column(8), images) == 0
    # Every fourth column is looked at: the pixel is lost at each of the shifts 1 to 3, and column 0 is still said.
    assert unstable(Column(4), images) == 0
    images = torch.zeros(1, 1, 4, 8)
    images[0, 0, 1, 3] = 1  # it comes into sight at shift 1, in the second column looked at, and is lost again
    assert unstable(Column(4), images) == pytest.approx(1 / 3)


def test_the_arms_differ_in_their_first_two_windows_and_agree_behind_them():
    shapes, rest = set(), set()
    for arm in FIRST_LAYER.arms.values():
        windows = arm.windows
        net = with_windows(workbench(image_size=32, **arm.options), windows)
        table = layer_table(net).set_index("name")
        assert [tuple(table.loc[f"{name}.conv", ["kernel", "stride"]]) for name in ("conv1", "conv2_1")] == list(
            windows
        )
        shapes.add(table.output_shape["conv2_1.conv"])
        rest.add(tuple(table.macs.iloc[3:]))
    assert len(shapes) == len(rest) == 1


def test_the_weights_of_the_new_windows_are_hes():
    torch.manual_seed(0)
    net = with_windows(workbench(channels=64), ((11, 4), (3, 2)))
    assert net.conv1.conv.weight.std().item() == pytest.approx(math.sqrt(2 / 121), rel=0.05)
    assert net.conv2_1.conv.weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 64)), rel=0.05)
    assert not net.conv1.conv.bias.any()


def test_every_arm_is_measured():
    work = Work("digits", 32, 64, epochs=1, batch_size=32)
    tiny = dataclasses.replace(FIRST_LAYER, budgets={"live": work})
    found = dict(tiny.measure(tiny.trials("live", 0)))
    assert list(found) == list(FIRST_LAYER.arms)
    for outcome in found.values():
        assert set(outcome.metrics) == {"test_error", "train_error", "train_loss", "unstable"}
        assert 0 <= outcome.metrics["unstable"] <= 1
