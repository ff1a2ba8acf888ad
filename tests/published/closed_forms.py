"""Parameters and MACs of the papers' nets from their tables alone: sums of products, no torch, none of our models.

They confirm the rows of `published.csv` that are marked as computed, which in turn check the models.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Count(NamedTuple):
    params: int = 0
    macs: int = 0

    def __add__(self, other: "Count") -> "Count":  # type: ignore[override]
        return Count(self.params + other.params, self.macs + other.macs)


def total(counts: Iterable[Count]) -> Count:
    return sum(counts, start=Count())


def conv(
    i: int, o: int, k: int | tuple[int, int], side: int, *, groups: int = 1, bias: bool = False, bn: bool = True
) -> Count:
    """Convolution from i to o maps at `side` x `side` output positions, with batch norm's two parameters a map."""
    area = k * k if isinstance(k, int) else k[0] * k[1]
    weights = area * i * o // groups
    return Count(weights + bias * o + 2 * bn * o, weights * side**2)


def biased(i: int, o: int, k: int, side: int, groups: int = 1) -> Count:
    """Convolution with bias and without batch norm."""
    return conv(i, o, k, side, groups=groups, bias=True, bn=False)


def linear(i: int, o: int) -> Count:
    return biased(i, o, 1, 1)


def norm(maps: int) -> Count:
    return Count(2 * maps)


# ---- before batch norm ------------------------------------------------------------------------------------------


def lenet5() -> Count:
    """LeCun 1998, Section II.B; C3 has 60 connected pairs of maps; a subsampling map has two parameters."""
    c3 = Count(60 * 25 + 16, 60 * 25 * 100)
    return total([biased(1, 6, 5, 28), Count(12), c3, Count(32), biased(16, 120, 5, 1), linear(120, 84)])


def alexnet(groups: tuple[int, ...] = (1, 1, 1, 1, 1)) -> Count:
    """Krizhevsky 2012, Section 3.5, on a 227x227 image."""
    table = [(3, 96, 11, 55), (96, 256, 5, 27), (256, 384, 3, 13), (384, 384, 3, 13), (384, 256, 3, 13)]
    convs = [biased(*row, groups=g) for row, g in zip(table, groups, strict=True)]
    return total([*convs, linear(6 * 6 * 256, 4096), linear(4096, 4096), linear(4096, 1000)])


def zfnet(filters: tuple[int, int, int]) -> Count:
    """Zeiler & Fergus 2013, Figure 3; conv3 to conv5 with the given kernels."""
    c3, c4, c5 = filters
    table = [(3, 96, 7, 110), (96, 256, 5, 26), (256, c3, 3, 13), (c3, c4, 3, 13), (c4, c5, 3, 13)]
    return total([*(biased(*row) for row in table), linear(36 * c5, 4096), linear(4096, 4096), linear(4096, 1000)])


def nin(layers: Sequence[tuple[int, int, int, int]]) -> Count:
    """(in, out, kernel, output side) of each convolution of the released definitions."""
    return total(biased(*layer) for layer in layers)


NIN_CIFAR = [
    (3, 192, 5, 32), (192, 160, 1, 32), (160, 96, 1, 32),
    (96, 192, 5, 16), (192, 192, 1, 16), (192, 192, 1, 16),
    (192, 192, 3, 8), (192, 192, 1, 8), (192, 10, 1, 8),
]  # fmt: skip
NIN_IMAGENET = [
    (3, 96, 11, 54), (96, 96, 1, 54), (96, 96, 1, 54),
    (96, 256, 5, 27), (256, 256, 1, 27), (256, 256, 1, 27),
    (256, 384, 3, 13), (384, 384, 1, 13), (384, 384, 1, 13),
    (384, 1024, 3, 6), (1024, 1024, 1, 6), (1024, 1000, 1, 6),
]  # fmt: skip
ALEXNET_CIFAR = [(3, 32, 5, 32), (32, 32, 5, 16), (32, 64, 5, 8)]
VGG = {"A": (1, 1, 2, 2, 2), "B": (2, 2, 2, 2, 2), "D": (2, 2, 3, 3, 3), "E": (2, 2, 4, 4, 4)}


def vgg(configuration: str, *, bn: bool = False) -> Count:
    """Simonyan & Zisserman 2014, Table 1."""
    maps, side, convs = 3, 224, []
    for out, layers in zip((64, 128, 256, 512, 512), VGG[configuration], strict=True):
        for _ in range(layers):
            convs.append(conv(maps, out, 3, side, bias=True, bn=bn))
            maps = out
        side //= 2
    return total([*convs, linear(49 * 512, 4096), linear(4096, 4096), linear(4096, 1000)])


# Szegedy 2014, Table 1: side, in, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj.
GOOGLENET = {
    "3a": (28, 192, 64, 96, 128, 16, 32, 32), "3b": (28, 256, 128, 128, 192, 32, 96, 64),
    "4a": (14, 480, 192, 96, 208, 16, 48, 64), "4b": (14, 512, 160, 112, 224, 24, 64, 64),
    "4c": (14, 512, 128, 128, 256, 24, 64, 64), "4d": (14, 512, 112, 144, 288, 32, 64, 64),
    "4e": (14, 528, 256, 160, 320, 32, 128, 128), "5a": (7, 832, 256, 160, 320, 32, 128, 128),
    "5b": (7, 832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip


def inception(side: int, i: int, n1: int, r3: int, n3: int, r5: int, n5: int, pool: int) -> Count:
    one = biased(i, n1, 1, side) + biased(i, pool, 1, side)
    return (
        one + biased(i, r3, 1, side) + biased(r3, n3, 3, side) + biased(i, r5, 1, side) + biased(r5, n5, 5, side)
    )


def googlenet(*, auxiliary: bool = False) -> Count:
    stem = biased(3, 64, 7, 112) + biased(64, 64, 1, 56) + biased(64, 192, 3, 56)
    heads = (
        [biased(i, 128, 1, 4) + linear(2048, 1024) + linear(1024, 1000) for i in (512, 528)] if auxiliary else []
    )
    return total([stem, *(inception(*row) for row in GOOGLENET.values()), linear(1024, 1000), *heads])


# ---- residual nets ----------------------------------------------------------------------------------------------


def basic(i: int, o: int, side: int, shortcut: str | None) -> Count:
    """Two 3x3; shortcut "B" projects where the shape changes, "A" and None cost nothing."""
    project = conv(i, o, 1, side) if shortcut == "B" and i != o else Count()
    return conv(i, o, 3, side) + conv(o, o, 3, side) + project


def excitation(maps: int, reduction: int | None) -> Count:
    """Hu 2018, Equation 5: two fully connected layers without biases; none without a reduction."""
    weights = 2 * maps * (maps // reduction) if reduction else 0
    return Count(weights, weights)


def resnet_cifar(depth: int, shortcut: str | None, *, reduction: int | None = None) -> Count:
    """He 2015, Section 4.2; `shortcut=None` is the plain net, a `reduction` that of Hu 2018."""
    maps, blocks = 16, [conv(3, 16, 3, 32)]
    for out, side in ((16, 32), (32, 16), (64, 8)):
        for _ in range((depth - 2) // 6):
            blocks.append(basic(maps, out, side, shortcut) + excitation(out, reduction))
            maps = out
    return total([*blocks, linear(64, 10)])


def resnet_imagenet(
    blocks: Sequence[int],
    *,
    bottleneck: bool,
    shortcut: str | None = "B",
    stride_in: int = 1,
    width: int = 64,
    groups: int = 1,
    reduction: int | None = None,
) -> Count:
    """He 2015, Table 1; `stride_in` is the kernel of the convolution with the stride, `width` maps in conv2_x."""
    maps, counts = 64, [conv(3, 64, 7, 112)]
    for stage, repeats in enumerate(blocks):
        out, inner, side = 64 * 2**stage, width * 2**stage, 56 // 2**stage
        for block in range(repeats):
            if not bottleneck:
                counts.append(basic(maps, out, side, shortcut))
                maps = out
                continue
            first = 2 * side if stage and block == 0 and stride_in == 3 else side
            body = (
                conv(maps, inner, 1, first)
                + conv(inner, inner, 3, side, groups=groups)
                + conv(inner, 4 * out, 1, side)
                + excitation(4 * out, reduction)
            )
            counts.append(body + (conv(maps, 4 * out, 1, side) if block == 0 else Count()))
            maps = 4 * out
    return total([*counts, linear(maps, 1000)])


def preact_cifar(repeats: int, *, bottleneck: bool = False, widen: int = 1, project: bool = True) -> Count:
    """He 2016 and, with `widen`, Zagoruyko & Komodakis 2016: batch norm before each convolution.

    Where the shape changes a 1x1 without batch norm projects, or (`project=False`) zeros fill up; a block's first
    convolution has the stride.
    """
    maps, counts = 16, [conv(3, 16, 3, 32, bn=False)]
    for inner, side in ((16 * widen, 32), (32 * widen, 16), (64 * widen, 8)):
        layers = [(inner, 1), (inner, 3), (4 * inner, 1)] if bottleneck else [(inner, 3), (inner, 3)]
        for _ in range(repeats):
            out = layers[-1][0]
            if maps != out and project:
                counts.append(conv(maps, out, 1, side, bn=False))
            for o, kernel in layers:
                counts.append(norm(maps) + conv(maps, o, kernel, side, bn=False))
                maps = o
    return total([*counts, norm(maps), linear(maps, 10)])


def resnext29(cardinality: int, width: int) -> Count:
    """Xie 2017, Appendix A: three stages of three blocks; stride in the 3x3, batch norm on projections."""
    maps, counts = 64, [conv(3, 64, 3, 32)]
    for stage, side in enumerate((32, 16, 8)):
        inner, out = cardinality * width * 2**stage, 256 * 2**stage
        for block in range(3):
            first = 2 * side if stage and block == 0 else side
            counts += [
                conv(maps, inner, 1, first),
                conv(inner, inner, 3, side, groups=cardinality),
                conv(inner, out, 1, side),
            ]
            if block == 0:
                counts.append(conv(maps, out, 1, side))
            maps = out
    return total([*counts, linear(maps, 10)])


# ---- after residual nets ----------------------------------------------------------------------------------------


def fractalnet(columns: int, filters: Sequence[int], *, classes: int, side: int = 32, maps: int = 3) -> Count:
    """Larsson 2017, Section 3: column c of a block has 2^(c-1) 3x3 convolutions; 2x2 pooling after each block."""
    counts: list[Count] = []
    for out in filters:
        for column in range(columns):
            counts += [conv(maps, out, 3, side), *[conv(out, out, 3, side)] * (2**column - 1)]
        maps, side = out, side // 2
    return total([*counts, linear(maps, classes)])


def densenet(blocks: Sequence[int], growth: int, *, bottleneck: bool, imagenet: bool = False) -> Count:
    """Huang 2017, Section 3 and Table 1; the bottleneck nets also halve the maps in each transition."""
    maps, side = (2 * growth if bottleneck else 16), (56 if imagenet else 32)
    counts = [conv(3, maps, 7, 112) if imagenet else conv(3, maps, 3, 32, bn=False)]
    for number, layers in enumerate(blocks):
        for _ in range(layers):
            squeeze = conv(maps, 4 * growth, 1, side) if bottleneck else Count()
            counts += [norm(maps), squeeze, conv(4 * growth if bottleneck else maps, growth, 3, side, bn=False)]
            maps += growth
        if number < len(blocks) - 1:
            out = maps // 2 if bottleneck else maps
            counts += [norm(maps), conv(maps, out, 1, side, bn=False)]
            maps, side = out, side // 2
    return total([*counts, norm(maps), linear(maps, 1000 if imagenet else 10)])


# Iandola 2016, Table 1: squeeze, expand (each of 1x1 and 3x3).
FIRE = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


def squeezenet(conv1: Count, sides: Sequence[int], last: int, *, complex_bypass: bool = False) -> Count:
    """`sides` of fire2 to fire9, `last` that of conv10; the complex bypass has a 1x1 where the maps change."""
    maps, counts = (96 if conv1.params > 10_000 else 64), [conv1]
    for (s, e), side in zip(FIRE, sides, strict=True):
        if complex_bypass and maps != 2 * e:
            counts.append(biased(maps, 2 * e, 1, side))
        counts += [biased(maps, s, 1, side), biased(s, e, 1, side), biased(s, e, 3, side)]
        maps = 2 * e
    return total([*counts, biased(maps, 1000, 1, last)])
