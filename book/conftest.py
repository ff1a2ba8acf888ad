"""The chapters as tests, `pytest --nbmake book`.

A warning is an error while a cell runs, as it is in the tests. What Jupyter's
kernel warns of while it starts, or between two cells, depends on the versions
of Python and Jupyter and says nothing about a chapter.

An executed chapter is left for the build of the book (`_ext/executed.py`).
"""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from unittest import mock

import pytest
from nbmake.nb_result import NotebookResult
from nbmake.nb_run import NotebookRun

from book._ext import executed

STARTUP = '''
def _warnings_are_errors(shell):
    """Around each cell, and without a name that a chapter would see."""
    import warnings

    around = []

    def begin(info):
        around.append(warnings.catch_warnings(action="error"))
        around[-1].__enter__()

    def end(result):
        around.pop().__exit__()

    shell.events.register("pre_run_cell", begin)
    shell.events.register("post_run_cell", end)


_warnings_are_errors(get_ipython())
del _warnings_are_errors
'''


class Run(NotebookRun):
    """Nbmake's run of one chapter, whose result is left for the book."""

    def execute(self) -> NotebookResult:
        """Execute the chapter, and leave it unless it failed."""
        done = super().execute()
        if done.error is None:
            executed.leave(self.filename, done.nb)
        return done


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item,
) -> Generator[None, object, object]:
    """Run one chapter; only the kernel that it starts has the settings."""
    if (
        item.path.suffix != ".ipynb"
    ):  # pytest asks this of every test, wherever it is
        return (yield)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        startup = Path(folder, "profile_default", "startup")
        startup.mkdir(parents=True)
        (startup / "warnings.py").write_text(STARTUP)
        # A user whom the system does not know has no home, and Jupyter then
        # starts no kernel.
        home = os.path.expanduser("~")  # noqa: PTH111  (Path.home() may fail)
        usable = folder if home == "~" else home
        with (
            mock.patch.dict(os.environ, IPYTHONDIR=folder, HOME=usable),
            mock.patch("nbmake.pytest_items.NotebookRun", Run),
        ):
            return (yield)
