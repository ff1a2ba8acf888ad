"""The training loop: `train(model, data, recipe)`."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from cs231n_arch.data import Split
from cs231n_arch.data.datasets import Datasets
from cs231n_arch.machine import find_device
from cs231n_arch.records import write_atomically
from cs231n_arch.training.batches import Augment, Batches, DeviceBatches, LoaderBatches
from cs231n_arch.training.budget import Budget, fast_precision
from cs231n_arch.training.checkpoint import Saver, interruptible
from cs231n_arch.training.checks import (
    NonFiniteLossError,
    check_kinds,
    check_number,
    check_scores,
    check_split,
    diagnosis,
)
from cs231n_arch.training.distributed import World
from cs231n_arch.training.optimizers import build_average, build_optimizer, build_plateau, set_rate
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau

Precision = Literal["auto", "fp32", "bf16", "fp16"]
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
LOOK_EVERY = 50  # updates between looks at the loss on a GPU


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
        precision: in which matrices were multiplied.
    """

    model: nn.Module
    history: pd.DataFrame
    recipe: Recipe
    seed: int
    device: str
    precision: str

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
    data: Split | Datasets,
    recipe: Recipe,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    accumulate: int = 1,
    augment: Augment | None = None,
    workers: int = 0,
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
        data: normalised images. A `Split` lies on the device as a whole; the usual loader reads `Datasets`.
        recipe: the paper's; a shortened run keeps the shape of its schedule.
        epochs: passes over the training images; None takes the recipe's length.
        steps: updates, instead of `epochs`.
        batch_size: images for one update; None takes the recipe's. The rate stays: see `Recipe.for_batch_size`.
        accumulate: parts of a batch that are computed one after the other, for one update, to save memory. Batch
            norm sees the parts.
        augment: changes a batch of a `Split` where it lies, such as `data.batchwise.CropAndFlip()`.
        workers: processes that read `Datasets`.
        device: as PyTorch names it; None takes `Budget.auto`'s.
        seed: of the data's order, augmentation and dropout. The weights have theirs from before:
            `torch.manual_seed` and then build the model.
        precision: `bf16` and `fp16` compute matrix products in 16 bits, `fp16` with a scaled loss; `auto` takes
            `bf16` where the device multiplies in it. `fp32` gives nearly the same numbers on every machine.
        channels_last: lay images out with the channels last, which most machines convolve faster.
        compile: run the training step through `torch.compile`.
        sync_bn: batch norm over all processes; CUDA only.
        checkpoint: file that is written after each epoch, at the end, and on Ctrl-C.
        checkpoint_every: updates between further checkpoints inside an epoch.
        resume: go on from the checkpoint, if it exists; on a CPU the result is that of an undisturbed run exactly.
        log: file for the history, as CSV, after each epoch.
        progress: show a bar with the time that remains.

    Raises:
        ValueError: an option out of range, images that are bytes or not finite, labels of no class.
        CheckpointError: `resume` from a file that is damaged or belongs to another run.
        NonFiniteLossError: the loss left the finite numbers.
    """
    check_number("accumulate", accumulate, 1)
    check_number("checkpoint_every", 1 if checkpoint_every is None else checkpoint_every, 1)
    check_number("workers", workers, 0)
    check_kinds(model, data, recipe)
    target, world = find_device(device or Budget.auto().device), World.here()
    precision = fast_precision(target) if precision == "auto" else precision
    if precision not in TYPES:
        raise ValueError(f"precision must be auto, {', '.join(TYPES)}; given {precision!r}")
    layout = torch.channels_last if channels_last else torch.contiguous_format
    recipe = recipe if batch_size is None else recipe.replace(batch_size=batch_size)
    model.to(target, memory_format=layout)  # type: ignore[call-overload]
    batches, tested = _batches(data, recipe.batch_size, seed, augment, workers, target, layout, world)
    check_scores(model, next(batches.test())[0], len(data.classes))
    if accumulate > recipe.batch_size // world.size:
        raise ValueError(f"a batch of {recipe.batch_size // world.size} has no {accumulate} parts")
    total = _length(recipe, len(batches), epochs, steps)
    optimizer = build_optimizer(model, recipe)
    plateau = build_plateau(optimizer, recipe)
    scaler = torch.amp.GradScaler(target.type, enabled=precision == "fp16")
    average = build_average(model, recipe)
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
            saver.restore(world.rank)
        now = saver.now
        bar.update(now.step)
        while now.step < total or now.batch > 0:
            model.train()
            sums = torch.tensor(now.sums, device=target, dtype=torch.float64)  # loss, wrong answers, images
            for images, labels in batches.epoch(now.epoch, start=now.batch):
                if now.step == total:
                    break
                if plateau is None:
                    set_rate(optimizer, recipe, now.step, total)
                optimizer.zero_grad(set_to_none=True)
                for part, wanted in zip(
                    images.tensor_split(accumulate), labels.tensor_split(accumulate), strict=True
                ):
                    with torch.autocast(target.type, TYPES[precision], enabled=precision != "fp32"):
                        scores, loss = _loss(model, forward(part), wanted, recipe.label_smoothing)
                    sums[0] += loss.detach() * len(part)
                    # To look at a number, the processor waits for a GPU, so there it looks now and then only.
                    if (target.type == "cpu" or now.step % LOOK_EVERY == 0) and not sums[0].isfinite():
                        raise NonFiniteLossError(diagnosis(model, part, now.epoch, now.step, optimizer))
                    scaler.scale(loss * (len(part) / len(images))).backward()  # type: ignore[no-untyped-call]
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
            if not math.isfinite(loss_sum):
                raise NonFiniteLossError(diagnosis(model, part, now.epoch, now.step - 1, optimizer))
            now.epoch, now.batch, now.sums = now.epoch + 1, 0, [0.0, 0.0, 0.0]
            row = {
                "epoch": now.epoch,
                "step": now.step,
                "lr": optimizer.param_groups[0]["lr"],
                "train_loss": loss_sum / seen,
                "train_error": wrong_sum / seen,
                "test_error": float(world.total(_count_wrong(evaluated, batches, target))) / tested,
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

    return Run(evaluated.eval(), pd.DataFrame(now.history), recipe, seed, str(target), precision)


@torch.no_grad()
def error_rate(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of the images (N, C, H, W) whose highest score is not that of the label (N,), in evaluation mode.

    Several processes share the images; none is counted twice.

    Raises:
        ValueError: no images, labels of another number, or images that are not finite floats.
    """
    check_split(images, labels, None, "test")
    world = World.here()
    batches = DeviceBatches((images, labels), (images, labels), world.size, 0, None, world)
    return float(world.total(_count_wrong(model, batches, labels.device))) / len(labels)


@torch.no_grad()
def _count_wrong(model: nn.Module, batches: Batches, device: torch.device) -> Tensor:
    """Number of this process's test images whose highest score is not that of the label."""
    model.eval()
    wrong = torch.zeros((), dtype=torch.long, device=device)
    for images, labels in batches.test():
        wrong += (model(images).argmax(dim=1) != labels).sum()
    return wrong


def _batches(
    data: Split | Datasets,
    batch_size: int,
    seed: int,
    augment: Augment | None,
    workers: int,
    device: torch.device,
    layout: torch.memory_format,
    world: World,
) -> tuple[Batches, int]:
    """The batches of either kind of data, and the number of test images."""
    if isinstance(data, Datasets):
        if augment is not None:
            raise ValueError("augment is for a Split; Datasets change their images themselves")
        loaded = LoaderBatches(data, batch_size, seed, workers, device, layout, world)
        return loaded, len(data.test)  # type: ignore[arg-type]
    train, test = (
        (images.to(device, memory_format=layout), labels.to(device))
        for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels))
    )
    check_split(*train, len(data.classes), "training")
    check_split(*test, len(data.classes), "test")
    return DeviceBatches(train, test, batch_size, seed, augment, world), len(data.test_images)


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
    if steps is not None:
        return check_number("steps", steps, 1)
    if epochs is not None:
        return check_number("epochs", epochs, 1) * steps_per_epoch
    return recipe.iterations or recipe.epochs * steps_per_epoch
