"""The subcommand `cs231n-arch claims`."""

import argparse
import sys

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

    rows = claims.chosen(arguments.pattern, arguments.chapter)
    if arguments.csv:
        silent = not sys.stderr.isatty()
        bar = tqdm(claims.checked(rows), total=len(rows), disable=silent, unit="claim", leave=False, delay=1)
        print(pd.DataFrame(bar).to_csv(index=False), end="")
        return 0
    for row in claims.checked(rows):
        minute, claim, printed = row["minute"], row["claim"], row["printed"]
        said = f"minute {minute} of the lecture" if minute else "by the paper, not in the lecture"
        print(f"{row['id']}: {row['verdict']}\n  claim    {claim}\n  said     {said}\n  printed  {printed}")
        print(f"  ours     {row['ours']}\n  checked  {row['where']}", flush=True)
    return 0
