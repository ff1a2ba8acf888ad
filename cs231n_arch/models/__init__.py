"""The architectures, one file a paper. Build one with `cs231n_arch.create_model(name)`.

Names cost no import of torch: `build` is loaded on first use.
"""

from typing import TYPE_CHECKING

from cs231n_arch.models.names import list_models

if TYPE_CHECKING:
    from cs231n_arch.models.registry import build

__all__ = ["build", "list_models"]


def __getattr__(name: str) -> object:
    if name == "build":
        from cs231n_arch.models.registry import build

        return build
    raise AttributeError(f"module 'cs231n_arch.models' has no attribute {name!r}")
