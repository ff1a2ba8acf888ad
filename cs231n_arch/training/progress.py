"""How far a training is: what the loop counts, and what a checkpoint keeps of it."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from cs231n_arch.training.distributed import World


@dataclass
class Sums:
    """Sums over the training images that an epoch has seen so far.

    The first two stay on the device: to read them after each batch would let a GPU wait.

    Attributes:
        loss: of all images together; divided by their number it is the mean.
        wrong: images whose highest score was not that of the label.
        images: their number.
    """

    loss: float | Tensor = 0.0
    wrong: float | Tensor = 0
    images: float = 0

    def over_all_processes(self) -> "Sums":
        """The sums over all processes, as plain numbers."""
        device = self.loss.device if isinstance(self.loss, Tensor) else "cpu"
        mine = torch.tensor([float(self.loss), float(self.wrong), self.images], dtype=torch.float64, device=device)
        loss, wrong, images = World.here().total(mine).tolist()
        return Sums(loss, wrong, images)


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        step: updates so far.
        epoch: whole epochs so far.
        batch: batches so far of the epoch that has begun.
        sums: over the images of these batches.
        history: one row per epoch: `epoch, step, lr, train_loss, train_error, test_error, seconds`.
        before: seconds that the training took before it was resumed.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    sums: Sums = field(default_factory=Sums)
    history: list[dict[str, float]] = field(default_factory=list)
    before: float = 0.0

    def __post_init__(self) -> None:
        self.begun = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Duration of the training, over all its resumptions."""
        return self.before + time.perf_counter() - self.begun

    def add(self, scores: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Count one update: scores (N, classes) and labels (N,) of its batch, and their mean loss."""
        self.sums.loss += (loss.detach() * len(labels)).double()
        self.sums.wrong += (scores.detach().argmax(dim=1) != labels).sum()
        self.sums.images += len(labels)
        self.step, self.batch = self.step + 1, self.batch + 1

    def end_epoch(self, lr: float, test_error: float) -> None:
        """Close the epoch with a row of the history."""
        sums = self.sums.over_all_processes()
        self.epoch, self.batch, self.sums = self.epoch + 1, 0, Sums()
        self.history.append({
            "epoch": self.epoch,
            "step": self.step,
            "lr": lr,
            "train_loss": float(sums.loss / sums.images),
            "train_error": float(sums.wrong / sums.images),
            "test_error": test_error,
            "seconds": self.seconds,
        })  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Plain numbers, from which `restore` goes on; every process must ask for them."""
        kept = {"step": self.step, "epoch": self.epoch, "batch": self.batch, "history": self.history}
        return {**kept, "before": self.seconds, "sums": asdict(self.sums.over_all_processes())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`. Its sums are those of all processes, so that only the first takes them over."""
        for name, value in state.items():
            setattr(self, name, value)
        self.sums = Sums(**state["sums"]) if World.here().leads else Sums()
        self.begun = time.perf_counter()
