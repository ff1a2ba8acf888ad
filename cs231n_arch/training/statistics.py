"""Batch norm's statistics, estimated anew."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


@torch.no_grad()
def settled(model: Model, images: Tensor, *, batch_size: int = 200) -> Model:
    """A copy in evaluation mode, whose batch norms have the statistics that these images have in this very net.

    A layer that was trained in several nets needs it, such as those of FractalNet: behind a mean of columns, which
    varies little, and in one column alone. The running average mixes their statistics, and suits none.

    Args:
        model: any net; it is left as it is.
        images: (N, C, H, W) on the net's device, those of training; no labels are needed.
        batch_size: images for one pass; the statistics are the mean over all passes.

    Differs from: `torch.optim.swa_utils.update_bn`, which works in training mode, with dropout and drop-path.
    """
    twin = copy.deepcopy(model).eval()
    norms = [module for module in twin.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.train().momentum = None  # the plain mean over all batches
    for batch in torch.split(images, batch_size):
        twin(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return twin.eval()
