"""A net in another mode for a while: in evaluation, or on the meta device, where nothing is computed."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


def on_meta(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and buffer as a meta tensor, for `functional_call` without its own tying of weights.

    A module that is used under two names comes once: `functional_call`, given both, would not put back the first.
    A weight that two modules share is one tensor under both names.
    """
    twins: dict[int, Tensor] = {}
    return {
        f"{path}.{name}".lstrip("."): twins.setdefault(id(tensor), tensor.to("meta"))
        for path, module in model.named_modules()
        for name, tensor in (*module._parameters.items(), *module._buffers.items())
        if tensor is not None
    }


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode, and each back into its own mode afterwards."""
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
