"""The initial weights of the residual family, in every form."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Net
from cs231n_arch.models.preact_resnet import preact_resnet
from cs231n_arch.models.resnet import resnet
from cs231n_arch.models.resnext import resnext, resnext_cifar
from cs231n_arch.models.senet import se_resnet_cifar
from cs231n_arch.models.stochastic_depth import stochastic_resnet
from cs231n_arch.models.wide_resnet import wide_resnet, wide_resnet_bottleneck

SMALL = {
    resnet: {"depth": 18},
    preact_resnet: {"depth": 20},
    wide_resnet: {"depth": 10, "widen_factor": 4},
    wide_resnet_bottleneck: {"widen_factor": 1},
    resnext: {"cardinality": 2},
    resnext_cifar: {"depth": 11},
    stochastic_resnet: {"depth": 20},
    se_resnet_cifar: {"depth": 20},
}
HE = ("fan-in", "one", "He", "zero")  # convolutions, scales of batch norm, last layer's weights and biases
EXPECTED = [
    *((build, {}, HE) for build in SMALL),
    (resnet, {"form": "torchvision"}, ("fan-out", "one", "uniform", "uniform")),
    (resnext, {"form": "released"}, ("fan-out", "one", "uniform", "zero")),
    (resnext_cifar, {"form": "released"}, ("fan-out", "one", "uniform", "zero")),
    (preact_resnet, {"form": "released"}, ("fan-out", "one", "uniform", "zero")),
    (wide_resnet, {"form": "released"}, ("fan-in", "uniform", "uniform", "zero")),
    (stochastic_resnet, {"form": "released"}, ("fan-in", "uniform", "uniform", "uniform")),
]


def word(value: float, words: dict[str, float]) -> str:
    """The words whose value is met to 8 %."""
    return " or ".join(text for text, expected in words.items() if value == pytest.approx(expected, rel=0.08))


def spread(tensors: list[Tensor]) -> float:
    return torch.cat([tensor.flatten() for tensor in tensors]).std().item()


@pytest.mark.parametrize(
    ("build", "options", "expected"), EXPECTED, ids=lambda value: getattr(value, "__name__", "")
)
def test_initial_weights(build: object, options: dict[str, object], expected: tuple[str, ...]) -> None:
    torch.manual_seed(0)
    net: Net = build(num_classes=100, **SMALL[build], **options)
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    scaled = {  # every convolution's weights in units of what they should spread by
        "fan-in": spread([conv.weight * conv.weight[0].numel() ** 0.5 for conv in convs]),
        "fan-out": spread(
            [conv.weight * (conv.weight[0, 0].numel() * conv.out_channels) ** 0.5 for conv in convs]
        ),
    }
    norms = torch.cat([module.weight for module in net.modules() if isinstance(module, nn.BatchNorm2d)])
    fan_in = net.fc.in_features
    found = (
        " or ".join(fan for fan, value in scaled.items() if value == pytest.approx(2**0.5, rel=0.01)),
        "one" if (norms == 1).all() else word(norms.std().item(), {"uniform": 12**-0.5}),
        word(net.fc.weight.std().item(), {"He": (2 / fan_in) ** 0.5, "uniform": (3 * fan_in) ** -0.5}),
        word(net.fc.bias.std().item(), {"uniform": (3 * fan_in) ** -0.5}) if net.fc.bias.any() else "zero",
    )
    assert found == expected
    assert not any(module.bias.any() for module in net.modules() if isinstance(module, nn.BatchNorm2d))
