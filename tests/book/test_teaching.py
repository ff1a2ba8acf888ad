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
    assert table([net])[2] == "| [Net](net) | 2:05 to 1:02:05 | 5 | 4 | 5 | 20 | – |"
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


def code(name: str, source: str = "", figure: str = "", tags: tuple[str, ...] = ()) -> dict:
    shown = {"mystnb": {"figure": {"name": figure}}} if figure else {}
    return {"cell_type": "code", "id": name, "source": source, "metadata": {"tags": list(tags), **shown}}


def text(source: str) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def test_live_runs_are_the_longest_cells_that_show_something_and_the_solutions():
    from teaching.live import Run, live

    cells = [
        code("setup"),
        text("## The idea\n\nA net.\n\n### In small"),
        code("window", "moving.window()"),
        code("train"),
        code("draw", figure="fig-net-errors"),
        text("It learns."),
        code("glue", tags=("remove-cell",)),
        code("print"),
        text("## Exercises\n\n````{solution-start} ex-net-train\n````"),
        code("solve"),
        code("again"),
        text("````{solution-end}\n````\n\n## Summary"),
        code("late"),
    ]
    seconds = {"setup": 9, "train": 4, "glue": 8, "print": 2, "solve": 5, "again": 1, "late": 1}
    moving, runs, solutions = live(cells, seconds)
    assert moving == ["In small"]
    assert runs == [
        Run("{numref}`fig-net-errors` in *In small*", 4),
        Run("a cell in *In small*", 2),
        Run("a cell in *Summary*", 1),
    ]
    assert solutions == {"ex-net-train": 6}
    many = [text("## A"), *(code(str(number)) for number in range(5))]
    longest = live(many, {str(number): number for number in range(5)})[1]
    assert [run.seconds for run in longest] == [2, 3, 4]


def test_every_chapter_has_its_measured_seconds(known):
    from teaching import details
    from teaching.chapters import measured

    for chapter in known:
        assert chapter.seconds > sum(run.seconds for run in chapter.runs), chapter.name
    assert "\n".join(details(known)).count("*Run live:*") > 15
    assert all(re.fullmatch(r".+ cores?, 1 thread \(\d{4}-\d\d-\d\d\)", where) for where in measured(ROOT))


def test_the_recorded_experiments_stand_in_the_chapters_of_their_claims(known):
    from cs231n_arch.experiments import EXPERIMENTS

    listed = [run.what for chapter in known for run in chapter.recorded]
    assert len(listed) == len(set(listed)) > 20
    for what in listed:
        assert re.fullmatch(r"`cs231n-arch experiment (\S+) --budget \w+.*`", what)[1] in EXPERIMENTS
    (alexnet,) = (chapter for chapter in known if chapter.name == "alexnet")
    assert any("relu-tanh" in run.what for run in alexnet.recorded)
    # Without claims: the chapter whose code shows the record.
    without = {"batch-norm": "batch_norm", "digits-and-patches": "transfer", "shortcut-types": "identity_mappings"}
    for experiment, page in without.items():
        (at,) = (one.name for one in known for run in one.recorded if f" {experiment} " in run.what)
        assert at == page
    paths = (ROOT / "cs231n_arch" / "results").glob("*.json")
    assert len(listed) == sum("experiment" in json.loads(path.read_text()) for path in paths)


def test_every_chapter_says_what_students_trip_over_and_where_it_is_cleared(known):
    from teaching import mistakes
    from teaching.chapters import rows_of_lists

    for chapter in known:
        cells = json.loads((ROOT / "book" / f"{chapter.name}.ipynb").read_text())["cells"]
        figures = {cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") for cell in cells}
        labels = set(re.findall(r"\((eq-\S+)\)$|^:label: (ex-\S+)$", chapter.text, re.MULTILINE))
        labels = figures | {label for pair in labels for label in pair}
        assert 2 <= len(chapter.mistakes) <= 4, chapter.name
        for says, answer, place in chapter.mistakes:
            assert says.endswith(".")
            assert answer.endswith(".")
            assert place in labels, place
    listed = rows_of_lists(ROOT)["mistakes"]
    assert {row["chapter"] for row in listed} == {chapter.name for chapter in known}
    assert len([line for line in mistakes(known) if line.startswith("- ")]) == len(listed)


def test_the_points_that_a_mistake_names_are_the_published_ones(known):
    from cs231n_arch import published

    old, new, deep = (
        published.value(f"torchvision {weights}", "top1_accuracy")
        for weights in ("ResNet50 IMAGENET1K_V1", "ResNet50 IMAGENET1K_V2", "ResNet152 IMAGENET1K_V1")
    )
    (complexity,) = (chapter for chapter in known if chapter.name == "complexity")
    (answer,) = (answer for _, answer, _ in complexity.mistakes if "ResNet-152" in answer)
    assert re.findall(r"\d+\.\d", answer) == [f"{new - old:.1f}", f"{deep - old:.1f}"]


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
