"""The output sizes marked as computed follow from kernels, strides and paddings, by the formula alone."""

import pytest

from cs231n_arch import published
from cs231n_arch.anatomy import conv_output_size

Window = tuple[int, int, int] | tuple[int, int, int, bool]  # kernel, stride, padding, round up
SAME3, POOL2, POOL3, UP3 = (3, 1, 1), (2, 2, 0), (3, 2, 0), (3, 2, 0, True)
HALF3, VALID3 = (3, 2, 1), (3, 1, 0)
STEM: list[Window] = [POOL3, VALID3, SAME3, POOL3, VALID3, POOL3]


def cifar(widths: tuple[int, int, int], stem: int = 16) -> list[tuple[str, list[Window], int]]:
    """The stages of every residual net on CIFAR: 32x32, 16x16 and 8x8."""
    return [
        ("conv1", [SAME3], stem),
        ("conv2_x", [], widths[0]),
        ("conv3_x", [HALF3], widths[1]),
        ("conv4_x", [HALF3], widths[2]),
        ("average pool", [(8, 1, 0)], widths[2]),
    ]


# Architecture -> side of the image, and for each layer of the table its windows since the layer before, its maps.
SIZES: dict[str, tuple[int, list[tuple[str, list[Window], int]]]] = {
    "ZFNet (Fig 3: 384,384,256)": (224, [
        ("conv1", [(7, 2, 1)], 96), ("pool1", [HALF3], 96), ("conv2", [(5, 2, 0)], 256), ("pool2", [HALF3], 256),
        ("conv3", [SAME3], 384), ("conv4", [SAME3], 384), ("conv5", [SAME3], 256), ("pool5", [POOL3], 256),
    ]),
    "AlexNet (CIFAR-10, 4 layers)": (32, [
        ("conv1", [(5, 1, 2)], 32), ("pool1", [UP3], 32), ("conv2", [(5, 1, 2)], 32), ("pool2", [UP3], 32),
        ("conv3", [(5, 1, 2)], 64), ("pool3", [UP3], 64),
    ]),
    "NiN (CIFAR-10, released)": (32, [
        ("mlpconv1", [(5, 1, 2)], 96), ("pool1", [UP3], 96), ("mlpconv2", [(5, 1, 2)], 192), ("pool2", [UP3], 192),
        ("mlpconv3", [SAME3], 10), ("global average", [(8, 1, 0)], 10),
    ]),
    "NiN (ImageNet, released)": (224, [
        ("mlpconv1", [(11, 4, 0)], 96), ("pool1", [UP3], 96), ("mlpconv2", [(5, 1, 2)], 256),
        ("pool2", [UP3], 256), ("mlpconv3", [SAME3], 384), ("pool3", [UP3], 384), ("mlpconv4", [SAME3], 1000),
        ("global average", [(6, 1, 0)], 1000),
    ]),
    "VGG (all configurations)": (224, [
        ("pool1", [SAME3, POOL2], 64), ("pool2", [SAME3, POOL2], 128), ("pool3", [SAME3, POOL2], 256),
        ("pool4", [SAME3, POOL2], 512), ("pool5", [SAME3, POOL2], 512),
    ]),
    "Inception-v2 (Table 1)": (299, [
        ("conv 1", [POOL3], 32), ("conv 2", [VALID3], 32), ("conv padded", [SAME3], 64), ("pool", [POOL3], 64),
        ("conv 3", [VALID3], 80), ("conv 4", [POOL3], 192), ("conv 5", [SAME3], 288), ("3 x Inception", [], 288),
        ("5 x Inception", [POOL3], 768), ("2 x Inception", [POOL3], 2048), ("pool 8x8", [(8, 1, 0)], 2048),
    ]),
    "Inception-v3 (released)": (299, [
        ("conv 1", [POOL3], 32), ("conv 2", [VALID3], 32), ("conv padded", [SAME3], 64), ("pool", [POOL3], 64),
        ("conv 1x1", [(1, 1, 0)], 80), ("conv 4", [VALID3], 192), ("pool 2", [POOL3], 192),
        ("3 x Inception", [], 288), ("4 x Inception", [POOL3], 768), ("2 x Inception", [POOL3], 2048),
        ("pool 8x8", [(8, 1, 0)], 2048),
    ]),
    "Inception-v4": (299, [
        ("stem", STEM, 384), ("4 x A", [], 384), ("Reduction-A", [POOL3], 1024),
        ("7 x B", [], 1024), ("Reduction-B", [POOL3], 1536), ("3 x C", [], 1536), ("average", [(8, 1, 0)], 1536),
    ]),
    "Inception-ResNet-v2 (released)": (299, [
        ("stem", STEM, 320), ("10 x A", [], 320), ("Reduction-A", [POOL3], 1088),
        ("20 x B", [], 1088), ("Reduction-B", [POOL3], 2080), ("10 x C", [], 2080), ("1x1", [], 1536),
        ("average", [(8, 1, 0)], 1536),
    ]),
    "ResNet (CIFAR)": (32, cifar((16, 32, 64))),
    "pre-act ResNet-164": (32, cifar((64, 128, 256))),
    "WRN-28-10": (32, cifar((160, 320, 640))),
    "WRN-40-4": (32, cifar((64, 128, 256))),
    "ResNeXt-29 8x64d": (32, cifar((256, 512, 1024), stem=64)),
    "FractalNet (CIFAR, C=3)": (32, [
        ("block 1", [SAME3, POOL2], 64), ("block 2", [SAME3, POOL2], 128), ("block 3", [SAME3, POOL2], 256),
        ("block 4", [SAME3, POOL2], 512), ("block 5", [SAME3, POOL2], 512),
    ]),
    "FractalNet (ImageNet, C=4)": (224, [
        ("conv1", [(7, 2, 3)], 64), ("pool1", [HALF3], 64), ("block 1", [SAME3, POOL2], 128),
        ("block 2", [SAME3, POOL2], 256), ("block 3", [SAME3, POOL2], 512), ("block 4", [SAME3], 1024),
        ("average", [(7, 1, 0)], 1024),
    ]),
    "DenseNet L=40 k=12": (32, [
        ("convolution", [SAME3], 16), ("dense 1", [], 16 + 12 * 12), ("transition 1", [POOL2], 160),
        ("dense 2", [], 160 + 12 * 12), ("transition 2", [POOL2], 304), ("dense 3", [], 304 + 12 * 12),
    ]),
    "DenseNet-BC L=100 k=12": (32, [
        ("convolution", [SAME3], 24), ("dense 1", [], 24 + 16 * 12), ("transition 1", [POOL2], 108),
        ("dense 2", [], 108 + 16 * 12), ("transition 2", [POOL2], 150), ("dense 3", [], 150 + 16 * 12),
    ]),
    "SqueezeNet v1.1": (227, [
        ("conv1", [POOL3], 64), ("maxpool1", [UP3], 64), ("fire2", [], 128), ("fire3", [], 128),
        ("maxpool3", [UP3], 128), ("fire4", [], 256), ("fire5", [], 256), ("maxpool5", [UP3], 256),
        ("fire6", [], 384), ("fire7", [], 384),
        ("fire8", [], 512), ("fire9", [], 512), ("conv10", [], 1000), ("avgpool10", [(14, 1, 0)], 1000),
    ]),
}  # fmt: skip


def computed_sizes(architecture: str) -> dict[str, str]:
    """Layer -> "HxWxC"."""
    side, layers = SIZES[architecture]
    sizes = {}
    for name, windows, maps in layers:
        for kernel, stride, padding, *up in windows:
            side = conv_output_size(side, kernel, stride, padding, ceil_mode=bool(up))
        sizes[name] = f"{side}x{side}x{maps}"
    return sizes


@pytest.mark.parametrize("architecture", SIZES)
def test_sizes_follow_from_the_windows(architecture: str) -> None:
    rows = published.load(architecture, "layer_output:*")
    printed = dict(zip(rows["quantity"].str.removeprefix("layer_output:"), rows["value"], strict=True))
    assert printed == computed_sizes(architecture)


@pytest.mark.parametrize(
    ("module", "branches"),
    [
        ("Inception naive 3x module (28x28x256 in)", (128, 192, 96, 256)),
        ("Inception bottleneck module (28x28x256 in)", (128, 192, 96, 64)),
    ],
)
def test_inception_modules_of_the_slides_join_their_branches(module: str, branches: tuple[int, ...]) -> None:
    row = published.load(module, "layer_output:concatenation").iloc[0]
    assert row["value"] == f"28x28x{sum(branches)}"
