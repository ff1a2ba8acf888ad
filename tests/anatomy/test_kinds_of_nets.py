"""`layer_table` and the other measurements on nets of every kind that users bring: they work, or they say why not.

The right values are computed without the library: by hand, by PyTorch's own counters, or as the state before.
"""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from cs231n_arch import create_model, layer_table
from cs231n_arch.anatomy.gradients import gradient_flow
from cs231n_arch.anatomy.memory import training_memory
from cs231n_arch.attribution import occlusion_maps
from cs231n_arch.compression import prune as prune_ours
from cs231n_arch.compression import quantize
from cs231n_arch.profiling import images, latency
from cs231n_arch.transfer import features


class Cached(nn.Module):
    """Keeps a grid that belongs to the size of the last image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.grid: Tensor | None = None
        self.head = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        if self.grid is None or self.grid.shape != x.shape[-2:]:
            self.grid = torch.ones(x.shape[-2:])
        return self.head((self.conv(x) * self.grid).mean((2, 3)))


class LoRA(nn.Linear):
    """Merges its low-rank update in evaluation mode, and takes it out again in training mode, through `train`."""

    def __init__(self) -> None:
        super().__init__(4, 3)
        self.low, self.high = nn.Parameter(torch.ones(1, 4)), nn.Parameter(torch.ones(3, 1))
        self.merged = False

    def train(self, mode: bool = True) -> "LoRA":
        super().train(mode)
        if mode == self.merged:
            sign = -1 if mode else 1
            self.weight.data += sign * (self.high @ self.low).data
            self.merged = not mode
        return self


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), LoRA())


def changed(make: Callable[[nn.Module], object]) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        torch.manual_seed(0)
        net = small()
        make(net)
        return net

    return build


NETS: dict[str, Callable[[], nn.Module]] = {
    "caching": Cached,
    "low rank": small,
    "pruned here": changed(lambda net: prune_ours(net[:4], 0.5)),
    "pruned by torch": changed(lambda net: prune.l1_unstructured(net[0], "weight", 0.5)),
    "weight norm, old": changed(lambda net: nn.utils.weight_norm(net[0])),
    "weight norm": changed(lambda net: parametrizations.weight_norm(net[0])),
    "spectral norm": changed(lambda net: parametrizations.spectral_norm(net[0])),
    "quantized": changed(lambda net: quantize(net[:4], bits=2)),
}


def state(net: nn.Module) -> dict[str, Any]:
    """Modes, tensors by name, and plain tensors that modules keep, as copies."""
    kept: dict[str, Any] = {}
    for path, module in net.named_modules():
        kept[f"{path} mode"] = module.training
        for name, value in [*vars(module).items(), *module._parameters.items(), *module._buffers.items()]:
            if isinstance(value, Tensor):
                kept[f"{path}.{name}"] = (value.device.type, value.requires_grad, value.detach().clone())
        kept[f"{path} merged"] = getattr(module, "merged", None)
    return kept


def equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, tuple):
            assert value[:2] == other[name][:2], name
            torch.testing.assert_close(value[2], other[name][2], rtol=0, atol=1e-6, msg=name)
        else:
            assert value == other[name], name
    return True


LOOKS: dict[str, Callable[[nn.Module], object]] = {
    "layer_table": lambda net: layer_table(net, (1, 8, 8)),
    "latency": lambda net: latency(net, torch.rand(1, 1, 8, 8), seconds=0.01),
    "features": lambda net: features(net, torch.rand(4, 1, 8, 8)),
    "occlusion_maps": lambda net: occlusion_maps(net, torch.rand(2, 1, 8, 8), size=4, stride=4),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", NETS)
def test_measuring_changes_nothing(name: str, look: str) -> None:
    net = NETS[name]().train()
    net(torch.rand(2, 1, 8, 8)).sum().backward()  # what is cached is there, and the gradients
    before = state(net)
    LOOKS[look](net)
    assert equal(state(net), before)
    net(torch.rand(2, 1, 8, 8)).sum().backward()  # training goes on


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("name", NETS)
def test_every_parameter_that_ran_is_in_the_table(name: str) -> None:
    net = NETS[name]()
    unused = sum(p.numel() for n, p in net.named_parameters() if n.endswith((".low", ".high")))  # merged away
    assert layer_table(net, (1, 8, 8))["params"].sum() == sum(p.numel() for p in net.parameters()) - unused


def test_a_pruned_net_is_measured_in_training() -> None:
    net = create_model("lenet5")
    prune_ours(net, 0.5)
    assert training_memory(net, 2) > 0
    data = torch.rand(4, 1, 32, 32), torch.tensor([0, 1, 2, 3])
    modern = create_model("lenet5", modern=True)
    prune_ours(modern, 0.5)
    assert gradient_flow(modern, *data, ["c1"]) is not None
    copy.deepcopy(modern)(data[0])


class Additions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inside = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.inside(x) * 2
        y += x
        return y


def test_an_addition_in_place_has_a_row_without_memory() -> None:
    table = layer_table(Additions(), (1, 4, 4)).set_index("name")
    assert list(table.index) == ["mul", "add_"]
    assert table.loc["mul", "activation_bytes"] == 4 * 16
    assert table.loc["add_", "activation_bytes"] == 0


class Products(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.vector = nn.Parameter(torch.rand(5, 4)), nn.Parameter(torch.rand(5))

    def forward(self, x: Tensor) -> Tensor:
        return torch.dot(torch.mv(self.weight, x.flatten()), self.vector).reshape(1, 1)


def test_products_that_pytorch_has_no_formula_for_are_counted() -> None:
    assert layer_table(Products(), (1, 2, 2))["macs"].sum() == 5 * 4 + 5
    bilinear = layer_table(nn.Bilinear(4, 3, 2), inputs=(torch.rand(1, 4), torch.rand(1, 3)))
    row = bilinear.iloc[0]
    assert row["macs"] >= 2 * 4 * 3 or "not counted" in row["kind"]


class Deformed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.offsets = nn.Conv2d(3, 18, 3, padding=1)
        self.conv = torchvision.ops.DeformConv2d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x, self.offsets(x))


def test_a_deformable_convolution_is_counted_or_said_not_to_be() -> None:
    row = layer_table(Deformed(), (3, 8, 8)).set_index("name").loc["conv"]
    assert row["macs"] == 64 * 4 * 3 * 9 or "not counted" in row["kind"]


class Numbers(nn.Module):
    """Looks at the numbers, which the meta device does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        scale = x.mean().item()
        offset = float(np.asarray(x.detach()).max())
        return self.conv(x) * scale + offset


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 3), nn.Linear(5, 3)

    def forward(self, image: Tensor, words: Tensor) -> dict[str, Tensor]:
        return {"scores": self.one(image) + self.two(words)}


def test_a_net_that_looks_at_numbers_makes_a_real_pass() -> None:
    assert layer_table(Numbers(), (1, 8, 8))["params"].sum() == 20


@pytest.mark.parametrize(
    "inputs",
    [
        (torch.rand(1, 4), torch.rand(1, 5)),
        [torch.rand(1, 4), torch.rand(1, 5)],
        {"words": torch.rand(1, 5), "image": torch.rand(1, 4)},
    ],
    ids=["tuple", "list", "names"],
)
def test_a_net_of_two_inputs_and_a_dict_of_outputs(inputs: Any) -> None:
    assert layer_table(Pair(), inputs=inputs)["params"].sum() == 15 + 18


def test_a_detector() -> None:
    net = torchvision.models.detection.ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=3
    ).eval()
    table = layer_table(net, inputs=([torch.rand(3, 320, 320)],))
    assert table["params"].sum() == sum(p.numel() for p in net.parameters())


def test_wrapped_nets_give_the_table_of_the_net_inside() -> None:
    net = create_model("lenet5", modern=True)
    wanted = layer_table(net)
    for wrapped in (nn.DataParallel(net), torch.compile(net, backend="eager")):
        assert layer_table(wrapped, (1, 32, 32)).equals(wanted)


def test_what_hides_its_layers_is_refused() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is on its way out
        scripted = torch.jit.script(net)
    with pytest.raises(ValueError, match="give the one it was made from"):
        layer_table(scripted, (1, 8, 8))
    program = torch.export.export(net, (torch.rand(1, 1, 8, 8),))
    with pytest.raises(ValueError, match=r"program\.module\(\)"):
        layer_table(program, (1, 8, 8))
    with pytest.raises(ValueError, match="without a shape"):
        layer_table(nn.Sequential(nn.LazyConv2d(2, 3)), (1, 8, 8))


def test_numpy_integers_are_whole_numbers() -> None:
    sizes = tuple(np.array([1, 32, 32]))
    assert layer_table("lenet5", sizes).equals(layer_table("lenet5"))


class SequenceFirst(nn.Module):
    """An image of 3x5 pixels with 6 channels as a sequence of 15, before the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(d_model=6, nhead=2, dim_feedforward=8)

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x.flatten(2).permute(2, 0, 1))


def test_a_dimension_that_is_not_the_batch_is_kept() -> None:
    net = SequenceFirst()
    table = layer_table(net, (6, 3, 5)).set_index("name")
    assert table["params"].sum() == sum(p.numel() for p in net.parameters())
    assert table.loc["encoder.linear1", "output_shape"] == (15, 1, 8)


def test_random_images_are_those_of_profile() -> None:
    assert images(2, (1, 4, 4), torch.device("cpu")).shape == (2, 1, 4, 4)


class Sampled(nn.Module):
    """Looks where its own output says."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(1, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(nn.functional.grid_sample(x, self.before(x).movedim(1, 3), align_corners=False))


def test_what_cannot_be_known_is_missing() -> None:
    table = layer_table(Sampled(), (1, 8, 8)).set_index("name")
    assert (table.loc["before", "receptive_field"], table.loc["before", "jump"]) == (3, 1)
    assert table.loc["after", ["receptive_field", "jump"]].isna().all()


def test_the_jump_is_the_distance_of_neighboring_windows() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2, padding=1),
        nn.MaxPool2d(2),
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(2, 1, 2, stride=2),
    )
    assert layer_table(net, (1, 32, 32))["jump"].tolist() == [2, 4, 2, 1]
