"""How much memory a net needs, by the meter that the device has.

A CUDA device counts what its allocator hands out. A CPU has no such counter, only the memory in which the whole
process resides at most; so the net runs in a fresh process, and what the process held before is subtracted.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from cs231n_arch.anatomy.modes import copied, to_meta
from cs231n_arch.machine import NotMeasurable
from cs231n_arch.profiling.child import step
from cs231n_arch.profiling.timing import float_type, images, inference


@dataclass(frozen=True)
class Memory:
    """Peak memory, weights included.

    Attributes:
        inference: bytes for one forward pass in evaluation mode.
        training: bytes for one training step (forward, backward, momentum SGD); None where it could not be made.
        note: why there is no `training`, or empty.
    """

    inference: int
    training: int | None
    note: str = ""


def peak_memory(model: nn.Module, batch_size: int, input_size: Sequence[int], device: torch.device) -> Memory:
    """Peak memory for a batch of images of `input_size` (channels, height, width).

    Raises:
        NotMeasurable: the model cannot be sent to a fresh process, or this system keeps no account of a process.
        torch.OutOfMemoryError: not even the forward pass fits.
        RuntimeError: the forward pass fails; the message is the model's own.
    """
    if device.type == "cuda":
        return peak_on_cuda(model, batch_size, input_size, device)
    return peak_of_process(model, batch_size, input_size)


def peak_on_cuda(model: nn.Module, batch_size: int, input_size: Sequence[int], device: torch.device) -> Memory:
    """What PyTorch's allocator handed out at most, of which a copy of the model is a part."""
    twin = copied(model).cpu()  # a step changes the weights
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated(device)
    twin.to(device)
    batch = images(batch_size, input_size, device).to(float_type(model))
    torch.cuda.reset_peak_memory_stats(device)
    with inference(twin):
        twin(batch)
    forward = torch.cuda.max_memory_allocated(device) - before
    try:
        step(twin, batch)
    except torch.OutOfMemoryError as error:
        return Memory(forward, None, f"training step: {str(error).splitlines()[0]}")
    return Memory(forward, torch.cuda.max_memory_allocated(device) - before)


def peak_of_process(model: nn.Module, batch_size: int, input_size: Sequence[int]) -> Memory:
    """What a fresh process resided in at most, less what it held before it had the model."""
    shape = images(batch_size, input_size, "meta").shape
    try:
        # Memory does not depend on the values of the weights, so only the structure is sent.
        twin = copied(model, to_meta)
        request = pickle.dumps((twin, tuple(shape), float_type(model), torch.get_num_threads()))
    except Exception as error:  # whatever a class says that cannot be copied or pickled, as a parametrized one
        raise NotMeasurable(f"the model cannot be sent to a fresh process ({error})") from error
    command = [sys.executable, "-m", "cs231n_arch.profiling.child"]
    child = subprocess.run(command, input=request, capture_output=True, check=False)
    answers = [json.loads(line) for line in child.stdout.splitlines()]
    done = {answer["pass"]: answer["bytes"] for answer in answers if "bytes" in answer}
    if child.returncode == 0:
        return Memory(done["inference"], done["training"])

    errors = [f"{answer['kind']}: {answer['error']}" for answer in answers if "error" in answer]
    if child.returncode < 0:
        reason = (
            f"the system ended the process (signal {-child.returncode}), most likely because it ran out of memory"
        )
    else:
        reason = errors[0] if errors else child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if "inference" in done:
        return Memory(done["inference"], None, f"training step: {reason}")
    if child.returncode < 0:
        raise torch.OutOfMemoryError(reason)
    if errors and answers[-1]["pass"] == "start":
        raise NotMeasurable(f"a fresh process cannot take the model ({reason})")
    raise RuntimeError(reason)
