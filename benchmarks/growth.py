"""How the cost of `layer_table`, `profile` and `train` grows with depth, width, batch and image size.

    python benchmarks/growth.py [--record] [--repeats 3]

One network, a wide ResNet, is made deeper, wider and so on, one at a time and by a fixed factor. Each point has a
process of its own, with one thread. Time is processor time, the least of the repeats, and counts the process that
`profile` starts; `profile` repeats by itself what it measures, so it is called once. Memory is what the process
resides in at most above what it held before the call; of `profile`, this or what it reports of the training step
in its own process, whichever is more. `train` is one epoch of two updates and one batch of test images.

A cost of c + a x^p grows from one size to the next by increments in the ratio r^p, where r is the factor. The
exponent p is fitted to these increments, so that what does not grow, such as loading PyTorch in a process, does
not make it look better; it is 0 where a cost does not grow by more than the noise.
The exit status is 1 if a cost grows faster than linearly with the number of layers. `--record` writes the record
of which `python docs/pictures.py` draws the figure.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.data import Split
from cs231n_arch.profiling import profile, records
from cs231n_arch.profiling.child import load_libraries, reset_peak, resident_peak
from cs231n_arch.training import Recipe, train
from cs231n_arch.training.schedules import Constant

FILE = Path(__file__).resolve().parents[1] / "docs" / "growth"
# Depth: residual units in each of the three stages.
SIZES = {"depth": (4, 8, 16, 32, 64, 128), "width": (1, 2, 4), "batch": (8, 32, 128), "side": (16, 32, 64)}
GOAL = 1.15  # largest exponent that counts as linear in the number of layers: the fits scatter by 0.1
SHARE = 0.05  # of the whole; a smaller increment is not told from noise


def call_layer_table(net: nn.Module, batch: int, side: int) -> int:
    layer_table(net, inputs=torch.empty(batch, 3, side, side))
    return 0


def call_profile(net: nn.Module, batch: int, side: int) -> int:
    found = profile(net, input_size=(3, side, side), batch_sizes=(batch,), device="cpu", seconds=1e-3)
    return int(found.batches[0].training_peak_bytes or 0)


def call_train(net: nn.Module, batch: int, side: int) -> int:
    images, labels = torch.randn(2 * batch, 3, side, side), torch.randint(0, 10, (2 * batch,))
    classes = tuple(map(str, range(10)))
    split = Split("random", images, labels, images[:batch], labels[:batch], classes, (0.0,) * 3, (1.0,) * 3, "")
    recipe = Recipe("growth", "none", "sgd", 0.01, Constant(), batch_size=batch, epochs=1, momentum=0.9)
    train(net, split, recipe, epochs=1, device="cpu", progress=False)
    return 0


CALLS: dict[str, Callable[[nn.Module, int, int], int]] = {
    "layer_table": call_layer_table,
    "profile": call_profile,
    "train": call_train,
}


def processor_seconds() -> float:
    """Of this process and of those that it has started."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


def measure(point: tuple[str, str, int, int]) -> dict[str, str | float]:
    """Layers of the network, processor seconds and bytes of one call, in this process."""
    call, varied, size, repeats = point
    sizes = {name: values[0] for name, values in SIZES.items()} | {varied: size}
    torch.set_num_threads(1)
    load_libraries()
    for first in (call_layer_table, call_train):  # what they load belongs to no size
        first(create_model("wide_resnet", depth=10, widen_factor=1), 2, 16)
    torch.manual_seed(0)
    net = create_model("wide_resnet", depth=6 * sizes["depth"] + 4, widen_factor=sizes["width"])
    layers = sum(not list(module.children()) for module in net.modules())
    seconds, peaks = [], []
    for _ in range(1 if call == "profile" else repeats):
        reset_peak()
        before, start = resident_peak(), processor_seconds()
        reported = CALLS[call](net, sizes["batch"], sizes["side"])
        seconds.append(processor_seconds() - start)
        peaks.append(max(resident_peak() - before, reported))
    found = {"layers": layers, "seconds": min(seconds), "bytes": peaks[0]}
    return {"call": call, "varied": varied, "size": size, **found}


def exponent(sizes: list[int], costs: list[float]) -> float:
    """The p of a cost c + a x^p at sizes in a fixed ratio; 0 where it does not grow."""
    grown = np.diff(costs)
    clear = grown > SHARE * np.array(costs[1:])
    if clear.sum() < 2:
        return 0.0
    return float(np.polyfit(np.log(np.array(sizes[1:])[clear]), np.log(grown[clear]), 1)[0])


def exponents(measurements: pd.DataFrame) -> pd.DataFrame:
    """The fitted exponents of time and memory, one row for each call and what was varied."""
    rows = []
    for (call, varied), points in measurements.groupby(["call", "varied"], sort=False):
        found = {cost: exponent(list(points["size"]), list(points[cost])) for cost in ("seconds", "bytes")}
        rows.append({"call": call, "varied": varied, **found})
    return pd.DataFrame(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write docs/growth.csv and .json")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    bigger = [(varied, size) for varied, sizes in SIZES.items() for size in sizes[1:]]
    points = [(call, *one, arguments.repeats) for call in CALLS for one in [("", 0), *bigger]]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "pandas", "cs231n_arch.profiling", "cs231n_arch.training"])
    rows = []
    with context.Pool(1, maxtasksperchild=1) as pool:
        for row in pool.imap(measure, points):
            base = [row | {"varied": varied, "size": sizes[0]} for varied, sizes in SIZES.items()]
            rows += [row] if row["varied"] else base  # the network that all begin with is measured once
            print("{call:12} {varied:6} {size:4} {seconds:8.2f} s {bytes:14,} bytes".format(**row), flush=True)
    measurements = pd.DataFrame(rows)
    fitted = exponents(measurements)
    print(fitted.to_string(index=False, float_format="%.2f"))
    worst = fitted.loc[fitted["varied"] == "depth", ["seconds", "bytes"]].to_numpy().max()
    print(f"largest exponent against the number of layers: {worst:.2f}, goal at most {GOAL}")
    if arguments.record:
        command = "python benchmarks/growth.py --record"
        records.save(FILE, command, "one thread, processor time", measurements=measurements, exponents=fitted)
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
