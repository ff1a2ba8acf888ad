"""How the gradient of the loss travels back through a net: its size, and how much of it arrives unchanged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from cs231n_arch.anatomy.modes import copied

if TYPE_CHECKING:
    import pandas as pd


def gradient_flow(model: nn.Module, images: Tensor, labels: Tensor, modules: Sequence[str]) -> "pd.DataFrame":
    """The gradient of the cross-entropy with respect to the outputs of some modules, in training mode.

    The model itself is left as it is, statistics of batch norm included.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes).
        images: a batch, on the model's device.
        labels: (N,).
        modules: names of modules with one tensor as output, in the order of the forward pass.

    Returns:
        A frame with one row a module. Columns: `name`; `norm`, the length of the gradient of the whole batch;
        `share`, the length of its projection on the gradient at the last of the modules, divided by the length of
        that one: 1 if all of it arrives, and nothing besides that points the same way. NaN where shapes differ.

    Raises:
        ValueError: no modules, or a name that the model does not have.
    """
    import pandas as pd

    twin = copied(model).train()
    have = dict(twin.named_modules())
    if not modules or (missing := [name for name in modules if name not in have]):
        unknown = ", ".join(missing) if modules else "none at all"
        raise ValueError(f"modules must be names of the model's modules; given {unknown}")
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> None:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
            outputs[name] = output
            return output.clone()  # what follows may work in place

        have[name].register_forward_hook(hook)

    for name in modules:
        keep(name)
    # With the images, every output has a gradient, even before the first weights.
    loss = F.cross_entropy(twin(images.detach().clone().requires_grad_()), labels)
    gradients = torch.autograd.grad(loss, [outputs[name] for name in modules])
    last = gradients[-1]
    return pd.DataFrame(
        {
            "name": list(modules),
            "norm": [float(g.norm()) for g in gradients],
            "share": [
                float((g * last).sum() / last.square().sum()) if g.shape == last.shape else float("nan")
                for g in gradients
            ],
        }
    )


def weight_gradients(model: nn.Module, images: Tensor, labels: Tensor) -> "pd.Series":
    """The gradient of the cross-entropy with respect to the weights of each convolution, in units of the weights.

    The model itself is left as it is, statistics of batch norm included.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes).
        images: a batch, on the model's device.
        labels: (N,).

    Returns:
        Name of the convolution -> length of the gradient, divided by the length of the weights; in the order of
        definition. Zero for one that does not affect the loss.

    Raises:
        ValueError: a model without a convolution.
    """
    import pandas as pd

    twin = copied(model).train()
    convolutions = {name: m for name, m in twin.named_modules() if isinstance(m, nn.Conv2d)}
    if not convolutions:
        raise ValueError(f"{type(model).__name__} has no convolution")
    with parametrize.cached():  # a computed weight is the same tensor for the loss and for us
        loss = F.cross_entropy(twin(images), labels)
        weights = [layer.weight for layer in convolutions.values()]
    gradients = torch.autograd.grad(loss, weights, materialize_grads=True)
    sizes = [float(g.norm() / w.detach().norm()) for g, w in zip(gradients, weights, strict=True)]
    return pd.Series(sizes, index=list(convolutions), name="gradient")
