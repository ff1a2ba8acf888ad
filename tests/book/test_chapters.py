"""Every chapter keeps to the template, without being run; `pytest --nbmake book` runs them."""

import ast
import inspect
import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

import cs231n_arch
from cs231n_arch.claims import check, ledger
from cs231n_arch.claims.page import page as claims_page
from cs231n_arch.claims.verdicts import CHECKS
from cs231n_arch.models.names import MODELS
from cs231n_arch.training.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())


def listed(entries: list[dict]) -> list[str]:
    """Files of a list in the table of contents, with those of its sections."""
    return [file for entry in entries for file in (entry["file"], *listed(entry.get("sections", [])))]


PARTS = {part["caption"]: listed(part["chapters"]) for part in TOC["parts"]}
PAGES = [TOC["root"], *(file for files in PARTS.values() for file in files)]
NOTEBOOKS = [page for page in PAGES if (ROOT / f"{page}.ipynb").exists()]
CHAPTERS = [
    page
    for page in NOTEBOOKS
    if page not in (TOC["root"], "book/explorer", "book/seeing", *PARTS.get("Appendices", []))
]
ASSIGNMENTS = [page for page in NOTEBOOKS if Path(page).name.startswith("assignment_")]
PAPERS = [*PARTS["The networks"], *PARTS["Beyond the lecture"]]
ARCHITECTURES = [page for page in PAPERS if page in NOTEBOOKS]
SECTIONS = [
    "The idea", "Output sizes", "Parameter math", "Write it yourself", "Training details", "What it changed",
    "Comparison", "What survived, what did not", "Check the slide", "Exercises", "Summary", "References",
]  # fmt: skip
LEVEL = re.compile(r"(Recall|Compute|Build|Train|Debug|Research), (\d+) min: (.+)")
COLAB_HAS = {"torch", "torchvision", "numpy", "pandas", "matplotlib", "sklearn", "cs231n_arch"}


@cache
def cells(page: str) -> list[dict]:
    return json.loads((ROOT / f"{page}.ipynb").read_text())["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def code_cells(page: str) -> list[dict]:
    return [cell for cell in cells(page) if cell["cell_type"] == "code"]


def prose(page: str) -> str:
    return "\n\n".join(source(cell) for cell in cells(page) if cell["cell_type"] == "markdown")


def tree(cell: dict) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(source(cell)))


def exercises(page: str) -> dict[str, str]:
    """Label -> title."""
    return {label: title for title, label in re.findall(r"\{exercise\} (.*)\n:label: (\S+)", prose(page))}


def test_every_file_of_the_table_of_contents_exists_and_every_chapter_is_listed():
    files = {f"book/{path.stem}" for path in (ROOT / "book").iterdir() if path.suffix in (".ipynb", ".md")}
    assert sorted(PAGES) == sorted(files)


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_outputs_are_not_committed(page):
    for cell in code_cells(page):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_the_first_cell_installs_the_books_own_version_on_colab(page):
    first = code_cells(page)[0]
    assert re.findall(r"cs231n-arch==(\S+)", source(first)) == [cs231n_arch.__version__]
    assert {"remove-input", "setup"} <= set(first["metadata"]["tags"])


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_first_cell_is_the_same_everywhere(page):
    first, of_index = (source(code_cells(p)[0]) for p in (page, TOC["root"]))
    imported = "from cs231n_arch.notebook import"
    alike = [[line for line in text.splitlines() if not line.startswith(imported)] for text in (first, of_index)]
    assert alike[0] == alike[1]
    assert "budget = setup()" in first


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_directives_begin_on_a_line_of_their_own(page):
    assert not re.findall(r"^.*\w.*(?::::|```)\{[a-z-]+\}", prose(page), re.MULTILINE)  # else a reader sees them


@pytest.mark.parametrize("page", ARCHITECTURES)
def test_sections_of_the_template_in_order(page):
    headings = re.findall(r"^## (.+)$", prose(page), re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS


@pytest.mark.parametrize("page", CHAPTERS)
def test_length(page):
    words = len(re.sub(r"```\{bibliography\}.*", "", prose(page), flags=re.DOTALL).split())
    assert 1500 <= words <= 4500
    assert len(code_cells(page)) <= 32


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_every_figure_has_a_name_a_caption_that_says_what_to_notice_and_an_alternative_text(page):
    for cell in code_cells(page):
        if "plt.show()" not in source(cell):
            assert "plt.subplots" not in source(cell), "a figure without plt.show() prints its Axes"
            continue
        shown = cell["metadata"]["mystnb"]
        assert shown["figure"]["name"].startswith(f"fig-{Path(page).name}-")
        assert "otice" in shown["figure"]["caption"]
        assert len(shown["image"]["alt"]) > 40


def test_names_of_figures_and_tables_are_unique():
    names = [
        cell["metadata"]["mystnb"]["figure"]["name"]
        for page in NOTEBOOKS
        for cell in code_cells(page)
        if "figure" in cell["metadata"].get("mystnb", {})
    ]
    assert len(names) == len(set(names)) > 0


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_plotting_code_is_folded(page):
    for cell in code_cells(page):
        if "plt.show()" in source(cell):
            assert "hide-input" in cell["metadata"]["tags"]


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_class_that_a_page_writes_is_a_short_module_and_is_tested_there(page):
    nodes = [node for cell in code_cells(page) for node in ast.walk(tree(cell))]
    written = [node for node in nodes if isinstance(node, ast.ClassDef)]
    for node in written:
        assert "forward" in {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        assert (node.end_lineno or 0) - node.lineno < 30
    tested = [source(cell) for cell in code_cells(page) if "assert" in source(cell)]
    assert not written or any(f"{node.name}(" in text for node in written for text in tested)


@pytest.mark.parametrize("page", ARCHITECTURES)
def test_a_lesson_writes_its_unit_by_hand(page):
    nodes = [node for cell in code_cells(page) for node in ast.walk(tree(cell))]
    written = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    assert written, "the page has no class with a forward"
    cells_of = [source(cell) for cell in code_cells(page)]
    assert any("assert" in text for text in cells_of if any(name in text for name in written))
    assert any("display(source(" in text for text in cells_of), "the library's own code is shown"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_lesson_begins_with_its_question_and_answer_and_asks_the_reader(page):
    first = source(cells(page)[0])
    for part in (r"\*\*The question[.:]?\*\*", r"\*\*The answer[.:]?\*\*", r"\d+ minutes to read"):
        assert re.search(part, first), part
    questions = re.findall(r"\} (.*)\n:class: dropdown predict$", prose(page), re.MULTILINE)
    assert len(questions) >= 3
    assert not [question for question in questions if "{glue" in question]  # the page for teachers repeats them
    titles = exercises(page)
    assert [title for title in titles.values() if not LEVEL.fullmatch(title)] == []
    levels = [LEVEL.fullmatch(title)[1] for title in titles.values()]
    assert "Build" in levels
    assert {"Train", "Debug"} & set(levels)
    for part in re.findall(r"`{4,}\{exercise\}.*?\n`{4,}\n", prose(page) + "\n", re.DOTALL):
        assert len(re.findall(r"^:class: dropdown hint$", part, re.MULTILINE)) == 1, part.splitlines()[0]
    assert len(re.findall(r"^:class: dropdown hint$", prose(page), re.MULTILINE)) == len(titles)


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_cells_import_what_colab_has_and_read_no_file(page):
    for cell in code_cells(page):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Import):
                imported = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {str(node.module).split(".")[0]}
            else:
                continue
            assert imported <= COLAB_HAS | set(sys.stdlib_module_names)
        assert not re.search(r"\b(open|Path|read_csv|read_text)\(", source(cell))


def solutions(page: str) -> dict[str, str]:
    """Label -> code of the solution."""
    code: dict[str, str] = {}
    inside = ""
    for cell in cells(page):
        if cell["cell_type"] == "code":
            if inside:
                code[inside] = code.get(inside, "") + source(cell)
            continue
        for line in source(cell).splitlines():
            if start := re.search(r"\{solution-start\} (\S+)", line):
                inside = start[1]
            elif "{solution-end}" in line:
                inside = ""
    return code


@pytest.mark.parametrize("page", CHAPTERS)
def test_four_to_six_exercises_each_with_a_hidden_solution_that_runs_and_asserts(page):
    titles = exercises(page)
    labels = list(titles)
    assert 4 <= len(labels) <= 6
    code = solutions(page)
    assert list(code) == labels
    for label, solution in code.items():
        # What a live run gives differs from machine to machine: these print it and assert arithmetic alone.
        live = titles[label].startswith(("Research", "Train", "Debug"))
        assert "assert" in solution or (live and "print(" in solution), label
    assert len(re.findall(r"^:class: dropdown$", prose(page), re.MULTILINE)) >= len(labels)


@pytest.mark.parametrize("page", ASSIGNMENTS)
def test_the_points_of_an_assignments_tasks_are_those_of_its_rubric(page):
    asked = [re.fullmatch(LEVEL.pattern + r" \((\d+) points\)", title) for title in exercises(page).values()]
    assert all(asked)
    rubric = re.findall(r"^\| [^|]+ \| (\d+) \|", prose(page).partition("## Rubric")[2], re.MULTILINE)
    assert [title[4] for title in asked] == rubric
    assert sum(map(int, rubric)) == 20
    assert f"]({Path(page).name})" in (ROOT / "book" / "teach.md").read_text()


@pytest.mark.parametrize("page", ASSIGNMENTS)
def test_a_student_can_pass_an_assignments_checks_from_what_its_tasks_say(page, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from plain_notebooks.answers import check_cell

    code, text = solutions(page), prose(page)
    assert list(code) == list(exercises(page))
    assert all(label.startswith("task-") for label in code)  # the page for teachers lists exercises, not these
    given = [source(cell) for cell in code_cells(page) if not any(source(cell) in one for one in code.values())]
    said = ""
    checked = 0
    for label, solution in code.items():
        said += re.search(rf"\n:label: {label}\n(.*?)\n````\n", text, re.DOTALL)[1]
        assert "assert" in solution, label
        if cell := check_cell([solution], given):
            checked += 1
            for name in cell.source.splitlines()[0].partition("names: ")[2].split(", "):
                assert re.search(rf"`{name}\b", said), f"{label} does not ask for {name}"
    assert checked >= len(code) - 1  # a report may have none


@pytest.mark.parametrize("page", [page for page in CHAPTERS if Path(page).name in set(ledger()["chapter"])])
def test_the_ledgers_rows_of_a_chapter_are_shown(page):
    shown = [source(cell) for cell in code_cells(page) if "claims.check(" in source(cell)]
    assert len(shown) == 1
    assert f'claims.check(chapter="{Path(page).name}")' in shown[0]


def test_the_bibliography_has_every_paper_of_the_library():
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(), re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert {entry.paper for entry in MODELS.values()} | {recipe.paper for recipe in RECIPES.values()} <= set(keys)


def test_the_ledger_shows_every_claim_with_its_anchor_its_minute_and_its_check():
    rows = ledger().set_index("id")
    html = claims_page(check())._repr_html_()
    items = dict(re.findall(r'<li id="([\w-]+)" (.*?)</li>', html, re.DOTALL))
    assert list(items) == list(rows.index)
    for name, text in items.items():
        seconds = rows["seconds"][name]
        assert ("youtube.com/watch?v=DAOcjicFr1Y&amp;t=" in text) == (seconds == seconds), name
        assert f"&amp;t={seconds:.0f}s" in text or seconds != seconds
        shared = inspect.unwrap(CHECKS[name])  # the one function of all claims that a run decides, or a rule
        assert f"def {shared.__name__}(" in text
        assert (f"checks(&quot;{name}&quot;)" in text) == (shared is CHECKS[name])
        assert f'data-chapter="{rows["chapter"][name]}"' in text
        page = re.search(r'<a href="(\w+)\.html">', text)[1]
        assert f"book/{page}" in PAGES, name
    assert {"page(checked)"} <= set(map(source, code_cells("book/ledger")))


def test_the_ledgers_filter_asks_for_what_the_rows_have():
    html = claims_page(check("vgg-*"))._repr_html_()
    script = (ROOT / "book" / "_static" / "ledger.js").read_text()
    named = set(re.findall(r'name="(\w+)"', html))
    assert named == set(re.findall(r"form\.(\w+)\.value", script)) == {"words", "chapter", "verdict", "order"}
    assert set(re.findall(r"dataset\.(\w+)", script)) == {"chapter", "verdict", "seconds"}
    assert html.count("<label>") == len(named), "every control has its name"


def test_the_reference_has_every_package_with_public_names_and_every_paper():
    text = "\n".join(path.read_text() for path in (ROOT / "book").glob("api_*.md"))
    documented = re.findall(r"automodule:: (\S+)", text)
    assert len(documented) == len(set(documented))
    packages = [
        f"cs231n_arch.{path.parent.name}"
        for path in (ROOT / "cs231n_arch").glob("*/__init__.py")
        if "__all__" in path.read_text()
    ]
    assert {*packages, *(f"cs231n_arch.models.{entry.file}" for entry in MODELS.values())} <= set(documented)


def test_the_first_page_links_to_every_other():
    linked = re.findall(r"\]\((\w+)\)", prose(TOC["root"]))
    sections = {page for page in PAGES if Path(page).name.startswith("api_")}  # the reference links to them itself
    assert {f"book/{name}" for name in linked} == set(PAGES) - {TOC["root"]} - sections
