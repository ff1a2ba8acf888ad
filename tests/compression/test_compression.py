"""Pruning, shared weights and the compressed file."""

import copy
import hashlib
import json
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils import prune as torch_prune

from cs231n_arch import create_model
from cs231n_arch.anatomy.gradients import gradient_flow, weight_gradients
from cs231n_arch.anatomy.memory import training_memory
from cs231n_arch.compression import (
    codec,
    compressed_bytes,
    density,
    distil,
    fidelity,
    load_compressed,
    log_probabilities,
    on_photographs,
    prune,
    quantize,
    save_compressed,
)
from cs231n_arch.compression.codec import MAGIC, shared_array, sparse
from cs231n_arch.compression.pruning import unpruned
from cs231n_arch.compression.quantization import cluster
from cs231n_arch.interop.pretrained_files import SHIPPED
from cs231n_arch.models.layers import weighted


def small_net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return create_model("lenet5", modern=True)


def step(net: nn.Module) -> None:
    """One optimizer step on noise: enough to move every trainable number."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9, weight_decay=0.1)
    torch.manual_seed(5)
    nn.functional.cross_entropy(net(torch.randn(8, 1, 32, 32)), torch.arange(8)).backward()
    optimizer.step()


@pytest.mark.parametrize("share", [0.9, 0.33, 0.05])
def test_pruning_keeps_the_largest_weights_of_each_layer(share: float) -> None:
    net, original = small_net(), small_net()
    prune(net, share)
    for pruned, whole in zip(weighted(net), weighted(original), strict=True):
        kept = pruned.weight != 0
        assert int(kept.sum()) == round(share * whole.weight.numel())
        assert torch.equal(pruned.weight[kept], whole.weight[kept])
        assert whole.weight[kept].abs().min() >= whole.weight[~kept].abs().max()
        assert torch.equal(pruned.bias, whole.bias)
    assert density(net) == pytest.approx(share, abs=2e-3)


def test_pruned_weights_stay_zero_in_training_and_rounds_go_on() -> None:
    net = small_net()
    for share in (0.6, 0.4, 0.2):
        prune(net, share)
        before = [layer.weight.detach().clone() for layer in weighted(net)]
        step(net)
        net(torch.zeros(1, 1, 32, 32))  # the masks are applied in the forward pass
        for old, layer in zip(before, weighted(net), strict=True):
            assert torch.equal(layer.weight == 0, old == 0)
            assert not torch.equal(layer.weight, old)
        assert density(net) == pytest.approx(share, abs=2e-3)


def test_a_net_with_the_channels_last_is_pruned_alike() -> None:
    net, other = small_net(), small_net().to(memory_format=torch.channels_last)
    for share in (0.6, 0.3):
        prune(net, share)
        prune(other, share)
        for one, two in zip(weighted(net), weighted(other), strict=True):
            assert torch.equal(one.weight, two.weight)


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_bad_density(share: float) -> None:
    with pytest.raises(ValueError, match="density must be above 0 and at most 1; given"):
        prune(small_net(), share)


def test_density_cannot_grow_again() -> None:
    net = small_net()
    prune(net, 0.2)
    masks = [unpruned(layer) for layer in weighted(net)]
    with pytest.raises(ValueError, match=r"density 0.5 is above the 0.2"):
        prune(net, 0.5)
    assert all(torch.equal(mask, unpruned(layer)) for mask, layer in zip(masks, weighted(net), strict=True))


def test_a_pruned_net_is_measured_like_the_same_net_with_zeros() -> None:
    net, zeros = small_net(), small_net()
    prune(net, 0.3)
    for pruned, plain in zip(weighted(net), weighted(zeros), strict=True):
        plain.weight.data.mul_(pruned.weight != 0)
    images, labels = torch.randn(8, 1, 32, 32), torch.arange(8)
    assert torch.equal(copy.deepcopy(net)(images), zeros(images))
    pd.testing.assert_frame_equal(
        gradient_flow(net, images, labels, ["c1", "f6"]), gradient_flow(zeros, images, labels, ["c1", "f6"])
    )
    assert training_memory(net, 4, (1, 32, 32)) >= training_memory(zeros, 4, (1, 32, 32))
    assert len(weight_gradients(net, images, labels)) > 0
    assert density(net) == pytest.approx(0.3, abs=2e-3)


def test_a_copy_of_a_pruned_net_is_quantized_alone() -> None:
    net = small_net()
    prune(net, 0.3)
    before = [layer.weight.detach().clone() for layer in weighted(net)]
    for twin in (copy.deepcopy(net), copy.deepcopy(net)):
        quantize(twin, 3)
        assert compressed_bytes(twin)
    assert all(torch.equal(old, layer.weight) for old, layer in zip(before, weighted(net), strict=True))
    step(net)


def test_a_pruned_net_is_saved_and_loaded() -> None:
    net, other = small_net(), small_net(seed=1)
    prune(net, 0.3)
    prune(other, 0.5)
    other.load_state_dict(net.state_dict())
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(weighted(net), weighted(other), strict=True))


def test_equal_weights_are_pruned_to_the_density_too() -> None:
    net = nn.Sequential(nn.Linear(10, 10))
    nn.init.ones_(net[0].weight)
    prune(net, 0.5)
    prune(net, 0.2)
    assert int(net[0].weight.sum()) == 20


@pytest.mark.parametrize("act", [lambda net: prune(net, 0.5), lambda net: quantize(net, 4)])
def test_weights_that_something_else_computes(act: object) -> None:
    normed = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)))
    with pytest.raises(ValueError, match="the weight of 0 is computed by _WeightNorm; make it a parameter again"):
        act(normed)
    with pytest.raises(ValueError, match="not quantized: call quantize"):
        compressed_bytes(normed)
    hooked = nn.Sequential(nn.Linear(4, 4))
    torch_prune.random_unstructured(hooked[0], "weight", 3)
    with pytest.raises(ValueError, match="the weight of 0 is computed by a hook"):
        act(hooked)


def test_a_bfloat16_net_is_stored_exactly(tmp_path: Path) -> None:
    net = create_model("resnet20").to(torch.bfloat16)
    prune(net, 0.4)
    quantize(net, 4)
    save_compressed(net, tmp_path / "net.bin")
    fresh = create_model("resnet20").to(torch.bfloat16)
    fresh.load_state_dict(load_compressed(tmp_path / "net.bin"), strict=True)
    for ours, theirs in zip(weighted(fresh), weighted(net), strict=True):
        assert ours.weight.dtype == torch.bfloat16
        assert torch.equal(ours.weight, theirs.weight)
    assert load_compressed(tmp_path / "net.bin")["bn1.weight"].dtype == torch.bfloat16


@pytest.mark.parametrize("act", [lambda net: prune(net, 0.5), density])
def test_a_net_without_weights(act: object) -> None:
    with pytest.raises(ValueError, match="ReLU has no convolution or fully connected layer"):
        act(nn.ReLU())


def test_clusters_are_the_nearest_centers() -> None:
    values = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    centres, labels = cluster(values, 16)
    assert len(centres) == 16
    assert np.all(np.diff(centres) > 0)
    nearest = np.abs(values[:, None] - centres).argmin(1)
    assert (nearest == labels).mean() > 0.999
    # The best 16 levels for a standard normal distribution leave 0.009497 (Max 1960, Table I).
    assert ((values - centres[labels]) ** 2).mean() == pytest.approx(0.009497, rel=0.1)


def test_few_different_values_are_kept_exactly() -> None:
    centres, labels = cluster(np.array([3.0, 1.0, 3.0, 2.0]), 4)
    assert centres[labels].tolist() == [3.0, 1.0, 3.0, 2.0]


@pytest.mark.parametrize("bits", [2, 4, 6, 8])
def test_quantized_weights_share_few_values(bits: int) -> None:
    net = small_net()
    prune(net, 0.5)
    zeros = [layer.weight == 0 for layer in weighted(net)]
    before = [layer.weight.detach().clone() for layer in weighted(net)]
    quantize(net, bits)
    for zero, old, layer in zip(zeros, before, weighted(net), strict=True):
        assert torch.equal(layer.weight == 0, zero)
        assert len(layer.weight[~zero].unique()) <= 2**bits
        if bits == 8:
            torch.testing.assert_close(layer.weight, old, rtol=0.2, atol=0.02)


def test_training_moves_the_shared_values_by_the_sum_of_gradients() -> None:
    net = small_net()
    prune(net, 0.5)
    quantize(net, 3)
    layer = net.f6
    weight = layer.weight
    weight.retain_grad()
    shared = layer.parametrizations.weight
    (weight * torch.arange(weight.numel()).view_as(weight)).sum().backward()
    for code in range(1, len(shared.original) + 1):
        members = shared[0].codes == code
        expected = torch.arange(weight.numel()).view_as(weight)[members].sum()
        assert shared.original.grad[code - 1].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_file_gives_back_exactly_the_quantized_net(tmp_path: Path) -> None:
    net = small_net()
    prune(net, 0.3)
    quantize(net, 5)
    step(net)
    size = save_compressed(net, tmp_path / "net.bin")
    assert size == (tmp_path / "net.bin").stat().st_size < 61_706 * 4 / 8
    fresh = small_net(seed=1)
    fresh.load_state_dict(load_compressed(tmp_path / "net.bin"), strict=True)
    x = torch.randn(3, 1, 32, 32)
    assert torch.equal(fresh(x), net(x))
    for ours, theirs in zip(weighted(fresh), weighted(net), strict=True):
        assert torch.equal(ours.weight, theirs.weight)


def test_batch_norm_and_buffers_are_kept(tmp_path: Path) -> None:
    net = create_model("resnet20")
    net(torch.randn(4, 3, 32, 32))
    quantize(net, 4)
    save_compressed(net, tmp_path / "net.bin")
    fresh = create_model("resnet20").eval()
    fresh.load_state_dict(load_compressed(tmp_path / "net.bin"), strict=True)
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(fresh(x), net.eval()(x))


def test_squeezenet_at_the_density_of_its_paper_is_below_half_a_megabyte(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = create_model("squeezenet1_0")
    prune(net, 421_098 / 1_248_424)  # Table 1: parameters after and before pruning
    quantize(net, 6)
    size = save_compressed(net, tmp_path / "squeezenet.bin")
    assert (tmp_path / "squeezenet.bin").stat().st_size == size < 500_000
    state = load_compressed(tmp_path / "squeezenet.bin")
    assert {k: v.shape for k, v in state.items()} == {
        k: v.shape for k, v in create_model("squeezenet1_0").state_dict().items()
    }


@pytest.mark.parametrize("gap", [0, 1, 253, 254, 255, 256, 509, 510, 511, 2000])
def test_gaps_of_any_length(gap: int) -> None:
    codes = np.zeros(2 * gap + 2 + 7, dtype=np.int16)
    codes[gap], codes[2 * gap + 1] = 256, 1
    symbols, gaps = sparse(codes)
    codebook = np.arange(1, 257, dtype=np.float32)
    entry = {"dtype": "float32", "shape": [len(codes)]}
    parts = [codebook.tobytes(), zlib.compress(symbols.tobytes()), zlib.compress(gaps.tobytes())]
    assert np.array_equal(shared_array(entry, parts), codes.astype(np.float32))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    net = small_net()
    quantize(net, 2)
    whole = compressed_bytes(net)
    path = tmp_path / "net.bin"
    for position in (40, 70, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(ValueError, match="damaged: its contents do not match its checksum"):
            load_compressed(path)
        path.write_bytes(whole[:position])
        with pytest.raises(ValueError, match=r"damaged|not a compressed net"):
            load_compressed(path)
    path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(ValueError, match="is not a compressed net: it begins with b'PK"):
        load_compressed(path)
    with pytest.raises(FileNotFoundError):
        load_compressed(tmp_path / "nothing")


@pytest.mark.parametrize("bits", [1, 9, 4.0, "6"])
def test_bad_bits(bits: object) -> None:
    with pytest.raises(ValueError, match="bits must be a whole number from 2 to 8; given"):
        quantize(small_net(), bits)


def test_misuse_of_quantization() -> None:
    net = small_net()
    with pytest.raises(ValueError, match="not quantized: call quantize"):
        compressed_bytes(net)
    quantize(net, 2)
    with pytest.raises(ValueError, match="quantized already"):
        quantize(net, 2)
    broken = small_net()
    broken.f6.weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="weights of f6 are not all finite"):
        quantize(broken, 2)
    empty = small_net()
    nn.init.zeros_(empty.c1.weight)
    with pytest.raises(ValueError, match="c1 has no nonzero weight"):
        quantize(empty, 2)
    assert not any(parametrize.is_parametrized(layer) for layer in weighted(empty))


def forged(path: Path, entries: object, blocks: bytes = b"") -> Path:
    """A file with a right checksum and whatever contents."""
    header = zlib.compress(json.dumps(entries).encode())
    body = len(header).to_bytes(4, "little") + header + blocks
    path.write_bytes(MAGIC + hashlib.sha256(body).digest() + body)
    return path


NOTHING = zlib.compress(b"")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"name": "w", "shape": [99, 99], "dtype": "float32", "sizes": [8]}], "w claims 9,801 values"),
        (
            [{"name": n, "shape": [40], "dtype": "float32", "sizes": [0, 8, 8]} for n in "abc"],
            "c claims 40 values; a net has no more than 100",
        ),
        ([{"name": "w", "shape": [-1, 4], "dtype": "float32", "sizes": [8]}], "w claims -4 values"),
        ([{"name": "w", "shape": [4], "dtype": "object", "sizes": [8]}], "damaged: cannot create an OBJECT array"),
        ([{"name": "w", "shape": ["4"], "dtype": "float32", "sizes": [8]}], "is damaged"),
        ([{"shape": [4]}], "is damaged: 'sizes'"),
        ({"name": "w"}, "is damaged"),
        (7, "is damaged"),
    ],
)
def test_forged_files_are_refused(
    entries: object, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "LARGEST_NET", 100)
    with pytest.raises(ValueError, match=message):
        load_compressed(forged(tmp_path / "net.bin", entries, NOTHING * 6))


def test_gaps_of_a_whole_layer_cost_nothing() -> None:
    """Where nothing is pruned all gaps are zero, and a bit for each would be an eighth of a byte a weight."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(400, 400, bias=False))
    quantize(net, 4)
    assert len(compressed_bytes(net)) < 400 * 400 * 4.5 / 8


def test_fidelity_by_hand() -> None:
    original = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]).log()
    assert fidelity(original, original) == {"top1": 1, "top5": 1, "kl": pytest.approx(0, abs=1e-7)}
    other = torch.tensor([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1]]).log()
    found = fidelity(original, other)
    assert found["top1"] == 0.5
    assert found["kl"] == pytest.approx((0.7 * np.log(0.7 / 0.2) + 0.2 * np.log(0.2 / 0.7)) / 2, rel=1e-5)
    first = torch.tensor([[9.0, 0, 0, 0, 0, 0, 0]]).log_softmax(1)
    for place, agreement in ((5, 1.0), (6, 0.0)):  # which place the original's first class has in the other net
        scores = torch.tensor([[-place + 0.5, *(-float(rank) for rank in range(1, 7))]])
        assert fidelity(first, scores.log_softmax(1))["top5"] == agreement
    for wrong in (torch.zeros(2, 4), torch.zeros(3)):
        with pytest.raises(
            ValueError, match=r"give log-probabilities \(N, classes\) of both nets; given \(2, 3\)"
        ):
            fidelity(original, wrong)


def test_distillation_makes_a_quantized_net_more_faithful() -> None:
    """On new images; the divergence falls to less than half, measured at 0.03 to 0.2 of it with ten seeds."""
    net = small_net().eval()
    smaller = copy.deepcopy(net)
    prune(smaller, 0.5)
    quantize(smaller, 2)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(60, 16, 1, 32, 32, generator=generator)
    target = log_probabilities(net, images[-1])
    zeros = [layer.weight == 0 for layer in weighted(smaller)]
    before = fidelity(target, log_probabilities(smaller, images[-1]))["kl"]
    course = distil(smaller.train(), net, images[:-1], lr=2e-3)
    assert len(course) == 59
    assert smaller.training
    assert fidelity(target, log_probabilities(smaller, images[-1]))["kl"] < before / 2
    for zero, layer in zip(zeros, weighted(smaller), strict=True):
        assert torch.equal(layer.weight == 0, zero)
        assert len(layer.weight[~zero].unique()) <= 4
    assert len(compressed_bytes(smaller)) > 0
    with pytest.raises(ValueError, match="at least one batch"):
        distil(smaller, net, [])


def test_the_record_of_a_net_that_sees() -> None:
    table = on_photographs()
    assert set(table) == {"density", "bits", "distilled", "shipped", "bytes", "top1", "top5", "kl"}
    assert table.attrs["record"]["held_out"]["crops"] >= 2000
    original = table[table.bits == 32].iloc[0]
    assert (original.top1, original.top5) == (1, 1)
    smaller = table[table.bits < 32]
    assert (smaller.bytes < original.bytes / 4).all()
    assert (smaller.top1 <= smaller.top5).all()
    (shipped,) = table[table.shipped].bytes
    assert shipped == SHIPPED.stat().st_size, "the file was made anew: measure it, too"
