"""VGG against Table 1 of its paper and the parameter shapes of torchvision."""

import pytest
import torch
import torchvision
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.vgg import SMALLEST, vgg


def meta(configuration: str, **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return vgg(configuration, **options)


@pytest.mark.parametrize(
    ("configuration", "params", "macs"),
    [("A-LRN", 132_863_336, 7_609_090_048), ("C", 133_638_952, 11_770_888_192)],
)
def test_totals_of_the_nets_without_a_name(configuration: str, params: int, macs: int) -> None:
    table = layer_table(meta(configuration))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


def test_depths_of_table_1() -> None:
    weighted = {c: int((layer_table(meta(c))["params"] > 0).sum()) for c in COLUMNS}
    assert weighted == {"A": 11, "B": 13, "C": 16, "D": 16, "E": 19}


def test_table_2_in_millions() -> None:
    printed = {"A": 133, "A-LRN": 133, "B": 133, "C": 134, "D": 138, "E": 144}
    counted = {c: round(sum(p.numel() for p in meta(c).parameters()) / 1e6) for c in printed}
    assert counted == printed


# The columns of Table 1, top to bottom, as convolution side and maps; "M" is a max pooling.
COLUMNS = {
    "A": "3-64 M 3-128 M 3-256 3-256 M 3-512 3-512 M 3-512 3-512 M",
    "B": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 M 3-512 3-512 M 3-512 3-512 M",
    "C": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 1-256 M 3-512 3-512 1-512 M 3-512 3-512 1-512 M",
    "D": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 3-256 M 3-512 3-512 3-512 M 3-512 3-512 3-512 M",
    "E": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 3-256 3-256 M 3-512 3-512 3-512 3-512 M 3-512 3-512 3-512 3-512 M",
}


@pytest.mark.parametrize("configuration", COLUMNS)
def test_columns_of_table_1(configuration: str) -> None:
    column = []
    for layer in meta(configuration):
        if isinstance(layer, nn.Conv2d):
            side = layer.kernel_size[0]
            assert layer.kernel_size == (side, side)
            assert layer.stride == (1, 1)
            column.append(f"{side}-{layer.out_channels}")
        elif isinstance(layer, nn.MaxPool2d):
            assert (layer.kernel_size, layer.stride) == (2, 2)
            column.append("M")
    assert " ".join(column) == COLUMNS[configuration]


@pytest.mark.parametrize("configuration", ["A", "C", "E"])
def test_a_pooling_halves_and_nothing_else_does(configuration: str) -> None:
    sizes = layer_table(meta(configuration)).set_index("name")["output_shape"]
    for block, side in enumerate((224, 112, 56, 28, 14), 1):
        convolutions = sizes[sizes.index.str.startswith(f"conv{block}_")]
        assert {shape[1:] for shape in convolutions} == {(side, side)}
        assert sizes[f"pool{block}"][1:] == (side // 2, side // 2)


def test_a_lrn_is_a_with_one_normalization() -> None:
    a, a_lrn = ([name for name, _ in meta(c).named_children()] for c in ("A", "A-LRN"))
    assert [name for name in a_lrn if name not in a] == ["norm1_1"]
    assert a_lrn[:4] == ["conv1_1", "relu1_1", "norm1_1", "pool1"]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_shapes_and_order_are_torchvisions(depth: int, batch_norm: bool) -> None:
    name = f"vgg{depth}{'_bn' * batch_norm}"
    with torch.device("meta"):
        ours, theirs = create_model(name), getattr(torchvision.models, name)()
    assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]
    kinds = [type(m) for m in theirs.features]
    assert [type(m) for m in ours][: len(kinds)] == kinds


@pytest.mark.parametrize("init", ["glorot", "gaussian"])
def test_initialization_of_section_3_1(init: str) -> None:
    torch.manual_seed(0)
    net = vgg("B", num_classes=100, image_size=SMALLEST, init=init, batch_norm=True)
    for name, layer in net.named_children():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        area = layer.weight[0, 0].numel()
        fans = area * (layer.weight.shape[0] + layer.weight.shape[1])
        std = (2 / fans) ** 0.5 if init == "glorot" else 0.1
        assert layer.weight.std().item() == pytest.approx(std, rel=0.05), name
        assert not layer.bias.any(), name
        # The largest weight tells a uniform distribution from a normal one.
        widest = layer.weight.abs().max().item() / std
        assert widest <= 3**0.5 + 1e-5 if init == "glorot" else widest > 2.5, name


@pytest.mark.parametrize("size", [32, 63, 64, 100, 256])
def test_fc6_fits_any_image_size(size: int) -> None:
    assert meta("A", image_size=size)(torch.empty(1, 3, size, size, device="meta")).shape == (1, 1000)


def test_smallest_image() -> None:
    net = meta("A", image_size=SMALLEST)
    layers = nn.Sequential(*list(net)[: [type(m) for m in net].index(nn.Flatten)])
    assert layers(torch.empty(1, 3, SMALLEST, SMALLEST, device="meta")).shape == (1, 512, 1, 1)
    with pytest.raises(RuntimeError):
        layers(torch.empty(1, 3, SMALLEST - 1, SMALLEST - 1, device="meta"))


def test_named_models_pass_their_options_on() -> None:
    with torch.device("meta"):
        net = create_model("vgg16_bn", num_classes=3, in_channels=2, image_size=64, dropout=0.1)
        assert net.input_size == (2, 64, 64)
        assert net(torch.empty(1, 2, 64, 64)).shape == (1, 3)
    assert [m.p for m in net if isinstance(m, nn.Dropout)] == [0.1, 0.1]


@pytest.mark.parametrize("options", [{"configuration": "F"}, {"init": "he"}, {"image_size": 31}])
def test_bad_options(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"given {next(iter(options.values()))!r}"):
        meta(**({"configuration": "A"} | options))
