"""`layer_table` beside torchinfo and PyTorch's FlopCounterMode: do the counts agree, and what does each take?

    python benchmarks/anatomy.py

Every model is on the meta device, so nothing is computed. The three tools take turns model by model; the times are
processor seconds, the least of two, so a busy machine shows little in them. The exit status is 1 if a count
differs without an explanation, or if `layer_table` needs more than ten seconds for all models.
"""

import sys
import time
from collections.abc import Callable

import pandas as pd
import torch
import torchinfo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cs231n_arch import create_model, layer_table, list_models
from cs231n_arch.models.layers import Net

MOST_SECONDS = 10.0


def flop_counter(model: Net) -> int:
    """Multiply-accumulates by FlopCounterMode."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, *model.input_size, device="meta"))
    return counter.get_total_flops() // 2


def torchinfo_counts(model: Net) -> tuple[int, int]:
    """Parameters and multiply-accumulates by torchinfo."""
    found = torchinfo.summary(model, (1, *model.input_size), device="meta", verbose=0)
    return found.total_params, found.total_mult_adds


def extra_of_torchinfo(model: nn.Module, table: pd.DataFrame) -> dict[str, int]:
    """What torchinfo counts as multiply-accumulates and we do not, by name.

    It takes every number of a parameter named weight or bias for one operation: in a convolution for each position
    of the output, in any other layer once. So it counts biases, which are additions only, and batch norm's scales
    and shifts; and it sees no product of a layer of a kind of its own.
    """
    extra = {"biases": 0, "batch norm": 0, "layers of their own kind": 0}
    modules = dict(model.named_modules())
    for name, shape, macs in table[["name", "output_shape", "macs"]].itertuples(index=False):
        module = modules.get(name)  # none, if the row is an operation outside of layers
        if isinstance(module, nn.Conv2d):
            extra["biases"] += shape[0] * shape[1] * shape[2] if module.bias is not None else 0
        elif isinstance(module, nn.Linear):
            extra["biases"] += shape[0] if module.bias is not None else 0
        elif isinstance(module, nn.BatchNorm2d):
            extra["batch norm"] += sum(parameter.numel() for parameter in module.parameters())
        elif module is not None:
            named = dict(module.named_parameters(recurse=False))
            extra["layers of their own kind"] += (
                sum(named[n].numel() for n in ("weight", "bias") if n in named) - macs
            )
    return {what: count for what, count in extra.items() if count}


def timed(count: Callable[[Net], object], model: Net) -> tuple[object, float]:
    """The result, and processor seconds."""
    start = time.process_time()
    result = count(model)
    return result, time.process_time() - start


def main() -> int:
    """Print one line a model and the totals."""
    tools: dict[str, Callable[[Net], object]] = {
        "layer_table": layer_table,
        "torchinfo": torchinfo_counts,
        "FlopCounterMode": flop_counter,
    }
    with torch.device("meta"):
        models = {name: create_model(name).eval() for name in list_models()}
    for count in tools.values():
        count(models["lenet5"])  # what is loaded on first use belongs to no model

    rows, unexplained = [], []
    for name, model in models.items():
        best = dict.fromkeys(tools, float("inf"))
        results: dict[str, object] = {}
        for _ in range(2):
            for tool, count in tools.items():
                results[tool], seconds = timed(count, model)
                best[tool] = min(best[tool], seconds)
        table, (params, macs) = results["layer_table"], results["torchinfo"]
        stages = set(table["name"].str.split(".").str[0])  # those that ran
        unused = sum(p.numel() for n, p in model.named_parameters() if n.split(".")[0] not in stages)
        explained = extra_of_torchinfo(model, table)
        reasons = [*explained, *(["auxiliary classifiers"] if unused else [])]
        wrong = {
            "FlopCounterMode's MACs": results["FlopCounterMode"] - table["macs"].sum(),
            "torchinfo's MACs": macs - table["macs"].sum() - sum(explained.values()),
            "torchinfo's parameters": params - table["params"].sum() - unused,
        }
        unexplained += [f"{name}: {what} differ by {count:,}" for what, count in wrong.items() if count]
        more = (macs - table["macs"].sum()) / table["macs"].sum()
        rows.append({"model": name, **best, "torchinfo's MACs": f"{more:+.2%}", "because of": ", ".join(reasons)})

    frame = pd.DataFrame(rows)
    totals = frame[list(tools)].sum()
    print(frame.to_string(index=False, float_format="%.3f"))
    print(f"\n{len(frame)} models, processor seconds: " + ", ".join(f"{t} {s:.2f}" for t, s in totals.items()))
    for tool in ("torchinfo", "FlopCounterMode"):
        print(f"layer_table takes {totals['layer_table'] / totals[tool]:.2f} times the time of {tool}")
    print(*unexplained or ["every difference is explained"], sep="\n")
    return int(bool(unexplained) or totals["layer_table"] > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
