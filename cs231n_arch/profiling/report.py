"""`profile` measures one net, `compare` many: time, memory and energy, with what can be counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.anatomy.modes import copied
from cs231n_arch.create import create_model
from cs231n_arch.errors import check_whole
from cs231n_arch.errors import input_size as checked
from cs231n_arch.machine import Machine, NotMeasurable, find_device
from cs231n_arch.models.registry import constructor
from cs231n_arch.profiling.memory import peak_memory
from cs231n_arch.profiling.power import energy, find_meter
from cs231n_arch.profiling.timing import Timing, float_type, images, inference, latency, layer_times

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
        conv_seconds: of a pass, in convolutions (pass with hooks, see `layer_times`); None if some of them are
            called outside of layers, where no time is taken.
        fc_seconds: of a pass, in fully connected layers, under the same condition.
        peak_bytes: peak memory of a forward pass, weights included (see `peak_memory`); None if not measurable.
        training_peak_bytes: the same for a training step.
        watts: mean power while it ran; None if not measurable.
        idle_watts: of the same meter, at rest.
        joules_per_image: energy, idle power included.
        notes: why something could not be measured; empty if all could.
    """

    size: int
    timing: Timing
    conv_seconds: float | None
    fc_seconds: float | None
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
        counted: per image: `params`, `macs`, of these `conv_macs` (convolutions) and `fc_macs` (products of
            matrices: fully connected layers, attention), `parameter_bytes` and `activation_bytes` (all layers'
            outputs, which training keeps).
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
        ValueError: unknown name or device, no usable `input_size`, a batch size below 1, weights on the meta
            device, or a net that fails on one image; the message has the net's own reason.
        torch.OutOfMemoryError: the system ended the process in which a forward pass was tried first.
        RuntimeError: the net fails on a batch, or the CUDA device's memory is full; the message is PyTorch's.
    """
    place = find_device(device)
    if not batch_sizes:
        raise ValueError("give at least one batch size")
    name = model if isinstance(model, str) else type(model).__name__
    net: nn.Module = create_model(model) if isinstance(model, str) else model
    table, size = layer_table(net, input_size), checked(net, input_size)
    for count in batch_sizes:
        check_whole(batch_size=count)  # before the work begins
    weights = [*net.parameters(), *net.buffers()]
    if any(weight.is_meta for weight in weights):
        raise ValueError(f"{name} has weights on the meta device, which cannot run; build it on another one")
    if any(weight.device != place for weight in weights):
        net = copied(net).to(place)
    parameters = list(net.parameters())
    kinds = kinds_of_work(table)
    counted = {
        "params": sum(p.numel() for p in parameters),
        "macs": int(table["macs"].sum()),
        **{f"{kind}_macs": int(table.loc[kinds == kind, "macs"].sum()) for kind in ("conv", "fc")},
        "parameter_bytes": sum(p.nbytes for p in parameters),
        "activation_bytes": int(table["activation_bytes"].sum()),
    }
    work = pd.Series(kinds.to_numpy(), index=table["name"])
    measured = tuple(measure(net, count, size, place, seconds, work) for count in batch_sizes)
    return Profile(name, str(place), counted, measured)


def kinds_of_work(table: pd.DataFrame) -> pd.Series:
    """For each row of a `layer_table`: "conv" or "fc" if it multiplies, through a window or not; else empty."""
    through = table["kernel"].notna().map({True: "conv", False: "fc"})
    return through.where(table["macs"] > 0, "")


def measure(
    model: nn.Module, count: int, size: Sequence[int], device: torch.device, seconds: float, work: pd.Series
) -> Batch:
    """All measurements with one batch size; `work` has `kinds_of_work` by the name of each layer or operation."""
    notes = []
    optional: dict[str, Any] = {}
    # Memory first: where even a forward pass does not fit, a process of its own is lost and not this one.
    try:
        peak = peak_memory(model, count, size, device)
        optional |= {"peak_bytes": peak.inference, "training_peak_bytes": peak.training}
        notes += [f"memory: {peak.note}"] if peak.note else []
    except NotMeasurable as reason:
        notes.append(f"memory: {reason}")

    batch: Tensor = images(count, size, device).to(float_type(model))
    timing = latency(model, batch, seconds=seconds)
    times = layer_times(model, batch).set_index("name")["seconds"]
    for kind in ("conv", "fc"):
        names = set(work.index[work == kind])
        known = names <= set(times.index)
        optional[f"{kind}_seconds"] = float(times[list(names)].sum()) if known else None
        notes += [] if known else [f"{kind}_seconds: some of this work is done outside of layers"]
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
    models = [models] if isinstance(models, str) else models if isinstance(models, Mapping) else list(models)
    if not isinstance(models, Mapping):
        for name in models:
            constructor(name)  # an unknown name is refused before anything is measured
    for name in models:
        for count in batch_sizes:
            try:
                model = models[name] if isinstance(models, Mapping) else name
                rows = profile(model, batch_sizes=(count,), device=place, seconds=seconds).frame()
                yield rows.assign(model=name)
            except Exception as error:  # a failure of one model must not lose the others' rows
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
        models: names of ours, one name, or any modules by name, each with its own `input_size`.
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

    Raises:
        ValueError: a name that no model has, or no such device.
    """
    return join(measurements(models, batch_sizes=batch_sizes, device=device, seconds=seconds))
