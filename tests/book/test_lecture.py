"""Each chapter links to its minutes in the recording of the lecture, as `book/lecture.csv` has them."""

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# Beyond the lecture, or about the library.
WITHOUT = {"senet", "explorer", "seeing", "ledger", "releases", "reproduction"}
VIDEO = "https://www.youtube.com/watch?v=DAOcjicFr1Y"
LENGTH = 4_660  # seconds

with (ROOT / "book" / "lecture.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
CHAPTERS = list(dict.fromkeys(row["chapter"] for row in ROWS))


def first_cell(page: str) -> str:
    cells = json.loads((ROOT / "book" / f"{page}.ipynb").read_text())["cells"]
    return "".join(cells[0]["source"])


def clock(seconds: int) -> str:
    """As a player shows it: 9:05, 1:02:03."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def test_every_chapter_on_the_lecture_has_its_minutes():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    pages = {entry["file"].removeprefix("book/") for part in parts for entry in part["chapters"]}
    chapters = {page for page in pages if (ROOT / "book" / f"{page}.ipynb").exists()} | {"index"}
    assert set(CHAPTERS) == chapters - WITHOUT


def test_the_times_lie_in_the_recording():
    for row in ROWS:
        assert 0 <= int(row["start_s"]) < int(row["end_s"]) <= LENGTH, row


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_first_cell_links_to_the_chapters_minutes(page):
    rows = {int(row["start_s"]): row for row in ROWS if row["chapter"] == page}
    links = re.findall(rf"\[([^\]]+)\]\({re.escape(VIDEO)}&t=(\d+)s\)", first_cell(page))
    main = next(iter(rows))
    assert main in {int(start) for _, start in links}
    for words, start in links:
        row = rows[int(start)]
        if times := re.findall(r"\d+(?::\d\d)+", words):
            assert times == [clock(int(row["start_s"])), clock(int(row["end_s"]))][: len(times)]
    assert first_cell(page).count(VIDEO) == len(links)
