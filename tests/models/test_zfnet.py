"""ZFNet against Figure 3 and Table 2 of its paper."""

import math
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.zfnet import SMALLEST, zfnet


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


def test_net_b_of_table_2() -> None:
    table = layer_table(meta(layers_3_4_5=(512, 1024, 512)))
    assert (table["params"].sum(), table["macs"].sum()) == (107_627_624, 2_476_704_896)


@pytest.mark.parametrize("side", [224, 225])
def test_layer_1_rounds_up_as_cuda_convnet_does(side: int) -> None:
    torch.manual_seed(0)
    net, x = zfnet(num_classes=2, image_size=side), torch.randn(1, 3, side, side)
    with torch.no_grad():
        ours = net.conv1(net.overhang(x))
    assert ours.shape[-1] == 1 + math.ceil((side - 7) / 2)
    without = F.conv2d(x, net.conv1.weight, net.conv1.bias, stride=2)
    torch.testing.assert_close(ours[:, :, : without.shape[2], : without.shape[3]], without)
    corner = F.pad(x, (0, 6, 0, 6))[
        :, :, 218:225, 218:225
    ]  # the last window, from the top left of its seven pixels
    expected = (corner * net.conv1.weight).sum(dim=(1, 2, 3)) + net.conv1.bias
    torch.testing.assert_close(ours[0, :, 109, 109], expected, rtol=1e-4, atol=1e-5)


def test_figure_3_normalizes_after_pooling_in_layers_1_and_2() -> None:
    names = list(dict(convolutional_part(meta()).named_children()))
    assert names == [
        "overhang", "conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2",
        "conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5",
    ]  # fmt: skip


def test_smallest_image() -> None:
    layers = convolutional_part(meta(image_size=SMALLEST))
    assert layers(torch.empty(1, 3, SMALLEST, SMALLEST, device="meta")).shape == (1, 256, 1, 1)
    with pytest.raises(RuntimeError):
        layers(torch.empty(1, 3, SMALLEST - 1, SMALLEST - 1, device="meta"))


@pytest.mark.parametrize("size", [48, 64, 100, 128, 225])
def test_layer_6_fits_any_image_size(size: int) -> None:
    assert meta(image_size=size)(torch.empty(1, 3, size, size, device="meta")).shape == (1, 1000)


def test_initialization_of_section_3_1() -> None:
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
    ("options", "given"),
    [
        ({"image_size": 47}, "47"),
        ({"layers_3_4_5": (512, 1024)}, r"\(512, 1024\)"),
        ({"layers_3_4_5": (512, 0, 512)}, r"\(512, 0, 512\)"),
    ],
)
def test_bad_options(options: dict[str, object], given: str) -> None:
    with pytest.raises(ValueError, match=f"given {given}"):
        zfnet(**options)
