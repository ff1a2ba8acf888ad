"""Sphinx extension: what a teacher plans with, read from the chapters.

- `teaching-table`: minutes of every chapter;
- `teaching-plan`: the same for meetings, one a line: "LeNet-5: lenet";
- `teaching-chapters`: sections, questions and exercises of every chapter.

Minutes of reading stand at the beginning of a chapter; a section has its
share of them by its words. Minutes of exercises stand in their titles.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

AT_HOME = ("Output sizes", "Parameter math", "Training details", "Comparison")
SHORT = ("What survived, what did not", "Check the slide")  # left out first
ENDS = ("Exercises", "Summary", "References")
BOARD = ("Recall", "Compute")  # levels of exercises for the class itself
# The tasks of an assignment have labels that begin with "task-".
EXERCISE = re.compile(r"\{exercise\} (.*)\n:label: (ex-\S+)")
LEVEL = re.compile(r"(\w+), (\d+) min: (.+)")
QUESTION = re.compile(r"\{admonition\} Predict first: (.+)")
READING = re.compile(r"(\d+) minutes to read")


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


def chapters(root: Path, toc: Path) -> list[Chapter]:
    """The chapters of a table of contents that have exercises."""
    with (root / "book" / "lecture.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = []
    for part in yaml.safe_load(toc.read_text(encoding="utf-8"))["parts"]:
        for name in files_of(part["chapters"]):
            path = root / f"{name}.ipynb"
            if not path.exists():
                continue
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            text = "\n\n".join(
                "".join(cell["source"])
                for cell in cells
                if cell["cell_type"] == "markdown"
            )
            times = [
                (int(row["start_s"]), int(row["end_s"]))
                for row in rows
                if row["chapter"] == path.stem
            ]
            if EXERCISE.search(text):
                first = times[0] if times else None
                found.append(Chapter(path.stem, text, first))
    return found


def clock(seconds: int) -> str:
    """As a player shows it: 9:05, 1:02:03."""
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02}"
    hours = seconds // 3600
    return f"{hours}:{minutes.rjust(5, '0')}" if hours else minutes


def total(minutes: Iterable[int]) -> str:
    """A sum of minutes; a dash where none is told."""
    return str(sum(minutes) or "–")


def numbers(some: list[Chapter]) -> list[str]:
    """Minutes to read, of these in class, of exercises there and at home."""
    return [
        total(one.reading for one in some),
        total(m for one in some for m in one.in_class.values()),
        total(task.minutes for one in some for task in one.board),
        total(task.minutes for one in some for task in one.homework),
    ]


def rows_of(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    """A table in Markdown; all columns but the first are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


HEAD = ["To read", "of this in class", "Exercises in class", "Homework"]


def table(known: list[Chapter]) -> list[str]:
    """One row a chapter."""
    return rows_of(
        ["Chapter", "Lecture", *HEAD],
        [
            [
                f"[{one.title}]({one.name})",
                " to ".join(map(clock, one.lecture or ())) or "–",
                *numbers([one]),
            ]
            for one in known
        ],
    )


def plan(known: list[Chapter], meetings: Iterable[str]) -> list[str]:
    """One row a meeting.

    Raises:
        ValueError: a meeting names a chapter that the book does not have.
    """
    by_name = {one.name: one for one in known}
    rows, every = [], []
    for meeting in meetings:
        title, _, names = meeting.partition(": ")
        wanted = [name.strip() for name in names.split(",")]
        if missing := [name for name in wanted if name not in by_name]:
            raise ValueError(
                f"no chapter is named {', '.join(missing)}; "
                f"there are {', '.join(by_name)}"
            )
        some = [by_name[name] for name in wanted]
        every += some
        links = ", ".join(f"[{one.title}]({one.name})" for one in some)
        rows.append([f"{title}: {links}", *numbers(some)])
    rows.append(["**Together**", *numbers(every)])
    return rows_of(["Meeting", *HEAD], rows)


def listed(sections: dict[str, int]) -> str:
    """Sections with their minutes, where these are told."""
    return ", ".join(f"{t} ({m})" if m else t for t, m in sections.items())


def tasks(some: list[Exercise]) -> str:
    """Exercises with level and minutes."""
    return "; ".join(
        f"{{ref}}`{one.label}` "
        + (f"{one.level}, {one.minutes} min" if one.level else one.title)
        for one in some
    )


def details(known: list[Chapter]) -> list[str]:
    """What to do with each chapter."""
    lines = []
    for one in known:
        lines += [f"**[{one.title}]({one.name})**", ""]
        left = {t: m for t, m in one.sections.items() if t in SHORT}
        for what, said in (
            ("In class", listed(one.in_class)),
            ("Read at home", listed(one.at_home)),
            ("Leave out first", listed(left)),
            ("Exercises in class", tasks(one.board)),
            ("Homework", tasks(one.homework)),
        ):
            if said:
                lines.append(f"- *{what}:* {said}.")
        if one.questions:
            lines.append("- *Ask before you show:*")
            lines += [f"  - {question}" for question in one.questions]
        lines.append("")
    return lines


class Teaching(SphinxDirective):
    """One of the three directives; its name says which."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The Markdown that the chapters give, as a part of the page."""
        root = Path(self.env.srcdir)
        toc = root / self.config.external_toc_path
        known = chapters(root, toc)
        for one in known:
            self.env.note_dependency(str(root / "book" / f"{one.name}.ipynb"))
        for file in (toc, root / "book" / "lecture.csv"):
            self.env.note_dependency(str(file))
        try:
            lines = self.lines(known)
        except ValueError as error:
            raise self.error(str(error)) from error
        made = nodes.container(classes=["teaching"])
        text = StringList(lines, self.get_source_info()[0])
        self.state.nested_parse(text, self.content_offset, made)
        return [made]

    def lines(self, known: list[Chapter]) -> list[str]:
        """Markdown for the directive of this name."""
        if self.name == "teaching-table":
            return table(known)
        if self.name == "teaching-plan":
            return plan(known, self.content)
        return details(known)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    for name in ("table", "plan", "chapters"):
        app.add_directive(f"teaching-{name}", Teaching)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
