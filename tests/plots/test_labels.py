"""Names beside marks and lines can be read: none on another, none on a mark of another."""

import itertools
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cs231n_arch import plots


@pytest.fixture
def ax() -> Iterator[Axes]:
    with mpl.rc_context():
        plots.use_style()
        yield Figure(figsize=(5, 4)).add_subplot()


def boxes(ax: Axes) -> list[mpl.transforms.Bbox]:
    ax.figure.draw_without_rendering()
    return [mpl.text.Text.get_window_extent(text) for text in ax.texts]


def test_names_of_crowded_marks_do_not_cover_each_other_nor_a_mark(ax: Axes) -> None:
    x, y = [1.0, 1.1, 1.15, 1.2, 5.0], [2.0, 2.0, 2.1, 2.0, 9.0]
    names = ["resnet34", "resnet50", "inception_v3", "googlenet", "at the edge"]
    ax.plot(x, y, "o")
    assert plots.name_points(ax, names, x, y) is ax
    assert [text.get_text() for text in ax.texts] == names
    drawn = boxes(ax)
    marks = ax.transData.transform(np.column_stack([x, y]))
    for one, other in itertools.combinations(drawn, 2):
        assert not one.overlaps(other)
    for box in drawn:
        assert not any(box.contains(*mark) for mark in marks)
        assert ax.bbox.x0 <= box.x0 < box.x1 <= ax.bbox.x1


def test_a_name_with_room_stands_to_the_right_of_its_mark(ax: Axes) -> None:
    ax.plot([1, 2, 3], [1, 2, 3], "o")
    plots.name_points(ax, ["net"], [1], [1])
    (box,), (mark,) = boxes(ax), ax.transData.transform([(1, 1)])
    assert mark[0] < box.x0 < mark[0] + 12
    assert box.y0 < mark[1] < box.y1


def test_a_name_keeps_clear_of_a_large_disc(ax: Axes) -> None:
    ax.plot([1, 2, 3], [1, 2, 3], "o")
    plots.name_points(ax, ["net"], [2], [2], [30])
    (box,), (mark,) = boxes(ax), ax.transData.transform([(2, 2)])
    assert box.x0 > mark[0] + 30


def test_a_name_keeps_clear_of_lines_texts_and_the_legend(ax: Axes) -> None:
    ax.plot([0, 2], [1, 1], label="a line through the mark's right")
    ax.plot([1], [1], "o")
    words = ax.annotate("words above", (0.6, 1.02))
    legend = ax.legend(loc="lower left")
    plots.name_points(ax, ["net"], [1], [1])
    ax.figure.draw_without_rendering()
    name = mpl.text.Text.get_window_extent(ax.texts[-1])
    line = ax.transData.transform([(1, 1)])[0][1]
    assert not name.y0 < line < name.y1
    assert not name.overlaps(words.get_window_extent())
    assert not name.overlaps(legend.get_window_extent())


def test_names_at_the_ends_of_lines_that_meet_stay_apart_and_in_order(ax: Axes) -> None:
    ends = {"vgg16": 5.0, "vgg19": 5.01, "resnet18": 1.0, "resnet34": 1.02, "resnet50": 0.99}
    for name, end in ends.items():
        ax.plot([1, 2], [3, end], label=name)
    ax.axhline(2, label="_no name")
    ax.legend()
    assert plots.name_lines(ax) is ax
    assert ax.get_legend() is None
    assert [text.get_text() for text in ax.texts] == sorted(ends, key=lambda name: ends[name])
    drawn = boxes(ax)
    for below, above in itertools.pairwise(drawn):
        assert above.y0 > below.y0
        assert not below.overlaps(above)
    assert all(box.x0 > ax.bbox.x1 - 40 for box in drawn)
