"""The explorer's notation, as far as no browser is needed: what it writes, and what it refuses."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, list_models
from cs231n_arch.explorer import SCRIPTS, page, presets, stack
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


def test_papers_have_words_for_their_blocks():
    assert stack(create_model("resnet50")).splitlines()[5:9] == [
        "conv2_x: bottleneck 64 x3",
        "conv3_x: bottleneck 128 x4 stride 2",
        "conv4_x: bottleneck 256 x6 stride 2",
        "conv5_x: bottleneck 512 x3 stride 2",
    ]
    assert "inception_3a: inception 64 96 128 16 32 32" in stack(create_model("googlenet"))
    assert "conv3_x: residual 32 x3 stride 2 shortcut A" in stack(create_model("resnet20"))
    assert "dense_block1: dense_layer 32 bottleneck x6" in stack(create_model("densenet121"))
    assert "conv2_x: bottleneck 64 width 128 groups 32 x3" in stack(create_model("resnext50_32x4d"))


def test_a_block_that_differs_is_written_out():
    net = create_model("resnet18")
    unit = net.get_submodule("conv3_x.conv3_2")
    assert "conv3_x: residual 128 x2 stride 2" in stack(net)
    unit.get_submodule("sum.body").bn2 = nn.Identity()
    text = stack(net)
    assert "conv3_1: residual 128 stride 2" in text
    assert "bn2: identity" in text


def test_every_model_is_a_preset_or_the_same_net_or_beyond_the_notation():
    found = {name: text for nets in presets().values() for name, text in nets.items()}
    assert all(text.count("\n") < 25 for name, text in found.items() if name.startswith(("resn", "wide", "goog")))
    beyond = set()
    for name in list_models():
        if name in found:
            continue
        try:
            assert stack(create_model(name)) in found.values(), name
        except ValueError:
            beyond.add(name)
    assert beyond == {
        "alexnet_cifar",
        "inception_resnet_v2",
        "stochastic_resnet",
        "stochastic_resnet110",
        "fractalnet_cifar",
        "fractalnet_imagenet",
        "se_resnet50",
        "se_resnet_cifar",
        "se_resnet20",
    }


def test_auxiliary_classifiers_rest():
    assert "aux" not in stack(create_model("googlenet"))


@pytest.mark.parametrize("name", ["fractalnet_cifar", "stochastic_resnet110", "lenet5", "inception_resnet_v2"])
def test_what_the_notation_cannot_say_is_refused(name):
    with pytest.raises(ValueError, match="the explorer has no word for"):
        stack(create_model(name))


def test_dilation_is_written():
    assert layer(nn.Conv2d(3, 4, 3, dilation=2)) == "conv 4 3x3 dilation 2"


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, dilation=2),
        nn.AdaptiveAvgPool2d(7),
        nn.BatchNorm2d(4, affine=False),
        nn.GELU(),
    ],
)
def test_a_layer_is_never_written_as_a_simpler_one(module):
    with pytest.raises(ValueError, match=type(module).__name__):
        layer(module)


def test_the_page_is_one_piece_and_shows_itself_in_a_notebook():
    made = page()
    assert made._repr_html_() == made.html
    assert len(repr(made)) < 100
    assert made.html.count("<script") == made.html.count("</script>") == len(SCRIPTS) + 1
