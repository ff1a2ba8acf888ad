"""Training as the papers print it: the loop, the recipes, and what a run leaves behind.

The names below are loaded on first use: the recipes are data, and reading them costs no import of torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cs231n_arch.training import recipes
    from cs231n_arch.training.batches import make_batches
    from cs231n_arch.training.budget import Budget
    from cs231n_arch.training.checkpoint import CheckpointError
    from cs231n_arch.training.fitting import error_rate, fit
    from cs231n_arch.training.loop import Run, train
    from cs231n_arch.training.options import Compute, Files
    from cs231n_arch.training.recipe import Recipe
    from cs231n_arch.training.session import NonFiniteLossError

_HOMES = {
    "make_batches": "batches",
    "Budget": "budget",
    "CheckpointError": "checkpoint",
    "error_rate": "fitting",
    "fit": "fitting",
    "Run": "loop",
    "train": "loop",
    "Compute": "options",
    "Files": "options",
    "Recipe": "recipe",
    "NonFiniteLossError": "session",
}

__all__ = [
    "Budget",
    "CheckpointError",
    "Compute",
    "Files",
    "NonFiniteLossError",
    "Recipe",
    "Run",
    "error_rate",
    "fit",
    "make_batches",
    "recipes",
    "train",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"cs231n_arch.training.{_HOMES[name]}"), name)
    if name == "recipes":
        return import_module("cs231n_arch.training.recipes")
    raise AttributeError(f"module 'cs231n_arch.training' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
