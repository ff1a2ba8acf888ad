"""Sphinx extension: what a teacher plans with, read from the chapters.

- `teaching-table`: minutes of every chapter, and seconds to run it;
- `teaching-plan`: the minutes for meetings, one a line: "LeNet-5: lenet";
- `teaching-mistakes`: common mistakes, and where the book explains them;
- `teaching-chapters`: sections, questions, live runs and exercises of every
  chapter.

Minutes of reading stand at the beginning of a chapter; a section has its
share of them by its words. Minutes of exercises stand in their titles.
"""

from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from teaching.chapters import (
    LISTS,
    SHORT,
    Chapter,
    Exercise,
    chapters,
    measured,
)

ROLES = {"eq": "eq", "ex": "ref", "fig": "numref", "tab": "numref"}


def clock(seconds: int) -> str:
    """As a player shows it: 9:05, 1:02:03."""
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02}"
    hours = seconds // 3600
    return f"{hours}:{minutes.rjust(5, '0')}" if hours else minutes


def total(minutes: Iterable[int]) -> str:
    """A sum of minutes; a dash where none is known."""
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
    """One row per chapter."""
    return rows_of(
        ["Chapter", "Lecture", *HEAD, "Seconds to run"],
        [
            [
                f"[{one.title}]({one.name})",
                " to ".join(map(clock, one.lecture or ())) or "–",
                *numbers([one]),
                f"{one.seconds:.0f}" if one.seconds else "–",
            ]
            for one in known
        ],
    )


def plan(known: list[Chapter], meetings: Iterable[str]) -> list[str]:
    """One row per meeting.

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


def tasks(some: list[Exercise], seconds: dict[str, float]) -> str:
    """Exercises with level and minutes, and seconds of long solutions."""
    return "; ".join(
        f"{{ref}}`{one.label}` "
        + (f"{one.level}, {one.minutes} min" if one.level else one.title)
        + (
            f", runs {seconds[one.label]:.0f}\N{NO-BREAK SPACE}s"
            if one.label in seconds
            else ""
        )
        for one in some
    )


def to_run(one: Chapter) -> str:
    """What to run or to move before the class."""
    moving = [f"the figure that moves in *{where}*" for where in one.moving]
    runs = [
        f"{run.what}, {run.seconds:.0f}\N{NO-BREAK SPACE}s"
        for run in one.runs
    ]
    return "; ".join(moving + runs)


def beforehand(one: Chapter) -> str:
    """Recorded experiments that a class can repeat."""
    return "; ".join(
        f"{run.what}, {max(1, round(run.seconds / 60))} min"
        for run in one.recorded
    )


def mistakes(known: list[Chapter]) -> list[str]:
    """What students say, and the answer with its place in the book."""
    lines = []
    for one in known:
        lines += [f"**[{one.title}]({one.name})**", ""]
        for says, answer, place in one.mistakes:
            role = ROLES[place.partition("-")[0]]
            lines.append(f'- *"{says}"* {answer} ({{{role}}}`{place}`)')
        lines.append("")
    return lines


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
            ("Run live", to_run(one)),
            ("Run beforehand", beforehand(one)),
            ("Exercises in class", tasks(one.board, one.solutions)),
            ("Homework", tasks(one.homework, one.solutions)),
        ):
            if said:
                lines.append(f"- *{what}:* {said}.")
        if one.questions:
            lines.append("- *Ask before you show:*")
            lines += [f"  - {question}" for question in one.questions]
        lines.append("")
    return lines


class Teaching(SphinxDirective):
    """One of the four directives; its name says which."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The Markdown that the chapters give, as a part of the page."""
        root = Path(self.env.srcdir)
        toc = root / self.config.external_toc_path
        known = chapters(root, toc)
        for one in known:
            self.env.note_dependency(str(root / "book" / f"{one.name}.ipynb"))
        lists = [root / "book" / f"{name}.csv" for name in LISTS]
        for file in (toc, *lists):
            self.env.note_dependency(str(file))
        try:
            lines = self.lines(known, root)
        except ValueError as error:
            raise self.error(str(error)) from error
        made = nodes.container(classes=["teaching"])
        text = StringList(lines, self.get_source_info()[0])
        self.state.nested_parse(text, self.content_offset, made)
        return [made]

    def lines(self, known: list[Chapter], root: Path) -> list[str]:
        """Markdown for the directive of this name."""
        if self.name == "teaching-table":
            where = "; ".join(measured(root))
            return [*table(known), "", f"Seconds measured on: {where}."]
        if self.name == "teaching-mistakes":
            return mistakes(known)
        if self.name == "teaching-plan":
            return plan(known, self.content)
        return details(known)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    for name in ("table", "plan", "mistakes", "chapters"):
        app.add_directive(f"teaching-{name}", Teaching)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
