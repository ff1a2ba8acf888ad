"""Executed chapters that one program hands to another.

`pytest` executes every chapter, and so does the build of the book. Where both
run one after the other (`.ci/run`), the environment variable of this module
names a folder: the tests leave the executed chapters there, and the build
takes them. Each carries the state that it was executed in. In another state,
or with other cells, it is not taken and the chapter is executed again.
"""

import hashlib
import os
import platform
import re
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode

FOLDER = "EXECUTED_CHAPTERS"
STATE = "executed_with"  # where an executed chapter has its state
EXTRAS = {"book", "onnx"}  # of the package, whose needs chapters import


@cache
def state() -> str:
    """What the outputs of a chapter depend on, next to its cells.

    These are all files of the library, the version of Python, and the
    versions of what the library and its chapters need.
    """
    root = Path(*find_spec("cs231n_arch").submodule_search_locations)  # type: ignore[union-attr, misc]
    found = hashlib.sha256(platform.python_version().encode())
    for need in sorted(requires("cs231n-arch") or []):
        extra = re.search(r"extra == ['\"](\w+)", need)
        if extra is None or extra[1] in EXTRAS:
            name = re.split(r"[^\w.-]", need)[0]
            with suppress(PackageNotFoundError):
                found.update(f"\n{name} {version(name)}".encode())
    for file in sorted(root.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(f"\n{file.relative_to(root)}\n".encode())
            found.update(file.read_bytes())
    return found.hexdigest()


def leave(source: Path, executed: NotebookNode) -> None:
    """Put an executed chapter into the folder, if there is one."""
    if FOLDER not in os.environ:
        return
    folder = Path(os.environ[FOLDER])
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(source, as_version=4)
    for cell, done in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = done.outputs
            cell.execution_count = done.execution_count
    notebook.metadata["language_info"] = executed.metadata["language_info"]
    notebook.metadata[STATE] = state()
    nbformat.write(notebook, folder / source.name)


def taken(source: Path) -> NotebookNode | None:
    """The chapter as it was executed in the present state, or nothing."""
    file = Path(os.environ.get(FOLDER, os.devnull), source.name)
    if not file.is_file():
        return None
    notebook = nbformat.read(file, as_version=4)
    if notebook.metadata.pop(STATE, None) != state():
        return None
    now = code(nbformat.read(source, as_version=4))
    return notebook if code(notebook) == now else None


def code(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """The code of a notebook and how it is shown."""
    return [
        (cell.source, cell.metadata)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
