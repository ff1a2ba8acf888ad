"""DenseNet against the paper's tables, a twin that keeps lists of maps, and itself with less memory."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.densenet import DenseLayer


def meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(
    ("options", "params", "macs"),
    [
        ({"depth": 100}, 6_979_642, 1_769_516_448),
        ({"depth": 100, "growth_rate": 24}, 27_249_082, 6_889_347_744),
        # Table 2 prints 15.3M and 25.6M.
        ({"depth": 250, "growth_rate": 24, "bc": True}, 15_324_406, 5_418_785_724),
        ({"depth": 190, "growth_rate": 40, "bc": True}, 25_624_430, 9_301_945_740),
    ],
)
def test_larger_nets_of_table_2(options: dict[str, int], params: int, macs: int) -> None:
    table = layer_table(meta("densenet_cifar", **options))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


def stage_sizes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    x = torch.empty(1, *net.input_size, device="meta")
    sizes = {}
    for name, stage in net.named_children():
        x = stage(x)
        sizes[name] = tuple(x.shape[1:])
    return sizes


def test_table_1() -> None:
    assert stage_sizes(meta("densenet121")) == {
        "convolution": (64, 112, 112),
        "pooling": (64, 56, 56),
        "dense_block1": (256, 56, 56),
        "transition1": (128, 28, 28),
        "dense_block2": (512, 28, 28),
        "transition2": (256, 14, 14),
        "dense_block3": (1024, 14, 14),
        "transition3": (512, 7, 7),
        "dense_block4": (1024, 7, 7),
        "classification": (1000,),
    }


def test_cifar_blocks_are_equal_and_halve_twice() -> None:
    sizes = stage_sizes(meta("densenet40_12"))
    assert [sizes[f"dense_block{n}"] for n in (1, 2, 3)] == [(160, 32, 32), (304, 16, 16), (448, 8, 8)]
    assert sizes["convolution"] == (16, 32, 32)
    assert stage_sizes(meta("densenet_bc100_12"))["convolution"] == (24, 32, 32)  # 2k, for DenseNet-BC only


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
def test_the_name_counts_the_weighted_layers(depth: int) -> None:
    assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in meta(f"densenet{depth}").modules()) == depth


class Twin(nn.Module):
    """The equation of Section 3, x_l = H_l([x_0, ..., x_(l-1)]), with the maps in a list; CIFAR form."""

    def __init__(self, layers: int, k: int, bc: bool) -> None:
        super().__init__()
        maps = 2 * k if bc else 16
        self.first = nn.Conv2d(3, maps, 3, padding=1, bias=False)
        self.steps = nn.ModuleList()  # (batch norm, convolution) pairs in the order of use
        self.bc, self.layers = bc, layers
        for block in range(3):
            for layer in range(layers):
                width = maps + layer * k
                if bc:
                    self.steps += [nn.BatchNorm2d(width), nn.Conv2d(width, 4 * k, 1, bias=False)]
                    width = 4 * k
                self.steps += [nn.BatchNorm2d(width), nn.Conv2d(width, k, 3, padding=1, bias=False)]
            maps += layers * k
            if block < 2:
                kept = math.floor(0.5 * maps) if bc else maps
                self.steps += [nn.BatchNorm2d(maps), nn.Conv2d(maps, kept, 1, bias=False)]
                maps = kept
        self.norm, self.fc = nn.BatchNorm2d(maps), nn.Linear(maps, 10)

    def forward(self, x: Tensor) -> Tensor:
        steps = iter(self.steps)

        def h(x: Tensor) -> Tensor:
            norm, conv = next(steps), next(steps)
            return conv(F.relu(norm(x)))

        x = self.first(x)
        for block in range(3):
            maps = [x]
            for _ in range(self.layers):
                new = torch.cat(maps, 1)
                for _ in range(1 + self.bc):
                    new = h(new)
                maps.append(new)
            x = torch.cat(maps, 1)
            if block < 2:
                x = F.avg_pool2d(h(x), 2)
        return self.fc(F.relu(self.norm(x)).mean((2, 3)))


@pytest.mark.parametrize(("bc", "depth"), [(False, 13), (True, 22)])
def test_equals_the_equation(bc: bool, depth: int) -> None:
    torch.manual_seed(0)
    ours = create_model("densenet_cifar", depth=depth, growth_rate=5, bc=bc).double()
    twin = Twin(3, 5, bc).double()
    state = dict(zip(twin.state_dict(), ours.state_dict().values(), strict=True))
    twin.load_state_dict(state)
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    torch.testing.assert_close(ours(x), twin(x))
    torch.testing.assert_close(ours.eval()(x), twin.eval()(x))


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_checkpoint_changes_memory_only(dropout: float) -> None:
    """Equal results, gradients and running statistics, and far fewer bytes kept for the backward pass."""
    x = torch.randn(2, 3, 16, 16)
    seen = {}
    for checkpoint in (False, True):
        torch.manual_seed(0)
        net = create_model("densenet_cifar", depth=52, bc=True, dropout=dropout, checkpoint=checkpoint)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            loss = net(x).square().sum()
        kept = sum(event.self_cpu_memory_usage for event in profiler.key_averages())  # allocated and not freed
        loss.backward()
        seen[checkpoint] = (loss, {name: p.grad for name, p in net.named_parameters()}, net.state_dict(), kept)
    plain, saving = seen[False], seen[True]
    torch.testing.assert_close(saving[:3], plain[:3])
    assert plain[2]["dense_block1.layer1.body.bn1.num_batches_tracked"] == 1
    assert 0 < saving[3] < plain[3] / 4


def test_dropout_follows_every_convolution_but_the_first() -> None:
    net = create_model("densenet_cifar", depth=22, bc=True, dropout=0.2)
    kinds = [type(m).__name__ for m in net.modules() if isinstance(m, nn.Conv2d | nn.Dropout)]
    assert kinds == ["Conv2d", *["Conv2d", "Dropout"] * (3 * 3 * 2 + 2)]
    assert {m.p for m in net.modules() if isinstance(m, nn.Dropout)} == {0.2}
    assert not [m for m in meta("densenet121").modules() if isinstance(m, nn.Dropout)]


@pytest.mark.parametrize("bottleneck", [False, True])
def test_a_layer_passes_its_input_on_unchanged(bottleneck: bool) -> None:
    """The ReLU in place must not reach the input, which the identity branch shares."""
    layer = DenseLayer(6, 4, bottleneck=bottleneck)
    x = torch.randn(2, 6, 8, 8)
    before = x.clone()
    out = layer(x)
    assert out.shape == (2, 10, 8, 8)
    assert torch.equal(out[:, :6], before)
    assert torch.equal(x, before)


def test_he_initialization() -> None:
    torch.manual_seed(0)
    net = create_model("densenet121")
    for name in ("convolution.conv", "dense_block3.layer20.body.conv1", "dense_block3.layer20.body.conv2"):
        weight = net.get_submodule(name).weight.detach()
        fan_in = weight[0].numel()
        assert weight.mean().abs() < 3 * math.sqrt(2 / fan_in / weight.numel())
        assert weight.std() == pytest.approx(math.sqrt(2 / fan_in), rel=4 / math.sqrt(2 * weight.numel()))
    assert not net.classification.linear.bias.any()


@pytest.mark.parametrize(("name", "smallest"), [("densenet121", 29), ("densenet40_12", 4)])
def test_smallest_input_is_the_true_one(name: str, smallest: int) -> None:
    net = meta(name).eval()
    assert net.smallest == smallest
    assert net(torch.empty(1, 3, smallest, smallest, device="meta")).shape[0] == 1
    with pytest.raises(RuntimeError, match="too small"):
        nn.Sequential.forward(net, torch.empty(1, 3, smallest - 1, smallest - 1, device="meta"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("densenet_cifar", {"depth": 41}),
        ("densenet_cifar", {"depth": 4}),
        ("densenet_cifar", {"depth": 43, "bc": True}),
        ("densenet121", {"growth_rate": 0}),
        ("densenet_cifar", {"dropout": 1.0}),
    ],
)
def test_options_out_of_range(name: str, options: dict[str, float]) -> None:
    option = next(iter(options))
    with pytest.raises(ValueError, match=f"{option} must be .*; given {options[option]}"):
        meta(name, **options)
