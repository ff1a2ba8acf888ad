"""Claims of the chapter on ResNeXt."""

from collections.abc import Callable

import torch

from cs231n_arch.claims.verdicts import Verdict, settle
from cs231n_arch.models.resnext import Block, resnext_cifar, split_paths


def forms() -> Verdict:
    """The same weights in the three forms of Figure 3 give the same scores, in double precision."""
    torch.manual_seed(0)
    grouped = resnext_cifar(depth=11, cardinality=4, width=8, block="c").to(torch.float64).eval()
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    blocks: tuple[Block, ...] = ("a", "b")
    apart = {}
    with torch.no_grad():
        for block in blocks:
            other = resnext_cifar(depth=11, cardinality=4, width=8, block=block).to(torch.float64).eval()
            other.load_state_dict(split_paths(grouped.state_dict(), other))
            apart[block] = float((other(images) - grouped(images)).abs().max())
    return settle(
        "parallel paths; three equivalent forms",
        ", ".join(f"form {form} differs from the grouped one by {most:.0e}" for form, most in apart.items()),
        holds=max(apart.values()) < 1e-9,
        otherwise="refuted",
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"resnext-cardinality": forms}
