"""The training loop, short enough to read as a whole. `train` runs it, with everything that a long run needs."""

from collections.abc import Callable, Iterable
from typing import Protocol

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.training.batches import Batches, pieces
from cs231n_arch.training.checks import check_split
from cs231n_arch.training.distributed import World
from cs231n_arch.training.progress import Progress


class Step(Protocol):
    """One update of the weights by one batch."""

    def __call__(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Update the weights; the scores (N, classes) and the mean loss of the batch."""


def update(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> tuple[Tensor, Tensor]:
    """One step of gradient descent: the loss of a batch, its gradients, and new weights.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes).
        optimizer: of the model's parameters.
        images: (N, C, H, W), the batch.
        labels: (N,), the number of each image's class.
        criterion: maps scores (N, classes) and labels (N,) to the loss, a scalar.

    Returns:
        The scores (N, classes) and the loss, both from before the update.
    """
    scores = model(images)
    loss = criterion(scores, labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return scores, loss


def fit(
    model: nn.Module,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    step: Step = update,
    evaluated: nn.Module | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Train `model` for so many epochs, and test it after each.

    Args:
        model: is changed in place.
        batches: of training and test images, see `make_batches`.
        optimizer: such as `torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)`.
        epochs: passes over the training images.
        step: what is done with a batch.
        evaluated: the net that is tested; `model` itself, unless an average of its weights is.
        progress: counts the updates; if it has begun already, the training continues from there.

    Returns:
        One row per epoch: `epoch, step, lr, train_loss, train_error, test_error, seconds`. Errors are shares from
        0 to 1; those of training are of the batches as they were seen.
    """
    progress = progress or Progress()
    while progress.epoch < epochs:
        model.train()
        for images, labels in batches.epoch(progress.epoch, start=progress.batch):
            scores, loss = step(model, optimizer, images, labels)
            progress.add(scores, labels, loss)
        error = error_over(model if evaluated is None else evaluated, batches.test())
        progress.end_epoch(optimizer.param_groups[0]["lr"], error)
    return pd.DataFrame(progress.history)


@torch.no_grad()
def error_over(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Share of the images whose highest score is not that of the label, in evaluation mode.

    Several processes, each with its share of the batches, get the same answer.
    """
    counts = torch.zeros(2, dtype=torch.long)
    with evaluating(model):
        for images, labels in batches:
            missed = model(images).argmax(dim=1) != labels
            counts = counts.to(labels.device) + torch.stack([missed.sum(), torch.ones_like(missed).sum()])
    wrong, seen = World.here().total(counts).tolist()
    return float(wrong / seen)


def error_rate(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of the images (N, C, H, W) whose highest score is not that of the label (N,), in evaluation mode.

    Several processes share the images; none is counted twice.

    Raises:
        ValueError: no images, labels of another number, or images that are not finite floats.
    """
    check_split(images, labels, None, "test")
    return error_over(model, pieces(images, labels))
