"""A small book, built once, and the notebooks that come out of it."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.editions import small_book

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, address: str = '""') -> Path:
    """The built pages of the small book."""
    small_book.write(folder, os.path.relpath(ROOT / "book" / "_ext", folder), address)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(folder), "-W"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("GITHUB_REPOSITORY", None)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book without an address."""
    return build(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="session")
def first(book: Path) -> nbformat.NotebookNode:
    """The plain notebook of its first chapter."""
    return nbformat.read(book / "notebooks" / "first.ipynb", as_version=4)


@pytest.fixture(scope="session")
def student(book: Path) -> nbformat.NotebookNode:
    """The student copy of it."""
    return nbformat.read(book / "notebooks" / "student" / "first.ipynb", as_version=4)
