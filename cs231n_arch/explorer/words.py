"""The short form of a net: the words of the papers for blocks of layers, such as `bottleneck 64 x3`.

A word means what the library's own function builds. A part of a net is written by a word only where the word's
module, built with the same sizes, has the same layers under the same names.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import nn

from cs231n_arch.models import resnext, squeezenet
from cs231n_arch.models.densenet import DenseLayer
from cs231n_arch.models.googlenet import inception
from cs231n_arch.models.layers import conv_bn_relu, conv_relu
from cs231n_arch.models.preact_resnet import unit
from cs231n_arch.models.resnet import basic, bottleneck, plain_unit
from cs231n_arch.models.wide_resnet import wide_basic


class Conv(NamedTuple):
    """The numbers of a convolution, under PyTorch's names."""

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    groups: int


class Word(NamedTuple):
    """A word, such as `residual 32`, what only the first of several has, such as `stride 2`, and its module."""

    text: str
    first: str
    module: nn.Module


def candidates(convs: Sequence[Conv]) -> Iterator[Word]:
    """Every word that may stand for a block with these convolutions, the shortest first."""
    start, out = convs[0].in_channels, [conv.out_channels for conv in convs]
    stride = max(conv.stride[0] for conv in convs)
    step = f"stride {stride}" if stride > 1 else ""
    if len(convs) == 1:
        yield from single(convs[0])
        yield Word(f"dense_layer {out[0]}", "", DenseLayer(start, out[0]))
    if len(convs) in (2, 3):
        yield Word(f"residual {out[0]}", step, basic(start, out[0], stride))
        yield Word(f"residual {out[0]}", f"{step} shortcut A".strip(), basic(start, out[0], stride, shortcut="A"))
        yield Word(f"plain {out[0]}", step, plain_unit(start, out[0], stride))
        yield Word(f"wide {out[0]}", step, wide_basic(start, out[0], stride))
        yield Word(f"dense_layer {out[1]} bottleneck", "", DenseLayer(start, out[1], bottleneck=True))
        for first in ("", "first"):
            made = unit(start, out[0], stride, bottleneck=False, first=bool(first))
            yield Word(f"preact {out[0]}", f"{step} {first}".strip(), made)
    if len(convs) in (3, 4) and out[2] % 4 == 0:
        yield from bottlenecks(start, out[0], out[2], stride, convs[1].groups, step)
    if len(convs) in (3, 4):
        sizes = out[:3]
        text = f"fire {' '.join(map(str, sizes))}"
        yield Word(text, "", squeezenet.fire(start, *sizes))
        yield Word(f"{text} bypass", "", squeezenet.bypassed("complex", start, *sizes))
    if len(convs) == 6:
        yield Word(f"inception {' '.join(map(str, out))}", "", inception(start, *out))


def single(conv: Conv) -> Iterator[Word]:
    """A convolution with what follows it."""
    kernel, padding = ((size[0], size[1]) for size in (conv.kernel_size, conv.padding))
    stride = conv.stride[0]
    options = [f"{conv.out_channels} {kernel[0]}x{kernel[1]}"]
    options += [f"stride {stride}"] * (stride > 1)
    if any(padding):
        options.append(f"pad {padding[0]}" if padding[0] == padding[1] else f"pad {padding[0]}x{padding[1]}")
    options += [f"groups {conv.groups}"] * (conv.groups > 1)
    for name, build in (("conv_relu", conv_relu), ("conv_bn_relu", conv_bn_relu)):
        made = build(conv.in_channels, conv.out_channels, kernel, stride, padding, groups=conv.groups)
        yield Word(" ".join([name, *options]), "", made)


def bottlenecks(start: int, width: int, out: int, stride: int, groups: int, step: str) -> Iterator[Word]:
    """Units of a 1x1, a 3x3 and a 1x1 layer."""
    channels = out // 4
    if (width, groups) == (channels, 1):
        yield Word(f"bottleneck {channels}", step, bottleneck(start, out, stride))
    sizes = [f"width {width}"] * (width != channels) + [f"groups {groups}"] * (groups != 1)
    made = resnext.bottleneck(start, out, stride, cardinality=groups, width=width // groups)
    yield Word(" ".join([f"bottleneck {channels}", *sizes]), f"{step} stride_in 3x3" if step else "", made)
    for first in ("", "first"):
        made = unit(start, out, stride, first=bool(first))
        yield Word(f"preact_bottleneck {channels}", f"{step} {first}".strip(), made)
