"""Network in Network against its paper, the authors' released definitions and what the paper says of its parts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.nin import nin_cifar, nin_imagenet


def meta(name: str = "nin_cifar", **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nin_cifar", [
            (192, 32, 32), (160, 32, 32), (96, 32, 32), (192, 16, 16), (192, 16, 16), (192, 16, 16),
            (192, 8, 8), (192, 8, 8), (10, 8, 8),
        ]),
        ("nin_imagenet", [
            *[(96, 54, 54)] * 3, *[(256, 27, 27)] * 3, *[(384, 13, 13)] * 3, *[(1024, 6, 6)] * 2, (1000, 6, 6),
        ]),
    ],
)  # fmt: skip
def test_sizes_of_the_release(name: str, expected: list[tuple[int, int, int]]) -> None:
    table = layer_table(meta(name))
    assert list(table.loc[table["kind"] == "Conv2d", "output_shape"]) == expected
    assert table.iloc[-1]["output_shape"] == expected[-1][:1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nin_cifar", "mlpconv1 pool1 dropout1 mlpconv2 pool2 dropout2 mlpconv3 global_average flatten"),
        ("nin_imagenet", "mlpconv1 pool1 mlpconv2 pool2 mlpconv3 pool3 dropout3 mlpconv4 global_average flatten"),
    ],
)
def test_order_of_the_release(name: str, expected: str) -> None:
    net = meta(name)
    assert [child for child, _ in net.named_children()] == expected.split()
    assert [unit for unit, _ in net.mlpconv2.named_children()] == ["conv2", "cccp3", "cccp4"]


def test_an_mlpconv_layer_is_a_multilayer_perceptron_slid_over_the_image() -> None:
    torch.manual_seed(0)
    layer = nin_cifar().mlpconv1
    x = torch.randn(2, 3, 9, 7)
    activations = F.unfold(x, kernel_size=5, padding=2).transpose(1, 2)  # (2, 63 patches, 75 pixels)
    for unit in layer:  # the same three matrices for every patch
        activations = F.relu(F.linear(activations, unit.conv.weight.flatten(1), unit.conv.bias))
    torch.testing.assert_close(layer(x), activations.transpose(1, 2).unflatten(2, (9, 7)), rtol=1e-4, atol=1e-5)


def test_global_average_pooling_is_a_fully_connected_layer_with_a_fixed_matrix() -> None:
    torch.manual_seed(0)
    average = nin_cifar().eval()
    full = nin_cifar(head="fully_connected").eval()
    full.load_state_dict(average.state_dict() | {"fc.weight": full.fc.weight, "fc.bias": full.fc.bias})
    with torch.no_grad():
        full.fc.weight.copy_(torch.eye(10).repeat_interleave(64, dim=1) / 64)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(full(x), average(x))


def test_heads_of_table_5() -> None:
    def tail(head: str) -> list[str]:
        names = [name for name, _ in meta(head=head, dropout=0.2).named_children()]
        return names[names.index("mlpconv3") + 1 :]

    def parameters(head: str) -> int:
        return sum(p.numel() for p in meta(head=head).parameters())

    assert tail("global_average") == ["global_average", "flatten"]
    assert tail("fully_connected") == ["flatten", "fc"]
    assert tail("fully_connected_dropout") == ["flatten", "dropout3", "fc"]
    assert parameters("fully_connected") - parameters("global_average") == 640 * 10 + 10


def test_the_release_averages_in_the_second_pooling() -> None:
    torch.manual_seed(0)
    paper, release = nin_cifar().eval(), nin_cifar(form="released").eval()
    release.load_state_dict(paper.state_dict())
    x = torch.randn(2, 192, 16, 16)
    inside = F.pad(torch.ones(1, 1, 16, 16), (0, 1, 0, 1)).unfold(2, 3, 2).unfold(3, 3, 2).sum(dim=(-1, -2))
    sums = F.pad(x, (0, 1, 0, 1)).unfold(2, 3, 2).unfold(3, 3, 2).sum(dim=(-1, -2))
    torch.testing.assert_close(release.pool2(x), sums / inside)
    maxima = F.pad(x, (0, 1, 0, 1), value=-torch.inf).unfold(2, 3, 2).unfold(3, 3, 2).amax(dim=(-1, -2))
    assert torch.equal(paper.pool2(x), maxima)
    release.pool2 = paper.pool2  # nothing else differs
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(release(images), paper(images))


def test_only_the_average_takes_other_sizes() -> None:
    x = torch.empty(1, 3, 40, 48, device="meta")
    assert meta()(x).shape == (1, 10)
    with pytest.raises(ValueError, match=r"32x32 only.*given 40x48"):
        meta(head="fully_connected")(x)


@pytest.mark.parametrize("build", [nin_cifar, nin_imagenet])
def test_initialization_of_the_release(build) -> None:
    torch.manual_seed(0)
    small = ("conv1", "conv3", "cccp8") if build is nin_imagenet else ()
    for name, layer in build().named_modules():
        if isinstance(layer, nn.Conv2d):
            std = 0.01 if name.split(".")[1] in small else 0.05
            assert layer.weight.std().item() == pytest.approx(std, rel=0.03), name
            assert not layer.bias.any(), name


def test_dropout() -> None:
    def rates(net: nn.Module) -> list[float]:
        return [m.p for m in net if isinstance(m, nn.Dropout)]

    assert rates(meta(dropout=0.1, head="fully_connected_dropout")) == [0.1, 0.1, 0.1]
    assert rates(meta("nin_imagenet")) == [0.5]


@pytest.mark.parametrize("options", [{"head": "gap"}, {"form": "caffe"}])
def test_unknown_options(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"given '{next(iter(options.values()))}'"):
        nin_cifar(**options)
