"""Pre-activation ResNet and the two studies of He et al. (2016), arXiv 1603.05027."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import layer_table
from cs231n_arch.models.preact_resnet import ORDERS, SHORTCUTS, Gated, preact_resnet, preact_resnet110
from cs231n_arch.models.resnet import resnet_cifar
from tests.models.twins import copy_in_order

F = nn.functional
VARIANTS = [{"order": order} for order in ORDERS] + [{"shortcut": kind, "order": "original"} for kind in SHORTCUTS]


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return preact_resnet(**options)


@pytest.mark.parametrize(("depth", "bottleneck"), [(110, False), (164, True), (1001, True)])
def test_depth_counts_weighted_layers_without_projections(depth: int, bottleneck: bool) -> None:
    table = layer_table(meta(depth=depth, bottleneck=bottleneck))
    weighted = table[table["kind"].isin(["Conv2d", "Linear"])]
    assert (~weighted["name"].str.contains("shortcut")).sum() == depth


@pytest.mark.parametrize("order", ORDERS)
def test_orders_have_the_same_components(order: str) -> None:
    """As the caption of Figure 4 says."""
    net = meta(depth=20, bottleneck=False, order=order)
    assert sum(p.numel() for p in net.parameters()) == 269_722


# Figure 4, top to bottom: the residual branch, and what follows the addition.
FIGURE_4 = {
    "original": ("conv bn relu conv bn", "relu"),
    "bn_after_addition": ("conv bn relu conv", "bn relu"),
    "relu_before_addition": ("conv bn relu conv bn relu", ""),
    "relu_only_preactivation": ("relu conv bn relu conv bn", ""),
    "full_preactivation": ("bn relu conv bn relu conv", ""),
}
KINDS = {nn.Conv2d: "conv", nn.BatchNorm2d: "bn", nn.ReLU: "relu"}


@pytest.mark.parametrize("order", FIGURE_4)
def test_figure_4(order: str) -> None:
    unit = meta(depth=14, bottleneck=False, order=order).conv2_x.conv2_2
    total, *after = unit
    assert (
        " ".join(KINDS[type(layer)] for layer in total.body),
        " ".join(KINDS[type(layer)] for layer in after),
    ) == FIGURE_4[order]
    assert isinstance(total.shortcut, nn.Identity)


@pytest.mark.parametrize("order", FIGURE_4)
def test_what_a_unit_without_residual_passes_on(order: str) -> None:
    unit = preact_resnet(depth=14, bottleneck=False, order=order).conv2_x.conv2_2.eval()
    for module in unit.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
    x = torch.randn(2, 16, 4, 4)
    given = x.clone()
    y = unit(x)
    passes_all = order not in ("original", "bn_after_addition")
    torch.testing.assert_close(y, given if passes_all else F.relu(given), rtol=1e-4, atol=1e-4)
    assert torch.equal(x, given), "an activation in place has changed the input of the shortcut"


def test_original_order_is_the_net_of_the_first_paper() -> None:
    torch.manual_seed(0)
    for options in ({"shortcut": "A"}, {"shortcut": "C"}):
        first = resnet_cifar(depth=14, **options)
        kind = "identity" if options["shortcut"] == "A" else "conv1x1"
        same = preact_resnet(depth=14, bottleneck=False, order="original", shortcut=kind)
        same.load_state_dict(first.state_dict())
        x = torch.randn(2, 3, 32, 32)
        assert torch.equal(same(x), first(x))


class AsymmetricActivation(nn.Module):
    """Figure 5(b): an original net whose activation after each addition goes to the weight path only."""

    def __init__(self, units: int, *, bottleneck: bool) -> None:
        super().__init__()
        self.bottleneck = bottleneck
        self.conv1, self.stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.units = nn.ModuleList()
        in_channels = 16
        for width in (16, 32, 64):
            maps = 4 * width if bottleneck else width
            for number in range(units):
                stride = 2 if width > 16 and number == 0 else 1
                first = width == 16 and number == 0
                self.units.append(self.unit(in_channels, maps, width, stride, first=first))
                in_channels = maps
        self.last, self.fc = nn.BatchNorm2d(in_channels), nn.Linear(in_channels, 10)

    def unit(self, in_channels: int, maps: int, width: int, stride: int, *, first: bool) -> nn.ModuleList:
        layers = [] if first else [nn.BatchNorm2d(in_channels)]
        if self.bottleneck:
            layers += [nn.Conv2d(in_channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)]
            layers += [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)]
            layers += [nn.Conv2d(width, maps, 1, bias=False)]
            layers += [nn.Conv2d(in_channels, maps, 1, stride, bias=False)] if in_channels != maps else []
        else:
            layers += [nn.Conv2d(in_channels, maps, 3, stride, 1, bias=False), nn.BatchNorm2d(maps)]
            layers += [nn.Conv2d(maps, maps, 3, 1, 1, bias=False)]
        return nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(self.conv1(x)))
        for layers in self.units:
            layers = list(layers)
            active = F.relu(layers.pop(0)(x)) if isinstance(layers[0], nn.BatchNorm2d) else x
            y = layers.pop(0)(active)
            while layers and isinstance(layers[0], nn.BatchNorm2d):
                y = layers.pop(0)(y)
                y = layers.pop(0)(F.relu(y))
            if layers:
                x = layers[0](active)
            elif y.shape != x.shape:
                x = F.pad(x[..., ::2, ::2], (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
            x = x + y
        return self.fc(F.relu(self.last(x)).mean(dim=(2, 3)))


@pytest.mark.parametrize("bottleneck", [True, False])
def test_full_preactivation_is_the_asymmetric_activation_of_figure_5(bottleneck: bool) -> None:
    torch.manual_seed(0)
    net = preact_resnet(depth=20 if bottleneck else 14, bottleneck=bottleneck)
    twin = AsymmetricActivation(2, bottleneck=bottleneck)
    copy_in_order(twin, net)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(net(x), twin(x))


@pytest.mark.parametrize("order", ORDERS)
def test_projections_of_bottleneck_units(order: str) -> None:
    """Shared pre-activation but for the first unit; batch norm where the branch ends in a weight layer's."""
    net = meta(depth=20, order=order)
    ahead = {"relu_only_preactivation": [nn.ReLU], "full_preactivation": [nn.BatchNorm2d, nn.ReLU]}
    for unit, expected in ((net.conv2_x.conv2_1, []), (net.conv3_x.conv3_1, ahead.get(order, []))):
        kinds = [type(layer) for layer in unit]
        assert kinds[: kinds.index(type(unit.sum))] == expected
        normalised = any(isinstance(layer, nn.BatchNorm2d) for layer in unit.sum.shortcut.modules())
        assert normalised == (order not in ("bn_after_addition", "full_preactivation"))
    assert hasattr(net, "relu_last") == (order in ahead)


def study(kind: str, **options: object) -> nn.Module:
    torch.manual_seed(0)
    net = preact_resnet(depth=14, bottleneck=False, order="original", shortcut=kind, **options)
    return net.conv3_x


X = torch.rand(2, 16, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [(0.5, 0.5), (0.5, 1.0), (0.0, 1.0)])
def test_constant_scaling(scale: tuple[float, float]) -> None:
    unit = study("constant_scaling", scale=scale).conv3_1
    padded = F.pad(X[..., ::2, ::2], (0, 0, 0, 0, 0, 16))
    expected = F.relu(scale[0] * padded + scale[1] * unit.sum.body.branch(X))
    torch.testing.assert_close(unit(X), expected)


@pytest.mark.parametrize("exclusive", [True, False])
def test_gating(exclusive: bool) -> None:
    unit = study("exclusive_gating" if exclusive else "shortcut_only_gating").conv3_1
    gate = 1 / (1 + torch.exp(-F.conv2d(X, unit.sum.gate.weight, unit.sum.gate.bias, stride=2)))
    padded = F.pad(X[..., ::2, ::2], (0, 0, 0, 0, 0, 16))
    residual = unit.sum.body(X)
    expected = F.relu((gate * residual if exclusive else residual) + (1 - gate) * padded)
    torch.testing.assert_close(unit(X), expected)


def test_gates_begin_with_the_given_bias() -> None:
    for options, bias in (({}, -6.0), ({"gate_bias": -2.5}, -2.5)):
        net = preact_resnet110(order="original", shortcut="shortcut_only_gating", **options)
        gates = [module.gate for module in net.modules() if isinstance(module, Gated)]
        assert len(gates) == 54
        assert all((gate.bias == bias).all() and gate.weight.std() > 0 for gate in gates)


def test_dropout_on_the_shortcut_drops_half() -> None:
    unit = study("dropout").conv3_2
    for layer in unit.sum.body.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.zeros_(layer.weight)
    ones = torch.ones(8, 32, 8, 8)
    assert (unit(ones) == 0).float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert torch.equal(unit.eval()(ones), ones)


@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize("options", VARIANTS, ids=lambda options: "-".join(options.values()))
def test_every_variant_trains_and_evaluates(options: dict[str, str], bottleneck: bool) -> None:
    torch.manual_seed(0)
    net = preact_resnet(depth=11 if bottleneck else 8, bottleneck=bottleneck, **options)
    x = torch.randn(4, 3, 8, 8)
    net(x)[:, 0].sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    with torch.no_grad():
        assert torch.equal(net.eval()(x), net(x))


def test_gates_can_be_exported() -> None:
    net = preact_resnet(depth=8, bottleneck=False, order="original", shortcut="exclusive_gating").eval()
    x = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(torch.export.export(net, (x,)).module()(x), net(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 112}, r"depth must be 9n\+2 .* of 3 layers.*; given 112"),
        ({"depth": 163, "bottleneck": False}, r"depth must be 6n\+2 .* of 2 layers.*; given 163"),
        ({"depth": 2}, "given 2"),
        ({"order": "bn"}, "order must be one of original, .*; given 'bn'"),
        ({"shortcut": "highway", "order": "original"}, "shortcut must be one of identity, .*; given 'highway'"),
        ({"shortcut": "conv1x1"}, "order='original'; given order='full_preactivation'"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        preact_resnet(**options)
