"""Wide ResNet against the tables of Zagoruyko and Komodakis (2016), a plain twin and torchvision."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.wide_resnet import wide_resnet, wide_resnet_bottleneck
from tests.models.twins import assert_twins, copy_in_order, stage_shapes

F = nn.functional


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return wide_resnet(**options)


# Table 4, in millions.
TABLE_4 = {
    (40, 1): 0.6, (40, 2): 2.2, (40, 4): 8.9, (40, 8): 35.7, (28, 10): 36.5, (28, 12): 52.5, (22, 8): 17.2,
    (22, 10): 26.8, (16, 8): 11.0, (16, 10): 17.1,
}  # fmt: skip


@pytest.mark.parametrize("net", TABLE_4, ids=lambda net: f"WRN-{net[0]}-{net[1]}")
def test_table_4(net: tuple[int, int]) -> None:
    depth, widen_factor = net
    count = sum(p.numel() for p in meta(depth=depth, widen_factor=widen_factor).parameters())
    assert round(count / 1e6, 1) == TABLE_4[net]


def test_output_sizes_of_table_1() -> None:
    shapes = stage_shapes(meta(depth=28, widen_factor=10))
    sizes = [shapes[name] for name in ("conv1", "conv2", "conv3", "conv4", "avgpool")]
    assert sizes == [(16, 32, 32), (160, 32, 32), (320, 16, 16), (640, 8, 8), (640, 1, 1)]


def test_depth_counts_the_convolutions() -> None:
    assert sum(isinstance(module, nn.Conv2d) for module in meta(depth=28, widen_factor=2).modules()) == 28


class Twin(nn.Module):
    """The units written out; where the width changes, both paths begin with the activation."""

    def __init__(self, units: int, k: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.units = nn.ModuleList()
        in_channels = 16
        for channels in (16 * k, 32 * k, 64 * k):
            for number in range(units):
                stride = 2 if channels > 16 * k and number == 0 else 1
                layers = [nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)]
                layers += [nn.BatchNorm2d(channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)]
                if in_channels != channels:
                    layers.append(nn.Conv2d(in_channels, channels, 1, stride, bias=False))
                self.units.append(nn.ModuleList(layers))
                in_channels = channels
        self.bn, self.fc = nn.BatchNorm2d(in_channels), nn.Linear(in_channels, 10)

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
    copy_in_order(twin, net)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(net(x), twin(x))


def test_torchvision_twin() -> None:
    torch.manual_seed(0)
    net, twin = create_model("wide_resnet50_2", num_classes=5), torchvision.models.wide_resnet50_2(num_classes=5)
    assert_twins(net, twin, torch.randn(2, 3, 33, 33))


def test_dropout_is_between_the_convolutions() -> None:
    net = meta(depth=16, widen_factor=2, dropout=0.3)
    assert list(dict(net.conv2.conv2_2.body.named_children())) == [
        "bn1", "relu1", "conv1", "bn2", "relu2", "dropout", "conv2",
    ]  # fmt: skip
    assert [module.p for module in net.modules() if isinstance(module, nn.Dropout)] == [0.3] * 6
    assert not any(isinstance(module, nn.Dropout) for module in meta(depth=16).modules())


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (wide_resnet, {"depth": 20}, r"depth must be 6n\+4 .*; given 20"),
        (wide_resnet, {"depth": 4}, "given 4"),
        (wide_resnet, {"widen_factor": 0}, "widen_factor must be a whole number of at least 1; given 0"),
        (wide_resnet_bottleneck, {"depth": 34}, "depth must be 50 or 101; given 34"),
    ],
)
def test_bad_options(build: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**options)
