"""Claims of the chapter on SENet, which are the paper's own: the lecture of 2017 is older."""

from functools import cache

from cs231n_arch import published
from cs231n_arch.claims.counts import count, macs, millions, net, parameters, percent
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.models.senet import Product

# Table 1: units, height and width, channels of each stage.
STAGES = ((3, 56, 256), (4, 28, 512), (6, 14, 1024), (3, 7, 2048))


@cache
def by_stage() -> list[int]:
    """Parameters of the SE blocks of each stage of SE-ResNet-50."""
    return [
        sum(
            p.numel()
            for block in net("se_resnet50").get_submodule(f"conv{number}_x").modules()
            if isinstance(block, Product)
            for p in block.parameters()
        )
        for number in (2, 3, 4, 5)
    ]


@checks("senet-cost")
def cost() -> Verdict:
    """Parameters beside ResNet-50."""
    more = parameters("se_resnet50") - parameters("resnet50")
    share = more / parameters("resnet50")
    return settle(
        f"{millions(more, 2)} more parameters, {percent(share, 1)}, in {count(net('se_resnet50'), Product)} "
        "blocks",
        holds=abs(more - 2.5e6) < 5e4 and abs(share - 0.1) < 0.005,
    )


@checks("senet-operations")
def operations() -> Verdict:
    """Multiply-adds against ResNet-50's; the paper also counts the scaling, one product per value."""
    scaled = sum(units * side**2 * channels for units, side, channels in STAGES)
    plain, with_blocks = macs("resnet50") / 1e9, (macs("se_resnet50") + scaled) / 1e9
    more = with_blocks / plain - 1
    return settle(
        f"{with_blocks:.3f} instead of {plain:.3f} billion multiply-adds, {percent(more, 2)} more: the printed "
        "share is that of the rounded figures",
        holds=abs(100 * more - 0.26) < 0.005,
    )


@checks("senet-last-stage")
def last_stage() -> Verdict:
    """Share of the last stage in the parameters of the blocks."""
    share = by_stage()[-1] / sum(by_stage())
    return settle(
        f"{percent(share)} of the blocks' parameters are in the last of the four stages",
        holds=share > 0.5,
    )


@checks("senet-without-last")
def without_last() -> Verdict:
    """Parameters of the blocks of the first three stages, as a share of those of ResNet-50."""
    rest = sum(by_stage()[:-1]) / parameters("resnet50")
    return settle(
        f"{percent(rest, 1)} more",
        holds=abs(rest - 0.04) < 0.005,
    )


@checks("senet-error")
def error() -> Verdict:
    """The paper's errors at three depths, trained alike."""
    errors = {
        depth: [
            published.value(name, "top5_error_1crop")
            for name in (f"ResNet-{depth} (Hu et al.)", f"SE-ResNet-{depth}")
        ]
        for depth in (50, 101, 152)
    }
    return settle(
        f"the paper: {listed([f'{a:g} to {b:g} % with {d} layers' for d, (a, b) in errors.items()])}",
        holds=errors[50] == [7.48, 6.62] and all(after < before for before, after in errors.values()),
    )


@checks("senet-effect")
def effect() -> Verdict:
    """Test error of a small ResNet with and without SE blocks."""
    plain, blocks = (
        published.value(name, "test_error_cifar10") for name in ("ResNet-110 (Hu et al.)", "SE-ResNet-110")
    )
    return by_run(
        "senet-effect", f"the paper, CIFAR-10 with 110 layers: {plain} % without and {blocks} % with SE blocks"
    )
