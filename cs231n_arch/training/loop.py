"""The training loop: `train(model, data, recipe)`."""

import time
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from cs231n_arch.data import Split
from cs231n_arch.training.batches import DeviceBatches
from cs231n_arch.training.budget import Budget
from cs231n_arch.training.optimizers import DiagonalLM, build_optimizer
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau

Precision = Literal["fp32", "bf16"]
CURVATURE_IMAGES = 500  # LeCun et al. (1998), Section III.B


class NonFiniteLossError(RuntimeError):
    """The loss became infinite or not a number; the message says when and in which layer."""


@dataclass(frozen=True)
class Run:
    """What a training gave.

    Attributes:
        model: the trained net, in evaluation mode.
        history: one row an epoch: `epoch, step, lr, train_loss, train_error, test_error, seconds`. Errors are
            shares from 0 to 1; those of training are of the epoch's own batches, as they were trained on.
        recipe: the recipe as it was run.
        seed: of the data's order and of dropout.
        device: where it ran.
    """

    model: nn.Module
    history: pd.DataFrame
    recipe: Recipe
    seed: int
    device: str

    @property
    def test_error(self) -> float:
        """Share of test images that the trained net gets wrong."""
        return float(self.history["test_error"].iloc[-1])

    @property
    def seconds(self) -> float:
        """Duration of the whole training."""
        return float(self.history["seconds"].iloc[-1])


def train(
    model: nn.Module,
    data: Split,
    recipe: Recipe,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    device: str | None = None,
    seed: int = 0,
    precision: Precision = "fp32",
    channels_last: bool = True,
    progress: bool = True,
) -> Run:
    """Train `model` on `data` as `recipe` says; the model is changed in place.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes), or in training to a named tuple whose first field is
            `logits` and whose others are auxiliary scores, weighted by the model's `aux_weight`.
        data: normalised images.
        recipe: the paper's; a shortened run keeps the shape of its schedule.
        epochs: passes over the training images; None takes the recipe's length.
        steps: updates, instead of `epochs`.
        batch_size: images for one update; None takes the recipe's. The rate stays: see `Recipe.for_batch_size`.
        device: as PyTorch names it; None takes `Budget.auto`'s.
        seed: of the data's order and of dropout. The weights have theirs from before: `torch.manual_seed` and
            then build the model.
        precision: `bf16` computes matrix products in bfloat16.
        channels_last: lay images out with the channels last, which most machines convolve faster.
        progress: show a bar with the time that remains.

    Raises:
        ValueError: an option out of range, images that are bytes or not finite, fewer scores than classes.
        NonFiniteLossError: the loss left the finite numbers.
    """
    target = torch.device(device or Budget.auto().device)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    recipe = recipe if batch_size is None else recipe.replace(batch_size=batch_size)
    model.to(target, memory_format=layout)  # type: ignore[call-overload]
    train_images, test_images = (
        images.to(target, memory_format=layout) for images in (data.train_images, data.test_images)
    )
    train_labels, test_labels = data.train_labels.to(target), data.test_labels.to(target)
    _check(model, train_images, len(data.classes))

    batches = DeviceBatches(train_images, train_labels, recipe.batch_size, seed)
    total = _length(recipe, len(batches), epochs, steps)
    optimizer = build_optimizer(model, recipe)
    plateau = _plateau(optimizer, recipe)
    history: list[dict[str, float]] = []
    step = epoch = 0
    begun = time.perf_counter()

    with torch.random.fork_rng(), tqdm(total=total, disable=not progress, unit="step", mininterval=0.5) as bar:
        torch.manual_seed(seed)
        while step < total:
            model.train()
            if isinstance(optimizer, DiagonalLM):
                generator = torch.Generator().manual_seed(seed + epoch)
                optimizer.estimate(model, train_images[:CURVATURE_IMAGES], generator)
            loss_sum = torch.zeros((), device=target)
            wrong = torch.zeros((), dtype=torch.long, device=target)
            seen = 0
            for images, labels in batches.epoch(epoch):
                if step == total:
                    break
                if plateau is None:
                    _set_lr(optimizer, _lr(recipe, step, total))
                with torch.autocast(target.type, torch.bfloat16, enabled=precision == "bf16"):
                    output = model(images)
                    scores, loss = _loss(model, output, labels, recipe.label_smoothing)
                if not loss.isfinite():
                    raise NonFiniteLossError(_diagnosis(model, images, loss, epoch, step, optimizer))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                if recipe.clip_norm is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
                optimizer.step()

                step, seen = step + 1, seen + len(labels)
                loss_sum += loss.detach() * len(labels)
                wrong += (scores.detach().argmax(dim=1) != labels).sum()
                bar.update()

            epoch += 1
            row = {
                "epoch": epoch,
                "step": step,
                "lr": optimizer.param_groups[0]["lr"],
                "train_loss": float(loss_sum) / seen,
                "train_error": float(wrong) / seen,
                "test_error": error_rate(model, test_images, test_labels),
                "seconds": time.perf_counter() - begun,
            }
            history.append(row)
            bar.set_postfix_str(f"epoch {epoch}, train {row['train_error']:.1%}, test {row['test_error']:.1%}")
            if plateau is not None:
                assert isinstance(recipe.schedule, Plateau)
                plateau.step(row[f"{recipe.schedule.watch}_error"])

    return Run(model.eval(), pd.DataFrame(history), recipe, seed, str(target))


@torch.no_grad()
def error_rate(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 512) -> float:
    """Share of the images (N, C, H, W) whose highest score is not that of the label (N,), in evaluation mode."""
    model.eval()
    parts = zip(torch.split(images, batch_size), torch.split(labels, batch_size), strict=True)
    wrong = sum((model(x).argmax(dim=1) != y).sum() for x, y in parts)
    return float(wrong) / len(labels)


def _loss(
    model: nn.Module, output: Tensor | tuple[Tensor, ...], labels: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """The scores, and the cross-entropy of them and, by the model's `aux_weight`, of its auxiliary scores."""
    scores, *auxiliary = (output,) if isinstance(output, Tensor) else output
    loss = F.cross_entropy(scores, labels, label_smoothing=smoothing)
    for side in auxiliary:
        loss = loss + model.aux_weight * F.cross_entropy(side, labels, label_smoothing=smoothing)
    return scores, loss


def _length(recipe: Recipe, steps_per_epoch: int, epochs: int | None, steps: int | None) -> int:
    """Number of updates: as asked for, else the recipe's."""
    if epochs is not None and steps is not None:
        raise ValueError("give epochs or steps, not both")
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1; given {value}")
    if steps is not None:
        return steps
    if epochs is not None:
        return epochs * steps_per_epoch
    return recipe.iterations or recipe.epochs * steps_per_epoch


def _lr(recipe: Recipe, step: int, total: int) -> float:
    """The rate after `step` updates, by every schedule but `Plateau`."""
    assert not isinstance(recipe.schedule, Plateau)
    warm = recipe.warmup.factor if recipe.warmup and step < recipe.warmup.iterations else 1.0
    return recipe.lr * warm * recipe.schedule.factor(step, total)


def _set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr


def _plateau(
    optimizer: torch.optim.Optimizer, recipe: Recipe
) -> torch.optim.lr_scheduler.ReduceLROnPlateau | None:
    """PyTorch's scheduler for a `Plateau`, which stops after the printed number of reductions."""
    if not isinstance(recipe.schedule, Plateau):
        return None
    least = recipe.lr * recipe.schedule.by**recipe.schedule.times
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=recipe.schedule.by, patience=recipe.schedule.patience, min_lr=least, eps=0.0
    )


def _check(model: nn.Module, images: Tensor, classes: int) -> None:
    """Raise ValueError for what would otherwise fail late or not at all."""
    if len(images) == 0:
        raise ValueError("there are no training images")
    if not images.is_floating_point():
        raise ValueError(f"images must be normalised floats; given {images.dtype}: load with normalise='standard'")
    if not images.isfinite().all():
        raise ValueError("the training images hold values that are infinite or not a number")
    model.eval()
    with torch.no_grad():
        scores = model(images[:1])
    if scores.shape[1] < classes:
        raise ValueError(f"the model gives {scores.shape[1]} scores, but the data has {classes} classes")


def _diagnosis(
    model: nn.Module, images: Tensor, loss: Tensor, epoch: int, step: int, optimizer: torch.optim.Optimizer
) -> str:
    """When the loss was lost, and the first layer whose output is not finite."""
    culprits: list[str] = []

    def watch(name: str) -> object:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and not output.isfinite().all():
                culprits.append(name)

        return hook

    handles = [
        m.register_forward_hook(watch(name))
        for name, m in model.named_modules()
        if name and not list(m.children())
    ]  # type: ignore[arg-type]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    where = (
        f"the first output that is not finite is that of {culprits[0]}"
        if culprits
        else "every layer's output is finite"
    )
    rate = optimizer.param_groups[0]["lr"]
    return (
        f"the loss became {loss.item()} at step {step + 1} (epoch {epoch + 1}), learning rate {rate:g}; {where}. "
        "A lower learning rate, a warm-up or clipping usually helps"
    )
