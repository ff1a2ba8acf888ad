"""Inception-v4 and Inception-ResNet-v2 against the figures of their paper and timm's nets."""

import re

import pytest
import timm
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.models.inception_v4 import inception_resnet_v2, inception_v4, resnet_c


def meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


# Figure 9; Figure 15 with the widths of v2, which the caption leaves to the figures of the modules; released code.
SCHEMAS = {
    "inception_v4": {
        "stem.conv1": (32, 149, 149),
        "stem.conv2": (32, 147, 147),
        "stem.conv3": (64, 147, 147),
        "stem.join1": (160, 73, 73),
        "stem.join2": (192, 71, 71),
        "stem": (384, 35, 35),
        "inception_a4": (384, 35, 35),
        "reduction_a": (1024, 17, 17),
        "inception_b7": (1024, 17, 17),
        "reduction_b": (1536, 8, 8),
        "inception_c3": (1536, 8, 8),
        "avgpool": (1536, 1, 1),
    },
    "as printed": {
        "stem": (384, 35, 35),
        "inception_resnet_a5": (384, 35, 35),
        "reduction_a": (1152, 17, 17),
        "inception_resnet_b10": (1152, 17, 17),
        "reduction_b": (2144, 8, 8),
        "inception_resnet_c5": (2144, 8, 8),
        "avgpool": (2144, 1, 1),
    },
    "released": {
        "stem": (320, 35, 35),
        "inception_resnet_a10": (320, 35, 35),
        "reduction_a": (1088, 17, 17),
        "inception_resnet_b20": (1088, 17, 17),
        "reduction_b": (2080, 8, 8),
        "inception_resnet_c10": (2080, 8, 8),
        "conv_7b": (1536, 8, 8),
        "avgpool": (1536, 1, 1),
    },
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_stage_sizes_and_number_of_modules(schema: str) -> None:
    name = "inception_v4" if schema == "inception_v4" else "inception_resnet_v2"
    net = meta(name, form="paper") if schema == "as printed" else meta(name)
    expected, sizes = SCHEMAS[schema], {}
    for stage in expected:
        net.get_submodule(stage).register_forward_hook(
            lambda _m, _i, y, stage=stage: sizes.update({stage: tuple(y.shape[1:])})
        )
    net.eval()(torch.empty(2, 3, 299, 299, device="meta"))
    assert sizes == expected
    # The modules named above are the last of their kind: as many are in the net as their numbers say.
    modules = [stage for stage, _ in net.named_children() if stage.startswith("inception")]
    assert len(modules) == sum(int(re.sub(r".*_[abc]", "", stage)) for stage in expected if stage in modules)


@pytest.mark.parametrize(
    ("name", "build"), [("inception_v4", inception_v4), ("inception_resnet_v2", inception_resnet_v2)]
)
def test_outputs_equal_those_of_timm(name: str, build: type) -> None:
    torch.manual_seed(0)
    theirs, ours = timm.create_model(name, pretrained=False), build(dropout=0.0)
    state = theirs.state_dict()
    for key, value in state.items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.is_floating_point() and value.ndim == 1:
            value.add_(0.1 * torch.randn_like(value))
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))
    x = torch.randn(2, 3, 107, 107)
    with torch.no_grad():
        for training in (False, True):
            given, wanted = ours.train(training)(x), theirs.train(training)(x)
            torch.testing.assert_close(given, wanted, rtol=0, atol=1e-4)


def test_residual_is_scaled_before_the_sum() -> None:
    torch.manual_seed(0)
    block, x = resnet_c(6, 0.2).eval(), torch.randn(1, 6, 8, 8)
    body = block.sum.body
    residual = body.linear(body.branches(x))
    torch.testing.assert_close(block(x), torch.relu(x + 0.2 * residual))
    torch.testing.assert_close(resnet_c(6, 0.0).eval()(x), torch.relu(x))
    torch.testing.assert_close(resnet_c(6, 0.0, relu=False).eval()(x), x)


def test_scales_of_the_three_grids() -> None:
    def scales(**options: object) -> list[set[float]]:
        net = meta("inception_resnet_v2", **options)
        blocks = {letter: set() for letter in "abc"}
        for stage, block in net.named_children():
            if stage.startswith("inception_resnet"):
                blocks[stage.split("_")[-1][0]].add(block.sum.body.scale.factor)
        return list(blocks.values())

    assert scales() == [{0.17}, {0.10}, {0.20, 1.0}]  # the released net's last module is not scaled
    assert scales(form="paper", scales=(0.3, 0.2, 0.1)) == [{0.3}, {0.2}, {0.1}]


def test_last_released_module_is_linear() -> None:
    net = meta("inception_resnet_v2")
    assert not hasattr(net.inception_resnet_c10, "relu")
    assert hasattr(net.inception_resnet_c9, "relu")
    assert hasattr(meta("inception_resnet_v2", form="paper").inception_resnet_c5, "relu")


def test_number_of_scales_is_checked() -> None:
    with pytest.raises(ValueError, match=r"given \(0.1,\)"):
        inception_resnet_v2(scales=(0.1,))


@pytest.mark.parametrize("build", [inception_v4, inception_resnet_v2])
def test_convolutions_before_batch_norm_have_no_bias(build: type) -> None:
    with torch.device("meta"):
        biased = [name for name, m in build().named_modules() if isinstance(m, nn.Conv2d) and m.bias is not None]
    assert all(name.endswith("sum.body.linear") for name in biased)
    assert len(biased) == (0 if build is inception_v4 else 40)


def test_initialization_of_the_releases() -> None:
    torch.manual_seed(0)
    for build in (inception_v4, inception_resnet_v2):
        for name, layer in build(num_classes=100).named_modules():
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                continue
            fan_in, fan_out = layer.weight[0].numel(), layer.weight[:, 0].numel()
            weight = layer.weight.detach()
            if build is inception_v4 and isinstance(layer, nn.Conv2d):  # normal, cut at two deviations
                assert weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05), name
                assert weight.abs().max() <= 2 * (2.6 / fan_in) ** 0.5, name
            else:  # uniform
                bound = (6 / (fan_in + fan_out)) ** 0.5
                assert weight.abs().max() <= bound, name
                assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05), name
