"""Magnitude pruning (Han et al. 2015, arXiv 1506.02626; the first stage of Deep Compression)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import prune as torch_prune

from cs231n_arch.models.layers import weighted


def prune(model: nn.Module, density: float) -> None:
    """Hold the smallest weights of every convolution and fully connected layer at zero, in place.

    The kept weights go on training; call it again with a smaller density for the next round. Biases and batch
    norm are left alone, as in the papers.

    Args:
        model: any net; PyTorch's pruning masks are attached to its layers.
        density: share of each layer's weights that is kept, above 0 and at most 1. It cannot grow again: a
            weight at zero stays there.

    Raises:
        ValueError: a density out of range, or above what is left of a layer, or a net without weights.

    Differs from: the papers choose one threshold for each layer, in units of its weights' standard deviation, by
    sensitivity; here each layer keeps the same share, so the density is the one asked for.
    """
    if not 0 < density <= 1:
        raise ValueError(f"density must be above 0 and at most 1; given {density}")
    layers = list(weighted(model))
    if not layers:
        raise ValueError(f"{type(model).__name__} has no convolution or fully connected layer to prune")
    for layer in layers:
        if wanted(layer, density) > (left := int(unpruned(layer).sum())):
            share = left / layer.weight.numel()
            raise ValueError(
                f"density {density} is above the {share:.4f} that earlier pruning has left of a layer"
            )
    for layer in layers:
        more = int(unpruned(layer).sum()) - wanted(layer, density)
        # PyTorch cannot sort weights that lie in memory with the channels last, as training leaves them.
        scores = layer.weight.detach().contiguous()
        torch_prune.l1_unstructured(layer, "weight", more, scores)  # type: ignore[no-untyped-call]


def unpruned(layer: nn.Conv2d | nn.Linear) -> Tensor:
    """Mask of the weights that no earlier call has pruned: the one that PyTorch keeps, or all ones."""
    return layer.get_buffer("weight_mask") if hasattr(layer, "weight_mask") else torch.ones_like(layer.weight)


def wanted(layer: nn.Conv2d | nn.Linear, density: float) -> int:
    """Weights to keep; at least one, so that no layer is cut off."""
    return max(1, round(density * layer.weight.numel()))


def density(model: nn.Module) -> float:
    """Share of the weights of convolutions and fully connected layers that are not zero."""
    layers = list(weighted(model))
    if not layers:
        raise ValueError(f"{type(model).__name__} has no convolution or fully connected layer")
    kept = sum(int(layer.weight.count_nonzero()) for layer in layers)
    return kept / sum(layer.weight.numel() for layer in layers)
