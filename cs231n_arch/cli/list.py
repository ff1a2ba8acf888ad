"""The subcommand `cs231n-arch list`."""

import argparse
from importlib import import_module

from cs231n_arch.cli.text import quantity, table
from cs231n_arch.models.names import MODELS, list_models

EXAMPLES = ("list", "list resnet", "list 'vgg*_bn'", "list densenet --long", "list --pretrained")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch list`."""
    parser.add_argument(
        "pattern", nargs="?", default="*", help="beginning of names, or a pattern such as 'vgg*_bn'"
    )
    parser.add_argument(
        "--long", action="store_true", help="also input, parameters, operations, weights, chapter and paper"
    )
    parser.add_argument(
        "--pretrained", action="store_true", help="only models with weights published by torchvision"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the names, or a table."""
    names = list_models(arguments.pattern)
    if arguments.pretrained:
        from cs231n_arch.interop.libraries import torchvision_has

        names = [name for name in names if torchvision_has(name)]
    if not names:
        raise ValueError(
            f"no model matches {arguments.pattern!r}; `cs231n-arch list` prints all {len(MODELS)} names"
        )
    if arguments.long:
        print(table([row(name) for name in names], right=("input", "parameters", "MACs")))
    else:
        print(*names, sep="\n")
    return 0


def row(name: str) -> dict[str, str]:
    """A model's line in the long list."""
    import torch

    from cs231n_arch import create_model
    from cs231n_arch.interop.libraries import torchvision_has

    with torch.device("meta"):
        net = create_model(name)
    parameters, macs = totals(name)
    return {
        "model": name,
        "input": "x".join(map(str, net.input_size)),
        "parameters": f"{parameters:,}",
        "MACs": quantity(float(macs), ""),
        "weights": "torchvision" if torchvision_has(name) else "",
        "chapter": MODELS[name].chapter,
        "paper": MODELS[name].paper,
    }


def totals(name: str) -> tuple[int, int]:
    """Parameters and operations: those that the model's file lists, and a test holds to the net."""
    listed = getattr(import_module(f"cs231n_arch.models.{MODELS[name].file}"), "TOTALS", {})
    if name in listed:
        first: tuple[int, int] = next(iter(listed[name].values()))
        return first
    import torch

    from cs231n_arch import create_model, layer_table

    with torch.device("meta"):
        layers = layer_table(create_model(name))
    return int(layers["params"].sum()), int(layers["macs"].sum())
