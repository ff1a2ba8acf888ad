import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Rectangle

from cs231n_arch import diagrams, receptive_field
from cs231n_arch.diagrams.windows import seen


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_windows_lie_where_the_stride_puts_them(ax):
    diagrams.windows(ax, size=7, kernel=3, stride=2, padding=1)
    squares = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    hatched = [square for square in squares if square.get_hatch()]
    drawn = [square for square in squares if square.get_width() > 2]
    assert len(hatched) == 9**2 - 7**2
    assert [round(square.get_x() + square.get_width() / 2 - 0.5) for square in drawn] == [0, 2, 4]
    assert all(2.5 < square.get_width() < 3 for square in drawn)


def test_windows_that_do_not_fit_are_refused(ax):
    with pytest.raises(ValueError, match="only 2 windows fit"):
        diagrams.windows(ax, size=4, kernel=3)


@pytest.mark.parametrize("layers", [[(3, 1)] * 3, [(3, 2), (3, 1), (3, 1)], [(11, 4), (3, 2), (5, 1)]])
def test_a_pyramid_is_as_wide_as_the_receptive_field(ax, layers):
    pixels = seen(layers)[0]
    assert pixels == (-(receptive_field(layers).field - 1) / 2, 1, receptive_field(layers).field)
    diagrams.pyramid(ax, layers)
    assert len(ax.lines) == len(layers) + 1
    assert [len(line.get_xdata()) for line in ax.lines] == [count for *_, count in seen(layers)]


def test_a_pyramid_needs_layers(ax):
    with pytest.raises(ValueError, match="no layers"):
        diagrams.pyramid(ax, [])
