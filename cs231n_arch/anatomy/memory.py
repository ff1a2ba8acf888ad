"""What a training step must keep in memory, counted while it runs; on the meta device nothing is computed."""

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.calls import Call
from cs231n_arch.anatomy.modes import copied, to_meta
from cs231n_arch.anatomy.shapes import run
from cs231n_arch.anatomy.watch import Mode, storage
from cs231n_arch.errors import check_whole
from cs231n_arch.errors import input_size as checked


class Alive(Mode):
    """Counts the bytes of all tensors made while it is active that are still in use, and their peak."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.peak: int = 0
        self.sizes: dict[int, int] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One operator runs."""
        call = Call(func, args, kwargs or {}, {}, set())
        known = {storage(tensor) for tensor in call.inputs}
        output = run(call, func, args, kwargs or {})
        for leaf in tree_leaves(output):
            new = isinstance(leaf, Tensor) and storage(leaf) not in known | self.sizes.keys()
            if new:  # neither a view nor in place
                self.begin(leaf)
        return output

    def begin(self, tensor: Tensor) -> None:
        """A new tensor has been allocated; it counts until its storage is freed."""
        memory, key = tensor.untyped_storage(), storage(tensor)
        self.sizes[key] = memory.nbytes()
        self.now += memory.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(memory, self.end, key)

    def end(self, name: int) -> None:
        """A storage is gone."""
        self.now -= self.sizes.pop(name)


def training_memory(
    model: nn.Module, batch_size: int, input_size: Sequence[int] | None = None, *, device: str = "meta"
) -> int:
    """Peak memory of a forward and a backward pass in training mode: activations and gradients.

    Args:
        model: maps images (N, C, H, W) to one tensor. It is left as it is.
        batch_size: images in the batch.
        input_size: (channels, height, width); by default `model.input_size`.
        device: where to run. On `meta` nothing is computed, and the count is the same.

    Returns:
        Bytes. Weights and images, which are there before, do not count; nor does what a library allocates for
        itself within an operator, or an allocator holds in reserve.

    Raises:
        ValueError: no usable `input_size`, or a batch size below 1.
    """
    size = checked(model, input_size)
    check_whole(batch_size=batch_size)
    twin = (copied(model, to_meta) if device == "meta" else copied(model).to(device)).train()
    twin.zero_grad(set_to_none=True)
    dtype = next((p.dtype for p in twin.parameters() if p.is_floating_point()), torch.float32)
    images = torch.zeros(batch_size, *size, device=device, dtype=dtype)
    with torch.random.fork_rng(), Alive() as alive:
        twin(images).sum().backward()
    return int(alive.peak)
