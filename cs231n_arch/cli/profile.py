"""The subcommands `cs231n-arch profile` and `cs231n-arch compare`."""

import argparse
import shlex
from contextlib import nullcontext

import pandas as pd

from cs231n_arch.create import create_model
from cs231n_arch.machine import Machine, find_device
from cs231n_arch.profiling.canziani import NETS
from cs231n_arch.profiling.faster import compare_forms
from cs231n_arch.profiling.records import save
from cs231n_arch.profiling.report import join, measurements, profile
from cs231n_arch.profiling.roofline import measure_peaks, roofline
from cs231n_arch.profiling.timing import images, operator_times, processor_time

SHOWN = ["model", "batch_size", "seconds", "images_per_second", "params", "macs", "peak_bytes", "watts", "error"]


def add_common(parser: argparse.ArgumentParser, batch_sizes: list[int]) -> None:
    """Arguments of both subcommands."""
    parser.add_argument(
        "--batch-size", type=int, nargs="+", default=batch_sizes, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--device", help="cpu, cuda, cuda:1, ...; default: CUDA if there is a device")
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="least time for one measurement; default: %(default)s"
    )
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="one thread, timed by the processor time it uses, which a busy machine does not change",
    )
    parser.add_argument("--out", metavar="PATH", help="write PATH.csv and PATH.json, with the machine recorded")
    parser.add_argument("--remark", default="", help="a sentence for the record, such as 'the machine was busy'")


def add_profile_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch profile`."""
    parser.add_argument("model", help="name of a model, see `cs231n-arch list`")
    add_common(parser, [1, 16])


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch compare`."""
    parser.add_argument(
        "models", nargs="*", default=list(NETS), help="names of models; default: those of Canziani et al. (2016)"
    )
    add_common(parser, [1, 2, 4, 8, 16])


def said(name: str, arguments: argparse.Namespace, models: list[str]) -> str:
    """The command that makes the record again."""
    sizes = [str(size) for size in arguments.batch_size]
    device = ["--device", arguments.device] if arguments.device else []
    words = ["cs231n-arch", name, *models, "--batch-size", *sizes, *device, "--seconds", f"{arguments.seconds:g}"]
    clock = ["--processor-time"] if arguments.processor_time else []
    return shlex.join([*words, *clock, "--out", arguments.out])


def remark(arguments: argparse.Namespace) -> str:
    """What a reader of the record should know."""
    clock = "one thread, timed by the processor time it used" if arguments.processor_time else ""
    return "; ".join(filter(None, (clock, arguments.remark)))


def show(title: str, frame: pd.DataFrame) -> None:
    """Print a table under its title."""
    print(f"\n{title}\n{frame.to_string(index=False, float_format=lambda value: f'{value:.4g}')}", flush=True)


def run_profile(arguments: argparse.Namespace) -> int:
    """One net in depth: by batch size, by layer under the roofline, by operator, and in its faster forms."""
    with processor_time() if arguments.processor_time else nullcontext():
        return profile_one(arguments)


def profile_one(arguments: argparse.Namespace) -> int:
    """`run_profile`, by either clock."""
    device = find_device(arguments.device)
    model = create_model(arguments.model).to(device)
    print(Machine.here())
    taken = profile(arguments.model, batch_sizes=arguments.batch_size, device=device, seconds=arguments.seconds)
    tables = {"measurements": taken.frame()}
    show("By batch size", tables["measurements"][SHOWN])
    for note in dict.fromkeys(note for batch in taken.batches for note in batch.notes):
        print(note)

    batch = images(arguments.batch_size[-1], model.input_size, device)
    peaks = measure_peaks(device)
    tables["peaks"] = pd.DataFrame([{"flops": peaks.flops, "bandwidth": peaks.bandwidth, "ridge": peaks.ridge}])
    tables["layers"] = roofline(model, batch, peaks)
    tables["operators"] = operator_times(model, batch)
    tables["forms"] = compare_forms(model, batch, seconds=arguments.seconds / 2)
    of = f"batch of {len(batch)}"
    show("The machine's measured peaks (FLOP/s, bytes/s, FLOP/byte)", tables["peaks"])
    show(f"Costliest layers, {of}", tables["layers"].nlargest(10, "seconds"))
    show(f"Costliest operators, {of}", tables["operators"].head(10))
    show(f"Faster forms, {of}", tables["forms"])
    if arguments.out:
        command = said("profile", arguments, [arguments.model])
        print(*save(arguments.out, command, remark(arguments), **tables), sep="\n")
    return 0


def run_compare(arguments: argparse.Namespace) -> int:
    """Several nets; the record is written anew after each row, so that an interruption loses none."""
    with processor_time() if arguments.processor_time else nullcontext():
        return compare_several(arguments)


def compare_several(arguments: argparse.Namespace) -> int:
    """`run_compare`, by either clock."""
    print(Machine.here())
    rows: list[pd.DataFrame] = []
    options = {"batch_sizes": arguments.batch_size, "device": arguments.device, "seconds": arguments.seconds}
    for row in measurements(arguments.models, **options):
        rows.append(row)
        line = row.iloc[0]
        result = line["error"] or f"{line['seconds']:.4f} s, {line['images_per_second']:.1f} images/s"
        print(f"{line['model']}, batch of {line['batch_size']}: {result}", flush=True)
        if arguments.out:
            command = said("compare", arguments, arguments.models)
            save(arguments.out, command, remark(arguments), measurements=join(rows))
    frame = join(rows)
    show("All", frame[SHOWN])
    for note in dict.fromkeys(note for note in frame["notes"] if note):
        print(note)
    return 0 if (frame["error"] == "").any() else 1
