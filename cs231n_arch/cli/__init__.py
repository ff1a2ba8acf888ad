"""The command `cs231n-arch`, one file a subcommand where it is more than a few lines."""

from cs231n_arch.cli.main import SUBCOMMANDS, main

__all__ = ["SUBCOMMANDS", "main"]
