import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgba

from cs231n_arch import create_model, layer_table
from cs231n_arch.diagrams import timeline
from cs231n_arch.diagrams.timeline import FULL, WINDOWS, weight_layers


def table(name):
    with torch.device("meta"):
        return layer_table(create_model(name))


def test_a_bar_for_each_layer_with_weights_in_the_color_of_its_window():
    ax = timeline(plt.figure().subplots(), {"AlexNet, 2012": table("alexnet"), "VGG-16, 2014": table("vgg16")})
    bars = [patch for patch in ax.patches if patch.get_y() == 0]
    assert len(bars) == 8  # AlexNet's layers; VGG-16's sixteen lie a row below
    assert len(ax.patches) == 8 + 16
    larger, small, full = (to_rgba(WINDOWS[window]) for window in ("larger", "3×3", FULL))
    assert [bar.get_facecolor() for bar in bars] == [larger] * 2 + [small] * 3 + [full] * 3
    heights = [bar.get_height() for bar in bars]
    assert heights[0] > heights[1] > heights[2] == heights[4] > heights[5] == heights[7]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["AlexNet, 2012", "VGG-16, 2014"]
    assert [text.get_text() for text in ax.texts] == ["8", "16"]


def test_a_window_counts_by_its_longer_side():
    assert ("larger", 17) in weight_layers(table("inception_v3"))  # 1×7 and 7×1


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="a network at least"):
        timeline(plt.figure().subplots(), {})
    empty = table("alexnet").query("kind == 'ReLU'")
    with pytest.raises(ValueError, match="nothing has no convolution"):
        timeline(plt.figure().subplots(), {"nothing": empty})
