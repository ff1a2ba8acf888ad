"""AlexNet against the paper's text, the lecture's slides and a two-tower twin."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.alexnet import alexnet


def meta(name: str = "alexnet", **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


def test_sizes_of_the_lecture() -> None:
    sizes = layer_table(meta()).set_index("name")["output_shape"]
    expected = {
        "conv1": (96, 55, 55), "pool1": (96, 27, 27), "conv2": (256, 27, 27), "pool2": (256, 13, 13),
        "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
        "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
    }  # fmt: skip
    assert sizes.loc[list(expected)].to_dict() == expected


@pytest.mark.parametrize(
    ("options", "params", "macs"),
    [
        ({}, 62_378_344, 1_135_256_096),
        ({"variant": "two_gpu"}, 60_965_224, 724_406_816),
        ({"variant": "one_weird_trick"}, 61_100_840, 714_188_480),
    ],
)
def test_totals(options: dict[str, str], params: int, macs: int) -> None:
    table = layer_table(meta(**options))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


def test_two_gpu_name_is_the_variant() -> None:
    assert layer_table(meta("alexnet_two_gpu")).equals(layer_table(meta(variant="two_gpu")))


def test_one_weird_trick_is_torchvisions() -> None:
    with torch.device("meta"):
        theirs = torchvision.models.alexnet()
    shapes = [p.shape for p in meta(variant="one_weird_trick").parameters()]
    assert shapes == [p.shape for p in theirs.parameters()]


class TwoTowers(nn.Module):
    """The convolutional half of Figure 2 as drawn: two towers that meet in conv3 and in fc6 only."""

    def __init__(self) -> None:
        super().__init__()

        def tower(kernels: int, seen: int, size: int, stride: int, padding: int) -> nn.ModuleList:
            return nn.ModuleList(nn.Conv2d(seen, kernels // 2, size, stride, padding) for _ in range(2))

        self.conv1 = tower(96, 3, 11, 4, 0)
        self.conv2 = tower(256, 48, 5, 1, 2)
        self.conv3 = tower(384, 256, 3, 1, 1)
        self.conv4 = tower(384, 192, 3, 1, 1)
        self.conv5 = tower(256, 192, 3, 1, 1)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        a, b = (self.pool(conv(x).relu()) for conv in self.conv1)
        a, b = (self.pool(conv(t).relu()) for conv, t in zip(self.conv2, (a, b), strict=True))
        both = torch.cat([a, b], 1)
        a, b = (conv(both).relu() for conv in self.conv3)
        a, b = (conv(t).relu() for conv, t in zip(self.conv4, (a, b), strict=True))
        a, b = (self.pool(conv(t).relu()) for conv, t in zip(self.conv5, (a, b), strict=True))
        return torch.cat([a, b], 1).flatten(1)


def test_grouped_convolutions_are_the_two_towers() -> None:
    torch.manual_seed(0)
    towers = TwoTowers().eval()
    net = alexnet(num_classes=2, variant="two_gpu", image_size=99, lrn=False).eval()
    for number in range(1, 6):
        pair, conv = getattr(towers, f"conv{number}"), getattr(net, f"conv{number}")
        conv.weight.data = torch.cat([half.weight.data for half in pair])
        conv.bias.data = torch.cat([half.bias.data for half in pair])
    x = torch.randn(2, 3, 99, 99)
    features = nn.Sequential(*list(net.children())[: list(dict(net.named_children())).index("fc6")])
    torch.testing.assert_close(features(x), towers(x), rtol=1e-4, atol=1e-4)


def test_initialisation_of_section_5() -> None:
    torch.manual_seed(0)
    net = alexnet(image_size=67)
    for name, layer in net.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02), name
            assert abs(layer.weight.mean().item()) < 5 * 0.01 / layer.weight.numel() ** 0.5
            ones = name in ("conv2", "conv4", "conv5", "fc6", "fc7")
            assert torch.all(layer.bias == ones), name


def test_options() -> None:
    kinds = [type(m) for m in meta(lrn=False, dropout=0.1)]
    assert nn.LocalResponseNorm not in kinds
    assert [m.p for m in meta(dropout=0.1) if isinstance(m, nn.Dropout)] == [0.1, 0.1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "torchvision"}, "variant must be .*; given 'torchvision'"),
        ({"image_size": 66}, "image_size must be at least 67, which leaves one pixel at pool5; given 66"),
        ({"image_size": 62, "variant": "one_weird_trick"}, "at least 63"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_model("alexnet", **options)
