"""LeNet-5 against the sizes, counts and formulas of its paper."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.lenet import C3_SOURCES, RadialBasis, ScaledTanh, Subsampling, target_codes


def connections() -> dict[str, int]:
    """Connections as the paper counts them: every output with its weights' uses and its bias; the codes' 840."""
    table = layer_table(create_model("lenet5")).set_index("name")
    counts = {}
    for layer in ("c1", "c3", "c5", "f6"):
        rows = table[table.index.str.split(".").str[0] == layer]
        rows = rows[rows["macs"] > 0]
        outputs = rows["output_shape"].map(lambda shape: torch.Size(shape).numel())
        counts[layer] = int(rows["macs"].sum() + outputs.sum())
    for layer in ("s2", "s4"):  # four neighbors and a bias for each output
        counts[layer] = 5 * torch.Size(table.loc[layer, "output_shape"]).numel()
    counts["output"] = create_model("lenet5").output.codes.numel()
    return counts


def test_connections_are_the_papers() -> None:
    counts = connections()
    assert counts == {
        "c1": 122_304, "s2": 5_880, "c3": 151_600, "s4": 2_000, "c5": 48_120, "f6": 10_164, "output": 840,
    }  # fmt: skip
    assert sum(counts.values()) == 340_908


def test_parameters_by_layer() -> None:
    table = layer_table(create_model("lenet5"))
    by_layer = table.groupby(table["name"].str.split(".").str[0])["params"].sum()
    assert by_layer[by_layer > 0].to_dict() == {
        "c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164,
    }  # fmt: skip
    assert sum(p.numel() for p in create_model("lenet5").parameters()) == 60_000
    assert sum(p.numel() for p in create_model("lenet5", modern=True).parameters()) == 61_706


def test_table_one() -> None:
    assert [len(row) for row in C3_SOURCES] == [3] * 6 + [4] * 9 + [6]
    used = [sum(source in row for row in C3_SOURCES) for source in range(6)]
    assert used == [10] * 6  # every S2 map feeds ten C3 maps
    assert len(set(C3_SOURCES)) == 16


def test_partial_c3_is_a_full_convolution_with_zeros() -> None:
    torch.manual_seed(0)
    c3 = create_model("lenet5").c3
    convs = [c3.three.conv, c3.four.conv, c3.six.conv]
    kernels = [kernel for conv in convs for kernel in conv.weight]
    full = torch.zeros(16, 6, 5, 5)
    for row, (sources, kernel) in enumerate(zip(C3_SOURCES, kernels, strict=True)):
        full[row, list(sources)] = kernel
    x = torch.randn(2, 6, 14, 14)
    expected = nn.functional.conv2d(x, full, torch.cat([conv.bias for conv in convs]))
    torch.testing.assert_close(c3(x), expected, rtol=1e-4, atol=1e-5)


def test_subsampling_formula() -> None:
    s = Subsampling(2)
    s.coefficient.data = torch.tensor([2.0, 3.0])
    s.bias.data = torch.tensor([0.5, -1.0])
    x = torch.arange(32.0).view(1, 2, 4, 4)
    assert s(x)[0, 0, 0, 0] == (0 + 1 + 4 + 5) * 2 + 0.5
    assert s(x)[0, 1, 1, 1] == (26 + 27 + 30 + 31) * 3 - 1


def test_squashing_function() -> None:
    a = torch.tensor([-1.0, 0.0, 1.0, 100.0])
    torch.testing.assert_close(ScaledTanh()(a), torch.tensor([-1.0, 0.0, 1.0, 1.7159]), rtol=1e-4, atol=1e-4)


def test_radial_basis_is_minus_the_squared_distance() -> None:
    codes = target_codes(10)
    layer = RadialBasis(codes)
    scores = layer(codes + 0.1)
    assert torch.equal(scores.argmax(1), torch.arange(10))
    assert scores[3, 3].item() == pytest.approx(-84 * 0.01, rel=1e-4)
    assert not list(layer.parameters())


@pytest.mark.parametrize("classes", [2, 10, 26])
def test_codes_are_distinct_signs_and_always_the_same(classes: int) -> None:
    torch.manual_seed(classes)
    codes = target_codes(classes)
    assert codes.shape == (classes, 84)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    assert len(codes.unique(dim=0)) == classes
    assert torch.equal(codes, target_codes(classes))


def test_initialization_bounds() -> None:
    torch.manual_seed(0)
    net = create_model("lenet5")
    for name, fan_in in (("c1", 25), ("c5", 400), ("f6", 120), ("s2", 4), ("c3.four.conv", 100)):
        largest = max(p.abs().max().item() for p in net.get_submodule(name).parameters())
        assert 0.7 * 2.4 / fan_in < largest <= 2.4 / fan_in
