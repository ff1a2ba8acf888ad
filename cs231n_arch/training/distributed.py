r"""Several processes, one training: what `torchrun` starts, one process per device.

On one machine with 8 GPUs, and on each of four such machines (number I of them)::

    torchrun --nproc-per-node 8 -m cs231n_arch train ...

    torchrun --nnodes 4 --node-rank I --nproc-per-node 8 \
        --rdzv-backend c10d --rdzv-endpoint HOST:29500 -m cs231n_arch train ...

Each process takes its share of every batch, so the batches are those of a single process, and no image is seen or
counted twice.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class World:
    """The processes of this training.

    Attributes:
        rank: number of this process, from 0.
        size: number of processes.
    """

    rank: int
    size: int

    @classmethod
    def here(cls) -> "World":
        """The initialized process group, or a single process."""
        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        return cls(0, 1)

    @property
    def leads(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def share(self, items: Tensor) -> Tensor:
        """Every size-th item along the first axis, beginning with the rank-th: disjoint, together all."""
        return items[self.rank :: self.size]

    def total(self, value: Tensor) -> Tensor:
        """Sum over the processes, in each of them."""
        if self.size > 1:
            value = value.clone()
            distributed.all_reduce(value)
        return value

    def wrap(self, model: nn.Module, device: torch.device, *, sync_bn: bool) -> nn.Module:
        """The model whose backward pass averages the gradients over the processes.

        Raises:
            ValueError: `sync_bn` on a CPU, where PyTorch has no synchronized batch norm.
        """
        if self.size == 1:
            return model
        if sync_bn:
            if device.type != "cuda":
                raise ValueError(f"PyTorch's synchronized batch norm needs CUDA devices; given {device.type}")
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        # A path that is dropped in one process still has a gradient in another.
        drops = any(getattr(m, rate, 0.0) for m in model.modules() for rate in ("death_rate", "drop_path"))
        ids = [device.index or 0] if device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids, find_unused_parameters=drops)


@contextmanager
def process_group() -> Iterator[World]:
    """Join the processes that `torchrun` started, and leave them at the end; without it, a single process.

    NCCL connects CUDA devices, gloo CPUs. Each process is given its own CUDA device.
    """
    if "LOCAL_RANK" not in os.environ or not distributed.is_available():
        yield World(0, 1)
        return
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield World.here()
    finally:
        distributed.destroy_process_group()
