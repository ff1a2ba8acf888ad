"""The architectures, one file a paper. Build one with `create_model(name)`."""

from cs231n_arch.models.registry import create_model, list_models

__all__ = ["create_model", "list_models"]
