"""The subcommand `cs231n-arch profile`."""

import argparse
import os
from contextlib import nullcontext
from typing import Any

from cs231n_arch.cli.measuring import MEASURED, Column, add_common, check, count, remark, said, show, unit, working
from cs231n_arch.cli.text import quantity

EXAMPLES = (
    "profile resnet18",
    "profile squeezenet1_1 --batch-size 1 --parts batches layers",
    "profile resnet50 --device cuda --out runs/resnet50",
)
PARTS = ("batches", "layers", "operators", "forms")


def percent(value: Any) -> str:
    """A share of one."""
    return f"{value:.1%}"


LAYERS: dict[str, Column] = {
    "name": ("layer", str),
    "kind": ("kind", str),
    "seconds": ("time", unit("s")),
    "flops": ("operations", unit("FLOP")),
    "bytes": ("traffic", unit("B")),
    "rate": ("speed", unit("FLOP/s")),
    "bound": ("bound by", str),
    "reached": ("of the peak", percent),
}
OPERATORS: dict[str, Column] = {
    "operator": ("operator", str),
    "calls": ("calls", count),
    "seconds": ("time", unit("s")),
    "share": ("share", percent),
}
FORMS: dict[str, Column] = {
    "form": ("form", str),
    "seconds": ("time", unit("s")),
    "speed": ("speed", lambda value: f"{value:.2f} x"),
    "difference": ("largest difference", lambda value: f"{value:.1e}"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch profile`."""
    parser.add_argument("model", help="name of a model, see `cs231n-arch list`")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"what to measure, of {', '.join(PARTS)}; default: all. The forms take longest: one is compiled",
    )
    add_common(parser, [1, 16])


def run(arguments: argparse.Namespace) -> int:
    """One net in depth: by batch size, by layer under the roofline, by operator, and in its faster forms."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler's own remarks, among our tables

    from cs231n_arch.create import create_model
    from cs231n_arch.machine import Machine
    from cs231n_arch.profiling.records import save
    from cs231n_arch.profiling.timing import processor_time

    device = check(arguments, [arguments.model])
    model = create_model(arguments.model).to(device)
    print(Machine.here(), flush=True)
    with processor_time() if arguments.processor_time else nullcontext():
        tables = measure(arguments, model, device)
    if arguments.out:
        print(
            *save(arguments.out, said("profile", arguments, [arguments.model]), remark(arguments), **tables),
            sep="\n",
        )
    return 0


def measure(arguments: argparse.Namespace, model: Any, device: Any) -> dict[str, Any]:
    """Measure the parts that are asked for, and show each as soon as it is there."""
    import pandas as pd

    from cs231n_arch.profiling.faster import compare_forms
    from cs231n_arch.profiling.report import profile
    from cs231n_arch.profiling.roofline import measure_peaks, roofline
    from cs231n_arch.profiling.timing import images, operator_times

    tables: dict[str, pd.DataFrame] = {}
    batch = images(arguments.batch_size[-1], model.input_size, device)
    of = f"batch of {len(batch)}"
    if "batches" in arguments.parts:
        working("by batch size")
        taken = profile(
            arguments.model, batch_sizes=arguments.batch_size, device=device, seconds=arguments.seconds
        )
        tables["measurements"] = taken.frame()
        show("By batch size", tables["measurements"], MEASURED)
        for note in dict.fromkeys(note for size in taken.batches for note in size.notes):
            print(note)
    if "layers" in arguments.parts:
        working("each layer, and the peaks of the machine")
        peaks = measure_peaks(device)
        tables["peaks"] = pd.DataFrame(
            [{"flops": peaks.flops, "bandwidth": peaks.bandwidth, "ridge": peaks.ridge}]
        )
        tables["layers"] = roofline(model, batch, peaks)
        rates = quantity(peaks.flops, "FLOP/s"), quantity(peaks.bandwidth, "B/s")
        show(
            f"Costliest layers, {of}; measured peaks {' and '.join(rates)}",
            tables["layers"].nlargest(10, "seconds"),
            LAYERS,
        )
    if "operators" in arguments.parts:
        working("each operator")
        tables["operators"] = operator_times(model, batch)
        show(f"Costliest operators, {of}", tables["operators"].head(10), OPERATORS)
    if "forms" in arguments.parts:
        working("faster forms")
        tables["forms"] = compare_forms(model, batch, seconds=arguments.seconds / 2)
        failed = tables["forms"]["error"] != ""
        show(f"Faster forms, {of}", tables["forms"][~failed], FORMS)
        for form, error in tables["forms"].loc[failed, ["form", "error"]].itertuples(index=False):
            print(f"{form}: not possible for this net ({error})")
    return tables
