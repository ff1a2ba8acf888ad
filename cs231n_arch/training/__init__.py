"""Training as the papers print it: recipes, the loop, and what a run leaves behind."""

from cs231n_arch.training import recipes
from cs231n_arch.training.budget import Budget
from cs231n_arch.training.checkpoint import CheckpointError
from cs231n_arch.training.checks import NonFiniteLossError
from cs231n_arch.training.loop import Run, error_rate, train
from cs231n_arch.training.recipe import Recipe

__all__ = [
    "Budget",
    "CheckpointError",
    "NonFiniteLossError",
    "Recipe",
    "Run",
    "error_rate",
    "recipes",
    "train",
]
