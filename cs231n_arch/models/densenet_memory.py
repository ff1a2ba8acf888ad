"""Pleiss, Chen, Huang, Li, van der Maaten, Weinberger (2017), "Memory-efficient implementation of DenseNets"."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as compute_twice


def new_maps(body: nn.Module, features: list[Tensor]) -> Tensor:
    """`body` of the joined features; what it needs for its gradient is computed a second time, not kept."""

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), statistics_kept(body)  # the first time, the second time

    def joined(*features: Tensor) -> Tensor:
        maps: Tensor = body(torch.cat(features, dim=1))
        return maps

    maps: Tensor = compute_twice(joined, *features, use_reentrant=False, context_fn=contexts)
    return maps


@contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """Let no batch norm in `module` count the batch it sees: it has counted it before."""
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, (momentum, batches) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, batches
