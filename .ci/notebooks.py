"""Look into every notebook that the built book offers.

    python .ci/notebooks.py _build/html/notebooks

No markup of the book is left, links lead somewhere, files are of a reasonable size, and a student copy has nothing
of a solution.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

BOOK = Path(__file__).parents[1] / "book"
LARGEST = 3e6  # bytes; Colab and GitHub show such a file at once
MARKUP = re.compile(r"\{[a-z][\w:-]*\}`|[`:]{3,}\{[a-z]|\(eq-[a-z]|^\s*:(label|class|filter):", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def faults(file: Path, solutions: set[str]) -> Iterator[str]:
    """What is wrong with one notebook.

    Args:
        file: the notebook.
        solutions: lines of code that only solutions have; empty where solutions belong.
    """
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    for number, cell in enumerate(notebook.cells):
        where = f"{file.parent.name}/{file.name}, cell {number}"
        if cell.cell_type == "markdown":
            prose = re.sub(r"```.*?```|`[^`]+`|\$\$.*?\$\$|\$[^$]+\$", "", cell.source, flags=re.DOTALL)
            for found in MARKUP.finditer(cell.source):
                yield f"{where}: {found[0]!r} is markup of the book"
            for found in LINK.finditer(prose):
                parts = urlsplit(found[1])
                if not parts.scheme and not (file.parent / unquote(parts.path)).exists():
                    yield f"{where}: {found[1]} does not exist"
        else:
            for line in solutions & {line.strip() for line in cell.source.splitlines()}:
                yield f"{where}: {line!r} is of a solution"
    if file.stat().st_size > LARGEST:
        yield f"{file.name}: {file.stat().st_size / 1e6:.1f} MB are more than {LARGEST / 1e6:.0f} MB"


def only_in_solutions(chapter: Path) -> set[str]:
    """Longer lines of code that stand in the solutions of a chapter, and nowhere else in it."""
    inside, outside, within = set(), set(), False
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "markdown":
            marks = re.findall(r"\{solution-(start|end)\}", cell.source)
            within = marks[-1] == "start" if marks else within
        else:
            lines = {line.strip() for line in cell.source.splitlines() if len(line.strip()) > 20}
            (inside if within else outside).update(lines)
    return inside - outside


def main(folder: str) -> int:
    """Returns the number of complaints."""
    wrong, looked = [], 0
    chapters = {file.stem: file for file in BOOK.glob("*.ipynb")}
    for edition in ("", "student", "teacher"):
        files = sorted((Path(folder) / edition).glob("*.ipynb"))
        if missing := chapters.keys() - {file.stem for file in files}:
            wrong.append(f"no notebook of {', '.join(sorted(missing))} in {edition or 'notebooks'}")
        for file in files:
            hidden = only_in_solutions(chapters[file.stem]) if edition == "student" else set()
            wrong += faults(file, hidden)
            looked += 1
    print("\n".join(wrong) or f"{looked} notebooks, no complaint")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1])))
