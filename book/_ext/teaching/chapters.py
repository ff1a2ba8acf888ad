"""What a teacher plans with, read from the chapters and from two lists.

`book/live.csv` has the seconds of cells and experiments, which
`benchmarks/live.py` measures; `book/mistakes.csv` has common mistakes, and
where the book explains them.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from teaching.live import Run, live, records

AT_HOME = ("Output sizes", "Parameter math", "Training details", "Comparison")
SHORT = ("What survived, what did not", "Check the slide")  # left out first
ENDS = ("Exercises", "Summary", "References")
BOARD = ("Recall", "Compute")  # levels of exercises for the class itself
# The tasks of an assignment have labels that begin with "task-".
EXERCISE = re.compile(r"\{exercise\} (.*)\n:label: (ex-\S+)")
LEVEL = re.compile(r"(\w+), (\d+) min: (.+)")
QUESTION = re.compile(r"\{admonition\} Predict first: (.+)")
READING = re.compile(r"(\d+) minutes to read")
LISTS = ("lecture", "live", "mistakes")  # files next to the chapters


@dataclass(frozen=True)
class Exercise:
    """An exercise; without a level and with 0 minutes where none is told."""

    label: str
    title: str
    level: str = ""
    minutes: int = 0


@dataclass(frozen=True)
class Chapter:
    """A chapter with exercises."""

    name: str  # of its file, without the ending
    text: str  # of all its cells of Markdown
    lecture: tuple[int, int] | None  # begin and end of its stretch, seconds
    moving: tuple[str, ...] = ()  # sections with a figure that moves
    runs: tuple[Run, ...] = ()
    recorded: tuple[Run, ...] = ()  # experiments, as they were recorded
    # Exercise -> seconds of its solution
    solutions: dict[str, float] = field(default_factory=dict)
    seconds: float = 0  # of all cells
    # What students say, the answer, and its label
    mistakes: tuple[tuple[str, str, str], ...] = ()

    @property
    def title(self) -> str:
        """Its heading."""
        return self.text.split("\n", 1)[0].removeprefix("# ")

    @property
    def reading(self) -> int:
        """Minutes, or 0 where the chapter does not say them."""
        said = READING.search(self.text)
        return int(said[1]) if said else 0

    @property
    def questions(self) -> list[str]:
        """What a reader is asked to predict."""
        asked = QUESTION.findall(self.text)
        return [question[:1].upper() + question[1:] for question in asked]

    @cached_property
    def sections(self) -> dict[str, int]:
        """Section -> minutes of reading, without those at the end."""
        parts = re.split(r"^## (.+)$", self.text, flags=re.MULTILINE)
        words = {
            title: len(body.split())
            for title, body in zip(parts[1::2], parts[2::2])
            if title not in ENDS
        }
        each = self.reading / max(1, sum(words.values()))
        return {title: round(each * count) for title, count in words.items()}

    @cached_property
    def exercises(self) -> list[Exercise]:
        """In their order."""
        found = []
        for title, label in EXERCISE.findall(self.text):
            told = LEVEL.fullmatch(title)
            found.append(
                Exercise(label, told[3], told[1], int(told[2]))
                if told
                else Exercise(label, title)
            )
        return found

    @property
    def in_class(self) -> dict[str, int]:
        """The sections that carry the idea."""
        other = (*self.at_home, *SHORT)
        return {t: m for t, m in self.sections.items() if t not in other}

    @property
    def at_home(self) -> dict[str, int]:
        """Those that a student reads alone, in a chapter on a network."""
        if "The idea" not in self.sections:
            return {}
        return {t: m for t, m in self.sections.items() if t in AT_HOME}

    @property
    def board(self) -> list[Exercise]:
        """Exercises for the class."""
        return [one for one in self.exercises if one.level in BOARD]

    @property
    def homework(self) -> list[Exercise]:
        """All others."""
        return [one for one in self.exercises if one.level not in BOARD]


def files_of(entries: Iterable[dict]) -> Iterator[str]:
    """The files of a part of the table of contents."""
    for entry in entries:
        yield entry["file"]
        yield from files_of(entry.get("sections", []))


def rows_of_lists(root: Path) -> dict[str, list[dict[str, str]]]:
    """List -> its rows."""
    found = {}
    for name in LISTS:
        with (root / "book" / f"{name}.csv").open(encoding="utf-8") as file:
            found[name] = list(csv.DictReader(file))
    return found


def read(
    path: Path,
    lists: dict[str, list[dict[str, str]]],
    recorded: dict[str, list[Run]],
) -> Chapter:
    """The chapter of a notebook, with its rows of the lists."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join(
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "markdown"
    )
    mine = {
        name: [row for row in rows if row["chapter"] == path.stem]
        for name, rows in lists.items()
    }
    taken: dict[str, dict[str, float]] = {}
    for row in mine["live"]:
        taken.setdefault(row["kind"], {})[row["what"]] = float(row["seconds"])
    moving, runs, solutions = live(cells, taken.get("cell", {}))
    times = [
        (int(row["start_s"]), int(row["end_s"])) for row in mine["lecture"]
    ]
    return Chapter(
        name=path.stem,
        text=text,
        lecture=times[0] if times else None,
        moving=tuple(moving),
        runs=tuple(runs),
        recorded=tuple(recorded.get(path.stem, ())),
        solutions=solutions,
        seconds=sum(taken.get("page", {}).values()),
        mistakes=tuple(
            (row["says"], row["answer"], row["place"])
            for row in mine["mistakes"]
        ),
    )


def chapters(root: Path, toc: Path) -> list[Chapter]:
    """The chapters of a table of contents that have exercises."""
    lists = rows_of_lists(root)
    parts = yaml.safe_load(toc.read_text(encoding="utf-8"))["parts"]
    paths = [
        root / f"{name}.ipynb"
        for part in parts
        for name in files_of(part["chapters"])
    ]
    recorded = records(root)
    known = [read(path, lists, recorded) for path in paths if path.exists()]
    return [one for one in known if one.exercises]


def measured(root: Path) -> list[str]:
    """Machines and days of the seconds."""
    rows = rows_of_lists(root)["live"]
    said = {f"{row['machine']} ({row['date']})" for row in rows}
    return sorted(said)
