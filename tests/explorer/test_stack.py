"""The explorer's notation, as far as no browser is needed: what it writes, and what it refuses."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.explorer import page, stack
from cs231n_arch.explorer.stack import layer


@pytest.fixture(autouse=True)
def no_weights():
    with torch.device("meta"):
        yield


def test_a_net_reads_like_its_table():
    assert stack(create_model("alexnet_two_gpu")).splitlines()[:9] == [
        "input 3x227x227",
        "conv1: conv 96 11x11 stride 4",
        "relu1: relu",
        "norm1: tower_lrn",
        "pool1: max_pool 3x3 stride 2",
        "conv2: conv 256 5x5 pad 2 groups 2",
        "relu2: relu",
        "norm2: tower_lrn",
        "pool2: max_pool 3x3 stride 2",
    ]


def test_auxiliary_classifiers_rest():
    assert "aux" not in stack(create_model("googlenet"))


@pytest.mark.parametrize("name", ["fractalnet_cifar", "stochastic_resnet110", "lenet5", "inception_resnet_v2"])
def test_what_the_notation_cannot_say_is_refused(name):
    with pytest.raises(ValueError, match="the explorer has no word for"):
        stack(create_model(name))


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(3, 4, 3, dilation=2),
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, dilation=2),
        nn.AdaptiveAvgPool2d(7),
        nn.BatchNorm2d(4, affine=False),
        nn.Sigmoid(),
    ],
)
def test_a_layer_is_never_written_as_a_simpler_one(module):
    with pytest.raises(ValueError, match=type(module).__name__):
        layer(module)


def test_the_page_is_one_piece_and_shows_itself_in_a_notebook():
    made = page()
    assert made._repr_html_() == made.html
    assert len(repr(made)) < 100
    assert made.html.count("<script") == made.html.count("</script>") == 4
