"""The build of a small book, whose pages the tests open."""

import subprocess
import sys
from pathlib import Path


def build_book(folder: Path, page: str, *options: str) -> Path:
    """Build the book in a folder as its reader does.

    Args:
        folder: has the pages, `_config.yml` and `_toc.yml`.
        page: one of the pages that come out, such as `start.html`.
        options: further ones of `jupyter-book build`, such as `-W`.

    Returns:
        The file of the page.
    """
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    done = subprocess.run([*program, "build", str(folder), *options], capture_output=True, text=True, check=False)
    file = folder / "_build/html" / page
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.is_file(), done.stdout + done.stderr
    return file
