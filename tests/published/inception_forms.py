"""The same closed forms for Inception-v2 to v4 and Inception-ResNet-v2, from the figures of their papers.

Where Szegedy et al. 2015 leave the filters of the modules open, they are those of the released Inception-v3.
"""

from tests.published.closed_forms import Count, biased, conv, linear, total

Kernel = int | tuple[int, int]
ROW, COLUMN = (1, 7), (7, 1)


def path(maps: int, side: int, *convs: tuple[int, Kernel], last: int | None = None) -> Count:
    """Convolutions (filters, kernel) in series at `side`, the last one at side `last`, each with batch norm."""
    counts = []
    for number, (filters, kernel) in enumerate(convs, 1):
        at = last if last is not None and number == len(convs) else side
        counts.append(conv(maps, filters, kernel, at))
        maps = filters
    return total(counts)


def fork(maps: int, filters: int, kernels: tuple[Kernel, Kernel], side: int) -> Count:
    return total(conv(maps, filters, kernel, side) for kernel in kernels)


def stem_v3() -> Count:
    """To 192 maps of 35x35; the MACs are counted at 149, 147, 147, 73 and 71."""
    return path(3, 149, (32, 3)) + path(32, 147, (32, 3), (64, 3)) + path(64, 73, (80, 1)) + path(80, 71, (192, 3))


def grid_35(maps: int, pool: int, middle: int) -> Count:
    one = path(maps, 35, (64, 1)) + path(maps, 35, (pool, 1))
    return one + path(maps, 35, (48, 1), (64, middle)) + path(maps, 35, (64, 1), (96, 3), (96, 3))


def grid_17(width: int) -> Count:
    single = path(768, 17, (width, 1), (width, ROW), (192, COLUMN))
    double = path(768, 17, (width, 1), (width, COLUMN), (width, ROW), (width, COLUMN), (192, ROW))
    return path(768, 17, (192, 1)) + path(768, 17, (192, 1)) + single + double


def grid_8(maps: int) -> Count:
    ends = 2 * fork(384, 384, ((1, 3), (3, 1)), 8).params, 2 * fork(384, 384, ((1, 3), (3, 1)), 8).macs
    one = path(maps, 8, (320, 1)) + path(maps, 8, (192, 1)) + path(maps, 8, (384, 1))
    return one + path(maps, 8, (448, 1), (384, 3)) + Count(*ends)


def reductions_v3() -> Count:
    to_17 = path(288, 35, (384, 3), last=17) + path(288, 35, (64, 1), (96, 3), (96, 3), last=17)
    long = path(768, 17, (192, 1), (192, ROW), (192, COLUMN), (192, 3), last=8)
    return to_17 + path(768, 17, (192, 1), (320, 3), last=8) + long


def inception_v2() -> Count:
    """Szegedy et al. 2015, Table 1: 3 modules of Figure 5, 5 of Figure 6, 2 of Figure 7."""
    stem = path(3, 149, (32, 3)) + path(32, 147, (32, 3), (64, 3)) + path(64, 71, (80, 3))
    stem += path(80, 35, (192, 3), (288, 3))
    grids = [grid_35(288, 64, 3)] * 3 + [grid_17(128)] * 5
    return total([stem, *grids, reductions_v3(), grid_8(1280), grid_8(2048), linear(2048, 1000)])


def inception_v3(*, auxiliary: bool = False) -> Count:
    """The released net: 3 modules at 35x35, 4 at 17x17, 2 at 8x8."""
    grids = [grid_35(192, 32, 5), grid_35(256, 64, 5), grid_35(288, 64, 5)]
    grids += [grid_17(width) for width in (128, 160, 160, 192)]
    head = path(768, 5, (128, 1)) + conv(128, 768, 5, 1) + linear(768, 1000) if auxiliary else Count()
    return total([stem_v3(), *grids, reductions_v3(), grid_8(1280), grid_8(2048), linear(2048, 1000), head])


def reduction_a(maps: int, k: int, l: int, m: int, n: int) -> Count:  # noqa: E741, the paper's letters
    """Szegedy et al. 2016, Figure 7 and Table 1."""
    return path(maps, 35, (n, 3), last=17) + path(maps, 35, (k, 1), (l, 3), (m, 3), last=17)


def inception_v4() -> Count:
    """Szegedy et al. 2016, Figures 3 to 9."""
    stem = path(3, 149, (32, 3)) + path(32, 147, (32, 3), (64, 3)) + path(64, 73, (96, 3))
    stem += path(160, 73, (64, 1), (96, 3), last=71)
    stem += path(160, 73, (64, 1), (64, ROW), (64, COLUMN), (96, 3), last=71) + path(192, 35, (192, 3))
    a = path(384, 35, (96, 1)) + path(384, 35, (96, 1)) + path(384, 35, (64, 1), (96, 3))
    a += path(384, 35, (64, 1), (96, 3), (96, 3))
    b = path(1024, 17, (384, 1)) + path(1024, 17, (128, 1)) + path(1024, 17, (192, 1), (224, ROW), (256, COLUMN))
    b += path(1024, 17, (192, 1), (192, COLUMN), (224, ROW), (224, COLUMN), (256, ROW))
    c = path(1536, 8, (256, 1)) + path(1536, 8, (256, 1)) + path(1536, 8, (384, 1))
    c += fork(384, 256, ((1, 3), (3, 1)), 8) + path(1536, 8, (384, 1), (448, (3, 1)), (512, (1, 3)))
    c += fork(512, 256, ((1, 3), (3, 1)), 8)
    reduce_b = path(1024, 17, (192, 1), (192, 3), last=8)
    reduce_b += path(1024, 17, (256, 1), (256, ROW), (320, COLUMN), (320, 3), last=8)
    return total(
        [stem, *[a] * 4, reduction_a(384, 192, 224, 256, 384), *[b] * 7, reduce_b, *[c] * 3, linear(1536, 1000)]
    )


def inception_resnet_v2() -> Count:
    """The released net: 10 modules A, 20 B and 10 C; the linear 1x1 after each has a bias and no batch norm."""
    mixed = path(192, 35, (96, 1)) + path(192, 35, (48, 1), (64, 5)) + path(192, 35, (64, 1), (96, 3), (96, 3))
    mixed += path(192, 35, (64, 1))
    a = path(320, 35, (32, 1)) + path(320, 35, (32, 1), (32, 3)) + path(320, 35, (32, 1), (48, 3), (64, 3))
    a += biased(128, 320, 1, 35)
    b = path(1088, 17, (192, 1)) + path(1088, 17, (128, 1), (160, ROW), (192, COLUMN)) + biased(384, 1088, 1, 17)
    c = path(2080, 8, (192, 1)) + path(2080, 8, (192, 1), (224, (1, 3)), (256, (3, 1))) + biased(448, 2080, 1, 8)
    reduce_b = path(1088, 17, (256, 1), (384, 3), last=8) + path(1088, 17, (256, 1), (288, 3), last=8)
    reduce_b += path(1088, 17, (256, 1), (288, 3), (320, 3), last=8)
    end = path(2080, 8, (1536, 1)) + linear(1536, 1000)
    return total(
        [stem_v3(), mixed, *[a] * 10, reduction_a(320, 256, 256, 384, 384), *[b] * 20, reduce_b, *[c] * 10, end]
    )
