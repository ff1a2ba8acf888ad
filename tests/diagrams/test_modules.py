import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Circle, FancyBboxPatch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.diagrams.modules import modules, words
from cs231n_arch.models.layers import Concat, Sum, series
from cs231n_arch.models.senet import squeeze_excitation


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def unit(name, **options):
    with torch.device("meta"):
        return create_model(name, **options).get_submodule("conv2_x.conv2_2")


def boxes(ax):
    """The words in the boxes, from the top of each column down."""
    return [text.get_text() for text in ax.texts if text.get_text() not in ("", "+", *TITLES)]


TITLES = ("plain", "residual", "block")


def test_a_product_is_a_circle_with_a_cross(ax):
    with torch.device("meta"):
        block = squeeze_excitation(32, 4)
    modules(ax, {"block": block})
    assert boxes(ax) == ["mean of each map", "1×1 conv, 8", "ReLU", "1×1 conv, 32", "sigmoid", "×"]
    assert len([patch for patch in ax.patches if isinstance(patch, Circle)]) == 1


def test_a_residual_unit_shows_its_layers_in_order_and_one_sum(ax):
    modules(ax, {"residual": unit("resnet20")})
    assert boxes(ax) == ["3×3 conv, 16", "batch norm", "ReLU", "3×3 conv, 16", "batch norm", "ReLU"]
    (plus,) = [patch for patch in ax.patches if isinstance(patch, Circle)]
    drawn = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(drawn) == 6
    tops = [patch.get_y() for patch in drawn]
    assert tops == sorted(tops, reverse=True)
    assert tops[4] > plus.center[1] > tops[5] + drawn[5].get_height()


def test_formulas_stand_at_the_input_at_the_end_of_the_body_and_below_the_sum(ax):
    modules(ax, {"residual": unit("resnet20"), "plain": unit("plain20")}, formulas=("$x$", "$F(x)$", "$F(x) + x$"))
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert heights["$x$"] > heights["$F(x)$"] > heights["+"] > heights["$F(x) + x$"]
    assert [text.get_text() for text in ax.texts].count("$x$") == 1, "a plain unit has no sum"


def test_a_plain_unit_has_no_sum_and_stands_beside_the_residual_one(ax):
    modules(ax, {"plain": unit("plain20"), "residual": unit("resnet20")}, weights_only=True)
    assert boxes(ax) == ["3×3 conv, 16"] * 4
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 1
    left, right = ([p.get_x() for p in ax.patches if isinstance(p, FancyBboxPatch)][i] for i in (0, 2))
    assert right - left > 2.2


def test_nothing_overlaps(ax):
    block = Concat(
        one=nn.Conv2d(8, 4, 1),
        two=series(a=nn.Conv2d(8, 4, 3), b=nn.ReLU()),
        three=nn.Identity(),
        four=nn.MaxPool2d(3),
    )
    modules(ax, {"block": block}, most=4)
    drawn = [patch.get_bbox() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(drawn) == 5
    for number, first in enumerate(drawn):
        for second in drawn[number + 1 :]:
            assert not first.overlaps(second)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    assert all(x0 < b.x0 and b.x1 < x1 and y0 < b.y0 and b.y1 < y1 for b in drawn)


def test_of_many_branches_the_middle_ones_are_counted(ax):
    modules(ax, {"block": unit("resnext", block="a")}, weights_only=True)
    assert boxes(ax).count("1×1 conv, 4") == 3
    assert any("29" in text for text in boxes(ax))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Conv2d(8, 16, 3, stride=2), "3×3 conv, 16, /2"),
        (nn.Conv2d(8, 16, 3, groups=4), "3×3 conv, 16\nin 4 groups"),
        (nn.Linear(8, 10), "full, 10"),
        (nn.Dropout(0.3), "dropout 0.3"),
        (nn.ZeroPad3d((0, 0, 0, 0, 0, 16)), "+ 16 maps of 0"),
        (nn.AvgPool2d(1, 2), "every 2nd pixel"),
        (nn.AvgPool2d(8), "8×8 mean pool"),
        (nn.MaxPool2d(3), "3×3 max pool"),
        (nn.Sigmoid(), "sigmoid"),
    ],
)
def test_words(layer, expected):
    assert words(layer) == expected


@pytest.mark.parametrize(("blocks", "most"), [({}, 3), ({"block": Sum(body=nn.ReLU(), shortcut=nn.ReLU())}, 1)])
def test_what_cannot_be_drawn_is_refused(ax, blocks, most):
    with pytest.raises(ValueError, match="at least one block and two branches"):
        modules(ax, blocks, most=most)
