"""The page for teachers is read from the chapters, and its plans name only what the book has."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


@pytest.fixture
def known():
    from teaching import chapters

    return chapters(ROOT, ROOT / "_toc.yml")


def test_every_exercise_of_the_book_stands_once_on_the_page(known):
    from teaching import details

    labels = set()
    for path in (ROOT / "book").glob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            labels |= set(re.findall(r"^:label: (ex-\S+)", "".join(cell["source"]), re.MULTILINE))
    listed = re.findall(r"\{ref\}`(ex-[^`]+)`", "\n".join(details(known)))
    assert sorted(listed) == sorted(labels)
    assert len(labels) > 100


def test_the_minutes_of_the_sections_are_those_of_the_chapter(known):
    told = [chapter for chapter in known if chapter.reading]
    assert len(told) > 15
    for chapter in told:
        assert abs(sum(chapter.sections.values()) - chapter.reading) <= len(chapter.sections) / 2
        assert chapter.in_class
        assert sum(task.minutes for task in chapter.exercises) > 0


def test_a_chapter_is_taken_apart():
    from teaching import Chapter, details, table

    text = """# Net

5 minutes to read, 30 for the exercises.

## The idea

one two three four

:::{admonition} Predict first: how many?
:::

## Output sizes

one two

## Check the slide

one

## Exercises

````{exercise} Recall, 5 min: sizes
:label: ex-net-sizes
````

````{exercise} Train, 20 min: faster
:label: ex-net-train
````
"""
    net = Chapter("net", text, (125, 3725))
    assert net.sections == {"The idea": 4, "Output sizes": 1, "Check the slide": 0}
    assert table([net])[2] == "| [Net](net) | 2:05 to 1:02:05 | 5 | 4 | 5 | 20 |"
    assert details([net]) == [
        "**[Net](net)**",
        "",
        "- *In class:* The idea (4).",
        "- *Read at home:* Output sizes (1).",
        "- *Leave out first:* Check the slide.",
        "- *Exercises in class:* {ref}`ex-net-sizes` Recall, 5 min.",
        "- *Homework:* {ref}`ex-net-train` Train, 20 min.",
        "- *Ask before you show:*",
        "  - How many?",
        "",
    ]


def test_a_plan_adds_up_and_refuses_what_the_book_does_not_have(known):
    from teaching import plan

    rows = plan(known, ["First: lenet", "Second: resnet, vgg"])[2:]
    minutes = [[int(cell) for cell in row.strip("|").split("|")[1:]] for row in rows]
    assert [sum(column) for column in zip(*minutes[:-1], strict=True)] == minutes[-1]
    with pytest.raises(ValueError, match=r"no chapter is named lenet6; there are history"):
        plan(known, ["First: lenet6"])


def test_the_pages_plans_can_be_made(known):
    from teaching import plan

    page = (ROOT / "book" / "teach.md").read_text()
    plans = re.findall(r"```\{teaching-plan\}\n(.*?)```", page, re.DOTALL)
    assert len(plans) == 3
    for one in plans:
        assert len(plan(known, one.splitlines())) == len(one.splitlines()) + 3
