"""The CNN architectures of CS231n lecture 9, exactly as their papers print them.

The names below are loaded on first use, so importing the package costs little more than importing torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cs231n_arch.anatomy import conv_output_size, layer_table, receptive_field
    from cs231n_arch.create import create_model
    from cs231n_arch.models import list_models
    from cs231n_arch.profiling import compare, profile

_HOMES = {
    "create_model": "create",
    "list_models": "models",
    "conv_output_size": "anatomy",
    "receptive_field": "anatomy",
    "layer_table": "anatomy",
    "profile": "profiling",
    "compare": "profiling",
}

__all__ = [
    "__version__",
    "compare",
    "conv_output_size",
    "create_model",
    "layer_table",
    "list_models",
    "profile",
    "receptive_field",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"cs231n_arch.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'cs231n_arch' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
