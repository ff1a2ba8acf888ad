"""`Session`, which `train` adds to `fit`: updates by a recipe, checks, checkpoints, log and progress bar."""

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from cs231n_arch.records import write_atomically
from cs231n_arch.training.checkpoint import Saver, interruptible
from cs231n_arch.training.distributed import World
from cs231n_arch.training.optimizers import build_average, build_optimizer, build_plateau, set_rate
from cs231n_arch.training.options import TYPES, Compute, Files
from cs231n_arch.training.progress import Progress
from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau

LOOK_EVERY = 50  # updates between looks at the loss on a GPU


class NonFiniteLossError(RuntimeError):
    """The loss or a weight became infinite or not a number; the message says when and where."""


class Session(Progress):
    """The progress of one run of `train`.

    `fit` calls `step` for each batch, `add` after it, and `end_epoch`.

    Args:
        model: the model itself; the one that is called may be its compiled or distributed form.
        recipe: of the paper.
        total: updates of the whole run.
        compute: with a precision other than `auto`.
        files: of the run.
        identity: see `checkpoint.save`.
        show: a bar with the time that remains, on a terminal; elsewhere a line per epoch.
    """

    def __init__(
        self,
        model: nn.Module,
        recipe: Recipe,
        total: int,
        compute: Compute,
        files: Files,
        identity: Mapping[str, str],
        *,
        show: bool,
    ) -> None:
        super().__init__()
        self.model, self.recipe, self.total, self.compute, self.files = model, recipe, total, compute, files
        self.optimizer = build_optimizer(model, recipe)
        self.plateau = build_plateau(self.optimizer, recipe)
        self.average = build_average(model, recipe)
        device = next(model.parameters()).device
        self.scaler = torch.amp.GradScaler(device.type, enabled=compute.precision == "fp16")
        parts = {
            "optimizer": self.optimizer, "scaler": self.scaler, "plateau": self.plateau, "average": self.average,
        }  # fmt: skip
        kept = {name: part for name, part in parts.items() if part is not None}
        self.saver = Saver(files.checkpoint, identity, model, kept, device)
        self.shown = show and World.here().leads
        self.bar = tqdm(total=total, disable=not (self.shown and sys.stderr.isatty()), unit="step")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Resume if that is asked for; hold Ctrl-C back until the weights are whole and saved."""
        with self.bar, interruptible() as self.interrupted:
            if self.files.resume:
                self.saver.restore(self)
            self.bar.update(self.step)
            yield

    def update(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """As `fitting.update`: by the recipe's rate, smoothing and clipping, in parts, in 16 bits, averaged."""
        if self.plateau is None:
            set_rate(optimizer, self.recipe, self.step, self.total)
        optimizer.zero_grad(set_to_none=True)
        parts = zip(*(values.tensor_split(self.compute.accumulate) for values in (images, labels)), strict=True)
        results = [self.gradients(model, part, wanted, len(part) / len(images)) for part, wanted in parts]
        if self.recipe.clip_norm is not None:
            self.scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        self.scaler.step(optimizer)
        self.scaler.update()
        if self.average:
            self.average.update_parameters(self.model)
        return torch.cat([scores for scores, _ in results]), torch.stack([loss for _, loss in results]).sum()

    def gradients(self, model: nn.Module, images: Tensor, labels: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Add the gradients of a part of a batch; the scores, and the part's share of the loss."""
        type_ = TYPES[self.compute.precision]
        with torch.autocast(images.device.type, type_, enabled=type_ != torch.float32):
            scores, loss = self.loss(model(images), labels)
        # To read the loss, the processor waits for a GPU, so there it is read only now and then.
        if (images.device.type == "cpu" or self.step % LOOK_EVERY == 0) and not loss.isfinite():
            where = first_not_finite(self.model, images)
            raise self.lost(self.step + 1, self.epoch + 1, f"the loss is infinite or not a number; {where}")
        self.scaler.scale(loss * share).backward()  # type: ignore[no-untyped-call]
        return scores.detach(), loss.detach() * share

    def loss(self, output: Tensor | tuple[Tensor, ...], labels: Tensor) -> tuple[Tensor, Tensor]:
        """The scores, and the cross-entropy of them and, by the model's `aux_weight`, of its auxiliary scores."""
        scores, *auxiliary = (output,) if isinstance(output, Tensor) else output
        loss = F.cross_entropy(scores, labels, label_smoothing=self.recipe.label_smoothing)
        for side in auxiliary:
            weight = float(self.model.aux_weight)  # type: ignore[arg-type]
            loss = loss + weight * F.cross_entropy(side, labels, label_smoothing=self.recipe.label_smoothing)
        return scores, loss

    def add(self, scores: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Count an update, show it, and save it if it is time to."""
        super().add(scores, labels, loss)
        self.bar.update()
        interrupted = self.interrupted()
        if interrupted or (self.files.checkpoint_every and self.step % self.files.checkpoint_every == 0):
            self.saver.save(self)
        if interrupted:
            raise KeyboardInterrupt

    def end_epoch(self, lr: float, test_error: float) -> None:
        """Close the epoch, if its numbers are finite: lower the rate on a plateau, save, log and show."""
        super().end_epoch(lr, test_error)
        row = self.history[-1]
        if not math.isfinite(row["train_loss"]):
            raise self.lost(self.step, self.epoch, "the loss is infinite or not a number")
        for name, weight in self.model.named_parameters():
            if not weight.isfinite().all():  # after the very last update no loss is computed that would show it
                raise self.lost(self.step, self.epoch, f"{name} is infinite or not a number after the update")
        if self.plateau is not None:
            assert isinstance(self.recipe.schedule, Plateau)
            self.plateau.step(row[f"{self.recipe.schedule.watch}_error"])
        self.saver.save(self)
        if self.files.log is not None and World.here().leads:
            write_atomically(self.files.log, pd.DataFrame(self.history).to_csv(index=False))
        errors = f"training error {row['train_error']:.1%}, test error {row['test_error']:.1%}"
        self.bar.set_postfix_str(f"epoch {self.epoch}, {errors}")
        if self.shown and self.bar.disable:
            done = f"epoch {self.epoch}, step {self.step} of {self.total}"
            print(f"{done}, {errors}, {self.seconds:.0f} s", flush=True)

    def lost(self, step: int, epoch: int, what: str) -> NonFiniteLossError:
        """The error to raise: when it happened, at which rate, and what was lost."""
        rate = self.optimizer.param_groups[0]["lr"]
        return NonFiniteLossError(
            f"step {step} (epoch {epoch}), learning rate {rate:g}: {what}. "
            "A lower learning rate, a warm-up or clipping usually helps"
        )


def first_not_finite(model: nn.Module, images: Tensor) -> str:
    """The first layer whose output for these images is infinite or not a number, in words."""
    culprits: list[str] = []

    def watch(name: str, output: object) -> None:
        if isinstance(output, Tensor) and not output.isfinite().all():
            culprits.append(name)

    with ExitStack() as hooks, torch.no_grad():
        for name, layer in model.named_modules():
            if name and not list(layer.children()):
                hook = layer.register_forward_hook(lambda _, __, output, name=name: watch(name, output))
                hooks.enter_context(hook)
        model(images)
    if culprits:
        return f"the first output that is not finite is that of {culprits[0]}"
    return "every layer's output is finite"
