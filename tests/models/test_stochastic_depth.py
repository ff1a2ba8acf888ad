"""Stochastic depth: what is skipped, how often, and what evaluation makes of it (Huang et al. 2016)."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.stochastic_depth import RandomSum, stochastic_resnet

F = nn.functional


def sums(net: nn.Module) -> list[RandomSum]:
    return [module for module in net.modules() if isinstance(module, RandomSum)]


def test_linear_decay_of_equation_4() -> None:
    with torch.device("meta"):
        survival = [1 - unit.death_rate for unit in sums(create_model("stochastic_resnet110"))]
    assert len(survival) == 54
    assert survival[0] == pytest.approx(1 - 1 / 54 * 0.5)
    assert survival[-1] == 0.5
    assert sum(survival) == pytest.approx((3 * 54 - 1) / 4)  # Section 3: expected number of active units
    assert survival == sorted(survival, reverse=True)


class Twin(nn.Module):
    """Eq. 5 with constants written down: depth 8, death rate 0.6, so survival 0.8, 0.6, 0.4."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, active: tuple[float, float, float]) -> Tensor:
        layers = iter([m for m in self.net.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)])

        def conv_bn(x: Tensor) -> Tensor:
            conv, norm = next(layers), next(layers)
            return norm(conv(x))

        x = F.relu(conv_bn(x))
        for unit, weight in enumerate(active):
            y = conv_bn(F.relu(conv_bn(x)))
            if unit > 0:
                x = torch.cat([F.avg_pool2d(x, 2), torch.zeros_like(y[:, y.shape[1] // 2 :])], dim=1)
            x = F.relu(weight * y + x)
        return self.net.fc(x.mean(dim=(2, 3)))


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return stochastic_resnet(depth=8, death_rate=0.6)


X = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_evaluation_weights_by_survival(net: nn.Module) -> None:
    net.eval()
    torch.testing.assert_close(net(X), Twin(net)(X, (0.8, 0.6, 0.4)))


def test_a_step_is_one_of_the_nets_it_can_be(net: nn.Module) -> None:
    """The whole batch goes one of 2^3 ways, and the branches that survive are not scaled."""
    active = []
    for unit in sums(net):
        unit.body.register_forward_hook(lambda module, *_: active.append(module))
    seen = set()
    for seed in range(12):
        active.clear()
        torch.manual_seed(seed)
        output = net(X)
        way = tuple(float(unit.body in active) for unit in sums(net))
        seen.add(way)
        torch.testing.assert_close(output, Twin(net)(X, way))
    assert len(seen) > 3


@pytest.mark.parametrize("death_rate", [0.0, 0.1, 0.5, 1.0])
def test_units_survive_as_often_as_their_probability(death_rate: float) -> None:
    unit = RandomSum(death_rate, body=nn.Flatten(0), shortcut=nn.Flatten(0))
    torch.manual_seed(0)
    draws = 2000
    survived = sum(unit(torch.ones(1)).item() == 2 for _ in range(draws)) / draws
    spread = (death_rate * (1 - death_rate) / draws) ** 0.5
    assert survived == pytest.approx(1 - death_rate, abs=4 * spread)
    assert unit.eval()(torch.ones(1)).item() == pytest.approx(2 - death_rate)


def test_skipped_units_are_not_computed_and_get_no_gradient() -> None:
    torch.manual_seed(0)
    net = stochastic_resnet(depth=14, death_rate=1.0)  # the last unit is always skipped
    last = sums(net)[-1]
    last.body.register_forward_hook(lambda *_: pytest.fail("a skipped branch was computed"))
    for _ in range(5):
        net.zero_grad()
        net(X).square().sum().backward()
        assert all(parameter.grad is None for parameter in last.body.parameters())
        assert net.conv1.weight.grad.isfinite().all()
        assert net.conv1.weight.grad.any()


def test_death_rate_zero_is_constant_depth(net: nn.Module) -> None:
    for unit in sums(net):
        unit.death_rate = 0.0
    for mode in (True, False):
        net.train(mode)
        torch.testing.assert_close(net(X), Twin(net)(X, (1, 1, 1)))
    assert all(unit.death_rate == 0 for unit in sums(stochastic_resnet(depth=8, death_rate=0)))


def test_a_seed_fixes_the_draws(net: nn.Module) -> None:
    net = net.double()
    outputs = []
    for _ in range(2):
        torch.manual_seed(5)
        outputs.append(torch.stack([net(X.double()) for _ in range(4)]))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0][0], outputs[0][1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 100}, r"depth must be 6n\+2 .*; given 100"),
        ({"death_rate": 1.5}, "death_rate must be a probability, from 0 to 1; given 1.5"),
        ({"death_rate": -0.1}, "given -0.1"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stochastic_resnet(**options)
