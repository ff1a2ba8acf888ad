"""Each figure returns its Axes with labels on it, and refuses to draw nothing."""

import itertools
from collections.abc import Callable, Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from cs231n_arch import create_model, layer_table, list_models, plots, published

WHITE, DARK = "#ffffff", "#14181e"  # the two pages of the book


@pytest.fixture
def ax() -> Iterator[Axes]:
    with mpl.rc_context():
        plots.use_style()
        figure = Figure()
        yield figure.add_subplot()
        figure.canvas.draw()  # what a figure holds must also be drawable


def table(name: str) -> pd.DataFrame:
    with torch.device("meta"):
        return layer_table(create_model(name))


MODELS = pd.DataFrame(
    {
        "model": ["alexnet", "vgg16", "resnet50", "densenet121"],
        "gmacs": [1.1, 15.5, 3.9, 2.8],
        "ms": [20.0, 310.0, 80.0, 60.0],
        "params": [62e6, 138e6, 26e6, 8e6],
    }
)
TIMES = pd.DataFrame(
    {"model": ["vgg16"] * 4 + ["alexnet"] * 4, "batch": [1, 2, 4, 8] * 2, "ms": np.arange(8.0) + 1}
)
HISTORY = pd.DataFrame({"epoch": [1, 2, 3, 1, 2, 3], "test_error": [50.0, 40, 30, 54, 42, 36]})
ROOF = pd.DataFrame({"name": ["conv1", "fc6"], "intensity": [30.0, 0.5], "rate": [4e10, 5e9]})
MATRIX = pd.DataFrame([[1.0, np.nan], [2.0, 3.0]])
PAIR = ("across (unit)", "up (unit)")

CHARTS: dict[str, Callable[[Axes], Axes]] = {
    "imagenet_winners": lambda ax: plots.imagenet_winners(published.imagenet_winners(), ax, human=5.1),
    "bars": lambda ax: plots.bars(
        MODELS.set_index("model")["ms"], ax, label="time (ms)", spread=MODELS.set_index("model")["gmacs"]
    ),
    "bars_together": lambda ax: plots.bars_together(MODELS.set_index("model")[["ms", "gmacs"]], ax, label="ms"),
    "lines": lambda ax: plots.lines(TIMES, ax, x="batch", y="ms", log="xy", labels=PAIR),
    "training_curves": lambda ax: plots.training_curves(
        {"plain20": HISTORY, "resnet20": HISTORY}, ax, y="test_error"
    ),
    "cost_by_stage": lambda ax: plots.cost_by_stage(table("alexnet"), ax),
    "bubble": lambda ax: plots.bubble(MODELS, ax, x="gmacs", y="ms", area="params", labels=PAIR),
    "scatter_fit": lambda ax: plots.scatter_fit(MODELS, ax, x="gmacs", y="ms", labels=PAIR),
    "roofline": lambda ax: plots.roofline(ROOF, ax, peak=1e11, bandwidth=1e10),
    "heatmap": lambda ax: plots.heatmap(MATRIX, ax, label="norm", labels=PAIR),
}
PICTURES: dict[str, Callable[[Axes], Axes]] = {
    "architecture": lambda ax: plots.architecture(table("alexnet"), ax),
    "boxes": lambda ax: plots.boxes(torch.rand(3, 1, 8, 8), ax, {"true": torch.rand(3, 4)}),
    "filters": lambda ax: plots.filters(torch.randn(96, 3, 11, 11, requires_grad=True), ax),
    "images": lambda ax: plots.images(torch.rand(7, 1, 8, 8), ax, columns=4),
}
EMPTY: dict[str, Callable[[Axes], Axes]] = {
    "imagenet_winners": lambda ax: plots.imagenet_winners(published.imagenet_winners().head(0), ax),
    "bars": lambda ax: plots.bars(pd.Series(dtype=float), ax, label="ms"),
    "bars_together": lambda ax: plots.bars_together(pd.DataFrame(), ax, label="ms"),
    "bars_together of four": lambda ax: plots.bars_together(pd.DataFrame([[1, 2, 3, 4]]), ax, label="ms"),
    "lines": lambda ax: plots.lines(TIMES.head(0), ax, x="batch", y="ms"),
    "training_curves": lambda ax: plots.training_curves({}, ax, y="test_error"),
    "training_curves of one empty": lambda ax: plots.training_curves({"a": HISTORY.head(0)}, ax, y="test_error"),
    "training_curves without the column": lambda ax: plots.training_curves({"a": HISTORY}, ax, y="train_loss"),
    "cost_by_stage": lambda ax: plots.cost_by_stage(table("alexnet").head(0), ax),
    "cost_by_stage of another frame": lambda ax: plots.cost_by_stage(MODELS, ax),
    "bubble": lambda ax: plots.bubble(MODELS.head(0), ax, x="gmacs", y="ms", area="params", labels=PAIR),
    "scatter_fit of two": lambda ax: plots.scatter_fit(MODELS.head(2), ax, x="gmacs", y="ms", labels=PAIR),
    "roofline": lambda ax: plots.roofline(ROOF.head(0), ax, peak=1e11, bandwidth=1e10),
    "roofline without a roof": lambda ax: plots.roofline(ROOF, ax, peak=0, bandwidth=1e10),
    "heatmap": lambda ax: plots.heatmap(pd.DataFrame(), ax, label="norm", labels=PAIR),
    "architecture": lambda ax: plots.architecture(table("lenet5").head(0), ax),
    "architecture without a stage": lambda ax: plots.architecture(table("lenet5").head(1), ax, skip=["c1"]),
    "boxes": lambda ax: plots.boxes(torch.empty(0, 1, 8, 8), ax, {"true": torch.empty(0, 4)}),
    "filters": lambda ax: plots.filters(torch.empty(0, 3, 5, 5), ax),
    "filters over many maps": lambda ax: plots.filters(torch.randn(8, 64, 3, 3), ax),
    "images": lambda ax: plots.images(torch.rand(8, 8), ax),
}


@pytest.mark.parametrize("name", CHARTS)
def test_chart(name: str, ax: Axes) -> None:
    assert CHARTS[name](ax) is ax
    assert ax.get_xlabel() or [label.get_text() for label in ax.get_xticklabels()]
    assert ax.get_ylabel() or [label.get_text() for label in ax.get_yticklabels()]
    assert ax.patches or ax.lines or ax.collections or ax.images


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, ax: Axes) -> None:
    assert PICTURES[name](ax) is ax
    assert not ax.axison
    assert ax.patches or ax.images


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw(name: str, ax: Axes) -> None:
    with pytest.raises(ValueError, match=r"nothing to draw|no column|needs three|must be"):
        EMPTY[name](ax)


def test_every_public_figure_is_drawn_here() -> None:
    figures = set(plots.__all__) - {"FAMILIES", "INK", "STYLE", "colour", "family", "marker", "use_style"}
    figures -= {"name_lines", "name_points"}  # parts of figures
    elsewhere = {"not_measurable", "scatter_hyperbola", "arms"}  # in files of their own
    assert figures == {*CHARTS, *PICTURES, *elsewhere}


def test_cost_by_stage_shows_shares_that_add_up(ax: Axes) -> None:
    plots.cost_by_stage(table("vgg16"), ax)
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == ["conv1_1", "conv1_2"]
    for container in ax.containers:
        assert sum(bar.get_width() for bar in container) == pytest.approx(100)


def test_bars_of_a_group_lie_together_in_the_order_of_the_columns(ax: Axes) -> None:
    frame = pd.DataFrame({"time": [3.0, 1.0], "operations": [2.0, 4.0]}, index=["conv1", "fc6"])
    plots.bars_together(frame, ax, label="share (%)")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["conv1", "fc6"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["time", "operations"]
    for container, column in zip(ax.containers, frame, strict=True):
        assert [bar.get_width() for bar in container] == frame[column].tolist()
    middles = [[bar.get_y() + bar.get_height() / 2 for bar in container] for container in ax.containers]
    assert middles[0][0] < 0 < middles[1][0] < middles[0][1] < 1 < middles[1][1]


def test_scatter_fit_finds_the_line(ax: Axes) -> None:
    exact = MODELS.assign(ms=7 * MODELS["gmacs"] + 3)
    plots.scatter_fit(exact, ax, x="gmacs", y="ms", labels=PAIR)
    assert ax.get_legend().get_texts()[0].get_text() == "slope 7, $R^2$ = 1.00"


def test_several_seeds_give_a_mean_and_a_band(ax: Axes) -> None:
    plots.training_curves({"resnet20": HISTORY}, ax, y="test_error")
    assert list(ax.lines[0].get_ydata()) == [52, 41, 33]
    assert len(ax.collections) == 1
    plots.training_curves({"plain20": HISTORY.head(3)}, ax, y="test_error")
    assert len(ax.collections) == 1, "one seed has no band"


def test_architecture_is_to_scale(ax: Axes) -> None:
    plots.architecture(table("alexnet"), ax)
    heights = [patch.get_xy()[:, 1].max() - patch.get_xy()[:, 1].min() for patch in ax.patches[::3]]
    # conv1 55, pool1 27, conv2 27, pool2 13: the front faces have these proportions.
    assert np.array(heights[:4]) / heights[0] == pytest.approx(np.array([55, 27, 27, 13]) / 55)
    assert [text.get_text().split()[0] for text in ax.texts[:3]] == ["conv1", "pool1", "conv2"]


def test_filters_keep_their_sign(ax: Axes) -> None:
    weight = torch.zeros(1, 1, 1, 3)
    weight[0, 0, 0] = torch.tensor([-2.0, 0.0, 1.0])
    plots.filters(weight, ax)
    assert ax.images[0].get_array()[0, :, 0].tolist() == pytest.approx([0.0, 0.5, 0.75])


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", [WHITE, DARK])
def test_colors_stand_out_on_both_pages(page: str) -> None:
    for name, (shade, _) in plots.FAMILIES.items():
        assert contrast(shade, page) >= 3, f"{name} on {page}"


def test_ink_stands_out_as_text_must() -> None:
    assert contrast(plots.INK, WHITE) >= 7


def test_families_differ_in_color_and_marker() -> None:
    colours, markers = zip(*plots.FAMILIES.values(), strict=True)
    assert len(set(colours)) == len(colours)
    assert len(set(markers)) == len(markers)


# Machado, Oliveira and Fernandes 2009, for complete protanopia, deuteranopia and tritanopia, on linear RGB.
BLINDNESS = {
    "none": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(shade: str, matrix: list[list[float]]) -> np.ndarray:
    srgb = np.array(to_rgb(shade))
    linear = np.clip(
        np.array(matrix) @ np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4), 0, 1
    )
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    x, y, z = np.cbrt(to_xyz @ linear / [0.9505, 1.0, 1.0888])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_families_differ_for_every_eye(kind: str) -> None:
    seen = {name: lab(shade, BLINDNESS[kind]) for name, (shade, _) in plots.FAMILIES.items() if name != "plain"}
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 14, f"{one} and {other}"


@pytest.mark.parametrize("name", list_models())
def test_every_model_has_a_color(name: str) -> None:
    assert plots.colour(name).startswith("#")
    assert plots.marker(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ResNet-50", "resnet152"),
        ("GoogLeNet", "inception_v3"),
        ("WRN-28-10", "wide_resnet50_2"),
        ("VGG-16", "vgg19_bn"),
        ("pre-act ResNet-164", "preact_resnet110"),
    ],
)
def test_one_color_a_family(one: str, other: str) -> None:
    assert plots.colour(one) == plots.colour(other)


def test_no_family() -> None:
    with pytest.raises(ValueError, match="belongs to none of the families lenet, alexnet"):
        plots.colour("transformer")
