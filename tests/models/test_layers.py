"""The joins, the shared layers and the initializers."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import (
    Concat,
    Net,
    Sum,
    conv_bn_relu,
    init_gaussian,
    init_glorot,
    init_he,
    local_response_norm,
    series,
)


def test_series_runs_in_order_under_its_names() -> None:
    net = series(first=nn.Linear(2, 3), second=nn.ReLU())
    assert [name for name, _ in net.named_children()] == ["first", "second"]
    x = torch.randn(4, 2)
    assert torch.equal(net(x), net.first(x).relu())


def test_sum_adds_its_branches_and_may_use_one_twice() -> None:
    body, shortcut = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1)
    x = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(Sum(body=body, shortcut=shortcut)(x), body(x) + shortcut(x))
    torch.testing.assert_close(Sum(body=body, shortcut=body)(x), 2 * body(x))


def test_a_sum_leaves_to_hooks_what_its_branches_gave() -> None:
    seen: list[Tensor] = []
    total = Sum(body=nn.BatchNorm2d(1).eval(), shortcut=nn.Identity())
    total.body.register_forward_hook(lambda _, __, output: seen.append(output))
    with torch.inference_mode():
        total(torch.ones(1, 1, 2, 2))
        torch.testing.assert_close(seen[0], total.body(torch.ones(1, 1, 2, 2)))


def test_concat_joins_channels_in_the_order_of_definition() -> None:
    x = torch.randn(1, 2, 4, 4)
    late, early = nn.Conv2d(2, 3, 1), nn.Identity()
    assert torch.equal(Concat(z=early, a=late)(x), torch.cat([x, late(x)], dim=1))


def test_a_join_needs_two_branches() -> None:
    with pytest.raises(ValueError, match=r"at least two branches; given \['only'\]"):
        Concat(only=nn.Identity())


def test_local_response_norm_is_the_papers_formula() -> None:
    a = 50 * torch.randn(2, 9, 3, 3, dtype=torch.float64)
    expected = torch.empty_like(a)
    for i in range(9):
        window = a[:, max(0, i - 2) : min(8, i + 2) + 1]
        expected[:, i] = a[:, i] / (2 + 1e-4 * window.square().sum(1)) ** 0.75
    torch.testing.assert_close(local_response_norm()(a), expected)
    popular = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)(a)
    assert (popular - expected).abs().max() > 1e-2


def test_conv_bn_relu_has_no_bias_beside_batch_norm() -> None:
    unit = conv_bn_relu(2, 3, 3, padding=1)
    assert unit.conv.bias is None
    x = torch.randn(4, 2, 5, 5)
    torch.testing.assert_close(unit(x), nn.functional.batch_norm(unit.conv(x), None, None, training=True).relu())


def big_layers() -> nn.Sequential:
    torch.manual_seed(0)
    return series(conv=nn.Conv2d(64, 96, 3), grouped=nn.Conv2d(64, 128, 3, groups=2), fc=nn.Linear(400, 300))


@pytest.mark.parametrize(
    ("initialise", "stds"),
    [
        (lambda net: init_gaussian(net, 0.01), (0.01, 0.01, 0.01)),
        (init_he, ((2 / (64 * 9)) ** 0.5, (2 / (32 * 9)) ** 0.5, (2 / 400) ** 0.5)),
        (init_glorot, ((2 / (160 * 9)) ** 0.5, (2 / ((32 + 128) * 9)) ** 0.5, (2 / 700) ** 0.5)),
    ],
)
def test_initializers_statistically(initialise: object, stds: tuple[float, ...]) -> None:
    net = big_layers()
    initialise(net)
    for layer, std in zip(net, stds, strict=True):
        weight: Tensor = layer.weight
        assert abs(weight.mean()) < 5 * std / weight.numel() ** 0.5
        assert weight.std().item() == pytest.approx(std, rel=0.02)
        assert torch.all(layer.bias == 0)


def test_gaussian_bias() -> None:
    net = big_layers()
    init_gaussian(net, 0.1, bias=1.0)
    assert all(torch.all(layer.bias == 1) for layer in net)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 8, 8), r"must be \(N, 3, height, width\): a batch of 3-channel images; given shape \(3, 8, 8\)"),
        ((1, 4, 8, 8), r"given shape \(1, 4, 8, 8\)"),
        ((1, 3, 5, 9), "smallest input that reaches the last layer is 6x6; given 5x9"),
    ],
)
def test_net_refuses_what_it_cannot_process(shape: tuple[int, ...], message: str) -> None:
    net = Net({"conv": nn.Conv2d(3, 2, 6)}, input_size=(3, 8, 8), smallest=6)
    assert net(torch.zeros(1, 3, 6, 7)).shape == (1, 2, 1, 2)
    with pytest.raises(ValueError, match=message):
        net(torch.zeros(shape))


def test_net_in_parts() -> None:
    net = Net({"first": nn.Conv2d(3, 2, 1), "second": nn.ReLU()}, input_size=(3, 8, 8), smallest=1)
    x = torch.randn(1, 3, 2, 2)
    assert net[1] is net.second
    assert [name for name, _ in net[:1].named_children()] == ["first"]
    assert torch.equal(net[1:](net[:1](x)), net(x))


def test_net_with_a_fixed_head() -> None:
    net = Net({"conv": nn.Conv2d(3, 2, 6)}, input_size=(3, 8, 8), smallest=8, fixed=True)
    with pytest.raises(ValueError, match="8x8 only, its smallest and largest size; given 9x8"):
        net(torch.zeros(1, 3, 9, 8))
