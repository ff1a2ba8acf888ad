"""The command `cs231n-arch`, which is also `python -m cs231n_arch`.

Only the file of the chosen subcommand is loaded, and it loads PyTorch when it runs, not for its help.
"""

import argparse
import codecs
import os
import sys
from collections.abc import Collection, Sequence
from importlib import import_module

from cs231n_arch import __version__
from cs231n_arch.threads import share_the_processor

# Name -> what it does. The file `cs231n_arch/cli/<name>.py` has `add_arguments` and `run`, and its EXAMPLES.
SUBCOMMANDS: dict[str, str] = {
    "list": "names of the models, with --long also their sizes, papers and chapters",
    "summary": "the layers of a model: output sizes, parameters, operations",
    "claims": "every claim of the lecture, and the verdict on it",
    "train": "train a model by a paper's recipe",
    "evaluate": "the test error of a net that `train` has saved",
    "profile": "measure one model here: by batch size, layer, operator and faster form",
    "compare": "measure several models here",
    "experiment": "run an experiment of the book",
    "classify": "what a trained net sees in a photograph: its five most probable classes",
    "export": "write a net as an ONNX file, which ONNX Runtime and others run",
    "completion": "print the script with which a shell completes this command",
}
INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended
PIPE_CLOSED = 141  # and of one whose output is not read to its end, as in `... | head`
PLAIN = {"²": "^2", "³": "^3", "×": "x", "·": "*", "–": "-", "—": "-", "−": "-", "…": "...", "±": "+-", "µ": "u"}


def plain_signs(error: UnicodeError) -> tuple[str, int]:
    """Plain signs for those that a terminal's encoding lacks, such as `^2` for a raised two."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def build_parser(chosen: Collection[str]) -> argparse.ArgumentParser:
    """The parser: every subcommand's name and purpose, and the arguments of those that are chosen."""
    parser = argparse.ArgumentParser(
        "cs231n-arch",
        description="The CNN architectures of CS231n lecture 9.",
        epilog="`cs231n-arch SUBCOMMAND --help` shows its options and examples.",
    )
    parser.add_argument("--version", action="version", version=f"cs231n-arch {__version__}")
    subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    for name, purpose in SUBCOMMANDS.items():
        if name not in chosen:
            subparsers.add_parser(name, help=purpose)
            continue
        module = import_module(f"cs231n_arch.cli.{name}")
        subparser = subparsers.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="examples:\n" + "\n".join(f"  cs231n-arch {example}" for example in module.EXAMPLES),
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit status: 0, 1 for a failure that the message explains, 2 for wrong usage, 130 after Ctrl-C, 141 if
        the reader of the output is gone.
    """
    share_the_processor()  # before a subcommand imports torch
    words = sys.argv[1:] if argv is None else argv
    codecs.register_error("plain_signs", plain_signs)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="plain_signs")
    chosen = [word for word in words if not word.startswith("-")][:1]
    arguments = build_parser(chosen).parse_args(words)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would report that this fails again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (ValueError, RuntimeError, OSError) as error:
        print(f"cs231n-arch {arguments.subcommand}: {error}", file=sys.stderr)
        return 1
    return status
