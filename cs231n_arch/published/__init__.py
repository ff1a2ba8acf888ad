"""The published figures: `published.csv`, one number or remark a row, each with its source.

A row is a quantity of an architecture (`value`, `unit`), the place that prints it (`source`) and how it was
checked (`where_found`). There are three kinds of rows: read (in the paper, a transcription of it, or the named
repository at the named commit), computed from a table that the source prints, and confirmed by such arithmetic.
Figures from memory are not accepted. If a source prints several numbers in one cell, each has a row of its own.
Numbers stay as printed ("138M", "3.8e9"), because their digits tell how precise they are: see `precision`.
"""

import re
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

import pandas as pd

from cs231n_arch.errors import unknown

COLUMNS = ["architecture", "quantity", "value", "unit", "source", "where_found", "confidence"]

_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?)(?:[eE]([+-]?\d+))?\s*([KMG]?)")
_SUFFIX = {"": 0, "K": 3, "M": 6, "G": 9}


def number(value: str) -> float:
    """The number that a printed value stands for, in the row's own unit; NaN where it is no plain number.

    Thousands' commas, exponents and the suffixes K, M and G are understood: "650,000", "3.8e9", "138M".
    """
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        return float("nan")
    digits, _, exponent, suffix = match.groups()
    return float(f"{digits.replace(',', '')}e{int(exponent or 0) + _SUFFIX[suffix]}")


def precision(value: str) -> float:
    """Half a unit of the last printed digit: a figure that rounds to "138M" lies within 500,000 of it.

    Raises:
        ValueError: `value` is no plain number.
    """
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{value!r} is no plain number, so it has no last digit")
    _, decimals, exponent, suffix = match.groups()
    return 0.5 * 10.0 ** (int(exponent or 0) + _SUFFIX[suffix] - len(decimals or ""))


@cache
def _table() -> pd.DataFrame:
    with resources.files(__name__).joinpath("published.csv").open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frame.assign(number=[number(value) for value in frame["value"]])


def _matching(frame: pd.DataFrame, column: str, pattern: str | None) -> pd.DataFrame:
    """The rows whose `column` is `pattern`, or matches it as a shell pattern."""
    if pattern is None:
        return frame
    if not isinstance(pattern, str):
        raise ValueError(f"{column} must be a name or a shell pattern such as 'ResNet-*'; given {pattern!r}")
    # The plain name goes first: some names have brackets, which a shell pattern would read as a set.
    found = frame[frame[column] == pattern]
    if found.empty:
        found = frame[[fnmatchcase(name, pattern) for name in frame[column]]]
    if found.empty:
        raise ValueError(unknown(f"published {column}", pattern, frame[column], "published.load() gives all rows"))
    return found


def load(architecture: str | None = None, quantity: str | None = None) -> pd.DataFrame:
    """The published figures, as a frame.

    Args:
        architecture: name, or shell pattern such as `"ResNet-*"`; None takes all.
        quantity: name, or shell pattern such as `"top5_error*"`; None takes all. It is looked for among the rows
            of the architecture.

    Returns:
        A copy of the rows, in the order of the file. Columns: `architecture`, `quantity`, `value` (as printed),
        `unit`, `source`, `where_found`, `confidence` ("high" or "medium"), and `number`: `value` as a float in the
        row's unit, NaN where it is no plain number.

    Raises:
        ValueError: no row matches; the message names those with a similar name.
    """
    return _matching(_matching(_table(), "architecture", architecture), "quantity", quantity).reset_index(
        drop=True
    )


def value(architecture: str, quantity: str) -> float:
    """The one number that is published for this quantity of this architecture.

    Several sources may print it, if they agree.

    Raises:
        ValueError: no such row, no plain number, or sources that differ.
    """
    rows = load(architecture, quantity)
    numbers = rows["number"].unique()
    if len(numbers) != 1 or numbers[0] != numbers[0]:
        given = "; ".join(f"{row.value} ({row.source})" for row in rows.itertuples())
        raise ValueError(f"{architecture}, {quantity} is not one plain number: {given}")
    return float(numbers[0])


def imagenet_winners() -> pd.DataFrame:
    """The winners of the ImageNet challenge as the lecture's slide lists them.

    The lecture of 2017 ends with 2015; the entries of 2016 and 2017 are from the slides of later editions.

    Returns:
        One row per entry, in the order of the years. Columns: `year`, `authors`, `entry` (net or team), `error`
        (top-5, in %) and `depth` (layers; NaN for the two shallow entries).
    """
    errors = load("ILSVRC*", "top5_error_slide").set_index("architecture")["number"]
    depths = load("ILSVRC*", "depth_layers_slide").set_index("architecture")["number"]
    names = errors.index.str.extract(r"ILSVRC(\d{4}) (.*) \((.*)\)")
    return pd.DataFrame(
        {
            "year": names[0].astype(int),
            "authors": names[1],
            "entry": names[2],
            "error": errors.to_numpy(),
            "depth": depths.reindex(errors.index).to_numpy(),
        }
    )
