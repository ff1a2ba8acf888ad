"""Run each chapter as Colab does: alone, in an empty folder, with only the wheel and what it asks for.

    python .ci/chapters_alone.py dist/cs231n_arch-0.1.0-py3-none-any.whl [_build/html/notebooks]

The chapters are those of the folder, or else the sources.

Two chapters run side by side, with one thread each. One that takes longer than a minute so is measured again with
the machine to itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

BOOK = Path(__file__).parents[1] / "book"
LIMIT = 60.0  # seconds; a busy machine may take twice as long before the check fails
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=3600, kernel_name="python3").execute()
"""


def environment(folder: Path, wheel: str) -> Path:
    """The interpreter of a new virtual environment with the wheel, its dependencies and what runs a notebook."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel, "ipykernel", "nbclient"], check=True)
    return python


def run(python: Path, chapter: Path) -> tuple[Path, float, str]:
    """Execute one chapter; returns its seconds, and the error if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(chapter, folder)
        begun = time.monotonic()
        told = subprocess.run(
            [python, "-c", RUN, chapter.name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            # The environment's own kernel, not one that Jupyter finds elsewhere.
            env={**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"},
        )
        return chapter, time.monotonic() - begun, told.stderr[-3000:] if told.returncode else ""


def main(wheel: str, notebooks: str | Path = BOOK) -> int:
    """Returns the number of chapters that fail or take too long."""
    chapters = sorted(Path(notebooks).glob("*.ipynb"))
    if not chapters:
        raise SystemExit(f"no chapter in {notebooks}")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), str(Path(wheel).resolve()))
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(partial(run, python), chapters))
        for chapter, seconds, error in results:
            alone = seconds
            if not error and seconds > LIMIT:
                _, alone, error = run(python, chapter)
            fails = bool(error) or alone > 2 * LIMIT
            slow = " (too slow for a reader)" if alone > LIMIT else ""
            print(f"{'FAILED' if fails else 'passed'} {chapter.name} in {alone:.0f} s{slow} {error}", flush=True)
            bad += fails
    print(f"{len(chapters) - bad} passed, {bad} failed")
    return bad


if __name__ == "__main__":
    sys.exit(min(1, main(*sys.argv[1:])))
