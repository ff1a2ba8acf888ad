"""The subcommand `cs231n-arch completion`."""

import argparse

SHELLS = ("bash", "zsh", "tcsh")
EXAMPLES = ("completion bash > ~/.local/share/bash-completion/completions/cs231n-arch",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch completion`."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")


def run(arguments: argparse.Namespace) -> int:
    """Print the script that makes the shell complete subcommands and options."""
    import shtab

    from cs231n_arch.cli.main import SUBCOMMANDS, build_parser

    print(shtab.complete(build_parser(tuple(SUBCOMMANDS)), arguments.shell))
    return 0
