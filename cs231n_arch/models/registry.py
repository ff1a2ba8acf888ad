"""Every model by name: its constructor and `build`."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cs231n_arch.errors import unknown
from cs231n_arch.models.layers import Net
from cs231n_arch.models.names import ALIASES, MODELS

__all__ = ["MODELS", "build", "constructor"]


def constructor(name: str) -> Callable[..., Net]:
    """The function that builds the model `name`, which may be one of `ALIASES`.

    Raises:
        ValueError: no model has this name; the message lists those with a similar one.
    """
    name = ALIASES.get(name, name)
    if name not in MODELS:
        raise ValueError(unknown("model", name, MODELS, f"list_models() gives all {len(MODELS)} names"))
    module = import_module(f"cs231n_arch.models.{MODELS[name].file}")
    return cast(Callable[..., Net], getattr(module, name))


def build(name: str, **options: object) -> Net:
    """Build a model by name, with its constructor's own arguments; `create_model` also loads weights.

    Raises:
        ValueError: unknown name (with near matches), unknown option, or an option's value that the paper's
            construction does not allow.
    """
    construct = constructor(name)
    allowed = inspect.signature(construct).parameters
    strange = [option for option in options if option not in allowed]
    if strange:
        raise ValueError(f"{name} has no option {', '.join(strange)}; it has {', '.join(allowed)}")
    with NoDraws() if torch.get_default_device().type == "meta" else nullcontext():
        return construct(**options)


class NoDraws(TorchFunctionMode):
    """Leaves out the random first weights of a net on the meta device, where they would have no values anyway.

    To draw there, PyTorch loads its compiler, which takes seconds, and interprets each draw in Python.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One call of PyTorch."""
        if func in (Tensor.normal_, Tensor.uniform_):
            return args[0]
        # A newer PyTorch shows the functions of `nn.init` here, and not the draws inside them.
        if getattr(func, "__module__", None) == nn.init.__name__:
            return (*args, *(kwargs or {}).values())[0]
        return func(*args, **(kwargs or {}))
