import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cs231n_arch import plots


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_the_hyperbola_goes_through_points_that_lie_on_one(ax):
    time = np.array([0.01, 0.02, 0.05, 0.2])
    frame = pd.DataFrame({"model": ["alexnet", "vgg16", "resnet50", "net"], "t": time, "a": 80 - 0.2 / time})
    assert plots.scatter_hyperbola(frame, ax, x="t", y="a", labels=("time (s)", "accuracy (%)")) is ax
    curve, line = ax.get_lines()[:2]
    np.testing.assert_allclose(curve.get_ydata(), 80 - 0.2 / curve.get_xdata())
    assert [text.get_text() for text in ax.texts] == list(frame["model"])
    labels = ax.get_legend_handles_labels()[1]
    assert labels[0] == "$a - k / x$: $R^2$ = 1.00"
    assert labels[1] != "$a + k x$: $R^2$ = 1.00"
    assert np.ptp(np.diff(line.get_ydata())) == pytest.approx(0, abs=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "accuracy (%)")
    assert ax.get_lines()[2].get_color() == plots.colour("alexnet")


@pytest.mark.parametrize("times", [[1.0, 2.0], [0.0, 1.0, 2.0]])
def test_a_hyperbola_needs_positive_points(ax, times):
    frame = pd.DataFrame({"model": "net", "t": times, "a": 1.0})
    with pytest.raises(ValueError, match="a hyperbola needs three models with t above zero"):
        plots.scatter_hyperbola(frame, ax, x="t", y="a", labels=("", ""))


def test_a_missing_meter_is_said_in_the_figure(ax):
    plots.not_measurable(ax, "not measurable here: no meter")
    assert ax.texts[0].get_text() == "not measurable here: no meter"
    assert not ax.axison
