import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

from cs231n_arch import plots


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_boxes_lie_on_their_own_image(ax):
    batch = torch.rand(3, 1, 10, 20)
    whole = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(3, 1)
    part = torch.tensor([[0.5, 0.25, 0.75, 0.5]]).repeat(3, 1)
    plots.boxes(batch, ax, {"true": whole, "predicted": part}, columns=2)
    drawn = [(p.get_xy(), p.get_width(), p.get_height()) for p in ax.patches if isinstance(p, Rectangle)]
    # Two images a row, one pixel between them; the edge of the first pixel lies at -0.5.
    assert drawn[:3] == [((-0.5, -0.5), 20, 10), ((20.5, -0.5), 20, 10), ((-0.5, 10.5), 20, 10)]
    assert drawn[4] == ((30.5, 2.0), 5, 2.5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["true", "predicted"]
    lines = {p.get_label(): p.get_linestyle() for p in ax.patches if p.get_label() in ("true", "predicted")}
    assert lines["true"] != lines["predicted"]


def test_boxes_need_one_for_each_image(ax):
    with pytest.raises(ValueError, match=r"the boxes 'true' must be \(N, 4\) for 3 images; given \(2, 4\)"):
        plots.boxes(torch.rand(3, 1, 8, 8), ax, {"true": torch.zeros(2, 4)})
