"""Two nets that are the same, matched by what runs, not by what it is called.

Two nets that are the same run the same layers one after the other. So both are run once on the meta device, where
nothing is computed, the layers that hold tensors are noted in the order in which they run, and the two lists
must agree pair by pair in kind and size. No layer is known by its name.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Layer(NamedTuple):
    """A module that holds tensors of its own, and its name in the net."""

    name: str
    module: nn.Module

    def __str__(self) -> str:
        return f"{self.name}, {_kind(self.module).__name__}({_kind(self.module).extra_repr(self.module)})"


class Pair(NamedTuple):
    """One tensor that both nets have.

    Attributes:
        theirs: its key in the other net's state dict.
        ours: its key in ours.
        shape: its shape in the other net.
    """

    theirs: str
    ours: str
    shape: tuple[int, ...]


def running_order(net: nn.Module, input_size: tuple[int, int, int]) -> list[Layer]:
    """The layers that hold tensors, in the order in which a training pass first runs them.

    Args:
        net: a net on the meta device.
        input_size: (channels, height, width).
    """
    names = {module: name for name, module in net.named_modules() if own_tensors(module)}
    ran: dict[nn.Module, None] = {}
    with ExitStack() as hooks, torch.no_grad():
        for module in names:
            hooks.enter_context(module.register_forward_pre_hook(lambda module, _: ran.setdefault(module)))
        net.train()(torch.empty(2, *input_size, device="meta"))
    return [Layer(names[module], module) for module in ran]


def defined_order(net: nn.Module, input_size: tuple[int, int, int]) -> list[Layer]:
    """The layers of `running_order`, in the order in which the net defines them."""
    ran = {layer.module for layer in running_order(net, input_size)}
    return [Layer(name, module) for name, module in net.named_modules() if module in ran]


def first_difference(theirs: Sequence[Layer], ours: Sequence[Layer]) -> tuple[Layer | None, Layer | None] | None:
    """The first two layers that do not do the same (None where a net has ended); None if all do."""
    for their, our in zip_longest(theirs, ours):
        if their is None or our is None or not _alike(their.module, our.module):
            return their, our
    return None


def pairs(theirs: Sequence[Layer], ours: Sequence[Layer]) -> tuple[Pair, ...]:
    """The tensors of layers that do the same, pair by pair."""
    return tuple(
        Pair(f"{their.name}.{key}", f"{our.name}.{key}", tuple(tensor.shape))
        for their, our in zip(theirs, ours, strict=True)
        for key, tensor in own_tensors(their.module)
    )


def own_tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Parameters and buffers of the module itself, by name."""
    return [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]


def _kind(module: nn.Module) -> type[nn.Module]:
    """The layer of PyTorch that the module is, or is derived from."""
    return next(kind for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn."))


def _alike(one: nn.Module, other: nn.Module) -> bool:
    """Whether two layers do the same with tensors of the same size."""
    kind, other_kind = _kind(one), _kind(other)
    if kind is other_kind:
        return kind.extra_repr(one) == kind.extra_repr(other)
    # On a map of its own size a convolution is a linear layer.
    sizes = [[(t.shape[:1], t.numel()) for _, t in own_tensors(module)] for module in (one, other)]
    return {kind, other_kind} == {nn.Conv2d, nn.Linear} and sizes[0] == sizes[1]
