"""`profile` measures one net, `compare` many: time, memory and energy, beside what can be counted."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.create import create_model
from cs231n_arch.machine import Machine, NotMeasurable, find_device
from cs231n_arch.profiling.memory import peak_memory
from cs231n_arch.profiling.power import energy, find_meter
from cs231n_arch.profiling.timing import Timing, images, inference, latency, layer_times

# Columns of the frames of `profile` and `compare`.
COUNTED = ["params", "macs", "conv_macs", "fc_macs", "parameter_bytes", "activation_bytes"]
MEASURED = [
    *["seconds", "seconds_low", "seconds_high", "samples", "images_per_second", "conv_seconds", "fc_seconds"],
    *["peak_bytes", "training_peak_bytes", "watts", "idle_watts", "joules_per_image"],
]
COLUMNS = ["model", "device", "batch_size", *COUNTED, *MEASURED, "notes", "error"]


@dataclass(frozen=True)
class Batch:
    """What was measured with one batch size, in evaluation mode unless said otherwise.

    Attributes:
        size: images in the batch.
        timing: seconds for one forward pass of the batch.
        conv_seconds: of a pass, in convolutions (pass with hooks, see `layer_times`).
        fc_seconds: of a pass, in fully connected layers.
        peak_bytes: peak memory of a forward pass, weights included (see `peak_memory`); None if not measurable.
        training_peak_bytes: the same for a training step.
        watts: mean power while it ran; None if not measurable.
        idle_watts: of the same meter, at rest.
        joules_per_image: energy, idle power included.
        notes: why something could not be measured; empty if all could.
    """

    size: int
    timing: Timing
    conv_seconds: float
    fc_seconds: float
    peak_bytes: int | None = None
    training_peak_bytes: int | None = None
    watts: float | None = None
    idle_watts: float | None = None
    joules_per_image: float | None = None
    notes: tuple[str, ...] = ()

    def columns(self) -> dict[str, object]:
        """The measurements as columns of a frame."""
        flat = {name: value for name, value in asdict(self).items() if name not in ("size", "timing", "notes")}
        return {
            "batch_size": self.size,
            "seconds": self.timing.median,
            "seconds_low": self.timing.low,
            "seconds_high": self.timing.high,
            "samples": self.timing.samples,
            "images_per_second": self.size / self.timing.median,
            **flat,
            "notes": "; ".join(self.notes),
        }


@dataclass(frozen=True)
class Profile:
    """One net, counted and measured.

    Attributes:
        model: its name.
        device: what it ran on.
        counted: per image: `params`, `macs`, of these `conv_macs` (convolutions) and `fc_macs` (fully connected),
            `parameter_bytes` and `activation_bytes` (all layers' outputs, which training keeps).
        batches: the measurements by batch size.
        machine: where it was measured.
    """

    model: str
    device: str
    counted: Mapping[str, int]
    batches: tuple[Batch, ...]
    machine: Machine = field(default_factory=Machine.here)

    def frame(self) -> pd.DataFrame:
        """One row for each batch size, with the columns of `compare`."""
        first = {"model": self.model, "device": self.device, **self.counted}
        return pd.DataFrame([{**first, **batch.columns(), "error": ""} for batch in self.batches], columns=COLUMNS)


def profile(
    model: nn.Module | str,
    *,
    input_size: Sequence[int] | None = None,
    batch_sizes: Sequence[int] = (1, 16),
    device: torch.device | str | None = None,
    seconds: float = 1.0,
) -> Profile:
    """Count and measure a net.

    Args:
        model: any module that takes a batch of images, or the name of one of ours; it is left as it was.
        input_size: (channels, height, width); by default `model.input_size`.
        batch_sizes: images in a batch, each measured on its own.
        device: where to run; by default the CUDA device if there is one, else the CPU.
        seconds: least time for each measurement of time.

    Returns:
        The measurements; `.frame()` has them as a table.

    Raises:
        ValueError: unknown name or device, no usable `input_size`, or a batch size below 1.
        torch.OutOfMemoryError: the system ended the process in which a forward pass was tried first.
        RuntimeError: the net fails, or the CUDA device's memory is full; the message is PyTorch's.
    """
    place = find_device(device)
    if not batch_sizes:
        raise ValueError("give at least one batch size")
    name = model if isinstance(model, str) else type(model).__name__
    net: nn.Module = create_model(model) if isinstance(model, str) else model
    table = layer_table(net, input_size)
    size: Sequence[int] = input_size if input_size is not None else net.input_size  # type: ignore[assignment]
    batches = [
        images(count, size, "meta") for count in batch_sizes
    ]  # a wrong size is found before the work begins
    if any(parameter.device != place for parameter in net.parameters()):
        net = copy.deepcopy(net).to(place)
    parameters = list(net.parameters())
    kinds = table.groupby("kind")["macs"].sum()
    counted = {
        "params": sum(p.numel() for p in parameters),
        "macs": int(table["macs"].sum()),
        "conv_macs": int(kinds.get("Conv2d", 0)),
        "fc_macs": int(kinds.get("Linear", 0)),
        "parameter_bytes": sum(p.nbytes for p in parameters),
        "activation_bytes": int(table["activation_bytes"].sum()),
    }
    measured = tuple(measure(net, batch.shape[0], size, place, seconds) for batch in batches)
    return Profile(name, str(place), counted, measured)


def measure(model: nn.Module, count: int, size: Sequence[int], device: torch.device, seconds: float) -> Batch:
    """All measurements with one batch size."""
    notes = []
    optional: dict[str, Any] = {}
    # Memory first: where even a forward pass does not fit, a process of its own is lost and not this one.
    try:
        peak = peak_memory(model, count, size, device)
        optional |= {"peak_bytes": peak.inference, "training_peak_bytes": peak.training}
        notes += [f"memory: {peak.note}"] if peak.note else []
    except NotMeasurable as reason:
        notes.append(f"memory: {reason}")

    batch: Tensor = images(count, size, device)
    timing = latency(model, batch, seconds=seconds)
    by_kind = layer_times(model, batch).groupby("kind")["seconds"].sum()
    try:
        meter = find_meter(device)
        with inference(model):
            drawn = energy(lambda: model(batch), meter, device, seconds=max(2.0, seconds))
        optional |= {
            "watts": drawn.watts,
            "idle_watts": drawn.idle_watts,
            "joules_per_image": drawn.joules / count,
        }
    except NotMeasurable as reason:
        notes.append(f"energy: {reason}")
    return Batch(
        size=count,
        timing=timing,
        conv_seconds=float(by_kind.get("Conv2d", 0.0)),
        fc_seconds=float(by_kind.get("Linear", 0.0)),
        notes=tuple(notes),
        **optional,
    )


def measurements(
    models: Iterable[str] | Mapping[str, nn.Module],
    *,
    batch_sizes: Sequence[int] = (1, 16),
    device: torch.device | str | None = None,
    seconds: float = 1.0,
) -> Iterator[pd.DataFrame]:
    """The rows of `compare`, one model and batch size after the other, each as soon as it is measured."""
    place = find_device(device)
    for name in models:
        for count in batch_sizes:
            try:
                model = models[name] if isinstance(models, Mapping) else name
                rows = profile(model, batch_sizes=(count,), device=place, seconds=seconds).frame()
                yield rows.assign(model=name)
            except Exception as error:  # whatever befalls one model must not lose the others' rows
                reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
                row = {"model": name, "device": str(place), "batch_size": count, "notes": "", "error": reason}
                yield pd.DataFrame([row], columns=COLUMNS)


def join(rows: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows in one frame; counts stay whole numbers where a failed model has none."""
    records = [record for frame in rows for record in frame.to_dict("records")]
    frame = pd.DataFrame(records, columns=COLUMNS)
    whole = [*COUNTED, "batch_size", "samples", "peak_bytes", "training_peak_bytes"]
    real = [column for column in MEASURED if column not in whole]
    return frame.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(real, "float64"))


def compare(
    models: Iterable[str] | Mapping[str, nn.Module],
    *,
    batch_sizes: Sequence[int] = (1, 16),
    device: torch.device | str | None = None,
    seconds: float = 1.0,
) -> pd.DataFrame:
    """Measure several nets with several batch sizes; one that fails does not lose the others' rows.

    Args:
        models: names of ours, or any modules by name, each with its own `input_size`.
        batch_sizes: see `profile`.
        device: see `profile`.
        seconds: see `profile`.

    Returns:
        A frame with one row for each model and batch size. Columns: `model`, `device`, `batch_size`; counted for
        one
        image: `params`, `macs`, `conv_macs`, `fc_macs`, `parameter_bytes`, `activation_bytes`; measured: `seconds`
        (median for a batch), `seconds_low` and `seconds_high` (quartiles), `samples`, `images_per_second`,
        `conv_seconds`, `fc_seconds`, `peak_bytes`, `training_peak_bytes`, `watts`, `idle_watts`,
        `joules_per_image` (missing where not measurable); `notes` (why something is missing) and `error` (why a
        row has no measurement, or empty).
    """
    return join(measurements(models, batch_sizes=batch_sizes, device=device, seconds=seconds))
