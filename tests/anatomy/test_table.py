"""`layer_table` against closed forms, torch's counters and nets that do awkward things."""

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from cs231n_arch import create_model, layer_table, list_models
from cs231n_arch.anatomy import conv_macs, conv_parameters

COLUMNS = [
    "name", "kind", "kernel", "stride", "padding", "output_shape", "params", "macs", "activation_bytes",
    "receptive_field", "jump",
]  # fmt: skip


def meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize("name", list_models())
def test_totals_agree_with_flop_counter(name: str) -> None:
    net = meta(name).eval()
    table = layer_table(net)
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(1, *net.input_size, device="meta"))
    assert 2 * table["macs"].sum() == counter.get_total_flops() > 0
    auxiliary = sum(p.numel() for n, p in net.named_parameters() if n.startswith("aux"))  # run in training only
    assert table["params"].sum() + auxiliary == sum(p.numel() for p in net.parameters())
    assert table["name"].is_unique or name.startswith("fractalnet")
    assert list(table.columns) == COLUMNS


def test_alexnet_row_by_row() -> None:
    table = layer_table(meta("alexnet")).set_index("name")
    conv2 = table.loc["conv2"]
    assert (conv2["kernel"], conv2["stride"], conv2["padding"], conv2["output_shape"]) == (5, 1, 2, (256, 27, 27))
    assert conv2["params"] == conv_parameters(96, 256, 5)
    assert conv2["macs"] == conv_macs(96, 256, 5, 27)
    assert conv2["activation_bytes"] == 4 * 256 * 27 * 27
    assert (conv2["receptive_field"], conv2["jump"]) == (51, 8)
    assert table.loc["relu2", "activation_bytes"] == 0  # in place
    assert table.loc["norm1", ["params", "macs", "receptive_field"]].tolist() == [0, 0, 11]
    assert table.loc["pool5", ["receptive_field", "jump"]].tolist() == [195, 32]
    assert table.loc["fc6", "macs"] == 9216 * 4096  # and not one more for each bias


class Functional(nn.Module):
    """Does in functions what others do in modules."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 3, 3, 3))
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        maps = F.relu(F.conv2d(x, self.weight, padding=1))
        maps = torch.cat([maps, maps * 2], dim=1)[:, :4]
        pooled = F.max_pool2d(maps, 2)
        return self.head(pooled.mean(dim=(2, 3)) + pooled.amax(dim=(2, 3)))


def test_functions_are_seen() -> None:
    table = layer_table(Functional(), (3, 8, 8)).set_index("name")
    assert table["kind"].tolist() == [
        "convolution", "relu", "mul", "cat", "max_pool2d_with_indices", "mean", "amax", "add", "Linear",
    ]  # fmt: skip
    assert table.loc["convolution", ["params", "macs"]].tolist() == [108, 108 * 64]
    assert table.loc["max_pool2d_with_indices", ["kernel", "stride", "receptive_field", "jump"]].tolist() == [
        2,
        2,
        4,
        2,
    ]
    assert table.loc["head", "params"] == 10
    assert table["params"].sum() == 118


class Repeats(nn.Module):
    """Uses one layer twice, and ties a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.twin = nn.Conv2d(2, 2, 3, padding=1)
        self.twin.weight = self.conv.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.twin(self.conv(self.conv(x)))


def test_shared_weights_count_once_and_operations_each_time() -> None:
    net = Repeats()
    table = layer_table(net, (2, 5, 5))
    assert table["name"].tolist() == ["conv", "conv", "twin"]
    assert table["params"].tolist() == [38, 0, 2]
    assert table["params"].sum() == sum(p.numel() for p in net.parameters())
    assert table["macs"].tolist() == [36 * 25] * 3
    assert table["receptive_field"].tolist() == [3, 5, 7]


class Branching(nn.Module):
    """The longer branch decides the receptive field; a strided slice moves the grid like a stride does."""

    def __init__(self) -> None:
        super().__init__()
        self.long = nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, (1, 5), padding=(0, 2)))

    def forward(self, x: Tensor) -> Tensor:
        return self.long(x) + x[:, :, ::2, ::2]


def test_branches_and_rectangular_kernels() -> None:
    table = layer_table(Branching(), (1, 16, 16)).set_index("name")
    assert table.loc["long.1", "kernel"] == (1, 5)
    assert table.loc["add", ["receptive_field", "jump"]].tolist() == [11, 2]


def test_receptive_fields_of_known_nets() -> None:
    with torch.device("meta"):
        resnet, vgg = torchvision.models.resnet50(), torchvision.models.vgg16()
    assert layer_table(resnet, (3, 224, 224)).set_index("name").loc["layer4.2.conv2", "receptive_field"] == 427
    assert layer_table(vgg, (3, 224, 224)).set_index("name").loc["features.30", "receptive_field"] == 212


def test_attention_has_no_endless_receptive_field() -> None:
    with torch.device("meta"):
        net = torchvision.models.vit_b_16()
    table = layer_table(net, (3, 224, 224))
    assert table["params"].sum() == sum(p.numel() for p in net.parameters())
    assert table["receptive_field"].max() == 224


class Fails(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("broken net")


def assert_untouched(net: nn.Module) -> None:
    assert net.training
    assert not next(net.children()).training
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in net.modules())


def test_the_net_is_left_as_it_was() -> None:
    net = create_model("lenet5")
    next(net.children()).eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    layer_table(net)
    assert_untouched(net)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


def test_a_net_that_fails_is_left_as_it_was() -> None:
    net = Fails()
    net.inner.eval()
    with pytest.raises(ValueError, match=r"Fails cannot run on .* \(1, 1, 4, 4\): RuntimeError: broken net"):
        layer_table(net, (1, 4, 4))
    assert_untouched(net)


def test_half_precision_halves_the_bytes() -> None:
    net = nn.Conv2d(1, 2, 3)
    full, half = layer_table(net, (1, 8, 8)), layer_table(net.bfloat16(), (1, 8, 8))
    assert full["activation_bytes"].sum() == 2 * half["activation_bytes"].sum() == 4 * 2 * 36


@pytest.mark.parametrize("size", [(3, 8), (3, 0, 8), (3, 8, 8.0), (1, 3, 8, 8)])
def test_bad_input_size(size: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="three positive whole numbers"):
        layer_table(nn.Conv2d(3, 1, 1), size)


def test_unknown_input_size() -> None:
    with pytest.raises(ValueError, match="Conv2d has no input_size of its own"):
        layer_table(nn.Conv2d(3, 1, 1))


def test_a_size_the_net_refuses() -> None:
    with pytest.raises(ValueError, match="227x227 only"):
        layer_table(meta("alexnet"), (3, 200, 200))


def test_a_layer_under_two_names_keeps_its_weights() -> None:
    conv = nn.Conv2d(3, 3, 1)
    net = nn.Sequential(conv, nn.ReLU(), conv)
    before = conv.weight
    table = layer_table(net, (3, 8, 8))
    assert net[0].weight is before
    assert net[2].weight is before
    assert table["params"].tolist() == [12, 0, 0]
    assert table["macs"].tolist() == [9 * 64, 0, 9 * 64]


def test_a_weight_that_two_layers_share_counts_once() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 3, 1, bias=False))
    net[1].weight = net[0].weight
    assert layer_table(net, (3, 8, 8))["params"].tolist() == [9, 0]
    assert net[1].weight is net[0].weight


def test_inference_mode_changes_nothing() -> None:
    net = meta("squeezenet1_1")
    wanted = layer_table(net)
    with torch.inference_mode():
        assert layer_table(net).equals(wanted)
