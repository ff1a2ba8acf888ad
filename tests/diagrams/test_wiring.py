import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Rectangle

from cs231n_arch import diagrams
from cs231n_arch.models.lenet import C3_SOURCES


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_a_cell_is_filled_wherever_a_map_sees_another(ax):
    diagrams.connections(ax, C3_SOURCES, labels=("C3", "S2"))
    filled = {
        (round(cell.get_x() + 0.45), round(cell.get_y() + 0.45)): cell.get_facecolor()
        for cell in ax.patches
        if isinstance(cell, Rectangle) and cell.get_facecolor()[3] > 0
    }
    assert set(filled) == {(column, row) for column, rows in enumerate(C3_SOURCES) for row in rows}
    assert len(filled) == 60
    assert len(set(filled.values())) == 3


@pytest.mark.parametrize("sources", [[], [[0], []]])
def test_every_map_must_see_something(ax, sources):
    with pytest.raises(ValueError, match="at least one earlier map"):
        diagrams.connections(ax, sources, labels=("a", "b"))


def test_two_towers_cross_only_where_the_groups_are_one(ax):
    diagrams.towers(ax, [("image", 3, 1), ("conv1", 96, 1), ("conv2", 256, 2), ("conv3", 384, 1)])
    arrows = [text for text in ax.texts if text.arrow_patch is not None]
    crossing = [text for text in arrows if (text.xy[1] > 0) != (text.xyann[1] > 0)]
    assert len(arrows) == 2 + 2 + 4
    assert {text.xy[0] for text in crossing} == {3 * 1.6}
    assert [text.get_text() for text in ax.texts if text.get_text().isdigit()] == [
        "3",
        "3",
        "48",
        "48",
        "128",
        "128",
        "192",
        "192",
    ]


@pytest.mark.parametrize("layer", [("conv1", 97, 1), ("conv1", 96, 3)])
def test_maps_are_halved(ax, layer):
    with pytest.raises(ValueError, match="even number of maps in 1 or 2 groups"):
        diagrams.towers(ax, [("image", 3, 1), layer])


def test_every_layer_of_a_dense_block_reads_all_before_it(ax):
    diagrams.dense_block(ax, layers=4, first=16, growth=12)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in dots] == [1, 2, 3, 4, 5]  # the last is the stage after the block
    texts = [text.get_text() for text in ax.texts]
    assert [text for text in texts if text.startswith("reads")] == [f"reads\n{16 + 12 * n}" for n in range(5)]
    assert texts.count("12 channels") == 4
    assert texts.count("16 channels") == 1


def test_a_dense_block_has_layers(ax):
    with pytest.raises(ValueError, match="at least 1; given 0, 16, 12"):
        diagrams.dense_block(ax, layers=0, first=16, growth=12)
