"""What a teacher runs in class, and how long it takes."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

from cs231n_arch.claims.page import PAGES

LONGEST = 3  # cells of a chapter that are named
HIDDEN = {"hide-cell", "remove-cell"}  # tags of cells that show nothing


@dataclass(frozen=True)
class Run:
    """Something that a teacher runs before the class."""

    what: str  # Markdown
    seconds: float


def live(
    cells: list[dict], seconds: dict[str, float]
) -> tuple[list[str], list[Run], dict[str, float]]:
    """What to run of a chapter.

    Args:
        cells: of the notebook.
        seconds: id of a cell -> how long it takes; cells without are short.

    Returns:
        Sections with a moving figure; the longest cells in their order,
        of those that show something; seconds of each solution.
    """
    moving, runs, solutions = [], [], {}
    section = exercise = ""
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            if headings := re.findall(r"^###? (.+)$", source, re.MULTILINE):
                section = headings[-1]
            begun = re.findall(r"\{solution-(?:start|end)\} ?(\S*)", source)
            exercise = begun[-1] if begun else exercise
            continue
        if "moving." in source:
            moving.append(section)
        taken = seconds.get(cell.get("id", ""), 0)
        if exercise and taken:
            solutions[exercise] = solutions.get(exercise, 0) + taken
        elif section and taken and not HIDDEN & set(tags(cell)):
            shown = figure_after(cells[number : number + 3])
            what = f"{{numref}}`{shown}`" if shown else "a cell"
            runs.append(Run(f"{what} in *{section}*", taken))
    longest = sorted(runs, key=lambda run: -run.seconds)[:LONGEST]
    return moving, [run for run in runs if run in longest], solutions


def tags(cell: dict) -> list[str]:
    """What a cell is marked with."""
    return cell["metadata"].get("tags", [])


def figure_after(cells: list[dict]) -> str:
    """The first figure or table of these cells; none where text begins."""
    for number, cell in enumerate(cells):
        if number and cell["cell_type"] == "markdown":
            return ""
        shown = cell["metadata"].get("mystnb", {}).get("figure", {})
        if "name" in shown:
            return shown["name"]
    return ""


def records(root: Path) -> dict[str, list[Run]]:
    """Page -> its recorded experiments.

    An experiment belongs to the page of its first claim; without claims, to
    the page whose code names it.
    """
    package = root / "cs231n_arch"
    with (package / "claims" / "claims.csv").open(encoding="utf-8") as file:
        chapter = {row["id"]: row["chapter"] for row in csv.DictReader(file)}
    code = {
        path.stem: code_of(path)
        for path in sorted((root / "book").glob("*.ipynb"))
    }
    found: dict[str, list[Run]] = {}
    for path in sorted((package / "results").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if "experiment" not in record:
            continue
        if record["claims"]:
            claimed = chapter[record["claims"][0]]
            page = PAGES.get(claimed, claimed)
        else:
            name = f'"{record["experiment"]}"'
            page = next(page for page in code if name in code[page])
        command = record["command"].replace(" --record", "")
        found.setdefault(page, []).append(
            Run(f"`{command}`", record["seconds"])
        )
    return found


def code_of(notebook: Path) -> str:
    """The source of all cells of code."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join(
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code"
    )
