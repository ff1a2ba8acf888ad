"""Seconds of what a teacher runs live: every chapter, and each cell that takes a second or more.

    python benchmarks/live.py                      # all chapters, about ten minutes on a quiet core
    python benchmarks/live.py lenet resnet         # these alone

Writes `book/live.csv`, which the page for teachers reads; rows of other chapters stay. Seconds are those that the
processor computes (user and system time, all threads), so that other programs of the machine hardly count: with
one thread, as the chapters have it, that is about what a person waits on a quiet machine.
"""

import argparse
import csv
import sys
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from cs231n_arch.machine import Machine
from cs231n_arch.threads import share_the_processor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
FILE = ROOT / "book" / "live.csv"
COLUMNS = ["chapter", "kind", "what", "seconds", "date", "machine"]
LEAST = 1.0  # seconds; shorter cells are not waited for


class Timed(NotebookClient):
    """Notes the processor's seconds of every cell, from the start of its kernel on."""

    def __init__(self, notebook: nbformat.NotebookNode) -> None:
        place = {"metadata": {"path": str(ROOT / "book")}}  # as in the build
        super().__init__(notebook, timeout=3600, resources=place, on_cell_executed=self.note)
        self.seconds: dict[str, float] = {}
        self.total = 0.0

    async def note(self, cell: nbformat.NotebookNode, **_: object) -> None:
        """Called after each code cell."""
        process = psutil.Process(self.km.provisioner.pid)
        spent = sum(process.cpu_times()[:4])  # user, system, and both of finished children
        if cell.cell_type == "code":
            self.seconds[cell.id] = spent - self.total
            self.total = spent


def chapter(name: str) -> list[tuple[str, str, float]]:
    """Kind, name and seconds of the page and of its long cells."""
    notebook = nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)
    client = Timed(notebook)
    client.execute()
    cells = [("cell", cell, seconds) for cell, seconds in client.seconds.items() if seconds >= LEAST]
    return [("page", name, client.total), *cells]


def write(name: str, rows: list[tuple[str, str, float]]) -> None:
    """Put the rows of a chapter in the place of its old ones."""
    kept = []
    if FILE.exists():
        with FILE.open(encoding="utf-8", newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["chapter"] != name]
    today, machine = datetime.now(UTC).date().isoformat(), str(Machine.here())
    kept += [
        dict(zip(COLUMNS, (name, kind, what, f"{seconds:.1f}", today, machine), strict=True))
        for kind, what, seconds in rows
    ]
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(kept, key=lambda row: row["chapter"]))


def main() -> None:
    from teaching import chapters

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapter", nargs="*", help="all by default")
    chosen = parser.parse_args()
    share_the_processor(one_thread=True)
    wanted = chosen.chapter or [one.name for one in chapters(ROOT, ROOT / "_toc.yml")]
    for name in wanted:
        rows = chapter(name)
        write(name, rows)
        print(name, f"{rows[0][2]:.1f}", flush=True)


if __name__ == "__main__":
    main()
