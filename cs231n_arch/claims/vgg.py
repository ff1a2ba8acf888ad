"""Claims of the chapter on VGG: the net, its memory and its parameters."""

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.anatomy import conv_parameters, receptive_field
from cs231n_arch.anatomy.memory import training_memory
from cs231n_arch.claims import vgg_results  # noqa: F401  (its checks belong to the same chapter)
from cs231n_arch.claims.counts import (
    activations,
    billions,
    count,
    depth,
    macs,
    millions,
    net,
    of_kind,
    parameters,
    percent,
    stage_of,
    table,
)
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle


@checks("vgg-depth")
def layers() -> Verdict:
    """Layers with weights on the longest path."""
    ours = {name: depth(net(name)) for name in ("alexnet", "vgg16", "vgg19")}
    return settle(
        "AlexNet {alexnet}, VGG-16 {vgg16}, VGG-19 {vgg19}".format(**ours),
        holds=list(ours.values()) == [8, 16, 19],
    )


@checks("vgg-filters")
def filters() -> Verdict:
    """Kernel, stride and padding of every convolution and pooling of VGG-16 and VGG-19."""
    found = []
    for kind in ("Conv2d", "MaxPool2d"):
        rows = [row for name in ("vgg16", "vgg19") for row in of_kind(name, kind).itertuples()]
        found.append((len(rows), {(row.kernel, row.stride, row.padding) for row in rows}))
    (convolutions, conv), (poolings, pool) = found
    return settle(
        f"all {convolutions} convolutions of VGG-16 and VGG-19 are 3x3 at stride 1 and padding 1, all {poolings} "
        "poolings 2x2 at stride 2",
        holds=conv == {(3, 1, 1)} and pool == {(2, 2, 0)},
    )


@checks("vgg-smallest")
def smallest() -> Verdict:
    """Neighbors that kernels of 1, 2 and 3 pixels cover, seen from the pixel at their center."""
    reach = {side: {pixel - (side - 1) // 2 for pixel in range(side)} for side in (1, 2, 3)}
    symmetric = [
        side for side, offsets in reach.items() if side > 1 and offsets == {-offset for offset in offsets}
    ]
    return settle(
        "2x2 sees neighbors too, but on one side only; 3x3 is the smallest that sees left, right, above, below "
        "and the center, as the paper says",
        holds=min(symmetric) == 2,
    )


def reached(layers: int) -> int:
    """Side of the square of pixels that one output of a stack of 3x3 convolutions has a gradient to."""
    stack = nn.Sequential(*(nn.Conv2d(1, 1, 3, bias=False) for _ in range(layers)))
    for conv in stack:
        nn.init.ones_(conv.weight)  # type: ignore[arg-type]
    x = torch.zeros(1, 1, 15, 15, requires_grad=True)
    out = stack(x)
    out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
    assert x.grad is not None
    return int((x.grad[0, 0] != 0).any(dim=0).sum())


def receptive(layers: int, side: int) -> Verdict:
    """By the formula and by the gradient."""
    formula, gradient = receptive_field([(3, 1)] * layers).field, reached(layers)
    return settle(
        f"{formula}x{formula} by the formula; the gradient of one output reaches {gradient}x{gradient} pixels",
        printed=f"{side}x{side} pixels",
        holds=formula == gradient == side,
    )


@checks("vgg-receptive")
def three() -> Verdict:
    """Three 3x3 against one 7x7."""
    return receptive(3, 7)


@checks("vgg-two-three")
def two() -> Verdict:
    """Two 3x3 against one 5x5."""
    return receptive(2, 5)


@checks("vgg-params")
def stack_parameters() -> Verdict:
    """Both counts for several C, divided by C squared."""
    printed = tuple(int(published.value("VGG", f"params_{stack}")) for stack in ("three_3x3", "one_7x7"))
    ours = {
        (3 * conv_parameters(c, c, 3, bias=False) / c**2, conv_parameters(c, c, 7, bias=False) / c**2)
        for c in (1, 64, 512)
    }
    stack, single = ours.pop()
    return settle(
        f"{stack:.0f}C² against {single:.0f}C², for C of 1, 64 and 512",
        printed=f"{printed[0]}C² against {printed[1]}C²",
        holds=not ours and (stack, single) == printed,
    )


@checks("vgg-nonlinear")
def nonlinearities() -> Verdict:
    """Every convolution of VGG-16 is followed by a ReLU of its own."""
    kinds = list(table("vgg16")["kind"])
    followed = [kinds[i + 1] == "ReLU" for i in of_kind("vgg16", "Conv2d").index]
    return settle(
        f"a ReLU after each of VGG-16's {sum(followed)} convolutions, so three for a stack where one 7x7 has one",
        holds=all(followed),
    )


@checks("vgg-19-convs")
def nineteen_convolutions() -> Verdict:
    """Convolutions of each stage in VGG-16 and VGG-19."""
    stages = [
        of_kind(name, "Conv2d")["name"].str.split("_").str[0].value_counts().sort_index()
        for name in ("vgg16", "vgg19")
    ]
    more = stages[1] - stages[0]
    return settle(
        f"{more.sum()} more: one in each of the stages {listed([name[4:] for name in more.index[more > 0]])}; "
        f"{millions(parameters('vgg19') - parameters('vgg16'))} more parameters",
        holds=list(more) == [0, 0, 1, 1, 1],
    )


@checks("vgg-memory")
def memory() -> Verdict:
    """Values of all outputs and the image, against the slide's total."""
    slide = published.load("VGG-16", "activations_slide").iloc[0]
    megabytes = published.value("VGG-16", "activation_memory_slide")
    ours = activations("vgg16")
    return settle(
        f"the lines of the slide add up to {millions(ours)} values, {4 * ours / 1e6:.0f} MB in single precision: "
        "about two thirds of its total",
        printed=f"{slide['value']} values, {megabytes:g} MB per image",
        holds=abs(ours - slide["number"]) <= published.precision(slide["value"]),
    )


@checks("vgg-138m")
def total_parameters() -> Verdict:
    """The sum of the layer table."""
    slide, ours = published.load("VGG-16", "params_total_slide").iloc[0], parameters("vgg16")
    return settle(
        f"{ours:,} parameters",
        printed=f"{slide['value']} parameters",
        holds=abs(ours - slide["number"]) <= published.precision(slide["value"]),
    )


@checks("vgg-early")
def early() -> Verdict:
    """Share of the activations in the first stage."""
    frame = table("vgg16")
    stage = stage_of(frame).str.split("_").str[0]
    memory = frame.groupby(stage)["activation_bytes"].sum()
    share = memory["conv1"] / memory.sum()
    return settle(
        f"the two convolutions of the first stage have {percent(share)} of the values, more than any other stage",
        holds=memory.idxmax() == "conv1",
    )


@checks("vgg-late")
def late() -> Verdict:
    """Share of the parameters in the dense layers."""
    share = of_kind("vgg16", "Linear")["params"].sum() / parameters("vgg16")
    return settle(
        f"the three dense layers have {percent(share)} of the parameters",
        holds=share > 0.5,
    )


@checks("vgg-backward")
def backward() -> Verdict:
    """Peak of the activations and gradients of one more image in training, against the outputs alone."""
    one, two = (training_memory(net("vgg16"), images) for images in (1, 2))
    forward, training = 4 * activations("vgg16"), two - one
    return settle(
        f"training needs {training / 1e6:.0f} MB for one more image where all outputs together have "
        f"{forward / 1e6:.0f} MB: {training / forward:.1f} times as much, since gradients are freed on the way",
        holds=training > 1.75 * forward,
    )


@checks("vgg-fifty")
def fifty() -> Verdict:
    """Images of 100 MB, and of the 61 MB of our count, in 5 GB; and the peak of training with 50."""
    each, peak = 4 * activations("vgg16"), training_memory(net("vgg16"), 50)
    return settle(
        f"the division is right; with the {each / 1e6:.0f} MB that an image has, 5 GB hold {5e9 / each:.0f}, and "
        f"training with 50 peaks at {peak / 1e9:.1f} GB",
        holds=abs(5e9 / 100e6 - 50) < 1,
    )


NAMED = {
    "alexnet": 8, "vgg16": 16, "vgg19": 19, "googlenet": 22, "resnet18": 18, "resnet34": 34, "resnet50": 50,
    "resnet101": 101, "resnet152": 152, "densenet121": 121, "densenet201": 201,
}  # fmt: skip


@checks("vgg-depth-word")
def depth_word() -> Verdict:
    """Layers with weights on the longest path, against the number in a net's name or paper."""
    right = [name for name, layers in NAMED.items() if depth(net(name)) == layers]
    return settle(
        f"counted so on the longest path, the number of {len(right)} of {len(NAMED)} nets comes out, from "
        f"AlexNet's 8 to DenseNet's {max(NAMED.values())}",
        holds=len(right) == len(NAMED),
    )


@checks("vgg-one-map")
def one_channel() -> Verdict:
    """One filter alone against the same channel of the layer's output."""
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 5, 3)
    image = torch.randn(1, 8, 9, 9)
    assert layer.bias is not None
    alone = nn.functional.conv2d(image, layer.weight[2:3], layer.bias[2:3])
    same = torch.allclose(alone, layer(image)[:, 2:3], atol=1e-5)
    return settle(
        "one filter of five, computed alone on all 8 channels, gives the third channel of the layer's output",
        holds=same and alone.shape[1] == 1,
    )


@checks("vgg-even-work")
def even_work() -> Verdict:
    """Multiply-adds of the full-width convolutions of each stage of VGG-16."""
    convolutions = of_kind("vgg16", "Conv2d")
    full = {
        f"stage {n}": int(convolutions.loc[convolutions["name"] == f"conv{n}_2", "macs"].item())
        for n in range(1, 6)
    }
    most = max(full.values())
    return settle(
        f"{billions(most, 2)} multiply-adds in a full-width layer of the stages 1 to 4, "
        f"{billions(full['stage 5'], 2)} in stage 5, whose channels do not increase",
        holds=len({full[f"stage {n}"] for n in range(1, 5)}) == 1,
    )


@checks("vgg-nolrn")
def no_normalisation() -> Verdict:
    """Layers of local response normalization in VGG-16 and VGG-19."""
    layers = sum(count(net(name), nn.LocalResponseNorm) for name in ("vgg16", "vgg19"))
    return settle(f"{layers or 'no'} such layers in VGG-16 and VGG-19", holds=not layers)


@checks("vgg-19-memory")
def nineteen_memory() -> Verdict:
    """Values and parameters of both nets."""
    sixteen, nineteen = activations("vgg16"), activations("vgg19")
    return settle(
        f"{4 * nineteen / 1e6:.0f} MB of values instead of {4 * sixteen / 1e6:.0f} MB for an image, "
        f"{millions(parameters('vgg19'), 0)} instead of {millions(parameters('vgg16'), 0)} parameters, "
        f"{billions(macs('vgg19'))} instead of {billions(macs('vgg16'))} multiply-adds",
        holds=nineteen > sixteen,
    )
