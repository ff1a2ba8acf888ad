"""ResNeXt: the tables of Xie et al. (2017), its three equivalent blocks, and torchvision's net."""

import pytest
import torch
import torchvision
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.models.resnext import resnext, resnext_cifar, split_paths
from tests.models.twins import assert_twins, stage_shapes, train_norms


def meta(name: str, **options: object) -> nn.Sequential:
    with torch.device("meta"):
        return create_model(name, **options)


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
    first = create_model("resnet50", num_classes=3, form="torchvision")
    same = resnext(num_classes=3, cardinality=1, width=64)
    same.load_state_dict(first.state_dict())
    x = torch.randn(2, 3, 33, 33)
    assert torch.equal(same(x), first(x))


def test_output_sizes_of_table_1_and_of_the_cifar_net() -> None:
    for name, sizes in (
        ("resnext50_32x4d", [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]),
        ("resnext29_8x64d", [(256, 32, 32), (512, 16, 16), (1024, 8, 8)]),
    ):
        assert [shape for stage, shape in stage_shapes(meta(name)).items() if stage.endswith("_x")] == sizes


def test_torchvision_twin() -> None:
    torch.manual_seed(0)
    net, twin = create_model("resnext50_32x4d"), torchvision.models.resnext50_32x4d()
    assert_twins(net, twin, torch.randn(2, 3, 33, 33))


def small(block: str, **options: int) -> nn.Module:
    torch.manual_seed(0)
    return resnext_cifar(depth=11, **{"cardinality": 4, "width": 8, **options}, block=block)


@pytest.mark.parametrize("block", ["a", "b"])
def test_blocks_are_equivalent(block: str) -> None:
    grouped, split = small("c"), small(block)
    train_norms(grouped)
    split.load_state_dict(split_paths(grouped.state_dict(), split))
    x = torch.randn(4, 3, 16, 16)
    for mode in (False, True):
        images = [x.clone().requires_grad_() for _ in range(2)]
        outputs = [net.train(mode)(image) for net, image in zip((grouped, split), images, strict=True)]
        torch.testing.assert_close(outputs[1], outputs[0], rtol=1e-4, atol=1e-4)
        for output in outputs:
            output.square().sum().backward()
        torch.testing.assert_close(images[1].grad, images[0].grad, rtol=1e-3, atol=1e-3)
    # Training has moved the batch statistics: both nets alike.
    for name, value in split_paths(grouped.state_dict(), split).items():
        torch.testing.assert_close(split.state_dict()[name], value, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("block", ["a", "b", "c"])
def test_blocks_begin_with_the_same_variance(block: str) -> None:
    net = small(block, cardinality=8, width=64)
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel() * (8 if block == "a" and name.endswith("conv3") else 1)
            assert module.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05), name


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (resnext, {"depth": 152}, "depth must be one of 50, 101; given 152"),
        (resnext_cifar, {"depth": 30}, r"depth must be 9n\+2 .*; given 30"),
        (resnext, {"block": "d"}, "block must be 'a', 'b' or 'c', .*; given 'd'"),
        (resnext, {"cardinality": 0}, "cardinality must be a whole number of at least 1; given 0"),
        (resnext, {"cardinality": 1, "block": "a"}, "cardinality must be a whole number of at least 2; given 1"),
        (resnext, {"width": 0}, "width must be a whole number of at least 1; given 0"),
    ],
)
def test_bad_options(build: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**options)
