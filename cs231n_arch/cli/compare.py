"""The subcommand `cs231n-arch compare`."""

import argparse
from contextlib import nullcontext
from typing import TYPE_CHECKING

from cs231n_arch.cli.measuring import MEASURED, add_common, check, remark, said, show
from cs231n_arch.cli.text import quantity

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = (
    "compare resnet18 vgg11 googlenet --batch-size 1 8",
    "compare resnet18 resnet50 --out runs/resnets",
    "compare --device cuda --seconds 3",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch compare`."""
    parser.add_argument("models", nargs="*", help="names of models; default: those of Canziani et al. (2016)")
    add_common(parser, [1, 2, 4, 8, 16])


def run(arguments: argparse.Namespace) -> int:
    """Measure several nets; the record is written anew after each row, so that an interruption loses none."""
    from cs231n_arch.machine import Machine
    from cs231n_arch.profiling.canziani import NETS
    from cs231n_arch.profiling.records import save
    from cs231n_arch.profiling.report import join, measurements
    from cs231n_arch.profiling.timing import processor_time

    models = arguments.models or list(NETS)
    device = check(arguments, models)
    print(Machine.here())
    rows: list[pd.DataFrame] = []
    with processor_time() if arguments.processor_time else nullcontext():
        for row in measurements(
            models, batch_sizes=arguments.batch_size, device=device, seconds=arguments.seconds
        ):
            rows.append(row)
            line = row.iloc[0]
            speed = f"{quantity(line['seconds'], 's')}, {quantity(line['images_per_second'], '')} images/s"
            print(f"{line['model']}, batch of {line['batch_size']}: {line['error'] or speed}", flush=True)
            if arguments.out:
                save(arguments.out, said("compare", arguments, models), remark(arguments), measurements=join(rows))
    frame = join(rows)
    measured = frame[frame["error"] == ""]
    if measured.empty:
        return 1
    show("All", measured, MEASURED)
    for note in dict.fromkeys(note for note in frame["notes"] if note):
        print(note)
    return 0
