"""Claims of the chapter on ResNeXt."""

import torch

from cs231n_arch import published
from cs231n_arch.claims.counts import billions, macs, millions, net, parameters
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, settle
from cs231n_arch.models.resnext import Block, resnext_cifar, split_paths


@checks("resnext-authors")
def authors() -> Verdict:
    """Names that both papers have in common."""
    xie, he = (set(published.load(net, "authors")["value"].item().split(", ")) for net in ("ResNeXt", "ResNet"))
    return settle(
        f"of the {len(xie)} authors of ResNeXt's paper and the {len(he)} of ResNet's, {len(xie & he)} is the "
        f"same: {', '.join(sorted(xie & he))}",
        holds=xie == he,
    )


@checks("resnext-cardinality")
def cardinality() -> Verdict:
    """Groups of the 3x3 convolutions of ResNeXt-50."""
    groups = {
        part.groups
        for part in net("resnext50_32x4d").modules()
        if isinstance(part, torch.nn.Conv2d) and part.kernel_size == (3, 3)
    }
    return settle(
        "every 3x3 convolution of ResNeXt-50 works in 32 groups, which is the same as 32 paths side by side",
        holds=groups == {32},
    )


@checks("resnext-forms")
def forms() -> Verdict:
    """The same weights in the three forms of Figure 3, in double precision."""
    torch.manual_seed(0)
    grouped = resnext_cifar(depth=11, cardinality=4, width=8, block="c").to(torch.float64).eval()
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    others: tuple[Block, ...] = ("a", "b")
    apart = []
    with torch.no_grad():
        for block in others:
            other = resnext_cifar(depth=11, cardinality=4, width=8, block=block).to(torch.float64).eval()
            other.load_state_dict(split_paths(grouped.state_dict(), other))
            apart.append(float((other(images) - grouped(images)).abs().max()))
    return settle(
        "with the same weights, separate paths, joined paths and grouped convolutions give the same scores, to "
        "rounding",
        holds=max(apart) < 1e-9,
        otherwise="refuted",
    )


@checks("resnext-thin")
def thin() -> Verdict:
    """Width of the paths, and the cost of both nets."""
    text = [
        f"{millions(parameters(name))} parameters and {billions(macs(name))} multiply-adds"
        for name in ("resnext50_32x4d", "resnet50")
    ]
    return settle(
        f"32 paths of 4 channels instead of one of 64; ResNeXt-50 has {text[0]}, ResNet-50 {text[1]}",
        holds=abs(parameters("resnext50_32x4d") / parameters("resnet50") - 1) < 0.05,
    )


@checks("resnext-better")
def better() -> Verdict:
    """Test error of many narrow paths and of one wide path, at equal multiply-adds."""
    one, many = (published.value(name, "top1_error_1crop") for name in ("ResNet-50 1x64d", "ResNeXt-50 32x4d"))
    return by_run("resnext-better", f"the paper, top-1 error on ImageNet: one path {one} %, 32 paths {many} %")
