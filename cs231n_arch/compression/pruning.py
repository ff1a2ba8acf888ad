"""Magnitude pruning (Han et al. 2015, arXiv 1506.02626; the first stage of Deep Compression)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from cs231n_arch.models.layers import weighted


class Pruned(nn.Module):
    """The parametrization behind `prune`: a weight is its trained values times a mask of zeros and ones.

    The trained values stay a parameter of the layer, so a pruned net is copied, saved and trained like any other.
    """

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)
        self.mask: Tensor

    def forward(self, values: Tensor) -> Tensor:
        """Map the trained values to the weight, both in the shape of the mask."""
        return values * self.mask


def prune(model: nn.Module, density: float) -> None:
    """Hold the smallest weights of every convolution and fully connected layer at zero, in place.

    The kept weights go on training; call it again with a smaller density for the next round. Biases and batch
    norm are left alone, as in the papers.

    Args:
        model: any net; PyTorch's parametrizations with a mask (`Pruned`) are attached to its layers.
        density: share of each layer's weights that is kept, above 0 and at most 1. It cannot grow again: a
            weight at zero stays there.

    Raises:
        ValueError: a density out of range, or above what is left of a layer, a net without weights, or weights
            that something else computes, such as weight normalization or `quantize`.

    Differs from: the papers choose one threshold for each layer, in units of its weights' standard deviation, by
    sensitivity; here each layer keeps the same share, so the density is the one asked for.
    """
    if not 0 < density <= 1:
        raise ValueError(f"density must be above 0 and at most 1; given {density}")
    layers = list(weighted(model))
    if not layers:
        raise ValueError(f"{type(model).__name__} has no convolution or fully connected layer to prune")
    check_own_weights(model)
    for layer in layers:
        if wanted(layer, density) > (left := int(unpruned(layer).sum())):
            share = left / layer.weight.numel()
            raise ValueError(
                f"density {density} is above the {share:.4f} that earlier pruning has left of a layer"
            )
    for layer in layers:
        size = torch.where(unpruned(layer), layer.weight.detach().abs(), -1.0).flatten()
        mask = torch.zeros_like(size)
        mask[size.topk(wanted(layer, density)).indices] = 1.0
        mask = mask.view(layer.weight.shape)
        if pruned(layer):
            layer.parametrizations.weight[0].mask.copy_(mask)  # type: ignore[index, union-attr]
        else:
            parametrize.register_parametrization(layer, "weight", Pruned(mask))


def check_own_weights(model: nn.Module) -> None:
    """Raise ValueError for a layer whose weight is no parameter of its own, but computed from others."""
    layers = set(weighted(model))
    for name, layer in model.named_modules():
        if layer in layers and not pruned(layer) and "weight" not in layer._parameters:
            chain = layer.parametrizations.weight if parametrize.is_parametrized(layer, "weight") else ()
            by = ", ".join(type(part).__name__ for part in chain) or "a hook"
            raise ValueError(
                f"the weight of {name or type(layer).__name__} is computed by {by}; make it a parameter again "
                "first, for instance by torch.nn.utils.parametrize.remove_parametrizations"
            )


def pruned(layer: nn.Module) -> bool:
    """Whether `prune` has seen the layer."""
    if not parametrize.is_parametrized(layer, "weight"):
        return False
    chain = layer.parametrizations.weight  # type: ignore[union-attr]
    return len(chain) == 1 and isinstance(chain[0], Pruned)  # type: ignore[arg-type, index]


def unpruned(layer: nn.Conv2d | nn.Linear) -> Tensor:
    """Mask of the weights that no earlier call has pruned."""
    if pruned(layer):
        mask: Tensor = layer.parametrizations.weight[0].mask  # type: ignore[index, union-attr]
        return mask != 0
    return torch.ones_like(layer.weight, dtype=torch.bool)


def wanted(layer: nn.Conv2d | nn.Linear, density: float) -> int:
    """Weights to keep; at least one, so that no layer is cut off."""
    return max(1, round(density * layer.weight.numel()))


def density(model: nn.Module) -> float:
    """Share of the weights of convolutions and fully connected layers that are not zero.

    Raises:
        ValueError: a net without such a layer.
    """
    layers = list(weighted(model))
    if not layers:
        raise ValueError(f"{type(model).__name__} has no convolution or fully connected layer")
    kept = sum(int(layer.weight.count_nonzero()) for layer in layers)
    return kept / sum(layer.weight.numel() for layer in layers)
