"""How faithful a smaller net is to the one that it was made from, and distillation, which makes it more so.

Neither needs labels: the large net's scores are what the small net must give, on any images.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.records import read

if TYPE_CHECKING:
    import pandas as pd


@torch.no_grad()
def log_probabilities(net: nn.Module, images: Tensor, *, batch_size: int = 8) -> Tensor:
    """The logarithms of a net's class probabilities, (N, classes), for images (N, C, H, W)."""
    with evaluating(net):
        return torch.cat([net(batch).log_softmax(dim=1) for batch in torch.split(images, batch_size)])


def fidelity(original: Tensor, smaller: Tensor) -> dict[str, float]:
    """How well two nets agree, from the `log_probabilities` of both, (N, classes).

    Returns:
        `top1`: share of the images for which both put the same class first. `top5`: share of the original's first
        class among the first five of the smaller net. `kl`: Kullback-Leibler divergence of the smaller net's
        probabilities from the original's, in nats, the mean over the images.

    Raises:
        ValueError: other shapes, or no images.
    """
    if original.shape != smaller.shape or original.ndim != 2 or not len(original):
        raise ValueError(
            "give log-probabilities (N, classes) of both nets; "
            f"given {tuple(original.shape)} and {tuple(smaller.shape)}"
        )
    first = original.argmax(dim=1, keepdim=True)
    five = smaller.topk(min(5, smaller.shape[1]), dim=1).indices
    return {
        "top1": float((smaller.argmax(dim=1, keepdim=True) == first).float().mean()),
        "top5": float((five == first).any(dim=1).float().mean()),
        "kl": float(F.kl_div(smaller, original, log_target=True, reduction="batchmean")),
    }


def distil(net: nn.Module, original: nn.Module, batches: Iterable[Tensor], *, lr: float = 5e-5) -> list[float]:
    """Train a smaller net to give the original's probabilities (Hinton et al. 2015, arXiv 1503.02531), in place.

    For a quantized net the shared values are trained, and the biases; the codes stay. Dropout is off.

    Args:
        net: pruned or quantized; it is left in its own mode.
        original: the net that it was made from.
        batches: inputs (N, C, H, W); the rate falls to zero from the first to the last.
        lr: of Adam.

    Returns:
        The divergence of each batch before its step, in nats.

    Raises:
        ValueError: no batches.
    """
    inputs = list(batches)
    if not inputs:
        raise ValueError("distillation needs at least one batch of images")
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(inputs))
    course = []
    with evaluating(net):
        for batch in inputs:
            target = log_probabilities(original, batch)
            loss = F.kl_div(net(batch).log_softmax(dim=1), target, log_target=True, reduction="batchmean")
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            course.append(float(loss.detach()))
    return course


def on_photographs() -> "pd.DataFrame":
    """Deep Compression of SqueezeNet 1.1 with its authors' weights: what `benchmarks/compression.py` has measured.

    Returns:
        A row for each file: `density` (share of the weights that is kept), `bits` of a code (32: the original),
        whether it was `distilled`, `bytes`, whether it is the one that the library carries (`shipped`), and its
        `fidelity` to the original on crops of photographs that it was not distilled on. `attrs["record"]` has the
        numbers of crops and steps, the machine and the date.
    """
    import pandas as pd

    record, _ = read("compression-photographs", "is no record of fidelity")
    table = pd.DataFrame(record.pop("rows"))
    table.attrs["record"] = record
    return table
