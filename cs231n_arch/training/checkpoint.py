"""Checkpoints: whole or not at all, loaded without running any code that a file may hold."""

import io
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from cs231n_arch.data.words import respelled
from cs231n_arch.records import write_atomically
from cs231n_arch.training.distributed import World
from cs231n_arch.training.progress import Progress

FORMAT = "cs231n-arch checkpoint 2"
SPELLED = ("augmentation", "test_view")  # what earlier versions wrote in British spelling


class CheckpointError(ValueError):
    """A file is no checkpoint, is damaged, or belongs to another run; the message says which."""


def save(path: str | Path, run: Mapping[str, str], state: Mapping[str, Any]) -> None:
    """Write a checkpoint: into a temporary file, onto the disk, renamed.

    Args:
        path: where to; missing folders are made.
        run: what must be equal for a resumption, such as recipe, seed and data, as text.
        state: tensors, numbers, text, and lists and dicts of them.

    Raises:
        OSError: the file cannot be written or the disk is full; an earlier checkpoint is untouched.
    """
    content = io.BytesIO()
    torch.save({"format": FORMAT, "run": dict(run), "state": dict(state)}, content)
    write_atomically(path, content.getvalue())


def load(path: str | Path, run: Mapping[str, str]) -> dict[str, Any]:
    """Read the state that `save` wrote, if it belongs to the same run.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: cut short, altered, of another program, or of another run; the message names the
            difference. A file with anything but plain data is refused before any of it is run.
    """
    try:
        stored = torch.load(io.BytesIO(Path(path).read_bytes()), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} is refused: it holds more than plain data, or is damaged") from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: {error}") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this library")
    for name, value in run.items():
        was = stored["run"].get(name)
        if was != value and not (name in SPELLED and respelled(str(was)) == respelled(value)):
            raise CheckpointError(f"{path} belongs to another run: its {name} is {was}, this run's is {value}")
    state: dict[str, Any] = stored["state"]
    return state


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], path: str | Path) -> None:
    """Put stored weights into a model.

    Raises:
        CheckpointError: names or shapes differ; the first difference is named, and the model is left as it was.
    """
    own = model.state_dict()
    for name in [*own, *weights]:
        if name not in own or name not in weights:
            where = "the model" if name in own else "the checkpoint"
            raise CheckpointError(f"{path} does not fit the model: only {where} has {name}")
        if own[name].shape != weights[name].shape:
            raise CheckpointError(
                f"{path} does not fit the model: {name} has shape {tuple(weights[name].shape)} there and "
                f"{tuple(own[name].shape)} here"
            )
    model.load_state_dict(weights)


@dataclass
class Saver:
    """Everything that a training must remember, and the file where it does.

    Attributes:
        path: the checkpoint; None keeps nothing.
        run: see `save`.
        model: its weights are kept, and checked when they come back.
        parts: optimizer, schedule, scaler and what else has a `state_dict`.
        device: whose random numbers are kept with the CPU's.
    """

    path: str | Path | None
    run: Mapping[str, str]
    model: nn.Module
    parts: Mapping[str, Any]
    device: torch.device

    def save(self, progress: Progress) -> None:
        """Write the checkpoint; of several processes, the first one does."""
        if self.path is None:
            return
        now = progress.state()
        if not World.here().leads:
            return
        rng = [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [])]
        state = {name: part.state_dict() for name, part in self.parts.items()}
        save(self.path, self.run, state | {"model": self.model.state_dict(), "rng": rng, "now": now})

    def restore(self, progress: Progress) -> None:
        """Go on from the checkpoint, if there is one; other processes than the first draw anew from there."""
        if self.path is None or not Path(self.path).exists():
            return
        state = load(self.path, self.run)
        load_weights(self.model, state["model"], self.path)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        progress.restore(state["now"])
        torch.set_rng_state(state["rng"][0])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state_all(state["rng"][1:])
        # The file holds the first process's state: with it, all would drop the same units.
        if rank := World.here().rank:
            torch.manual_seed(torch.initial_seed() + rank + progress.step)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back until the loop asks, so that it never ends an update half-way; a second one ends at once.

    Outside of the main thread, where Python delivers no signals, nothing is held back.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
