import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Rectangle

from cs231n_arch import diagrams


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_numbers_stand_where_the_map_has_them(ax):
    diagrams.numbers(ax, [[1, 2.5, 3], [4, 5, 6]], marked=[(1, 0)])
    texts = {text.get_text(): text.get_position() for text in ax.texts}
    assert texts["1"] == (0.5, -0.5)
    assert texts["2.5"] == (1.5, -0.5)
    assert texts["4"] == (0.5, -1.5)
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    filled = [cell.get_xy() for cell in cells if cell.get_facecolor()[3] > 0]
    assert len(cells) == 6
    assert filled == [(0, -2)]


@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], [3]]])
def test_numbers_need_a_rectangle(ax, rows):
    with pytest.raises(ValueError, match="rows must have values"):
        diagrams.numbers(ax, rows)


def test_a_ladder_has_its_steps_side_by_side_and_arrows_both_ways(ax):
    diagrams.ladder(ax, ["image", "convolve", "pool"], ["pixels", "filter", "unpool"], {2: "switches"})
    labels = {text.get_text(): text.get_position() for text in ax.texts if text.get_text()}
    assert labels["image"][1] == labels["pixels"][1] < labels["pool"][1] == labels["unpool"][1]
    assert labels["image"][0] < labels["switches"][0] < labels["pixels"][0]
    arrows = [(text.xyann, text.xy) for text in ax.texts if not text.get_text()]
    upwards = [start[1] < end[1] for start, end in arrows if start[0] == end[0] and start[0] < 2]
    downwards = [start[1] > end[1] for start, end in arrows if start[0] == end[0] and start[0] > 4]
    across = [start[0] < end[0] for start, end in arrows if start[1] == end[1]]
    assert upwards == downwards == [True, True]
    assert across == [True]


@pytest.mark.parametrize(("down", "links"), [(["a"], {}), (["a", "b"], {2: "x"})])
def test_a_ladder_refuses_unequal_sides(ax, down, links):
    with pytest.raises(ValueError, match="columns must be equally high"):
        diagrams.ladder(ax, ["a", "b"], down, links)
