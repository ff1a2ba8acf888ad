"""The two groups of options of `train`: how an update is computed, and which files a run keeps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from cs231n_arch.errors import check_whole

Precision = Literal["auto", "fp32", "bf16", "fp16"]
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Compute:
    """How an update is computed. The defaults are fast; with `precision="fp32"` all machines nearly agree.

    Attributes:
        precision: `bf16` and `fp16` compute matrix products in 16 bits, `fp16` with a scaled loss; `auto` takes
            `bf16` where the device multiplies in it and a batch has 10^9 multiply-accumulates or more, else
            `fp32`. `Run.precision` says which it was.
        channels_last: store images and weights with the channels last, which most machines convolve faster. A
            model that cannot be computed so is trained in PyTorch's usual layout, with a warning.
        compile: run the model through `torch.compile`.
        accumulate: compute a batch in this many parts, one after the other, to save memory. Batch norm sees the
            parts.
        sync_bn: compute batch norm over all processes; CUDA only.

    Raises:
        ValueError: an unknown precision, or less than one part.
    """

    precision: Precision = "auto"
    channels_last: bool = True
    compile: bool = False
    accumulate: int = 1
    sync_bn: bool = False

    def __post_init__(self) -> None:
        if self.precision not in ("auto", *TYPES):
            raise ValueError(f"precision must be auto, {', '.join(TYPES)}; given {self.precision!r}")
        check_whole(accumulate=self.accumulate)


@dataclass(frozen=True)
class Files:
    """The files of a run. Without them, a run leaves nothing on the disk.

    Attributes:
        checkpoint: written after each epoch, at the end, and on Ctrl-C.
        checkpoint_every: also write the checkpoint every this many updates inside an epoch.
        resume: continue from the checkpoint, if it exists; on a CPU the result equals that of a run without an
            interruption exactly.
        log: the history as CSV, written after each epoch.

    Raises:
        ValueError: `checkpoint_every` is less than one update, or it or `resume` is given without a `checkpoint`.
    """

    checkpoint: str | Path | None = None
    checkpoint_every: int | None = None
    resume: bool = False
    log: str | Path | None = None

    def __post_init__(self) -> None:
        check_whole(checkpoint_every=1 if self.checkpoint_every is None else self.checkpoint_every)
        if self.checkpoint is None and (self.resume or self.checkpoint_every is not None):
            given = "resume" if self.resume else "checkpoint_every"
            raise ValueError(f"{given} needs the path of a checkpoint: Files(checkpoint=..., {given}=...)")
