"""One operator of PyTorch as it is called, with what is known of its inputs."""

from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.receptive import Seen

# In addition to those that PyTorch marks as such.
POINTWISE = {"_prelu_kernel", "_to_copy", "alias", "clone", "detach", "hardswish", "lift_fresh", "native_dropout"}


class Unknown(Exception):  # noqa: N818  (an answer, not a failure)
    """What the output's units see cannot be known."""


class Window(NamedTuple):
    """Window of a convolution or pooling: one number for each dimension that it moves along, the last ones."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]


class Call:
    """One operator and what is known of its inputs.

    Attributes:
        given: its arguments by name.
        seen: for each input that depends on the image, by id, what its units see; None if that is not known.
        weights: ids of tensors made of parameters only.
        shapes: of the inputs before the operator, by id; it may work in place.
        window: set by a handler, for the table.
    """

    def __init__(
        self,
        func: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        seen: dict[int, Seen | None],
        weights: set[int],
    ) -> None:
        self.func = func
        self.name = func.overloadpacket.__name__.rstrip("_") or func.overloadpacket.__name__
        self.given = signature(func) | dict(zip(signature(func), args, strict=False)) | kwargs
        self.inputs = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        self.seen, self.weights = seen, weights
        self.shapes = {id(tensor): tuple(tensor.shape) for tensor in self.inputs}
        self.window: Window | None = None
        self.outputs: list[Tensor] = []

    def tracked(self, tensor: object) -> bool:
        """Whether the tensor depends on the image."""
        return id(tensor) in self.seen

    def of(self, tensor: object) -> Seen:
        """What the units of an input see, which depends on the image."""
        seen = self.seen[id(tensor)]
        if seen is None:
            raise Unknown
        return seen

    @property
    def writes(self) -> bool:
        """Whether the operator works in place."""
        return any(result.alias_info and result.alias_info.is_write for result in self.func._schema.returns)

    @property
    def pointwise(self) -> bool:
        """Whether each unit of the output depends only on the units at its own place."""
        return torch.Tag.pointwise in self.func.tags or self.name in POINTWISE

    @property
    def first(self) -> Tensor:
        """The first argument, which the operator is mostly about; it must depend on the image."""
        tensor = next(iter(self.given.values()))
        if not self.tracked(tensor):
            raise Unknown
        return tensor  # type: ignore[no-any-return]

    def numbers(self, name: str, rank: int) -> tuple[int, ...]:
        """An argument that is one number for all dimensions, or one for each."""
        value = self.given[name]
        values = (value,) if isinstance(value, int) else tuple(value)
        return values * rank if len(values) == 1 else values

    def masks(self) -> bool:
        """Whether an input may be a mask: neither image nor weights made it, and it is more than a vector."""
        others = [t for t in self.inputs if not self.tracked(t) and id(t) not in self.weights]
        return any(sum(side > 1 for side in tensor.shape) > 1 for tensor in others)


@cache
def signature(func: Any) -> dict[str, Any]:
    """Names of an operator's arguments, with their default values."""
    return {a.name: a.default_value if a.has_default_value() else None for a in func._schema.arguments}
