"""Tables and figures for a terminal: names at the left, numbers at the right, units that a person reads."""

import math
import shutil
from collections.abc import Mapping, Sequence

PREFIXES = {1e12: "T", 1e9: "G", 1e6: "M", 1e3: "k", 1: "", 1e-3: "m", 1e-6: "µ", 1e-9: "n"}


def table(rows: Sequence[Mapping[str, object]], *, right: Sequence[str] = ()) -> str:
    """The rows under their column names; the columns in `right` are aligned at the right."""
    names = list(rows[0]) if rows else []
    cells = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = [
        "  ".join(
            text.rjust(width) if name in right else text.ljust(width)
            for text, width, name in zip(line, widths, names, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join(lines)


def shortened(text: str, width: int) -> str:
    """The text, its middle replaced by two dots if it is longer than `width`."""
    if len(text) <= width:
        return text
    head = (width - 2) // 2
    return f"{text[:head]}..{text[len(text) - (width - 2 - head) :]}"


def terminal_width() -> int:
    """Columns of the terminal, from 80 to 120; 100 where there is none."""
    return min(120, max(80, shutil.get_terminal_size((100, 24)).columns))


def quantity(value: float | None, unit: str) -> str:
    """A figure with three digits and a prefix: 3,857,973,248 operations are `3.86 G`; missing ones are `-`."""
    if value is None or math.isnan(value):
        return "-"
    size = next((size for size in PREFIXES if abs(value) >= 0.9995 * size), 1.0 if value == 0 else 1e-9)
    digits = f"{value / size:#.3g}".rstrip(".")
    return f"{digits} {PREFIXES[size]}{unit}".rstrip()


def counted(number: int, what: str) -> str:
    """A number and its noun: `1 layer`, `2 layers`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
