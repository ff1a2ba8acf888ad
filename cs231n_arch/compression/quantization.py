"""Trained quantization: the weights of a layer share a few trained values (Deep Compression, Section 3)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from cs231n_arch.compression.pruning import check_own_weights, pruned
from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import weighted

BITS = (2, 8)  # smallest and largest code
MOST_ROUNDS = 1000  # of k-means


class SharedWeights(nn.Module):
    """The parametrization behind `quantize`: a weight is its layer's codebook, looked up.

    The codebook is the trainable parameter, so the gradient of a shared value is the sum of the gradients of its
    weights (Section 3.3). Zero is no entry of it: code 0 means pruned, code i the i-th shared value.
    """

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes)
        self.codes: Tensor

    def forward(self, codebook: Tensor) -> Tensor:
        """Map the shared values, shape (k,), to the weight, in the shape of the codes."""
        return nn.functional.pad(codebook, (1, 0))[self.codes.long()]


def quantized(layer: nn.Module) -> bool:
    """Whether `quantize` has seen the layer."""
    if not parametrize.is_parametrized(layer, "weight"):
        return False
    return isinstance(layer.parametrizations.weight[0], SharedWeights)  # type: ignore[index, union-attr]


def cluster(values: np.ndarray, entries: int) -> tuple[np.ndarray, np.ndarray]:
    """k-means in one dimension from evenly spaced centers ("linear initialization", Section 3.2).

    Args:
        values: the numbers to cluster, shape (n,).
        entries: most centers; fewer are used if there are fewer different values.

    Returns:
        The centers in increasing order, shape (k,), and the index of each value's center, shape (n,).
    """
    different, times = np.unique(values, return_counts=True)
    if len(different) <= entries:
        return different, np.searchsorted(different, values)
    # In one dimension a cluster is an interval of the sorted values: running sums give its mean and variance.
    numbers, sums, squares = (
        np.concatenate(([0.0], np.cumsum(times * different.astype(np.float64) ** power))) for power in (0, 1, 2)
    )
    centres = np.linspace(different[0], different[-1], entries, dtype=np.float64)
    for _ in range(MOST_ROUNDS):
        inner = np.searchsorted(different, (centres[1:] + centres[:-1]) / 2)
        edges = np.unique(np.concatenate(([0], inner, [len(different)])))
        members = np.diff(numbers[edges])
        means = np.diff(sums[edges]) / members
        if unused := entries - len(means):
            # Centers in an empty place, such as the gap that pruning leaves around zero, split wide clusters.
            errors = np.maximum(np.diff(squares[edges]) - members * means**2, 0)
            widest = np.argsort(errors)[::-1][:unused]
            means = np.sort(np.concatenate((means, means[widest] + np.sqrt(errors[widest] / members[widest]))))
        if np.array_equal(means, centres):
            break
        centres = means
    centres = np.unique(centres.astype(values.dtype))
    return centres, np.searchsorted((centres[1:] + centres[:-1]) / 2, values)


def quantize(model: nn.Module, bits: int) -> None:
    """Let the nonzero weights of each convolution and fully connected layer share 2^bits values, in place.

    Pruning becomes final: its masks are replaced, and the zeros stay zeros. Afterwards the layer's trainable
    parameter is its codebook, so training goes on as before, now for the shared values.

    Args:
        model: any net, pruned or not.
        bits: bits of a code, 2 to 8.

    Raises:
        ValueError: bits out of range, a net that is quantized already, a layer without a nonzero weight, weights
            that are not finite, or that something else computes, such as weight normalization.
    """
    check_whole(*BITS, bits=bits)
    bits = int(bits)  # a NumPy integer of 8 bits cannot hold 2 to the power of 7
    layers = list(weighted(model))
    if any(quantized(layer) for layer in layers):
        raise ValueError("the net is quantized already")
    check_own_weights(model)
    for name, layer in ((n, m) for n, m in model.named_modules() if m in layers):
        if not layer.weight.isfinite().all():
            raise ValueError(f"the weights of {name or type(layer).__name__} are not all finite")
        if not layer.weight.count_nonzero():
            raise ValueError(f"{name or type(layer).__name__} has no nonzero weight to share")
    for layer in layers:
        weight = layer.weight.detach()
        kept = weight != 0
        centres, labels = cluster(weight[kept].cpu().float().numpy(), 2**bits)
        codes = torch.zeros(weight.shape, dtype=torch.int16, device=weight.device)
        codes[kept] = torch.from_numpy(labels + 1).to(codes)
        codebook = nn.Parameter(torch.from_numpy(centres).to(weight))
        if pruned(layer):
            # Not removed and registered anew: PyTorch would take the weight from the copies of the layer, too.
            parts: Any = layer.parametrizations
            parts.weight.original, parts.weight[0] = codebook, SharedWeights(codes)
        else:
            layer.weight = codebook
            parametrize.register_parametrization(layer, "weight", SharedWeights(codes), unsafe=True)
