"""Claims of the chapter on VGG."""

from collections.abc import Callable

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.anatomy import conv_parameters, receptive_field
from cs231n_arch.claims.counts import activations, count, depth, net, parameters, table
from cs231n_arch.claims.verdicts import Verdict, measured, settle, with_run


def layers() -> Verdict:
    """Layers with weights on the longest way."""
    ours = {name: depth(net(name)) for name in ("alexnet", "vgg16", "vgg19")}
    return settle(
        "8 layers to 16 and 19",
        ", ".join(f"{name} {layers}" for name, layers in ours.items()),
        holds=list(ours.values()) == [8, 16, 19],
    )


def filters() -> Verdict:
    """Kernel, stride and padding of every convolution and pooling of VGG-16 and VGG-19."""
    seen: dict[str, set[tuple[object, ...]]] = {"Conv2d": set(), "MaxPool2d": set()}
    for name in ("vgg16", "vgg19"):
        for row in table(name).itertuples():
            if row.kind in seen:
                seen[str(row.kind)] |= {(row.kernel, row.stride, row.padding)}
    return settle(
        "3x3 stride 1 pad 1; pooling 2x2 stride 2",
        f"(kernel, stride, padding): convolutions {seen['Conv2d']}, pooling {seen['MaxPool2d']}",
        holds=seen == {"Conv2d": {(3, 1, 1)}, "MaxPool2d": {(2, 2, 0)}},
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
        f"{side}x{side}",
        f"{formula} by the formula, {gradient} by the gradient",
        holds=formula == gradient == side,
    )


def three() -> Verdict:
    """Three 3x3 against one 7x7."""
    return receptive(3, 7)


def two() -> Verdict:
    """Two 3x3 against one 5x5."""
    return receptive(2, 5)


def stack_parameters() -> Verdict:
    """Both counts for several C, divided by C squared."""
    printed = tuple(int(published.value("VGG", f"params_{stack}")) for stack in ("three_3x3", "one_7x7"))
    ours = {
        (3 * conv_parameters(c, c, 3, bias=False) / c**2, conv_parameters(c, c, 7, bias=False) / c**2)
        for c in (1, 64, 512)
    }
    stack, single = ours.pop()
    return settle(
        f"{printed[0]}C² against {printed[1]}C²",
        f"{stack:.0f}C² against {single:.0f}C², with three non-linearities for one",
        holds=not ours and (stack, single) == printed,
    )


def memory() -> Verdict:
    """Values of all outputs and the image, against the slide's total; shares of the first and the last stage."""
    slide = published.load("VGG-16", "activations_slide").iloc[0]
    ours = activations("vgg16")
    frame = table("vgg16")
    early = frame.loc[frame["name"].str.startswith("conv1_"), "activation_bytes"].sum() / 4 / ours
    late = frame.loc[frame["name"].str.startswith("fc"), "params"].sum() / parameters("vgg16")
    return settle(
        f"{slide['value']} values, {published.value('VGG-16', 'activation_memory_slide'):g} MB; 138M parameters",
        f"{ours:,} values, {4 * ours / 1e6:.0f} MB; {parameters('vgg16'):,} parameters; conv1_1 and conv1_2 have "
        f"{early:.0%} of the memory, the fully connected layers {late:.0%} of the parameters",
        holds=abs(ours - slide["number"]) <= published.precision(slide["value"]),
    )


def rank() -> Verdict:
    """Places as the paper's abstract states them."""
    places = {
        task: published.value("VGG", f"rank_ilsvrc2014_{task}") for task in ("classification", "localization")
    }
    return settle(
        "second in classification, first in localization",
        ", ".join(f"place {place:.0f} in {task}" for task, place in places.items()),
        holds=places == {"classification": 2, "localization": 1},
    )


def localization() -> Verdict:
    """A box-regression head on real images."""
    return measured("vgg-localization", "class and bounding box")


def no_normalisation() -> Verdict:
    """No such layer in the net; the paper's own comparison is of net A."""
    layers = sum(count(net(name), nn.LocalResponseNorm) for name in ("vgg16", "vgg19"))
    plain, lrn = (published.value(f"VGG-A{x}", "top1_error_single_scale S=256 Q=256") for x in ("", "-LRN"))
    verdict = settle(
        "no local response normalisation",
        f"{layers} such layers; the paper's net A errs on {plain} % without and {lrn} % with it",
        holds=layers == 0 and lrn >= plain,
    )
    return with_run("vgg-nolrn", verdict)


def nineteen() -> Verdict:
    """The error at the best single scale, and the activations."""
    sixteen, more = (
        published.value(f"VGG-{net}", "top1_error_single_scale S=[256;512] Q=384") for net in ("D", "E")
    )
    memory = [activations(name) for name in ("vgg16", "vgg19")]
    return settle(
        "VGG-19 slightly better, more memory",
        f"top-1 error {sixteen} % and {more} %; {memory[0]:,} and {memory[1]:,} values",
        holds=0 < sixteen - more < 0.5 and memory[1] > memory[0],
    )


def ensembles() -> Verdict:
    """The best single net against the best two."""
    one, two = (published.value(f"VGG {nets} multi-crop & dense", "top5_error_val") for nets in ("1 net", "D+E"))
    return settle(
        "best results with ensembles", f"top-5 error {one} % with one net, {two} % with two", holds=two < one
    )


def fc7() -> Verdict:
    """A linear probe against pixels and an untrained net."""
    return measured("vgg-fc7", "FC7 features generalise")


CHECKS: dict[str, Callable[[], Verdict]] = {
    "vgg-depth": layers,
    "vgg-filters": filters,
    "vgg-receptive": three,
    "vgg-params": stack_parameters,
    "vgg-two-three": two,
    "vgg-memory": memory,
    "vgg-rank": rank,
    "vgg-localization": localization,
    "vgg-nolrn": no_normalisation,
    "vgg-19": nineteen,
    "vgg-ensemble": ensembles,
    "vgg-fc7": fc7,
}
