"""Shared by `cs231n-arch profile` and `compare`: arguments, checks before anything is measured, tables."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs231n_arch.cli.text import quantity, table

if TYPE_CHECKING:
    import pandas as pd
    import torch

Column = tuple[str, Callable[[Any], str]]  # its title, and how a cell is written


def count(value: Any) -> str:
    """A whole number with separators."""
    return f"{int(value):,}"


def unit(name: str) -> Callable[[Any], str]:
    """Cells with this unit and a prefix."""
    return lambda value: quantity(value, name)


MEASURED: dict[str, Column] = {
    "model": ("model", str),
    "batch_size": ("batch", count),
    "seconds": ("time", unit("s")),
    "images_per_second": ("images/s", lambda value: quantity(value, "")),
    "params": ("parameters", count),
    "macs": ("MACs", lambda value: quantity(value, "")),
    "peak_bytes": ("peak memory", unit("B")),
    "watts": ("power", unit("W")),
}


def add_common(parser: argparse.ArgumentParser, batch_sizes: list[int]) -> None:
    """Arguments of both subcommands."""
    parser.add_argument(
        "--batch-size", type=int, nargs="+", default=batch_sizes, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1, ...; default: CUDA if there is a device"
    )
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="least time for one measurement; default: %(default)s"
    )
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="one thread, timed by the processor time it uses, which a busy machine does not change",
    )
    parser.add_argument("--out", metavar="PATH", help="write PATH.csv and PATH.json, with the machine recorded")
    parser.add_argument("--overwrite", action="store_true", help="replace PATH.csv and PATH.json")
    parser.add_argument("--remark", default="", help="a sentence for the record, such as 'the machine was busy'")


def check(arguments: argparse.Namespace, models: Sequence[str]) -> "torch.device":
    """Check the arguments before anything is measured, and return the device to measure on."""
    from cs231n_arch.machine import find_device
    from cs231n_arch.models.registry import constructor

    for name in models:
        constructor(name)
    if any(size < 1 for size in arguments.batch_size):
        raise ValueError(f"batch sizes must be whole numbers of at least 1; given {min(arguments.batch_size)}")
    if not arguments.seconds > 0:
        raise ValueError(f"seconds must be above 0; given {arguments.seconds:g}")
    there = [Path(f"{arguments.out}{end}") for end in (".csv", ".json") if arguments.out]
    if not arguments.overwrite and (old := [path for path in there if path.exists()]):
        raise ValueError(f"{old[0]} is there already: --overwrite replaces it")
    return find_device(arguments.device)


def said(name: str, arguments: argparse.Namespace, models: Sequence[str]) -> str:
    """The command that makes the record again."""
    sizes = [str(size) for size in arguments.batch_size]
    device = ["--device", arguments.device] if arguments.device else []
    words = ["cs231n-arch", name, *models, "--batch-size", *sizes, *device, "--seconds", f"{arguments.seconds:g}"]
    clock = ["--processor-time"] if arguments.processor_time else []
    return shlex.join([*words, *clock, "--out", arguments.out])


def remark(arguments: argparse.Namespace) -> str:
    """The remark in the record: the clock, and the sentence that was given."""
    clock = "one thread, timed by the processor time it used" if arguments.processor_time else ""
    return "; ".join(filter(None, (clock, arguments.remark)))


def working(what: str) -> None:
    """Print on standard error what is being measured."""
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


def show(title: str, frame: "pd.DataFrame", columns: Mapping[str, Column]) -> None:
    """Print some columns of a frame under a title; numbers are aligned at the right."""
    rows = [
        {title: write(row[name]) for name, (title, write) in columns.items()}
        for row in frame.to_dict(orient="records")
    ]
    right = [title for title, write in columns.values() if write is not str]
    print(f"\n{title}\n{table(rows, right=right)}", flush=True)
