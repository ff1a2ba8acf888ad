"""The fresh process of `peak_memory`: takes a model from standard input, answers with one line of JSON per pass.

What the model itself prints goes to standard error, so that it is not taken for an answer.

Run by `cs231n_arch.profiling.memory` only, which is where the pickle comes from.
"""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import TextIO

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.modes import copied, to_zeros

STATUS = Path("/proc/self/status")


def step(model: nn.Module, batch: Tensor) -> None:
    """One training step: forward, backward from the sum of all outputs, SGD with momentum."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)
    model.train()
    outputs = [leaf for leaf in tree_leaves(model(batch)) if isinstance(leaf, Tensor)]
    torch.stack([output.sum() for output in outputs]).sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def load_libraries() -> None:
    """Run a tiny net once, so that what PyTorch loads on first use is not counted as the model's."""
    tiny = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    batch = torch.zeros(2, 3, 3, 3)
    with torch.inference_mode():
        tiny.eval()(batch)
    step(tiny.to("meta").to_empty(device="cpu"), batch)


def resident_peak() -> int:
    """Bytes of memory in which this process has resided at most, since the last reset."""
    if STATUS.exists():
        # Not getrusage: on Linux a child starts with its parent's peak there.
        fields = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_peak() -> None:
    """Forget the peak that loading the libraries made, where the system can."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5", encoding="ascii")


def answer(place: TextIO, **fields: object) -> None:
    """One line of JSON, at once, since the next pass may end the process."""
    print(json.dumps(fields), file=place, flush=True)


def main() -> int:
    """Take the request, run both passes; the exit status is 1 if one failed."""
    place = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints, and by whatever means
    now = "start"
    try:
        model, shape, dtype, threads = pickle.load(sys.stdin.buffer)
        torch.set_num_threads(threads)
        load_libraries()
        reset_peak()
        before = resident_peak()
        now = "inference"
        model = copied(model, to_zeros)
        batch = torch.zeros(shape, dtype=dtype)
        with torch.inference_mode():
            model.eval()(batch)
        answer(place, **{"pass": now, "bytes": resident_peak() - before})
        now = "training"
        step(model, batch)
        answer(place, **{"pass": now, "bytes": resident_peak() - before})
    except Exception as error:  # whatever it is, the process that asked gets the reason
        answer(place, **{"pass": now, "kind": type(error).__name__, "error": str(error).partition("\n")[0]})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
