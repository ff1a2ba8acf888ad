"""ZFNet against Figure 3 and Table 2 of its paper."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.zfnet import SMALLEST, TABLE_2B, zfnet


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model("zfnet", **options)


def convolutional_part(net: nn.Sequential) -> nn.Sequential:
    names = [name for name, _ in net.named_children()]
    return nn.Sequential(OrderedDict(list(net.named_children())[: names.index("flatten")]))


def test_sizes_of_figure_3() -> None:
    sizes = layer_table(meta()).set_index("name")["output_shape"]
    expected = {
        "conv1": (96, 110, 110), "pool1": (96, 55, 55), "conv2": (256, 26, 26), "pool2": (256, 13, 13),
        "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
        "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
    }  # fmt: skip
    assert sizes.loc[list(expected)].to_dict() == expected


@pytest.mark.parametrize(
    ("options", "params", "macs"),
    [({}, 62_357_608, 1_168_032_896), ({"layers_3_4_5": TABLE_2B}, 107_627_624, 2_476_704_896)],
)
def test_totals(options: dict[str, tuple[int, int, int]], params: int, macs: int) -> None:
    table = layer_table(meta(**options))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


def test_figure_3_normalises_after_pooling_in_layers_1_and_2() -> None:
    names = list(dict(convolutional_part(meta()).named_children()))
    assert names == [
        "conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2",
        "conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5",
    ]  # fmt: skip


def test_smallest_image() -> None:
    layers = convolutional_part(meta(image_size=SMALLEST))
    assert layers(torch.empty(1, 3, SMALLEST, SMALLEST, device="meta")).shape == (1, 256, 1, 1)
    with pytest.raises(RuntimeError):
        layers(torch.empty(1, 3, SMALLEST - 1, SMALLEST - 1, device="meta"))


@pytest.mark.parametrize("size", [47, 64, 100, 128, 225])
def test_layer_6_fits_any_image_size(size: int) -> None:
    assert meta(image_size=size)(torch.empty(1, 3, size, size, device="meta")).shape == (1, 1000)


def test_initialisation_of_section_3_1() -> None:
    torch.manual_seed(0)
    for name, layer in zfnet(num_classes=50, image_size=SMALLEST).named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02), name
            assert abs(layer.weight.mean().item()) < 5 * 0.01 / layer.weight.numel() ** 0.5
            assert not layer.bias.any(), name


def test_dropout() -> None:
    rates = {name: m.p for name, m in meta(dropout=0.1).named_children() if isinstance(m, nn.Dropout)}
    assert rates == {"dropout6": 0.1, "dropout7": 0.1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 46}, "image_size must be at least 47, which leaves one pixel at pool5; given 46"),
        ({"layers_3_4_5": (512, 1024)}, r"three positive numbers of maps; given \(512, 1024\)"),
        ({"layers_3_4_5": (512, 0, 512)}, r"three positive numbers of maps; given \(512, 0, 512\)"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_model("zfnet", **options)
