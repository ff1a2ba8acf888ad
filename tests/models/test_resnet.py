"""ResNet and the plain nets for ImageNet and CIFAR-10, beside torchvision's and a class written down anew."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.layers import Sum
from cs231n_arch.models.resnet import resnet, resnet_cifar
from tests.models.twins import assert_twins, copy_in_order, stage_shapes, train_norms

F = nn.functional
Twin = torchvision.models.ResNet


def meta(name: str, **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(("depth", "printed"), [(18, 1.8), (34, 3.6), (50, 3.8), (101, 7.6), (152, 11.3)], ids=str)
def test_table_1_prints_multiply_adds(depth: int, printed: float) -> None:
    # 18 and 34 layers with option A; 3.86 for 50 layers is printed as 3.8. A stride in the 3x3 would add 0.23.
    table = layer_table(meta(f"resnet{depth}", shortcut="A" if depth < 50 else "B"))
    assert table["macs"].sum() / 1e9 == pytest.approx(printed, abs=0.06)


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152, 20, 32, 44, 56, 110])
def test_depth_counts_weighted_layers_without_projections(depth: int) -> None:
    for name in (f"resnet{depth}", *([] if depth in (50, 101, 152) else [f"plain{depth}"])):
        table = layer_table(meta(name))
        weighted = table[table["kind"].isin(["Conv2d", "Linear"])]
        assert (~weighted["name"].str.contains("shortcut")).sum() == depth


@pytest.mark.parametrize(("name", "channels"), [("resnet18", 64), ("plain34", 64), ("resnet50", 256)])
def test_output_sizes_of_table_1(name: str, channels: int) -> None:
    shapes = stage_shapes(meta(name))
    assert [shapes[stage] for stage in ("conv1", "pool1", "avgpool", "fc")] == [
        (64, 112, 112),
        (64, 56, 56),
        (8 * channels, 1, 1),
        (1000,),
    ]
    sizes = [shapes[f"conv{number}_x"] for number in (2, 3, 4, 5)]
    assert sizes == [(channels, 56, 56), (2 * channels, 28, 28), (4 * channels, 14, 14), (8 * channels, 7, 7)]


def test_output_sizes_of_section_4_2() -> None:
    shapes = stage_shapes(meta("resnet20"))
    sizes = [shapes[name] for name in ("conv1", "conv2_x", "conv3_x", "conv4_x", "avgpool", "fc")]
    assert sizes == [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8), (64, 1, 1), (10,)]


@pytest.mark.parametrize("depth", [20, 110])
def test_projections_for_cifar_add_what_the_docstring_says(depth: int) -> None:
    plain, projected = (layer_table(meta("resnet_cifar", depth=depth, shortcut=option)) for option in "AB")
    for column, more in (("params", 2_752), ("macs", 262_144)):
        assert projected[column].sum() - plain[column].sum() == more


class OptionA(nn.Module):
    def __init__(self, extra: int) -> None:
        super().__init__()
        self.extra = extra

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.extra))


def with_option_a(twin: Twin) -> None:
    for width, stage in ((64, twin.layer2), (128, twin.layer3), (256, twin.layer4)):
        stage[0].downsample = OptionA(width)


def with_stride_in_1x1(twin: Twin) -> None:
    for stage in (twin.layer2, twin.layer3, twin.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)


def as_released(twin: Twin) -> None:
    """As KaimingHe/deep-residual-networks has ResNet-50."""
    with_stride_in_1x1(twin)
    twin.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
    twin.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)


@pytest.mark.parametrize(
    ("name", "options", "change"),
    [
        ("resnet18", {}, lambda twin: None),
        ("resnet18", {"shortcut": "A"}, with_option_a),
        ("resnet50", {"form": "torchvision"}, lambda twin: None),
        ("resnet50", {}, with_stride_in_1x1),
        ("resnet50", {"form": "released"}, as_released),
    ],
    ids=["18", "18 A", "torchvision", "paper", "released"],
)
def test_torchvision_twin(name: str, options: dict[str, object], change: Callable[[Twin], None]) -> None:
    torch.manual_seed(0)
    net = create_model(name, num_classes=5, **options)
    twin = torchvision.models.get_model(name, num_classes=5)
    change(twin)
    assert_twins(net, twin, torch.randn(2, 3, 65, 97))


def test_released_form() -> None:
    for depth in (50, 101):
        net = meta(f"resnet{depth}", form="released")
        assert (net.conv1.bias is not None) == (depth == 50)
        assert net.pool1(torch.empty(1, 64, 112, 112, device="meta")).shape[2:] == (56, 56)


def test_option_c_projects_everywhere() -> None:
    units = [module for module in meta("resnet34", shortcut="C").modules() if isinstance(module, Sum)]
    assert len(units) == 16
    for unit in units:
        assert [type(layer) for layer in unit.shortcut] == [nn.Conv2d, nn.BatchNorm2d]


def test_plain_net_is_its_layers_in_a_row() -> None:
    torch.manual_seed(0)
    net = create_model("plain18", num_classes=5)
    train_norms(net)
    x = images = torch.randn(2, 3, 64, 64)
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for number, (conv, norm) in enumerate(zip(convs, norms, strict=True)):
        x = F.relu(norm(conv(x)))
        if number == 0:
            x = F.max_pool2d(x, 3, 2, 1)
    torch.testing.assert_close(net(images), net.fc(x.mean(dim=(2, 3))))


class CifarTwin(nn.Module):
    """Section 4.2 as one loop over the weight layers."""

    def __init__(self, units: int, shortcut: str | None) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.plan, in_channels = [], 16
        layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
        for channels in (16, 32, 64):
            for unit in range(units):
                stride = 2 if channels > 16 and unit == 0 else 1
                projects = shortcut == "C" or (shortcut == "B" and in_channels != channels)
                self.plan.append((channels - in_channels, projects))
                layers += [nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)]
                layers += [nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)]
                if projects:
                    layers += [nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)]
                in_channels = channels
        self.layers = nn.ModuleList(layers)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        layers = iter(self.layers)

        def conv_bn(x: Tensor) -> Tensor:
            conv, norm = next(layers), next(layers)
            return norm(conv(x))

        x = F.relu(conv_bn(x))
        for extra, projects in self.plan:
            y = conv_bn(F.relu(conv_bn(x)))
            if projects:
                x = conv_bn(x)
            elif extra:
                x = F.pad(x[..., ::2, ::2], (0, 0, 0, 0, 0, extra))
            x = F.relu(y if self.shortcut is None else y + x)
        return self.fc(x.mean(dim=(2, 3)))


@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
@pytest.mark.parametrize("side", [32, 31])
def test_cifar_twin(shortcut: str | None, side: int) -> None:
    torch.manual_seed(0)
    options = {"residual": False} if shortcut is None else {"shortcut": shortcut}
    net, twin = resnet_cifar(depth=14, **options), CifarTwin(2, shortcut)
    copy_in_order(twin, net)
    x = torch.randn(4, 3, side, side)
    torch.testing.assert_close(net(x), twin(x))


def test_zero_gamma_starts_with_identities() -> None:
    torch.manual_seed(0)
    net = create_model("resnet50", zero_gamma=True)
    zeros = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d) and not m.weight.any()]
    assert len(zeros) == 16
    x = torch.randn(2, 256, 8, 8)
    assert torch.equal(net.conv2_x.conv2_2(x), F.relu(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shortcut": "D"}, "shortcut must be 'A', 'B' or 'C'; given 'D'"),
        ({"depth": 26}, "depth must be one of 18, 34, 50, 101, 152; given 26"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resnet(**options)


@pytest.mark.parametrize("depth", [2, 7, 9, 18, 21, "20"])
def test_bad_depth_for_cifar(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth must be .*; given '?{depth}"):
        resnet_cifar(depth=depth)
