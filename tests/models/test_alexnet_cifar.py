"""The CIFAR-10 net beside AlexNet against cuda-convnet's layer definition."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.alexnet_cifar import SameMapNorm, alexnet_cifar10


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model("alexnet_cifar10", **options)


def test_sizes_and_totals() -> None:
    table = layer_table(meta())
    assert (table["params"].sum(), table["macs"].sum()) == (89_578, 12_298_240)
    expected = {
        "conv1": (32, 32, 32), "pool1": (32, 16, 16), "conv2": (32, 16, 16), "pool2": (32, 8, 8),
        "conv3": (64, 8, 8), "pool3": (64, 4, 4), "fc10": (10,),
    }  # fmt: skip
    assert table.set_index("name")["output_shape"].loc[list(expected)].to_dict() == expected


def test_without_normalisation_it_is_layers_19pct() -> None:
    def names(**options: object) -> list[str]:
        return [name for name, _ in meta(**options).named_children()]

    assert [name for name in names() if name not in names(lrn=False)] == ["norm1", "norm2"]
    assert names(lrn=False) == [
        "conv1", "pool1", "neuron1", "conv2", "neuron2", "pool2", "conv3", "neuron3", "pool3", "flatten", "fc10",
    ]  # fmt: skip


def test_first_pooling_takes_the_maximum_the_others_the_average() -> None:
    net = meta()
    assert isinstance(net.pool1, nn.MaxPool2d)
    assert isinstance(net.pool2, nn.AvgPool2d)
    assert isinstance(net.pool3, nn.AvgPool2d)


def test_a_window_over_the_border_averages_the_pixels_that_are_there() -> None:
    assert torch.equal(alexnet_cifar10().pool2(torch.ones(1, 1, 16, 16)), torch.ones(1, 1, 8, 8))


def test_normalisation_by_the_formula() -> None:
    torch.manual_seed(0)
    a = 100 * torch.randn(2, 3, 5, 4, dtype=torch.float64)
    b = torch.empty_like(a)
    for row in range(5):
        for column in range(4):
            around = a[:, :, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            b[:, :, row, column] = a[:, :, row, column] / (1 + 5e-5 / 9 * around.square().sum(dim=(2, 3))).pow(
                0.75
            )
    torch.testing.assert_close(SameMapNorm()(a), b)
    assert (b / a).mean() < 0.95  # at this size of input it does something


@pytest.mark.parametrize(("activation", "kind"), [("relu", nn.ReLU), ("tanh", nn.Tanh)])
def test_activations_of_figure_1(activation: str, kind: type[nn.Module]) -> None:
    net = meta(activation=activation)
    assert {type(m) for name, m in net.named_children() if name.startswith("neuron")} == {kind}


def test_initialisation_of_the_definition() -> None:
    torch.manual_seed(0)
    net = alexnet_cifar10()
    for name, std in {"conv1": 0.0001, "conv2": 0.01, "conv3": 0.01, "fc10": 0.01}.items():
        layer = net.get_submodule(name)
        assert layer.weight.std().item() == pytest.approx(std, rel=0.05), name
        assert not layer.bias.any(), name


def test_unknown_activation() -> None:
    with pytest.raises(ValueError, match="activation must be 'relu' or 'tanh'; given 'sigmoid'"):
        create_model("alexnet_cifar10", activation="sigmoid")
