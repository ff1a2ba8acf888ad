"""The command `cs231n-arch`, which is also `python -m cs231n_arch`."""

import argparse
import sys
from collections.abc import Callable, Sequence

from cs231n_arch import __version__
from cs231n_arch.threads import share_the_processor

Run = Callable[[argparse.Namespace], int]
INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended


def add_list(parser: argparse.ArgumentParser) -> Run:
    """`list`: names of the models."""
    parser.add_argument("pattern", nargs="?", default="*", help="shell pattern, such as 'resnet*'")

    def run(arguments: argparse.Namespace) -> int:
        from cs231n_arch.models import list_models

        names = list_models(arguments.pattern)
        if not names:
            raise ValueError(f"no model matches {arguments.pattern!r}")
        print(*names, sep="\n")
        return 0

    return run


def add_summary(parser: argparse.ArgumentParser) -> Run:
    """`summary`: the layer table of a model."""
    parser.add_argument("model", help="name of a model, see `cs231n-arch list`")
    parser.add_argument("--csv", action="store_true", help="print comma-separated values")

    def run(arguments: argparse.Namespace) -> int:
        import torch

        from cs231n_arch import create_model, layer_table

        with torch.device("meta"):
            model = create_model(arguments.model)
        table = layer_table(model)
        if arguments.csv:
            print(table.to_csv(index=False), end="")
            return 0
        size = "x".join(map(str, model.input_size))
        print(table.to_string(index=False))
        print(
            f"\n{arguments.model} for one image of {size}: {table['params'].sum():,} parameters, "
            f"{table['macs'].sum():,} MACs, {table['activation_bytes'].sum():,} bytes of activations"
        )
        return 0

    return run


def add_claims(parser: argparse.ArgumentParser) -> Run:
    """`claims`: the ledger of the lecture's claims."""
    parser.add_argument(
        "pattern", nargs="?", default="*", help="shell pattern of the claims' ids, such as 'vgg-*'"
    )
    parser.add_argument("--chapter", help="only the claims of this chapter")
    parser.add_argument("--csv", action="store_true", help="print comma-separated values")

    def run(arguments: argparse.Namespace) -> int:
        from cs231n_arch import claims

        table = claims.check(arguments.pattern, arguments.chapter)
        if arguments.csv:
            print(table.to_csv(index=False), end="")
            return 0
        for row in table.itertuples():
            print(f"{row.id}: {row.verdict}\n  claim    {row.claim}\n  printed  {row.printed}")
            print(f"  ours     {row.ours}\n  checked  {row.where}")
        return 0

    return run


def add_train(parser: argparse.ArgumentParser) -> Run:
    """`train`: train a model by a paper's recipe."""
    from cs231n_arch.cli import train

    train.add_arguments(parser)
    return train.run


def add_profile(parser: argparse.ArgumentParser) -> Run:
    """`profile`: measure one model here."""
    from cs231n_arch.cli import profile

    profile.add_profile_arguments(parser)
    return profile.run_profile


def add_compare(parser: argparse.ArgumentParser) -> Run:
    """`compare`: measure several models here."""
    from cs231n_arch.cli import profile

    profile.add_compare_arguments(parser)
    return profile.run_compare


def add_experiment(parser: argparse.ArgumentParser) -> Run:
    """`experiment`: run an experiment of the book."""
    from cs231n_arch.cli import experiment

    experiment.add_arguments(parser)
    return experiment.run


SUBCOMMANDS: dict[str, Callable[[argparse.ArgumentParser], Run]] = {
    "list": add_list,
    "summary": add_summary,
    "claims": add_claims,
    "train": add_train,
    "profile": add_profile,
    "compare": add_compare,
    "experiment": add_experiment,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit code: 0, 1 for a failure that the message explains, 2 for wrong usage, 130 after Ctrl-C.
    """
    share_the_processor()  # before a subcommand imports torch
    parser = argparse.ArgumentParser("cs231n-arch", description="The CNN architectures of CS231n lecture 9.")
    parser.add_argument("--version", action="version", version=f"cs231n-arch {__version__}")
    subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    runs = {}
    for name, add in SUBCOMMANDS.items():
        what = (add.__doc__ or "").split(": ", 1)[1].strip()
        runs[name] = add(subparsers.add_parser(name, help=what, description=what.capitalize()))
    arguments = parser.parse_args(argv)
    try:
        return runs[arguments.subcommand](arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (ValueError, RuntimeError, OSError) as error:
        print(f"cs231n-arch {arguments.subcommand}: {error}", file=sys.stderr)
        return 1
