"""FractalNet against the paper's tables, a twin drawn row by row, and its own columns."""

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.fractalnet import FractalBlock, FractalNet, Join, column

NARROW = (16, 32, 64, 128, 128)  # of the depth experiments
QUIET = {"dropout": (0.0,) * 5, "local_drop_path": 0.0, "global_drop_path": 0.0}


def meta(name: str = "fractalnet_cifar", **options: object) -> FractalNet:
    with torch.device("meta"):
        return create_model(name, **options)


def small(**options: object) -> FractalNet:
    """With statistics and shifts as after some training, so that no layer is an identity by chance."""
    torch.manual_seed(0)
    net = create_model("fractalnet_cifar", filters=(4, 6, 8, 10, 12), **options)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.8, 1.2)
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, 0, 0.1)
    return net


def image(batch: int = 2) -> Tensor:
    return torch.randn(batch, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("columns", "millions"), [(1, 0.3), (2, 0.8), (3, 2.1), (4, 4.8), (5, 10.2), (6, 21.1)])
def test_totals_and_depths_of_table_3(columns: int, millions: float) -> None:
    net = meta(num_classes=100, columns=columns, filters=NARROW)
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == millions
    deepest = column(net, columns - 1)
    assert sum(isinstance(m, nn.Conv2d) for m in deepest.modules()) == 5 * 2 ** (columns - 1)


def test_sizes() -> None:
    def sizes(net: FractalNet) -> list[tuple[int, ...]]:
        x, seen = torch.empty(1, *net.input_size, device="meta"), []
        for name, stage in net.named_children():
            x = stage(x)
            if name.startswith("block"):
                seen.append(tuple(x.shape[1:]))
        return seen

    assert sizes(meta()) == [(64, 16, 16), (128, 8, 8), (256, 4, 4), (512, 2, 2), (512, 1, 1)]
    assert sizes(meta("fractalnet_imagenet")) == [(128, 28, 28), (256, 14, 14), (512, 7, 7), (1024, 7, 7)]


@pytest.mark.parametrize("index", range(4))
def test_34_layers_of_the_imagenet_net(index: int) -> None:
    plain = column(meta("fractalnet_imagenet"), index)
    assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in plain.modules()) == 1 + 4 * 2**index + 1


def drawn_row_by_row(block: FractalBlock, z: Tensor, columns: int) -> Tensor:
    """The block as Figure 1 draws it: rows from top to bottom, one join under the columns that end in a row."""
    convs = [iter(block.fractal.path(index)) for index in range(columns)]  # shallowest column first
    last = [z] * columns
    rows = 2 ** (columns - 1)
    for row in range(1, rows + 1):
        ending = [c for c in range(columns) if row % (rows // 2**c) == 0]
        maps = [next(convs[c])(last[c]) for c in ending]
        if row == rows:
            maps = [block.pool(m) for m in maps]
        joined = torch.stack(maps).mean(0)
        for c in ending:
            last[c] = joined
    return last[0]


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("training", [False, True])
def test_equals_the_figure(columns: int, training: bool) -> None:
    net = small(columns=columns, **QUIET).train(training)
    expected = x = image()
    for stage in net:
        expected = (
            drawn_row_by_row(stage, expected, columns) if isinstance(stage, FractalBlock) else stage(expected)
        )
    torch.testing.assert_close(net(x), expected)


def test_global_drop_path_is_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    net = small().eval()
    outputs = [net(image())]
    for index in range(3):
        monkeypatch.setattr(net, "draw_column", lambda index=index: index)
        outputs.append(net(image()))
        torch.testing.assert_close(column(net, index)(image()), outputs[-1])
    assert all(not torch.allclose(a, b) for i, a in enumerate(outputs) for b in outputs[:i])


def test_a_column_shares_its_layers_and_a_copy_does_not() -> None:
    net = small()
    shared = column(net, 2)
    own = copy.deepcopy(shared)
    theirs = {p.data_ptr() for p in net.parameters()}
    assert {p.data_ptr() for p in shared.parameters()} < theirs
    assert not {p.data_ptr() for p in own.parameters()} & theirs
    assert type(shared).__name__ == "Net"
    assert not [m for m in shared.modules() if isinstance(m, Join)]


def test_global_draws() -> None:
    net = small().train()
    torch.manual_seed(0)
    draws = [net.draw_column() for _ in range(3000)]
    for choice, share in [(None, 1 / 2), (0, 1 / 6), (1, 1 / 6), (2, 1 / 6)]:
        assert draws.count(choice) / 3000 == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 3000))
    assert {net.eval().draw_column() for _ in range(20)} == {None}


@pytest.mark.parametrize("rate", [0.15, 0.9])
def test_local_draws_never_drop_all(rate: float) -> None:
    join = Join(rate).train()
    torch.manual_seed(0)
    draws = [join.survivors(3) for _ in range(3000)]
    assert all(draws)
    kept = 1 - rate + rate**3 / 3  # kept at first, or all dropped and this one brought back
    for path in range(3):
        share = sum(path in draw for draw in draws) / 3000
        assert share == pytest.approx(kept, abs=4 * math.sqrt(kept * (1 - kept) / 3000))
    assert join.survivors(1) == [0]
    assert join.eval().survivors(3) == [0, 1, 2]


def test_join_is_the_mean_of_the_survivors(monkeypatch: pytest.MonkeyPatch) -> None:
    join = Join(0.15)
    monkeypatch.setattr(join, "survivors", lambda paths: [0, 2])
    maps = torch.randn(3, 2, 4, 5, 5)
    torch.testing.assert_close(join(*maps), (maps[0] + maps[2]) / 2)


def test_the_seed_decides_training() -> None:
    net = small().train()

    def run(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return net(image())

    runs = [run(seed) for seed in range(6)]
    assert torch.equal(run(3), runs[3])
    assert sum(torch.equal(a, runs[0]) for a in runs) < 6


def test_without_drop_path_training_reaches_every_layer() -> None:
    net = small(local_drop_path=0.0, global_drop_path=0.0).train()
    net(image()).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in net.parameters())


def test_one_column_alone_is_trained() -> None:
    net = small(global_drop_path=1.0).train()
    torch.manual_seed(0)
    net(image()).square().sum().backward()
    trained = {id(p) for p in net.parameters() if p.grad is not None}
    assert trained in [{id(p) for p in column(net, index).parameters()} for index in range(3)]


def test_dropout_grows_from_block_to_block() -> None:
    net = meta()
    rates = [{m.p for m in stage.modules() if isinstance(m, nn.Dropout)} for stage in net][:5]
    assert rates == [set(), {0.1}, {0.2}, {0.3}, {0.4}]
    assert list(dict(net.block2.fractal.conv.named_children())) == ["conv", "dropout", "bn", "relu"]


def test_xavier_initialization() -> None:
    torch.manual_seed(0)
    weight = create_model("fractalnet_cifar").block4.fractal.conv.conv.weight.detach()
    bound = math.sqrt(6 / (9 * (256 + 512)))
    assert weight.abs().max() <= bound
    assert weight.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({"columns": 0}, "0"),
        ({"filters": (64, 128)}, r"\(64, 128\)"),
        ({"dropout": (0.0, 0.1)}, r".* and \(0.0, 0.1\)"),
        ({"dropout": (0, 0, 0, 0, 1)}, r"\(0, 0, 0, 0, 1\)"),
        ({"local_drop_path": 1.0}, r"\(1.0,\)"),
        ({"global_drop_path": 1.5}, "1.5"),
    ],
)
def test_options_out_of_range(options: dict[str, object], given: str) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}.* must .*; given {given}"):
        meta(**options)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_such_column(index: int) -> None:
    with pytest.raises(ValueError, match=f"the columns are 0, the shallowest, to 2, the deepest; given {index}"):
        column(meta(), index)
