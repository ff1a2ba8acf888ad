"""How long a net takes: as a whole, by layer and by operator."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.anatomy.watch import childless, kind_of
from cs231n_arch.errors import check_whole

OUTSIDE = "(outside of layers)"


@dataclass(frozen=True)
class Timing:
    """Repeated measurements of one call.

    Attributes:
        median: seconds per call; half of the samples were faster.
        low: a quarter of the samples were faster than this.
        high: a quarter of the samples were slower than this.
        samples: how many measurements were made.
    """

    median: float
    low: float
    high: float
    samples: int


_clock = ContextVar("clock", default=time.perf_counter)


@contextmanager
def processor_time() -> Iterator[None]:
    """Within this context a CPU computes with one thread, and is timed by the processor time that the thread uses.

    That is the time it would take on a core of its own, whatever other programs do meanwhile: it is meant for
    a busy machine, on which wall-clock time says little. On a CUDA device nothing changes.
    """
    threads, token = torch.get_num_threads(), _clock.set(time.process_time)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        _clock.reset(token)


def stamp(device: torch.device) -> Any:
    """This moment on the device: a time on the CPU, an event in the stream of a CUDA device."""
    if device.type != "cuda":
        return _clock.get()()
    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record()
    return event


def between(start: Any, end: Any) -> float:
    """Seconds between two moments of the same device, which must have finished its work."""
    return float(end - start if isinstance(start, float) else start.elapsed_time(end) / 1000)


def wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def time_call(
    run: Callable[[], object], device: torch.device, *, seconds: float = 1.0, samples: int = 9
) -> Timing:
    """Time a call after three calls of warm-up, of which the last tells how often to repeat it.

    Args:
        run: what to time.
        device: where its work is done.
        seconds: about how long to measure; a call that takes longer is still measured `samples` times.
        samples: number of measurements. A short call is repeated within each, so that the clock does not show.

    Raises:
        ValueError: no time to measure.
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be above 0; given {seconds}")

    def taken(calls: int) -> float:
        wait(device)
        start = stamp(device)
        for _ in range(calls):
            run()
        end = stamp(device)
        wait(device)
        return between(start, end) / calls

    once = [taken(1) for _ in range(3)][-1]
    calls = max(1, int(seconds / samples / once))
    times = [taken(calls) for _ in range(samples)]
    low, middle, high = quantiles(times, n=4, method="inclusive")
    return Timing(middle, low, high, samples)


def images(batch_size: int, input_size: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """A batch of random images, always the same: (batch_size, channels, height, width).

    Raises:
        ValueError: `batch_size` is no whole number of at least 1.
    """
    check_whole(batch_size=batch_size)
    return torch.randn(batch_size, *input_size, generator=torch.Generator().manual_seed(0)).to(device)


def float_type(model: nn.Module) -> torch.dtype:
    """The type of the images that a net takes: that of its first weight with a fraction."""
    weights = (*model.parameters(), *model.buffers())
    return next((weight.dtype for weight in weights if weight.is_floating_point()), torch.float32)


@contextmanager
def inference(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; the net is left as it was, whatever its forward passes keep."""
    with evaluating(model), torch.inference_mode():
        yield


def latency(model: nn.Module, batch: Tensor, *, seconds: float = 1.0) -> Timing:
    """Seconds for one forward pass of a batch (N, C, H, W), in evaluation mode."""
    with inference(model):
        return time_call(lambda: model(batch), batch.device, seconds=seconds)


def layer_times(model: nn.Module, batch: Tensor, *, passes: int = 5) -> pd.DataFrame:
    """Time of each layer in the forward pass of a batch, in the order in which the layers first run.

    Args:
        model: any module, on the device of `batch`.
        batch: images (N, C, H, W).
        passes: measured passes, after one of warm-up; each layer's time is its median over them.

    Returns:
        A frame with one row for each module without children, and one for what runs outside of those (additions,
        concatenations, the hooks themselves). Columns: `name`, `kind`, `seconds`, `share` (of the whole pass), and
        `bytes`: size of inputs, outputs and weights, which is what the layer must move at least.

    Raises:
        ValueError: `passes` is below 1.
    """
    if passes < 1:
        raise ValueError(f"passes must be at least 1; given {passes}")
    device = batch.device
    names = {module: name for name, module in model.named_modules() if childless(module)}
    begun: dict[nn.Module, Any] = {}
    spans: list[tuple[nn.Module, Any, Any]] = []
    moved: dict[nn.Module, int] = defaultdict(int)

    def begin(module: nn.Module, _: Any) -> None:
        begun[module] = stamp(device)

    def end(module: nn.Module, inputs: Any, output: Any) -> None:
        spans.append((module, begun.pop(module), stamp(device)))
        tensors = [t for t in tree_leaves((inputs, output)) if isinstance(t, Tensor)]
        moved[module] += sum(t.nbytes for t in [*tensors, *module.parameters()])

    hooks = [module.register_forward_pre_hook(begin) for module in names]
    hooks += [module.register_forward_hook(end) for module in names]
    times: dict[nn.Module | None, list[float]] = defaultdict(list)
    totals = []
    try:
        with inference(model):
            model(batch)
            for _ in range(passes):
                spans.clear()
                moved.clear()
                wait(device)
                start = stamp(device)
                model(batch)
                finish = stamp(device)
                wait(device)
                totals.append(between(start, finish))
                one: dict[nn.Module, float] = defaultdict(float)
                for module, first, last in spans:
                    one[module] += between(first, last)
                for module, taken in one.items():
                    times[module].append(taken)
                times[None].append(totals[-1] - sum(one.values()))
    finally:
        for hook in hooks:
            hook.remove()

    rows = [
        (names[module], kind_of(module), median(taken), moved[module])
        if module is not None
        else (OUTSIDE, "", median(taken), 0)
        for module, taken in sorted(times.items(), key=lambda item: item[0] is None)
    ]
    frame = pd.DataFrame(rows, columns=["name", "kind", "seconds", "bytes"])
    return frame.assign(share=frame["seconds"] / median(totals))[["name", "kind", "seconds", "share", "bytes"]]


def operator_times(model: nn.Module, batch: Tensor, *, passes: int = 3) -> pd.DataFrame:
    """Time of each operator in the forward pass of a batch (`torch.profiler`), the costliest first.

    Returns:
        A frame with the columns `operator`, `calls` (in one pass), `seconds` (in one pass, without the operators
        that it calls itself; on a CUDA device the time of its kernels) and `share`.

    Raises:
        ValueError: `passes` is below 1.
    """
    if passes < 1:
        raise ValueError(f"passes must be at least 1; given {passes}")
    cuda = batch.device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with inference(model):
        model(batch)
        with torch.profiler.profile(activities=activities, acc_events=True) as profiler:
            for _ in range(passes):
                model(batch)
            wait(batch.device)
    microseconds = "self_device_time_total" if cuda else "self_cpu_time_total"
    rows = [
        (event.key, event.count / passes, getattr(event, microseconds) / 1e6 / passes)
        for event in profiler.key_averages()
    ]
    frame = pd.DataFrame(rows, columns=["operator", "calls", "seconds"]).query("seconds > 0")
    frame = frame.assign(share=frame["seconds"] / frame["seconds"].sum())
    return frame.sort_values("seconds", ascending=False, ignore_index=True)
