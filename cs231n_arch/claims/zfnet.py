"""Claims of the chapter on ZFNet."""

from cs231n_arch import published
from cs231n_arch.claims.counts import depth, layer, net, of_kind
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle


@checks("zfnet-winner")
def winner() -> Verdict:
    """The official winner of 2013 against the best result of the paper."""
    clarifai = published.value("ILSVRC2013 Clarifai, no outside data", "top5_error_official")
    paper = published.value("ZFNet 6 nets (a)+(b)", "top5_error_test")
    return settle(
        f"the winner is an entry of the company Clarifai with {clarifai:.1f} %; the best of the paper's nets, six "
        f"together, have {paper:.1f} %",
        holds=paper <= clarifai,
    )


@checks("zfnet-hyper")
def first_layer() -> Verdict:
    """Kernel and stride of the first layer of both nets."""
    kernels = [
        (int(layer(name, "conv1")["kernel"]), int(layer(name, "conv1")["stride"])) for name in ("alexnet", "zfnet")
    ]
    alexnet, zfnet = (f"{kernel}x{kernel} at stride {stride}" for kernel, stride in kernels)
    return settle(
        f"AlexNet {alexnet}, ZFNet {zfnet}",
        holds=kernels == [(11, 4), (7, 2)],
    )


@checks("zfnet-filters")
def filters() -> Verdict:
    """Filters of the net that the paper draws; the wider layers belong to another one, (b) of Table 2."""
    slide = [int(published.value("ZFNet", f"conv{n}_filters_slide")) for n in (3, 4, 5)]
    drawn = [layer("zfnet", f"conv{n}")["output_shape"][0] for n in (3, 4, 5)]
    a, b = (
        published.value(f"ZFNet {net}", "top5_error_val")
        for net in ("Fig 3, 1 net", "with conv3-5 = 512,1024,512 (b), 1 net")
    )
    wide, narrow = (listed([str(n) for n in side]) for side in (slide, drawn))
    return settle(
        f"the net that the paper draws has {narrow}, as AlexNet, and {a} % top-5 error; {wide} belong to a "
        f"second net of the paper, with {b} %",
        printed=f"{wide} filters in conv3 to conv5",
        holds=drawn == slide,
    )


@checks("zfnet-depth")
def same_plan() -> Verdict:
    """Depth, and the layers with weights in order."""
    depths = [depth(net(name)) for name in ("alexnet", "zfnet")]
    kinds = [list(of_kind(name, "Conv2d", "Linear")["kind"]) for name in ("alexnet", "zfnet")]
    return settle(
        f"{depths[0]} layers in AlexNet, {depths[1]} in ZFNet; five convolutions, then three dense layers in both",
        holds=depths[0] == depths[1] and kinds[0] == kinds[1],
    )
