"""ResNeXt: the tables of Xie et al. (2017), its three equivalent forms, and torchvision's."""

import pytest
import torch
import torchvision
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.resnext import convert_form, resnext, resnext_cifar


def meta(name: str, **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "params", "macs"),
    [
        ("resnext50_32x4d", {}, 25_028_904, 4_230_479_872),
        ("resnext101_32x8d", {}, 88_791_336, 16_414_015_488),
        ("resnext101_64x4d", {}, 83_455_272, 15_460_270_080),
        ("resnext29_8x64d", {}, 34_426_698, 5_387_266_048),
        ("resnext29_8x64d", {"form": "b"}, 34_426_698, 5_387_266_048),
        ("resnext29_8x64d", {"form": "a"}, 34_426_698, 5_387_266_048),
    ],
)
def test_totals(name: str, options: dict[str, object], params: int, macs: int) -> None:
    table = layer_table(meta(name, **options))
    assert (table["params"].sum(), table["macs"].sum()) == (params, macs)


# Table 2: cardinality and width of the bottleneck; parameters of the branch by Equation 4, and width of the group
# convolution. The paper prints ~70k for all.
TABLE_2 = [
    (1, 64, 69_632, 64),
    (2, 40, 69_760, 80),
    (4, 24, 69_888, 96),
    (8, 14, 71_456, 112),
    (32, 4, 70_144, 128),
]


@pytest.mark.parametrize(("cardinality", "width", "params", "group_width"), TABLE_2)
def test_table_2(cardinality: int, width: int, params: int, group_width: int) -> None:
    body = meta("resnext", cardinality=cardinality, width=width).conv2_x.conv2_2.sum.body
    convs = [layer for layer in body if isinstance(layer, nn.Conv2d)]
    assert sum(layer.weight.numel() for layer in convs) == params
    assert params == cardinality * (256 * width + 9 * width**2 + 256 * width)  # Equation 4
    assert (convs[1].out_channels, convs[1].groups) == (group_width, cardinality)


def test_cardinality_one_is_resnet50() -> None:
    torch.manual_seed(0)
    first = create_model("resnet50", num_classes=3, stride_in="3x3")
    same = resnext(num_classes=3, cardinality=1, width=64)
    same.load_state_dict(first.state_dict())
    x = torch.randn(2, 3, 33, 33)
    assert torch.equal(same(x), first(x))


def test_output_sizes_of_table_1_and_of_the_cifar_net() -> None:
    for name, sizes in (
        ("resnext50_32x4d", [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]),
        ("resnext29_8x64d", [(256, 32, 32), (512, 16, 16), (1024, 8, 8)]),
    ):
        net = meta(name)
        x = torch.empty(1, *net.input_size, device="meta")
        found = []
        for stage, module in net.named_children():
            x = module(x)
            if stage.endswith("_x"):
                found.append(tuple(x.shape[1:]))
        assert found == sizes


def test_torchvision_twin() -> None:
    torch.manual_seed(0)
    net, twin = create_model("resnext50_32x4d"), torchvision.models.resnext50_32x4d()
    randomise(net)
    names, values = list(twin.state_dict()), net.state_dict().values()
    twin.load_state_dict(dict(zip(names, values, strict=True)))
    x = torch.randn(2, 3, 33, 33)
    for mode in (False, True):
        torch.testing.assert_close(net.train(mode)(x), twin.train(mode)(x), rtol=1e-4, atol=1e-4)


def randomise(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in ((module.weight, 0.2), (module.bias, -0.5), (module.running_var, 0.5)):
                nn.init.uniform_(tensor, low, low + 1)
            nn.init.normal_(module.running_mean, 0, 0.2)


def small(form: str) -> nn.Module:
    torch.manual_seed(0)
    return resnext_cifar(depth=11, cardinality=4, width=8, form=form)


@pytest.mark.parametrize("start", ["a", "b", "c"])
@pytest.mark.parametrize("goal", ["a", "b", "c"])
def test_forms_are_equivalent(start: str, goal: str) -> None:
    first, second = small(start), small(goal)
    randomise(first)
    second.load_state_dict(convert_form(first.state_dict(), goal))
    x = torch.randn(4, 3, 16, 16)
    for mode in (False, True):
        images = [x.clone().requires_grad_() for _ in range(2)]
        outputs = [net.train(mode)(image) for net, image in zip((first, second), images, strict=True)]
        torch.testing.assert_close(outputs[1], outputs[0], rtol=1e-4, atol=1e-4)
        for output in outputs:
            output.square().sum().backward()
        torch.testing.assert_close(images[1].grad, images[0].grad, rtol=1e-3, atol=1e-3)
    # Training has moved the batch statistics: both nets alike.
    for name, value in convert_form(first.state_dict(), goal).items():
        torch.testing.assert_close(second.state_dict()[name], value, rtol=1e-4, atol=1e-4)


def test_conversion_there_and_back_changes_nothing() -> None:
    state = small("c").state_dict()
    there = convert_form(state, "a")
    assert "conv2_x.conv2_1.sum.body.paths.path4.conv3.weight" in there
    back = convert_form(convert_form(there, "b"), "c")
    assert list(back) == list(state)
    assert all(torch.equal(back[name], value) for name, value in state.items())


@pytest.mark.parametrize("form", ["a", "b", "c"])
def test_forms_begin_with_the_same_variance(form: str) -> None:
    torch.manual_seed(0)
    net = resnext_cifar(depth=11, cardinality=8, width=64, form=form)
    for name, weight in convert_form(net.state_dict(), "c").items():
        if name.endswith(("conv1.weight", "conv2.weight", "conv3.weight", "conv.weight")):
            assert weight.std().item() == pytest.approx((2 / weight[0].numel()) ** 0.5, rel=0.05), name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 152}, "depth must be one of 50, 101; given 152"),
        ({"form": "d"}, "form must be 'a', 'b' or 'c', .*; given 'd'"),
        ({"cardinality": 0}, "form 'c' needs a cardinality of at least 1 .*; given 0 and 4"),
        ({"cardinality": 1, "form": "a"}, "form 'a' needs a cardinality of at least 2 .*; given 1 and 4"),
        ({"width": 0}, "width of at least 1; given 32 and 0"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resnext(**options)


def test_bad_depth_for_cifar_and_bad_form_to_convert_to() -> None:
    with pytest.raises(ValueError, match=r"depth must be 9n\+2 .*; given 30"):
        resnext_cifar(depth=30)
    with pytest.raises(ValueError, match=r"form must be 'a', 'b' or 'c', .*; given 'x'"):
        convert_form({}, "x")
