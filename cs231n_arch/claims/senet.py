"""Claims of the chapter on SENet, which are the paper's own: the lecture ends with the name."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.counts import count, macs, net, parameters
from cs231n_arch.claims.verdicts import Verdict, settle, with_run
from cs231n_arch.models.senet import Product


def blocks(stage: str) -> int:
    """Parameters of the SE blocks of a stage of SE-ResNet-50."""
    inside = net("se_resnet50").get_submodule(stage).modules()
    return sum(p.numel() for block in inside if isinstance(block, Product) for p in block.parameters())


# Table 1: units, height and width, maps of each stage.
STAGES = ((3, 56, 256), (4, 28, 512), (6, 14, 1024), (3, 7, 2048))


def cost() -> Verdict:
    """Parameters and multiply-adds beside ResNet-50; the paper counts the scaling too, a product a value."""
    more = parameters("se_resnet50") - parameters("resnet50")
    share = more / parameters("resnet50")
    scaled = sum(units * side**2 * maps for units, side, maps in STAGES)
    plain, with_blocks = macs("resnet50") / 1e9, (macs("se_resnet50") + scaled) / 1e9
    return settle(
        "2.5 million more parameters, about 10 %; 3.87 instead of 3.86 billion operations, 0.26 %",
        f"{more:,} more parameters, {share:.1%}, in {count(net('se_resnet50'), Product)} blocks; "
        f"{with_blocks:.3f} instead of {plain:.3f} billion multiply-adds, {with_blocks / plain - 1:.2%}: "
        "the 0.26 % are of the rounded figures",
        holds=abs(more - 2.5e6) < 5e4
        and abs(share - 0.1) < 0.005
        and (round(plain, 2), round(with_blocks, 2)) == (3.86, 3.87),
    )


def last_stage() -> Verdict:
    """Where the parameters of the blocks are."""
    by_stage = [blocks(f"conv{number}_x") for number in (2, 3, 4, 5)]
    share, rest = by_stage[-1] / sum(by_stage), sum(by_stage[:-1]) / parameters("resnet50")
    return settle(
        "the majority; about 4 % without them",
        f"{share:.0%} of the blocks' parameters are in conv5_x; without these ResNet-50 grows by {rest:.1%}",
        holds=share > 0.5 and abs(rest - 0.04) < 0.005,
    )


def error() -> Verdict:
    """The paper's errors at three depths, trained alike; and our run."""
    errors = {
        depth: [
            published.value(name, "top5_error_1crop")
            for name in (f"ResNet-{depth} (Hu et al.)", f"SE-ResNet-{depth}")
        ]
        for depth in (50, 101, 152)
    }
    return with_run(
        "senet-error",
        settle(
            "6.62 % instead of 7.48 %",
            "the paper, top-5: " + ", ".join(f"{d} layers {a:g} to {b:g} %" for d, (a, b) in errors.items()),
            holds=errors[50] == [7.48, 6.62] and all(after < before for before, after in errors.values()),
        ),
    )


CHECKS: dict[str, Callable[[], Verdict]] = {
    "senet-cost": cost,
    "senet-last-stage": last_stage,
    "senet-error": error,
}
