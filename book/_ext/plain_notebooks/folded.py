"""Which parts of a cell a notebook folds, and how."""

import re

from nbformat import NotebookNode

from plain_notebooks.answers import only_imports

LONG = 25  # lines; a longer cell is folded
FOLDED_TAGS = {"hide-input", "remove-input", "remove-cell", "hide-cell"}
FOLDED_OUTPUT_TAGS = {"hide-output", "hide-cell"}


def tags_of(cell: NotebookNode) -> set[str]:
    """The tags of a cell of the source."""
    return set(cell.metadata.get("tags", ()))


def folds_code(cell: NotebookNode) -> bool:
    """Whether the code of a cell of the source is folded."""
    long = len(cell.source.splitlines()) > LONG
    return long or bool(tags_of(cell) & FOLDED_TAGS)


def folds_output(cell: NotebookNode) -> bool:
    """Whether what a cell of the source shows is folded."""
    return bool(tags_of(cell) & FOLDED_OUTPUT_TAGS)


def fold(cell: NotebookNode, what: str) -> None:
    """Fold the code of a cell, in Colab's way and in Jupyter's."""
    cell.source = f"# @title {what}\n{cell.source}"
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}


def fold_output(cell: NotebookNode) -> None:
    """Fold what a cell shows."""
    hidden = {**cell.metadata.get("jupyter", {}), "outputs_hidden": True}
    cell.metadata["jupyter"] = hidden
    cell.metadata["collapsed"] = True


def label(code: str, captions: list[str]) -> str:
    """The figure or table that a cell makes, or that it only imports."""
    found = re.match(r"\*\*(\w+ [\d.]*\d)", captions[0]) if captions else None
    if found:
        return f"Code of {found[1]}"
    return "Imports" if only_imports(code) else "Code"
