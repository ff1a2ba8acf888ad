"""The build of a small book, whose pages the tests open."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def build_book(folder: Path, page: str, *options: str, environment: Mapping[str, str] | None = None) -> Path:
    """Build the book in a folder as its reader does.

    Args:
        folder: has the pages, `_config.yml` and `_toc.yml`.
        page: one of the pages that come out, such as `start.html`.
        options: further ones of `jupyter-book build`, such as `-W`.
        environment: variables of the process; None takes those of this one.

    Returns:
        The file of the page.
    """
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command = [*program, "build", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    file = folder / "_build/html" / page
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.is_file(), done.stdout + done.stderr
    return file
