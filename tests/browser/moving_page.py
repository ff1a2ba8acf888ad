"""The page of the moving figures, and what a reader does on it, for its tests."""

from pathlib import Path

import nbformat

from tests.browser.small_book import build_book

NAMES = ("window", "depth", "digit")
CELLS = """
from cs231n_arch import moving

moving.window()
---
from cs231n_arch.experiments import load_record

moving.depth(load_record("depth"))
---
import torch
from cs231n_arch.models.lenet import lenet5

torch.manual_seed(0)
moving.digit(lenet5(modern=True))
"""


def build(folder: Path) -> Path:
    """Makes a book of one page with all moving figures, in the book's theme, and returns the page."""
    code = [nbformat.v4.new_code_cell(cell) for cell in CELLS.split("\n---\n")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Moving"), *code])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "moving.ipynb")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: moving\n")
    (folder / "_config.yml").write_text("title: Page\nexecute:\n  timeout: 240\n  allow_errors: false\n")
    return build_book(folder, "moving.html")


def field(driver, name):
    return driver.find_element("id", f"moving-{name}")


def choose(driver, name: str, value: object) -> None:
    """Take a value of a field or slider, as a reader does."""
    driver.execute_script(
        "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
        "for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind));",
        f"moving-{name}",
        str(value),
    )
