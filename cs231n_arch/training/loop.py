"""The training loop: `train(model, data, recipe)`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from cs231n_arch.data import Split
from cs231n_arch.files import write_atomically
from cs231n_arch.training.batches import Augment, DeviceBatches
from cs231n_arch.training.budget import Budget
from cs231n_arch.training.checkpoint import Saver, interruptible
from cs231n_arch.training.checks import NonFiniteLossError, check_data, check_number, diagnosis
from cs231n_arch.training.distributed import World
from cs231n_arch.training.optimizers import build_optimizer
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau

Precision = Literal["fp32", "bf16", "fp16"]
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Run:
    """What a training gave.

    Attributes:
        model: the trained net, in evaluation mode; the running average of its weights, if the recipe has one.
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
    accumulate: int = 1,
    augment: Augment | None = None,
    device: str | None = None,
    seed: int = 0,
    precision: Precision = "fp32",
    channels_last: bool = True,
    compile: bool = False,
    sync_bn: bool = False,
    checkpoint: str | Path | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log: str | Path | None = None,
    progress: bool = True,
) -> Run:
    """Train `model` on `data` as `recipe` says; the model is changed in place.

    Started by `torchrun` inside `distributed.process_group`, several processes share every batch.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes), or in training to a named tuple whose first field
            is `logits` and whose others are auxiliary scores, weighted by the model's `aux_weight`.
        data: normalised images.
        recipe: the paper's; a shortened run keeps the shape of its schedule.
        epochs: passes over the training images; None takes the recipe's length.
        steps: updates, instead of `epochs`.
        batch_size: images for one update; None takes the recipe's. The rate stays: see `Recipe.for_batch_size`.
        accumulate: parts of a batch that are computed one after the other, for one update, to save memory. Batch
            norm sees the parts.
        augment: changes a batch where it lies, such as `data.batchwise.CropAndFlip()`.
        device: as PyTorch names it; None takes `Budget.auto`'s.
        seed: of the data's order, augmentation and dropout. The weights have theirs from before:
            `torch.manual_seed` and then build the model.
        precision: `bf16` and `fp16` compute matrix products in 16 bits, `fp16` with a scaled loss.
        channels_last: lay images out with the channels last, which most machines convolve faster.
        compile: run the training step through `torch.compile`.
        sync_bn: batch norm over all processes; CUDA only.
        checkpoint: file that is written after each epoch, at the end, and on Ctrl-C.
        checkpoint_every: updates between further checkpoints inside an epoch.
        resume: go on from the checkpoint, if it exists; on a CPU the result is that of an undisturbed run exactly.
        log: file for the history, as CSV, after each epoch.
        progress: show a bar with the time that remains.

    Raises:
        ValueError: an option out of range, images that are bytes or not finite, fewer scores than classes.
        CheckpointError: `resume` from a file that is damaged or belongs to another run.
        NonFiniteLossError: the loss left the finite numbers.
    """
    check_number("accumulate", accumulate, 1)
    check_number("checkpoint_every", 1 if checkpoint_every is None else checkpoint_every, 1)
    if precision not in TYPES:
        raise ValueError(f"precision must be {', '.join(TYPES)}; given {precision!r}")
    target, world = torch.device(device or Budget.auto().device), World.here()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    recipe = recipe if batch_size is None else recipe.replace(batch_size=batch_size)
    model.to(target, memory_format=layout)  # type: ignore[call-overload]
    train_images, test_images = (
        images.to(target, memory_format=layout) for images in (data.train_images, data.test_images)
    )
    train_labels, test_labels = data.train_labels.to(target), data.test_labels.to(target)
    check_data(model, train_images, len(data.classes))

    batches = DeviceBatches(train_images, train_labels, recipe.batch_size, seed, augment, world)
    if accumulate > recipe.batch_size // world.size:
        raise ValueError(f"a batch of {recipe.batch_size // world.size} has no {accumulate} parts")
    total = _length(recipe, len(batches), epochs, steps)
    optimizer = build_optimizer(model, recipe)
    plateau = _plateau(optimizer, recipe)
    scaler = torch.amp.GradScaler(target.type, enabled=precision == "fp16")
    average = _average(model, recipe)
    evaluated = average.module if average else model
    parallel = world.wrap(model, target, sync_bn=sync_bn)
    forward = torch.compile(parallel) if compile else parallel

    identity = {
        "recipe": repr(recipe), "data": repr(data), "seed": str(seed), "length": str(total),
        "precision": precision, "accumulate": str(accumulate), "processes": str(world.size),
    }  # fmt: skip
    parts = {"optimizer": optimizer, "scaler": scaler, "plateau": plateau, "average": average}
    parts = {name: part for name, part in parts.items() if part is not None}
    saver = Saver(checkpoint, identity, model, parts, target, writes=world.leads)
    bar = tqdm(total=total, disable=not (progress and world.leads), unit="step", mininterval=0.5)

    with torch.random.fork_rng(), bar, interruptible() as interrupted:
        torch.manual_seed(seed + world.rank)
        if resume:
            saver.restore()
        now = saver.now
        bar.update(now.step)
        while now.step < total or now.batch > 0:
            model.train()
            sums = torch.tensor(now.sums, device=target, dtype=torch.float64)  # loss, wrong answers, images
            for images, labels in batches.epoch(now.epoch, start=now.batch):
                if now.step == total:
                    break
                if plateau is None:
                    _set_lr(optimizer, _lr(recipe, now.step, total))
                optimizer.zero_grad(set_to_none=True)
                for part, wanted in zip(
                    images.tensor_split(accumulate), labels.tensor_split(accumulate), strict=True
                ):
                    with torch.autocast(target.type, TYPES[precision], enabled=precision != "fp32"):
                        scores, loss = _loss(model, forward(part), wanted, recipe.label_smoothing)
                    if not loss.isfinite():
                        at = (now.epoch + 1, now.step + 1, optimizer.param_groups[0]["lr"])
                        raise NonFiniteLossError(diagnosis(model, part, loss.item(), *at))
                    scaler.scale(loss * (len(part) / len(images))).backward()  # type: ignore[no-untyped-call]
                    sums[0] += loss.detach() * len(part)
                    sums[1] += (scores.detach().argmax(dim=1) != wanted).sum()
                    sums[2] += len(part)
                if recipe.clip_norm is not None:
                    scaler.unscale_(optimizer)
                    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
                scaler.step(optimizer)
                scaler.update()
                if average:
                    average.update_parameters(model)
                now.step, now.batch = now.step + 1, now.batch + 1
                bar.update()
                if interrupted() or (checkpoint_every and now.step % checkpoint_every == 0):
                    now.sums = sums.tolist()
                    saver.save()
                    if interrupted():
                        raise KeyboardInterrupt

            loss_sum, wrong_sum, seen = world.total(sums).tolist()
            now.epoch, now.batch, now.sums = now.epoch + 1, 0, [0.0, 0.0, 0.0]
            row = {
                "epoch": now.epoch,
                "step": now.step,
                "lr": optimizer.param_groups[0]["lr"],
                "train_loss": loss_sum / seen,
                "train_error": wrong_sum / seen,
                "test_error": error_rate(evaluated, test_images, test_labels),
                "seconds": saver.seconds,
            }
            now.history.append(row)
            bar.set_postfix_str(f"epoch {now.epoch}, train {row['train_error']:.1%}, test {row['test_error']:.1%}")
            if plateau is not None:
                assert isinstance(recipe.schedule, Plateau)
                plateau.step(row[f"{recipe.schedule.watch}_error"])
            saver.save()
            if log is not None and world.leads:
                write_atomically(log, pd.DataFrame(now.history).to_csv(index=False))

    return Run(evaluated.eval(), pd.DataFrame(now.history), recipe, seed, str(target))


@torch.no_grad()
def error_rate(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 512) -> float:
    """Share of the images (N, C, H, W) whose highest score is not that of the label (N,), in evaluation mode.

    Several processes share the images; none is counted twice.
    """
    model.eval()
    world = World.here()
    wrong = torch.zeros((), dtype=torch.long, device=labels.device)
    mine = world.share(images), world.share(labels)
    for x, y in zip(*(torch.split(part, batch_size) for part in mine), strict=True):
        wrong += (model(x).argmax(dim=1) != y).sum()
    return float(world.total(wrong)) / len(labels)


def _loss(
    model: nn.Module, output: Tensor | tuple[Tensor, ...], labels: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """The scores, and the cross-entropy of them and, by the model's `aux_weight`, of its auxiliary scores."""
    scores, *auxiliary = (output,) if isinstance(output, Tensor) else output
    loss = F.cross_entropy(scores, labels, label_smoothing=smoothing)
    for side in auxiliary:
        weight = float(model.aux_weight)  # type: ignore[arg-type]
        loss = loss + weight * F.cross_entropy(side, labels, label_smoothing=smoothing)
    return scores, loss


def _length(recipe: Recipe, steps_per_epoch: int, epochs: int | None, steps: int | None) -> int:
    """Number of updates: as asked for, else the recipe's."""
    if epochs is not None and steps is not None:
        raise ValueError("give epochs or steps, not both")
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None:
            check_number(name, value, 1)
    if steps is not None:
        return steps
    if epochs is not None:
        return epochs * steps_per_epoch
    return recipe.iterations or recipe.epochs * steps_per_epoch


def _average(model: nn.Module, recipe: Recipe) -> AveragedModel | None:
    """The running average of the weights, and of the statistics of batch norm, if the recipe has one."""
    if recipe.ema_decay is None:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)  # type: ignore[no-untyped-call]


def _lr(recipe: Recipe, step: int, total: int) -> float:
    """The rate after `step` updates, by every schedule but `Plateau`."""
    assert not isinstance(recipe.schedule, Plateau)
    warm = recipe.warmup.factor if recipe.warmup and step < recipe.warmup.iterations else 1.0
    return recipe.lr * warm * recipe.schedule.factor(step, total)


def _set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr


def _plateau(optimizer: torch.optim.Optimizer, recipe: Recipe) -> ReduceLROnPlateau | None:
    """PyTorch's scheduler for a `Plateau`, which stops after the printed number of reductions."""
    if not isinstance(recipe.schedule, Plateau):
        return None
    least = recipe.lr * recipe.schedule.by**recipe.schedule.times
    return ReduceLROnPlateau(
        optimizer, factor=recipe.schedule.by, patience=recipe.schedule.patience, min_lr=least, eps=0.0
    )
