"""Put a net into evaluation mode for a while, and copy nets: looking at a net must not change it."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

CONTAINERS = (dict, list, set, deque)


class Copying(TorchFunctionMode):
    """While it is active, `copy.deepcopy` copies each tensor by a given function, without its history.

    PyTorch refuses to copy a tensor that autograd computed; a pruned layer, for example, keeps its masked weight
    as such a tensor.
    """

    def __init__(self, make: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.make = make

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Called for each function of PyTorch, including `deepcopy` of a tensor."""
        if func is Tensor.__deepcopy__:
            tensor, memo = args
            if id(tensor) not in memo:
                memo[id(tensor)] = self.made(tensor)
            return memo[id(tensor)]
        if func is Tensor.clone:  # parameters are copied by a clone of their data
            return self.made(args[0])
        return func(*args, **(kwargs or {}))

    def made(self, tensor: Tensor) -> Tensor:
        """The copy of one tensor."""
        with torch._C.DisableTorchFunction():
            return self.make(tensor.detach()).requires_grad_(tensor.requires_grad and tensor.is_leaf)


def to_meta(tensor: Tensor) -> Tensor:
    """The same shape and type on the meta device, where no memory is allocated."""
    return tensor.to("meta")


def to_zeros(tensor: Tensor) -> Tensor:
    """Zeros on the CPU in place of a meta tensor."""
    return torch.zeros_like(tensor, device="cpu")


def copied(model: nn.Module, make: Callable[[Tensor], Tensor] = Tensor.clone) -> nn.Module:
    """A copy of a net that shares nothing with it, gradients left out.

    Args:
        model: any module, also a pruned or parametrized one.
        make: makes the copy of each parameter, buffer and other tensor, such as `to_meta`.

    Raises:
        ValueError: the net has something that cannot be copied (a lock, an open file, ...), or weights that get
            their shape in the first forward pass.
    """
    check_shapes(model)
    try:
        with Copying(make), torch.no_grad():
            return copy.deepcopy(model)
    except Exception as error:
        raise ValueError(f"{type(model).__name__} cannot be copied: {type(error).__name__}: {error}") from error


def check_shapes(model: nn.Module) -> None:
    """Refuse a net with weights that get their shape in the first forward pass.

    Raises:
        ValueError: it has some.
    """
    if any(nn.parameter.is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise ValueError(f"{type(model).__name__} has layers without a shape yet; run it once before")


def held_by(model: nn.Module) -> Iterator[Any]:
    """The attributes of every module as a dict, and all containers in them, each once."""
    seen: set[int] = set()
    rest: list[Any] = [vars(module) for module in model.modules()]
    while rest:
        container = rest.pop()
        if id(container) not in seen:
            seen.add(id(container))
            yield container
            inside = container.values() if isinstance(container, dict) else container
            rest += [value for value in inside if isinstance(value, CONTAINERS)]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode; afterwards the net is exactly as it was before.

    Modes are set and put back through `train()`, so a module that keeps a state there keeps it right. Then all
    that a forward pass may leave behind is put back too: attributes (such as a grid kept for the next image),
    buffers, and the weights of modules with a `train()` of their own.
    """
    modes = [(module, module.training) for module in model.modules()]
    containers = [(container, copy.copy(container)) for container in held_by(model)]
    tensors = {
        value
        for container, _ in containers
        for value in (container.values() if isinstance(container, dict) else container)
        if isinstance(value, Tensor) and not isinstance(value, nn.Parameter)
    }
    # A `train` of its own may change more than modes: LoRA layers merge their weights.
    own = [module for module in model.modules() if type(module).train is not nn.Module.train]
    tensors |= {weight for module in own for weight in module.parameters()}
    values = [
        (tensor, tensor.detach().clone())
        for tensor in tensors
        if not tensor.is_meta and tensor.layout == torch.strided and not tensor.is_quantized
    ]
    try:
        if any(mode for _, mode in modes):
            model.eval()
        yield
    finally:
        for module, mode in modes:
            if module.training != mode:
                module.train(mode)
        for container, content in containers:
            restore(container, content)
        with torch.no_grad():
            for tensor, value in values:
                if not torch.equal(tensor, value):  # a copy onto itself would spoil a graph that needs it
                    tensor.copy_(value)


def restore(container: Any, content: Any) -> None:
    """Give a container its content back; it stays the same object."""
    container.clear()
    if isinstance(container, list | deque):
        container.extend(content)
    else:
        container.update(content)
