"""The subcommand `cs231n-arch summary`."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cs231n_arch.cli.text import counted, quantity, shortened, table, terminal_width

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = (
    "summary alexnet",
    "summary resnet50 --depth 1",
    "summary vgg16 --input-size 3x256x256 --classes 10",
    "summary resnet18 --csv > resnet18.csv",
)


def size(text: str) -> tuple[int, ...]:
    """Three whole numbers, such as `3x224x224`; argparse says what is wrong with another text."""
    numbers = tuple(int(part) for part in text.lower().split("x"))
    if len(numbers) != 3:
        raise ValueError
    return numbers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch summary`."""
    parser.add_argument("model", help="name of a model, see `cs231n-arch list`")
    parser.add_argument(
        "--depth", type=int, metavar="N", help="add up layers whose first N parts of the name agree"
    )
    parser.add_argument(
        "--input-size", type=size, metavar="CxHxW", help="such as 3x256x256; default: the model's own"
    )
    parser.add_argument("--classes", type=int, metavar="N", help="number of classes; default: the model's own")
    parser.add_argument("--csv", action="store_true", help="print every column as comma-separated values")


def run(arguments: argparse.Namespace) -> int:
    """Print the table of a model that is built without memory for its weights."""
    import torch

    from cs231n_arch import create_model, layer_table

    if arguments.depth is not None and arguments.depth < 1:
        raise ValueError(f"--depth must be at least 1; given {arguments.depth}")
    options = {} if arguments.classes is None else {"num_classes": arguments.classes}
    with torch.device("meta"):
        model = create_model(arguments.model, **options)
    given = arguments.input_size or model.input_size
    layers = layer_table(model, given)
    if arguments.csv:
        print(layers.to_csv(index=False), end="")
        return 0
    shown = layers if arguments.depth is None else blocks(layers, arguments.depth)
    print(table([row(layer) for layer in shown.to_dict("records")], right=("parameters", "MACs")))
    weights, memory = int(layers["params"].sum()), float(layers["activation_bytes"].sum())
    print(f"\n{arguments.model}, one image of {'x'.join(map(str, given))}, {counted(len(layers), 'layer')}:")
    print(f"{weights:,} parameters ({quantity(4.0 * weights, 'B')} as 32-bit floats)")
    print(f"{layers['macs'].sum():,} multiply-accumulates (MACs)")
    print(f"{quantity(memory, 'B')} of activations in a forward pass")
    return 0


def blocks(layers: "pd.DataFrame", depth: int) -> "pd.DataFrame":
    """The layers, neighbors whose names agree in their first `depth` parts added up."""
    names = layers["name"].str.split(".").str[:depth].str.join(".")
    together = layers.assign(name=names).groupby((names != names.shift()).cumsum())
    sums = together.agg({"name": "first", "output_shape": "last", "params": "sum", "macs": "sum"})
    alone = together.size() == 1
    first = together.first()
    sums["kind"] = first["kind"].where(alone, together.size().map("{} layers".format))
    return sums.join(first[["kernel", "stride", "padding"]].where(alone))


def row(layer: Mapping[Any, Any]) -> dict[str, str]:
    """A layer or a block as a line of the table."""
    return {
        "layer": shortened(layer["name"], terminal_width() - 62),
        "kind": " ".join(filter(None, (layer["kind"], window(layer)))),
        "output": "x".join(map(str, layer["output_shape"])),
        "parameters": f"{layer['params']:,}",
        "MACs": f"{layer['macs']:,}",
    }


def window(layer: Mapping[Any, Any]) -> str:
    """Kernel, stride and padding in short: `7x7 s2 p3`; stride 1 and padding 0 are left out."""

    def said(value: Any) -> str:
        return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)

    kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
    if not isinstance(kernel, int | tuple):
        return ""
    side = said(kernel) if isinstance(kernel, tuple) else f"{kernel}x{kernel}"
    steps = "" if stride == 1 else f" s{said(stride)}"
    return f"{side}{steps}{'' if padding == 0 else f' p{said(padding)}'}"
