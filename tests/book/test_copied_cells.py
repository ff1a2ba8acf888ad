"""A cell that a reader sees runs when it is copied with those that he can open, so it needs nothing hidden."""

import builtins
import json
import symtable
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

BOOK = Path(__file__).resolve().parents[2] / "book"
PYTHON = TransformerManager()  # magics become calls
ALWAYS = {*dir(builtins), "get_ipython", "display", "__name__"}


def names(code: str) -> tuple[set[str], set[str]]:
    """What a cell defines for later cells, and what it takes from earlier ones."""
    top = symtable.symtable(PYTHON.transform_cell(code), "cell", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    taken, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        taken |= {
            s.get_name() for s in table.get_symbols() if s.is_referenced() and (s.is_global() or table is top)
        }
    return defined, taken - defined


def missing(cells: list[dict]) -> list[str]:
    """Names that visible or folded cells take from cells that the page does not have."""
    known, hidden, found = set(ALWAYS), set(), []
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        tags = cell["metadata"].get("tags", [])
        defined, taken = names("".join(cell["source"]))
        if "remove-cell" in tags:
            hidden |= defined - known
            continue
        found += [f"cell {number}: {name}" for name in sorted(taken & hidden - known)]
        known |= defined
    return found


@pytest.mark.parametrize("chapter", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_cell_of_a_page_needs_a_hidden_one(chapter: Path) -> None:
    assert missing(json.loads(chapter.read_text())["cells"]) == []


def test_a_hidden_name_is_found() -> None:
    def cell(code: str, *tags: str) -> dict:
        return {"cell_type": "code", "source": [code], "metadata": {"tags": list(tags)}}

    hidden = cell("best = 3\nseen = 4", "remove-cell")
    uses = cell("def f(seen):\n    return seen + best\n\nrates = [rate for rate in range(2)]")
    assert missing([hidden, uses]) == ["cell 1: best"]
    assert missing([hidden, cell("best = 1"), uses]) == []
