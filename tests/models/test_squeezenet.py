"""SqueezeNet against its paper, torchvision, and a forward pass written by hand."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.squeezenet import squeezenet

# Table 1: squeeze 1x1, expand 1x1 and expand 3x3 filters, and parameters before pruning.
TABLE_1 = {
    "fire2": (16, 64, 64, 11_920),
    "fire3": (16, 64, 64, 12_432),
    "fire4": (32, 128, 128, 45_344),
    "fire5": (32, 128, 128, 49_440),
    "fire6": (48, 192, 192, 104_880),
    "fire7": (48, 192, 192, 111_024),
    "fire8": (64, 256, 256, 188_992),
    "fire9": (64, 256, 256, 197_184),
}


def meta(name: str = "squeezenet1_0", **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameters_of_table_1() -> None:
    net = meta()
    for name, (squeeze1x1, expand1x1, expand3x3, params) in TABLE_1.items():
        module = net.get_submodule(name)
        filters = [m.out_channels for m in module.modules() if isinstance(m, nn.Conv2d)]
        assert filters == [squeeze1x1, expand1x1, expand3x3], name
        assert parameters(module) == params, name
    assert (parameters(net.conv1), parameters(net.conv10)) == (14_208, 513_000)


def stage_sizes(net: nn.Sequential) -> dict[str, tuple[int, ...]]:
    sizes, x = {}, torch.empty(1, *net.input_size, device="meta")
    for name, stage in net.eval().named_children():
        x = stage(x)
        sizes[name] = tuple(x.shape[1:])
    return sizes


def test_sizes_of_table_1() -> None:
    sizes = stage_sizes(meta())
    expected = {
        "conv1": (96, 111, 111), "maxpool1": (96, 55, 55), "fire2": (128, 55, 55), "fire3": (128, 55, 55),
        "fire4": (256, 55, 55), "maxpool4": (256, 27, 27), "fire5": (256, 27, 27), "fire6": (384, 27, 27),
        "fire7": (384, 27, 27), "fire8": (512, 27, 27), "maxpool8": (512, 13, 13), "fire9": (512, 13, 13),
        "conv10": (1000, 13, 13), "avgpool10": (1000, 1, 1),
    }  # fmt: skip
    assert {name: sizes[name] for name in expected} == expected


def test_the_release_pads_conv10() -> None:
    assert stage_sizes(meta(form="released"))["conv10"] == (1000, 15, 15)
    assert stage_sizes(meta("squeezenet_simple_bypass", form="released"))["conv10"] == (1000, 15, 15)


def test_release_1_1_pools_after_conv1_fire3_and_fire5() -> None:
    sizes = stage_sizes(meta("squeezenet1_1"))
    assert [name for name in sizes if name.startswith("maxpool")] == ["maxpool1", "maxpool3", "maxpool5"]
    assert sizes["conv1"] == (64, 113, 113)
    assert sizes["fire9"] == (512, 14, 14)


@pytest.mark.parametrize("version", ["1_0", "1_1"])
def test_same_weights_give_torchvisions_scores(version: str) -> None:
    torch.manual_seed(0)
    ours = create_model(f"squeezenet{version}", num_classes=5).eval()
    theirs = getattr(torchvision.models, f"squeezenet{version}")(num_classes=5).eval()
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.copy_(other)
    x = torch.randn(2, 3, 70, 61)  # every pooling has a last window that hangs over
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


def scores_by_hand(w: dict[str, Tensor], x: Tensor) -> Tensor:
    """Figure 2, middle and right, with the sums where the drawing has them."""

    def conv(name: str, x: Tensor, **options: int) -> Tensor:
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], **options)

    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    x = pool(conv("conv1", x, stride=2).relu())
    for number in range(2, 10):
        identity, one_by_one = number % 2 == 1, f"fire{number}.shortcut.weight" in w
        prefix = f"fire{number}.body" if identity or one_by_one else f"fire{number}"
        squeezed = conv(f"{prefix}.squeeze1x1.conv", x).relu()
        left = conv(f"{prefix}.expand.expand1x1.conv", squeezed).relu()
        right = conv(f"{prefix}.expand.expand3x3.conv", squeezed, padding=1).relu()
        out = torch.cat([left, right], dim=1)
        if identity:
            out = out + x
        elif one_by_one:
            out = out + conv(f"fire{number}.shortcut", x)
        x = pool(out) if number in (4, 8) else out
    return conv("conv10", x).relu().mean(dim=(2, 3))


@pytest.mark.parametrize("bypass", ["simple", "complex"])
def test_bypasses_of_figure_2(bypass: str) -> None:
    torch.manual_seed(0)
    net = create_model(f"squeezenet_{bypass}_bypass", num_classes=5).eval()
    nn.init.normal_(net.conv10.bias)  # so that no class is silenced by the last ReLU alone
    x = torch.randn(2, 3, 67, 67)
    weights = net.state_dict()
    bypasses = {name.split(".")[0] for name in weights if ".shortcut." in name}
    assert bypasses == ({"fire2", "fire4", "fire6", "fire8"} if bypass == "complex" else set())
    torch.testing.assert_close(net(x), scores_by_hand(weights, x), rtol=1e-4, atol=1e-5)


def test_sizes_of_table_3_in_megabytes() -> None:
    def megabytes(name: str) -> float:
        return round(parameters(meta(name)) * 4 / 2**20, 1)

    assert megabytes("squeezenet1_0") == megabytes("squeezenet_simple_bypass") == 4.8  # as printed
    assert megabytes("squeezenet_complex_bypass") == 6.1  # printed 7.7; see the docstring of `squeezenet`


def test_initialization_of_the_release() -> None:
    torch.manual_seed(0)
    for name, layer in squeezenet().named_modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        assert not layer.bias.any(), name
        weight = layer.weight.detach()
        if name == "conv10":
            assert weight.std().item() == pytest.approx(0.01, rel=0.01)
            assert weight.abs().max().item() > 0.03  # normal, not uniform
        else:
            bound = (3 / weight[0].numel()) ** 0.5
            assert weight.abs().max().item() == pytest.approx(bound, rel=0.02), name
            assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05), name


def test_dropout_follows_fire9() -> None:
    names = [name for name, _ in meta().named_children()]
    assert names[names.index("fire9") + 1] == "dropout9"
    assert meta(dropout=0.2).dropout9.p == 0.2


@pytest.mark.parametrize(
    "options",
    [{"bypass": "residual"}, {"form": "torchvision"}, {"form": "released", "bypass": "complex"}],
)
def test_bad_options(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"given '{options.get('form', 'residual')}'"):
        squeezenet(**options)
