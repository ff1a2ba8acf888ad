"""Claims of the chapter on GoogLeNet and its successors."""

from collections.abc import Callable

import torch

from cs231n_arch import published
from cs231n_arch.anatomy import layer_table
from cs231n_arch.claims.counts import count, depth, net, parameters, table
from cs231n_arch.claims.verdicts import Verdict, measured, settle
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import Concat, Sum


def layers() -> Verdict:
    """Layers with weights on the longest way, auxiliary classifiers aside."""
    printed = int(published.value("GoogLeNet", "depth"))
    ours = depth(net("googlenet"))
    return settle(f"{printed} layers", f"{ours} layers", holds=ours == printed)


def no_fully_connected() -> Verdict:
    """Fully connected layers that evaluation uses."""
    linear = table("googlenet").query("kind == 'Linear'")["name"].tolist()
    share = 1 - table("googlenet").query("kind == 'Linear'")["params"].sum() / parameters("googlenet")
    return settle(
        "no FC layers",
        f"one, the classifier; {share:.0%} of the parameters are in convolutions",
        holds=linear == ["linear"],
    )


def total_parameters() -> Verdict:
    """The sum, and the ratio to AlexNet in one tower and in two."""
    ours = parameters("googlenet")
    ratios = [parameters(name) / ours for name in ("alexnet_two_gpu", "alexnet")]
    slide = published.load("GoogLeNet", "params_slide").iloc[0]
    holds = abs(ours - slide["number"]) <= published.precision(slide["value"])
    return settle(
        f"{slide['value']}; {published.value('GoogLeNet', 'params_ratio_slide'):g} times fewer than AlexNet",
        f"{ours:,}; {ratios[0]:.1f} to {ratios[1]:.1f} times fewer",
        holds=holds and min(ratios) > 11.5,
    )


def module(bottleneck: bool) -> tuple[str, int]:
    """Output and multiply-adds of the slides' module."""
    with torch.device("meta"):
        model = create_model("inception_naive", bottleneck=bottleneck)
    frame = layer_table(model)
    inside = frame[frame["name"].str.startswith("inception")]
    channels, height, width = inside["output_shape"].iloc[-1]
    return f"{height}x{width}x{channels}", int(inside["macs"].sum())


def module_claim(architecture: str, *, bottleneck: bool) -> Verdict:
    """Size and operations against the slide's."""
    printed = published.load(architecture, "layer_output:concatenation")["value"].item()
    slide = published.load(architecture, "ops_slide").iloc[0]
    size, operations = module(bottleneck)
    close = abs(operations - slide["number"]) <= published.precision(slide["value"])
    return settle(
        f"{printed}, {slide['value']} operations",
        f"{size}, {operations / 1e6:.0f}M operations",
        holds=size == printed and close,
    )


def naive() -> Verdict:
    """The module without reductions."""
    return module_claim("Inception naive 3x module (28x28x256 in)", bottleneck=False)


def bottleneck() -> Verdict:
    """The module with 1x1 reductions; the slide's total is not the sum of the convolutions it lists."""
    return module_claim("Inception bottleneck module (28x28x256 in)", bottleneck=True)


def parallel() -> Verdict:
    """Each Inception module joins four branches."""
    modules = {n: m for n, m in net("googlenet").named_children() if n.startswith("inception")}
    branches = {len(list(m.children())) for m in modules.values() if isinstance(m, Concat)}
    joined = sum(isinstance(m, Concat) for m in modules.values())
    return settle(
        "filters in parallel, joined along depth",
        f"{joined} of {len(modules)} modules join branches along the channels, {branches} branches each",
        holds=joined == len(modules) == 9 and branches == {4},
    )


def auxiliary() -> Verdict:
    """Gradients in the lower layers with and without the auxiliary classifiers."""
    return measured("googlenet-aux", "auxiliary classifiers inject gradient")


def family() -> Verdict:
    """Shortcuts in Inception-v4 and in Inception-ResNet."""
    sums = {name: count(net(name), Sum) for name in ("inception_v3", "inception_v4", "inception_resnet_v2")}
    return settle(
        "v4 is ResNet plus Inception",
        ", ".join(f"{name} has {shortcuts} shortcuts" for name, shortcuts in sums.items()),
        holds=sums["inception_v4"] > 0,
        otherwise="refuted",
    )


CHECKS: dict[str, Callable[[], Verdict]] = {
    "googlenet-depth": layers,
    "googlenet-nofc": no_fully_connected,
    "googlenet-params": total_parameters,
    "googlenet-naive": naive,
    "googlenet-bottleneck": bottleneck,
    "googlenet-parallel": parallel,
    "googlenet-aux": auxiliary,
    "inception-family": family,
}
