"""Wide ResNet against the tables of Zagoruyko and Komodakis (2016), a plain twin and torchvision."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.wide_resnet import wide_resnet

F = nn.functional


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return wide_resnet(**options)


@pytest.mark.parametrize(
    ("depth", "widen_factor", "params", "macs"),
    [
        (40, 1, 563_930, 83_280_512),
        (40, 2, 2_243_546, 327_599_360),
        (40, 4, 8_949_210, 1_298_582_016),
        (16, 10, 17_116_634, 2_412_173_568),
        (28, 10, 36_479_194, 5_243_328_768),
    ],
)
def test_totals(depth: int, widen_factor: int, params: int, macs: int) -> None:
    table = layer_table(meta(depth=depth, widen_factor=widen_factor))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


# Table 4, in millions.
TABLE_4 = {(40, 8): 35.7, (28, 12): 52.5, (22, 8): 17.2, (22, 10): 26.8, (16, 8): 11.0}


@pytest.mark.parametrize("net", TABLE_4, ids=lambda net: f"WRN-{net[0]}-{net[1]}")
def test_table_4(net: tuple[int, int]) -> None:
    depth, widen_factor = net
    count = sum(p.numel() for p in meta(depth=depth, widen_factor=widen_factor).parameters())
    assert round(count / 1e6, 1) == TABLE_4[net]


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [("wide_resnet50_2", 68_883_240, 11_398_021_120), ("wide_resnet101_2", 126_886_696, 22_753_050_624)],
)
def test_imagenet_totals(name: str, params: int, macs: int) -> None:
    with torch.device("meta"):
        table = layer_table(create_model(name))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


def test_output_sizes_of_table_1() -> None:
    net, x, shapes = meta(depth=28, widen_factor=10), torch.empty(1, 3, 32, 32, device="meta"), {}
    for name, stage in net.named_children():
        x = stage(x)
        shapes[name] = tuple(x.shape[1:])
    sizes = [shapes[name] for name in ("conv1", "conv2", "conv3", "conv4", "avgpool")]
    assert sizes == [(16, 32, 32), (160, 32, 32), (320, 16, 16), (640, 8, 8), (640, 1, 1)]


def test_depth_counts_the_convolutions() -> None:
    assert sum(isinstance(module, nn.Conv2d) for module in meta(depth=28, widen_factor=2).modules()) == 28


def test_the_named_nets_are_their_depth_and_width() -> None:
    for name, depth, widen_factor in (("wide_resnet28_10", 28, 10), ("wide_resnet40_4", 40, 4)):
        with torch.device("meta"):
            named = create_model(name)
        same = meta(depth=depth, widen_factor=widen_factor)
        shapes = [{k: v.shape for k, v in net.state_dict().items()} for net in (named, same)]
        assert shapes[0] == shapes[1]


class Twin(nn.Module):
    """The units written out; where the width changes, both paths begin with the activation."""

    def __init__(self, units: int, k: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.units = nn.ModuleList()
        maps_in = 16
        for maps in (16 * k, 32 * k, 64 * k):
            for number in range(units):
                stride = 2 if maps > 16 * k and number == 0 else 1
                layers = [nn.BatchNorm2d(maps_in), nn.Conv2d(maps_in, maps, 3, stride, 1, bias=False)]
                layers += [nn.BatchNorm2d(maps), nn.Conv2d(maps, maps, 3, 1, 1, bias=False)]
                layers += [nn.Conv2d(maps_in, maps, 1, stride, bias=False)] if maps_in != maps else []
                self.units.append(nn.ModuleList(layers))
                maps_in = maps
        self.bn, self.fc = nn.BatchNorm2d(maps_in), nn.Linear(maps_in, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        for bn1, conv1, bn2, conv2, *project in self.units:
            active = F.relu(bn1(x))
            y = conv2(F.relu(bn2(conv1(active))))
            x = y + (project[0](active) if project else x)
        return self.fc(F.relu(self.bn(x)).mean(dim=(2, 3)))


@pytest.mark.parametrize("k", [1, 2])
def test_plain_class_twin(k: int) -> None:
    torch.manual_seed(0)
    net, twin = wide_resnet(depth=16, widen_factor=k), Twin(2, k)
    names = list(net.state_dict())
    net.load_state_dict(dict(zip(names, twin.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(net(x), twin(x))


def test_dropout_stands_between_the_convolutions() -> None:
    unit = meta(depth=16, widen_factor=2, dropout=0.3).conv2.conv2_2
    assert list(dict(unit.body.named_children())) == [
        "bn1", "relu1", "conv1", "bn2", "relu2", "dropout", "conv2",
    ]  # fmt: skip
    assert unit.body.dropout.p == 0.3
    dropouts = [m for m in meta(depth=16, widen_factor=2, dropout=0.3).modules() if isinstance(m, nn.Dropout)]
    assert len(dropouts) == 6
    assert not any(isinstance(module, nn.Dropout) for module in meta(depth=16).modules())


def test_torchvision_twin() -> None:
    torch.manual_seed(0)
    net = create_model("wide_resnet50_2", num_classes=5)
    twin = torchvision.models.wide_resnet50_2(num_classes=5)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.2, 1)
            nn.init.normal_(module.running_mean, 0, 0.2)
    names, values = list(twin.state_dict()), net.state_dict().values()
    twin.load_state_dict(dict(zip(names, values, strict=True)))
    x = torch.randn(2, 3, 33, 33)
    for mode in (False, True):
        torch.testing.assert_close(net.train(mode)(x), twin.train(mode)(x), rtol=1e-4, atol=1e-4)


def test_initialisation_is_he_with_fan_in() -> None:
    torch.manual_seed(0)
    for module in wide_resnet(depth=10, widen_factor=4).modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.weight.std().item() == pytest.approx((2 / module.weight[0].numel()) ** 0.5, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 20}, r"depth must be 6n\+4 .*; given 20"),
        ({"depth": 4}, "given 4"),
        ({"widen_factor": 0}, "widen_factor must be at least 1; given 0"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wide_resnet(**options)
