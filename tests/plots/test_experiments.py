"""The figure of a record."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes

from cs231n_arch import plots

RECORD = {
    "arms": {
        "plain": {"runs": [{"metrics": {"test_error": value}} for value in (0.1, 0.2, 0.3)]},
        "resnet": {"runs": [{"metrics": {"test_error": value, "share": 1.0}} for value in (0.1, 0.1, 0.1)]},
    }
}


@pytest.fixture
def ax() -> Iterator[Axes]:
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_every_seed_and_the_mean(ax: Axes) -> None:
    assert plots.arms(RECORD, ax, metric="test_error", label="test error (%)", scale=100) is ax
    seeds = {tuple(line.get_ydata()): list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 3}
    assert seeds[0, 0, 0] == pytest.approx([10, 20, 30])
    assert seeds[1, 1, 1] == pytest.approx([10, 10, 10])
    assert [text.get_text() for text in ax.texts] == ["20 ± 10", "10 ± 0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["plain", "resnet"]
    assert ax.get_xlabel() == "test error (%)"


def test_arms_without_the_metric_are_left_out(ax: Axes) -> None:
    plots.arms(RECORD, ax, metric="share", label="share")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["resnet"]
    with pytest.raises(ValueError, match="no arm has the metric 'loss'; there are share, test_error"):
        plots.arms(RECORD, ax, metric="loss", label="loss")
