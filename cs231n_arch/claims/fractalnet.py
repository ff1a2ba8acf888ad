"""Claims of the chapter on FractalNet."""

from collections.abc import Callable

from cs231n_arch.claims.counts import count, net
from cs231n_arch.claims.verdicts import Verdict, measured
from cs231n_arch.models.layers import Sum


def paths() -> Verdict:
    """Single columns and drop-path are measured; that there is no shortcut can be counted."""
    shortcuts = count(net("fractalnet_cifar"), Sum)
    return measured(
        "fractal-paths", "no residuals; drop-path; columns work alone", f"{shortcuts} shortcuts in the net"
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"fractal-paths": paths}
