"""The subcommand `cs231n-arch claims`."""

import argparse
import sys
from fnmatch import fnmatchcase

EXAMPLES = ("claims", "claims 'vgg-*'", "claims --chapter googlenet", "claims --csv > claims.csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch claims`."""
    parser.add_argument(
        "pattern", nargs="?", default="*", help="pattern of the claims' names, such as 'vgg-*'; default: all"
    )
    parser.add_argument("--chapter", metavar="NAME", help="only the claims of this chapter, such as googlenet")
    parser.add_argument("--csv", action="store_true", help="print comma-separated values")


def run(arguments: argparse.Namespace) -> int:
    """Check the claims one after the other, and print each as soon as it is checked."""
    import pandas as pd
    from tqdm import tqdm

    from cs231n_arch import claims
    from cs231n_arch.errors import unknown

    ledger = claims.ledger()
    chapters = ledger["chapter"].unique()
    if arguments.chapter not in (None, *chapters):
        raise ValueError(unknown("chapter", arguments.chapter, chapters))
    names = [
        claim
        for claim, chapter in zip(ledger["id"], ledger["chapter"], strict=True)
        if fnmatchcase(claim, arguments.pattern) and arguments.chapter in (None, chapter)
    ]
    if not names:
        raise ValueError(unknown("claim", arguments.pattern, ledger["id"], "`cs231n-arch claims` prints all"))
    if arguments.csv:
        bar = tqdm(names, disable=not sys.stderr.isatty(), unit="claim", leave=False, delay=1)
        print(pd.concat([claims.check(name) for name in bar]).to_csv(index=False), end="")
        return 0
    for name in names:
        for row in claims.check(name).itertuples():
            said = f"minute {row.minute!s} of the lecture" if row.minute else "by the paper, not in the lecture"
            print(f"{row.id}: {row.verdict}\n  claim    {row.claim}\n  said     {said}\n  printed  {row.printed}")
            print(f"  ours     {row.ours}\n  checked  {row.where}", flush=True)
    return 0
