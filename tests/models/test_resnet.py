"""ResNet and the plain nets of Table 1, and torchvision's ResNet with the same weights."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.layers import Sum

F = nn.functional


def meta(name: str, **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "params", "macs"),
    [
        ("resnet18", {}, 11_689_512, 1_814_073_344),
        ("resnet18", {"shortcut": "A"}, 11_515_688, 1_794_805_760),
        ("resnet34", {}, 21_797_672, 3_663_761_408),
        ("resnet34", {"shortcut": "A"}, 21_623_848, 3_644_493_824),
        ("resnet50", {}, 25_557_032, 3_857_973_248),
        ("resnet50", {"stride_in": "3x3"}, 25_557_032, 4_089_184_256),
        ("resnet101", {}, 44_549_160, 7_570_194_432),
        ("resnet101", {"stride_in": "3x3"}, 44_549_160, 7_801_405_440),
        ("resnet152", {}, 60_192_808, 11_282_415_616),
        ("resnet152", {"stride_in": "3x3"}, 60_192_808, 11_513_626_624),
        ("plain18", {}, 11_515_688, 1_794_805_760),
        ("plain34", {}, 21_623_848, 3_644_493_824),
    ],
)
def test_totals(name: str, options: dict[str, object], params: int, macs: int) -> None:
    table = layer_table(meta(name, **options))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


@pytest.mark.parametrize(("depth", "printed"), [(18, 1.8), (34, 3.6), (50, 3.8), (101, 7.6), (152, 11.3)], ids=str)
def test_table_1_prints_multiply_adds(depth: int, printed: float) -> None:
    # 18 and 34 layers with option A; 3.86 for 50 layers is printed as 3.8. A stride in the 3x3 would add 0.23.
    table = layer_table(meta(f"resnet{depth}", shortcut="A" if depth < 50 else "B"))
    assert table["macs"].sum() / 1e9 == pytest.approx(printed, abs=0.06)


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_depth_counts_weighted_layers_without_projections(depth: int) -> None:
    table = layer_table(meta(f"resnet{depth}"))
    weighted = table[table["kind"].isin(["Conv2d", "Linear"])]
    assert (~weighted["name"].str.contains("shortcut")).sum() == depth


@pytest.mark.parametrize(("name", "maps"), [("resnet18", 64), ("plain34", 64), ("resnet50", 256)])
def test_output_sizes_of_table_1(name: str, maps: int) -> None:
    net, shapes = meta(name), {}
    x = torch.empty(1, 3, 224, 224, device="meta")
    for stage, module in net.named_children():
        x = module(x)
        shapes[stage] = tuple(x.shape[1:])
    assert {stage: shapes[stage] for stage in ("conv1", "pool1", "avgpool", "fc")} == {
        "conv1": (64, 112, 112),
        "pool1": (64, 56, 56),
        "avgpool": (8 * maps, 1, 1),
        "fc": (1000,),
    }
    sizes = [shapes[f"conv{number}_x"] for number in (2, 3, 4, 5)]
    assert sizes == [(maps, 56, 56), (2 * maps, 28, 28), (4 * maps, 14, 14), (8 * maps, 7, 7)]


def randomise(net: nn.Module) -> None:
    """Batch norms as after training, so that a wrong one shows."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in ((module.weight, 0.2), (module.bias, -0.5), (module.running_var, 0.5)):
                nn.init.uniform_(tensor, low, low + 1)
            nn.init.normal_(module.running_mean, 0, 0.2)


def copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters and buffers in the order of definition; their names differ."""
    names, values = list(target.state_dict()), list(source.state_dict().values())
    target.load_state_dict(dict(zip(names, values, strict=True)))


class OptionA(nn.Module):
    def __init__(self, extra: int) -> None:
        super().__init__()
        self.extra = extra

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.extra))


def with_option_a(twin: torchvision.models.ResNet) -> torchvision.models.ResNet:
    for width, stage in ((64, twin.layer2), (128, twin.layer3), (256, twin.layer4)):
        stage[0].downsample = OptionA(width)
    return twin


def with_stride_in_1x1(twin: torchvision.models.ResNet) -> torchvision.models.ResNet:
    for stage in (twin.layer2, twin.layer3, twin.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    return twin


@pytest.mark.parametrize(
    ("name", "options", "change"),
    [
        ("resnet18", {}, None),
        ("resnet18", {"shortcut": "A"}, with_option_a),
        ("resnet50", {"stride_in": "3x3"}, None),
        ("resnet50", {}, with_stride_in_1x1),
    ],
    ids=["B", "A", "stride in 3x3", "stride in 1x1"],
)
def test_torchvision_twin(name: str, options: dict[str, object], change: object) -> None:
    torch.manual_seed(0)
    net = create_model(name, num_classes=5, **options)
    twin = torchvision.models.get_model(name, num_classes=5)
    if change is not None:
        twin = change(twin)
    randomise(net)
    copy_in_order(net, twin)
    x = torch.randn(2, 3, 65, 97)
    for mode in (True, False):
        net.train(mode)
        twin.train(mode)
        ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        output, expected = net(ours), twin(theirs)
        torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-4)
        output.square().sum().backward()
        expected.square().sum().backward()
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4)


def test_option_c_projects_everywhere() -> None:
    units = [module for module in meta("resnet34", shortcut="C").modules() if isinstance(module, Sum)]
    assert len(units) == 16
    for unit in units:
        assert [type(layer) for layer in unit.shortcut] == [nn.Conv2d, nn.BatchNorm2d]


def test_plain_net_is_its_layers_in_a_row() -> None:
    torch.manual_seed(0)
    net = create_model("plain18", num_classes=5)
    randomise(net)
    x = images = torch.randn(2, 3, 64, 64)
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for number, (conv, norm) in enumerate(zip(convs, norms, strict=True)):
        x = F.relu(norm(conv(x)))
        if number == 0:
            x = F.max_pool2d(x, 3, 2, 1)
    torch.testing.assert_close(net(images), net.fc(x.mean(dim=(2, 3))))


def test_zero_gamma_starts_with_identities() -> None:
    torch.manual_seed(0)
    net = create_model("resnet50", zero_gamma=True)
    zeros = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d) and not m.weight.any()]
    assert len(zeros) == 16
    x = torch.randn(2, 256, 8, 8)
    assert torch.equal(net.conv2_x.conv2_2(x), F.relu(x))
    for module in create_model("resnet18").modules():
        assert not isinstance(module, nn.BatchNorm2d) or (module.weight == 1).all()


def test_initialisation_is_he_with_fan_in() -> None:
    torch.manual_seed(0)
    net = create_model("resnet18")
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)
            assert module.weight.mean().item() == pytest.approx(0, abs=0.1 * (2 / fan_in) ** 0.5)
    assert not net.fc.bias.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shortcut": "D"}, "shortcut must be 'A', 'B' or 'C'; given 'D'"),
        ({"stride_in": "5x5"}, "stride_in must be '1x1' or '3x3', .*; given '5x5'"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_model("resnet50", **options)
