"""The architectures, one file a paper. Build one with `cs231n_arch.create_model(name)`."""

from cs231n_arch.models.registry import build, list_models

__all__ = ["build", "list_models"]
