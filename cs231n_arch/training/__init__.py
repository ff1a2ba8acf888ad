"""Training as the papers print it: the loop, the recipes, and what a run leaves behind."""

from cs231n_arch.training import recipes
from cs231n_arch.training.batches import make_batches
from cs231n_arch.training.budget import Budget
from cs231n_arch.training.checkpoint import CheckpointError
from cs231n_arch.training.fit import error_rate, fit
from cs231n_arch.training.loop import Run, train
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.session import NonFiniteLossError

__all__ = [
    "Budget",
    "CheckpointError",
    "NonFiniteLossError",
    "Recipe",
    "Run",
    "error_rate",
    "fit",
    "make_batches",
    "recipes",
    "train",
]
