"""A small book, built once, and the notebooks that come out of it."""

import os
from pathlib import Path

import nbformat
import pytest

from tests.browser.small_book import build_book
from tests.editions import small_book

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, address: str = '""') -> Path:
    """The built pages of the small book."""
    small_book.write(folder, os.path.relpath(ROOT / "book" / "_ext", folder), address)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("GITHUB_REPOSITORY", None)
    return build_book(folder, "first.html", "-W", environment=environment).parent


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
