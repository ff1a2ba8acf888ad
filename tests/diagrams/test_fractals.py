import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import FancyBboxPatch

from cs231n_arch import diagrams
from cs231n_arch.diagrams.fractals import convolutions, joins


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_the_rule_gives_what_the_rows_of_figure_1_give(columns):
    """Row by row: below row r all columns join whose convolutions end there."""
    rows = 2 ** (columns - 1)
    by_rule = sorted(convolutions(columns, height=rows))
    assert by_rule == [(c, i * rows / 2**c, rows / 2**c) for c in range(columns) for i in range(2**c)]
    ends = {r: [c for c in range(columns) if r % (rows // 2**c) == 0] for r in range(1, rows)}
    assert sorted(joins(columns, height=rows)) == sorted((min(c), r) for r, c in ends.items() if len(c) > 1)


def test_a_drawing_has_all_boxes_inside_and_none_overlaps(ax):
    diagrams.fractal(ax, 4)
    boxes = [patch.get_bbox() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == 15
    for number, first in enumerate(boxes):
        assert not any(first.overlaps(second) for second in boxes[number + 1 :])
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    assert all(x0 < b.x0 and b.x1 < x1 and y0 < b.y0 and b.y1 < y1 for b in boxes)
    assert sum(line.get_linewidth() == 5 for line in ax.lines) == 4  # after rows 2, 4, 6 and 8


def test_only_active_convolutions_are_filled(ax):
    diagrams.fractal(ax, 3, active={(2, 0), (2, 1), (1, 1)})
    filled = [p for p in ax.patches if isinstance(p, FancyBboxPatch) and p.get_facecolor()[3] > 0]
    places = sorted((round(p.get_bbox().x0 + 0.31), round(-p.get_bbox().y0 - 0.2, 6)) for p in filled)
    assert places == [(1, 3.0), (2, 0.5), (2, 1.5)]


def test_what_is_not_there_is_refused(ax):
    with pytest.raises(ValueError, match="columns must be at least 1; given 0"):
        diagrams.fractal(ax, 0)
    with pytest.raises(ValueError, match=r"a block of 2 columns has no convolution \(1, 2\)"):
        diagrams.fractal(ax, 2, active=[(1, 2)])
