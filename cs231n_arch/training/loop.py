"""`train(model, data, recipe)`: `fit`, with a recipe, and with what a long run on any machine needs."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice

import pandas as pd
import torch
from torch import Tensor, nn

from cs231n_arch.data import Split
from cs231n_arch.data.loaders import Datasets
from cs231n_arch.errors import check_whole
from cs231n_arch.machine import find_device
from cs231n_arch.training.batches import Augment, Batches, make_batches
from cs231n_arch.training.budget import fast_precision
from cs231n_arch.training.checks import check_images, check_kinds, check_scores, scores
from cs231n_arch.training.distributed import World
from cs231n_arch.training.fitting import fit
from cs231n_arch.training.options import Compute, Files
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.session import Session

NOT_THE_RUN = ("name", "paper", "sources", "notes")  # fields of a recipe that do not change what is computed


@dataclass(frozen=True)
class Run:
    """The result of a training.

    Attributes:
        model: the trained net, in evaluation mode; the running average of its weights, if the recipe has one.
        history: one row per epoch: `epoch, step, lr, train_loss, train_error, test_error, seconds`. Errors are
            shares from 0 to 1; those of training are of the epoch's own batches, as they were trained on.
        recipe: the recipe as it was run.
        seed: of the data's order and of dropout.
        device: where it ran.
        precision: of matrix products: `fp32`, `bf16` or `fp16`.
        channels_last: whether images and weights lay in memory with the channels last.
    """

    model: nn.Module
    history: pd.DataFrame
    recipe: Recipe
    seed: int
    device: str
    precision: str
    channels_last: bool = True

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
    augment: Augment | None = None,
    workers: int = 0,
    device: str | None = None,
    seed: int = 0,
    compute: Compute | None = None,
    files: Files | None = None,
    progress: bool = True,
) -> Run:
    """Train `model` on `data` by `recipe`; the model is changed in place.

    The loop is `fit`; `Session` adds to it. Started by `torchrun` inside `distributed.process_group`, several
    processes share every batch.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes), or in training to a named tuple whose first field
            is `logits` and whose others are auxiliary scores, weighted by the model's `aux_weight`.
        data: normalized images. A `Split` lies on the device as a whole; PyTorch's loader reads `Datasets`.
        recipe: the paper's; a shortened run keeps the shape of its schedule.
        epochs: passes over the training images; None takes the recipe's length.
        steps: updates, instead of `epochs`.
        batch_size: images for one update; None takes the recipe's. The rate stays: see `Recipe.for_batch_size`.
        augment: changes a batch of a `Split` where it lies, such as `data.augment.CropAndFlip()`.
        workers: processes that read `Datasets`.
        device: as PyTorch names it; by default the CUDA device if there is one, else the CPU.
        seed: of the data's order, augmentation and dropout, from 0 to 2^63 - 1. The weights have theirs from
            before: call `torch.manual_seed` and then build the model.
        compute: precision, memory layout, compiling, parts of a batch; None takes the defaults of `Compute`.
        files: the checkpoint, and whether to continue from it, and the log; None writes no file.
        progress: show a bar with the time that remains on a terminal, elsewhere a line per epoch.

    Raises:
        ValueError: an argument of another kind, an option out of range, images that are bytes or not finite,
            labels of no class.
        CheckpointError: `files.resume` from a file that is damaged or belongs to another run.
        NonFiniteLossError: the loss or a weight became infinite or not a number.
    """
    check_kinds(model, data, recipe, compute, files)
    target, world = find_device(device), World.here()
    compute, files = compute or Compute(), files or Files()
    recipe = recipe if batch_size is None else recipe.replace(batch_size=batch_size)

    first = one_image(data).to(target)
    layout = lay_out(model.to(target), first, channels_last=compute.channels_last)
    check_scores(model, first, len(data.classes))
    batches = make_batches(
        data, recipe.batch_size, seed=seed, augment=augment, workers=workers, device=target, layout=layout
    )
    if compute.accumulate > recipe.batch_size // world.size:
        raise ValueError(f"a batch of {recipe.batch_size // world.size} has no {compute.accumulate} parts")
    if compute.precision == "auto":
        at_once = recipe.batch_size // world.size // compute.accumulate
        compute = replace(compute, precision=fast_precision(model, first, at_once))
    total = _length(recipe, len(batches), epochs, steps)

    identity = {f.name: repr(getattr(recipe, f.name)) for f in fields(recipe) if f.name not in NOT_THE_RUN} | {
        "data": repr(data), "seed": str(seed), "length": str(total), "precision": compute.precision,
        "accumulate": str(compute.accumulate), "processes": str(world.size),
    }  # fmt: skip
    session = Session(model, recipe, total, compute, files, identity, show=progress)
    called = world.wrap(model, target, sync_bn=compute.sync_bn)
    evaluated = session.average.module if session.average else model
    with torch.random.fork_rng():
        torch.manual_seed(seed + world.rank)  # a resumption goes on with the numbers of its checkpoint
        with session.running():
            history = fit(
                torch.compile(called) if compute.compile else called,  # type: ignore[arg-type]
                Limited(batches, total),
                session.optimizer,
                epochs=math.ceil(total / len(batches)),
                step=session.update,
                evaluated=evaluated,
                progress=session,
            )
    last = layout == torch.channels_last
    return Run(evaluated.eval(), history, recipe, seed, str(target), compute.precision, channels_last=last)


@dataclass(frozen=True)
class Limited:
    """Batches that end after `steps` updates, if need be inside an epoch."""

    batches: Batches
    steps: int

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        return islice(self.batches.epoch(epoch, start), self.steps - epoch * len(self) - start)

    def test(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Batches`."""
        return self.batches.test()


def one_image(data: Split | Datasets) -> Tensor:
    """The first test image, (1, C, H, W).

    Raises:
        ValueError: there is none, or it is not of finite floats.
    """
    if isinstance(data, Datasets):
        first = data.test[0][0][None] if len(data.test) else torch.empty(0)  # type: ignore[arg-type]
    else:
        first = data.test_images[:1]
    check_images(first, "test")
    return first


def lay_out(model: nn.Module, image: Tensor, *, channels_last: bool) -> torch.memory_format:
    """Lay the weights out with the channels last, if that is wanted and the model can be computed so.

    Not every model can: one that calls `view` on a feature map, or has weights of five dimensions, fails. It gets
    PyTorch's usual layout and a warning.
    """
    if channels_last:
        try:
            model.to(memory_format=torch.channels_last)
            scores(model, image.to(memory_format=torch.channels_last))
            return torch.channels_last
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
    model.to(memory_format=torch.contiguous_format)
    if channels_last:
        scores(model, image)  # if this fails too, the layout is not the reason, and the error is raised
        warnings.warn(
            f"{type(model).__name__} cannot be computed with the channels last ({reason}), so it is trained in "
            "PyTorch's usual layout; channels_last=False says so without this warning",
            stacklevel=3,
        )
    return torch.contiguous_format


def _length(recipe: Recipe, steps_per_epoch: int, epochs: int | None, steps: int | None) -> int:
    """Number of updates: as asked for, else the recipe's."""
    if epochs is not None and steps is not None:
        raise ValueError("give epochs or steps, not both")
    if steps is not None:
        check_whole(steps=steps)
        return int(steps)
    if epochs is not None:
        check_whole(epochs=epochs)
        return int(epochs) * steps_per_epoch
    return recipe.iterations or recipe.epochs * steps_per_epoch
