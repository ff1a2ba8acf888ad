"""Claims of the chapter on Network in Network."""

from collections.abc import Callable

from cs231n_arch.claims.counts import net, table
from cs231n_arch.claims.verdicts import Verdict, settle, with_run


def mlpconv() -> Verdict:
    """Kernels of each mlpconv layer, and what follows the last."""
    frame = table("nin_cifar")
    convs = frame[frame["kind"] == "Conv2d"]
    layers = convs.groupby(convs["name"].str.split(".").str[0])["kernel"].apply(list)
    last = next(name for name, _ in reversed(list(net("nin_cifar").named_children())) if name != "flatten")
    linear = int((frame["kind"] == "Linear").sum())
    verdict = settle(
        "1x1 convolutions as a network in the network; global average pooling",
        f"kernels {'; '.join(str(kernels) for kernels in layers)}; {last} at the end, {linear} linear layers",
        holds=all(kernels[0] > 1 and kernels[1:] == [1, 1] for kernels in layers)
        and (last, linear) == ("global_average", 0),
    )
    return with_run("nin-mlpconv", verdict)


CHECKS: dict[str, Callable[[], Verdict]] = {"nin-mlpconv": mlpconv}
