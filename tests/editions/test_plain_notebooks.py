"""The plain notebooks: no markup of the book is left, nothing of the content is lost."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
MARKUP = re.compile(r"\{[a-z][\w:-]*\}`|^\s*[`:]{3,}\{|\(eq-|^\s*:[a-z]+:", re.MULTILINE)


def text(notebook: NotebookNode) -> str:
    """All the prose of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """Its code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("edition", ["", "student", "teacher"])
def test_no_markup_of_the_book_is_left(book: Path, edition: str) -> None:
    files = sorted((book / "notebooks" / edition).glob("*.ipynb"))
    assert [file.stem for file in files] == ["first", "second"]  # pages that are no notebooks make none
    for file in files:
        made = nbformat.read(file, as_version=4)
        nbformat.validate(made)
        assert not MARKUP.search(text(made))


def test_sentences_have_their_numbers_and_references(first: NotebookNode) -> None:
    said = text(first)
    assert "The area is 49 pixels, see Figure 1.1, Table 1.1 and Equation 1.1" in said
    assert "[next chapter](second.ipynb)" in said
    assert "Someone and Other ([1998](https://doi.org/10.1000/182))" in said
    assert "([Someone and Other, 1998](https://doi.org/10.1000/182))" in said
    assert "\\tag{1.1}" in said
    assert "\\sum_{i=1}^n" in said
    assert "$a_1 + b^*$" in said
    assert "5 \\$ or 2_3" in said
    assert "*stress*, **weight** and `code_here`" in said


def test_a_page_of_the_book_is_linked_only_where_its_address_is_known(first: NotebookNode, tmp_path: Path) -> None:
    from tests.editions.conftest import build

    assert "the [next chapter](second.ipynb) and the words go on" in text(first)
    pages = build(tmp_path, "https://example.org/book")
    made = nbformat.read(pages / "notebooks" / "first.ipynb", as_version=4)
    assert "[words](https://example.org/book/words.html)" in text(made)
    assert '"https://example.org/book/notebooks/cs231n_arch-' in code(made)[0].source


def test_lists_tables_warnings_and_code_are_kept(first: NotebookNode) -> None:
    said = text(first)
    for wanted in ("- one\n- two", "1. first\n2. second", "| a | b |\n| --- | --- |\n| 1 | $x$ |"):
        assert wanted in said
    assert "```python\nprint('shown, not run')\n```" in said
    assert "> **Warning.** Mind the step." in said
    assert "- Ann Someone and Bo Other. A paper." in said


def test_outputs_captions_and_alternative_texts_are_kept(first: NotebookNode) -> None:
    figure = next(cell for cell in code(first) if "plt.plot" in cell.source)
    output = figure.outputs[-1]
    assert output.metadata["image/png"]["alt"] == "A line that rises to the right"
    after = first.cells[first.cells.index(figure) + 1].source
    assert after == "**Figure 1.1.** A line with $x^2$. It rises."
    table = next(cell for cell in code(first) if "DataFrame" in cell.source)
    assert "<table" in table.outputs[0].data["text/html"]
    assert first.cells[first.cells.index(table) - 1].source == "**Table 1.1.** Squares."
    assert next(c for c in code(first) if "line_3 =" in c.source).outputs[0].text == "3 printed\n2\n"


def test_long_and_hidden_cells_are_folded_and_glue_is_gone_where_nothing_needs_it(first: NotebookNode) -> None:
    folded = [cell for cell in code(first) if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert all(cell.metadata["cellView"] == "form" for cell in folded)
    assert all(cell.source.startswith("# @title ") for cell in folded)
    titles = [cell.source.splitlines()[0].removeprefix("# @title ") for cell in folded]
    # `hidden` is used by the figure, so the cell that no page shows is kept.
    begin = "Install `cs231n_arch` if it is missing, and begin"
    wanted = [begin, "Imports", "Preparation", "Code of Figure 1.1", "Code"]
    assert titles == [*wanted, "Solution to Exercise 1.1 (Recall)"]


@pytest.mark.parametrize("edition", ["", "student", "teacher"])
def test_the_first_code_is_the_first_cells_whether_the_page_shows_it_or_not(book: Path, edition: str) -> None:
    for name in ("first", "second"):  # in the first the tag is "remove-cell", in the second "remove-input"
        made = nbformat.read(book / "notebooks" / edition / f"{name}.ipynb", as_version=4)
        assert "Install `cs231n_arch`" in code(made)[0].source
        assert code(made)[0].source.endswith("print('a banner')")
        assert ("own run (a banner)" if name == "second" else "own run.") in made.cells[0].source


@pytest.mark.parametrize("edition", ["", "student", "teacher"])
def test_what_the_page_folds_is_folded(book: Path, edition: str) -> None:
    made = nbformat.read(book / "notebooks" / edition / "first.ipynb", as_version=4)
    said = text(made)
    question = "<details>\n<summary><b>Predict first: is $a &lt; b$ in <code>code</code>?</b></summary>"
    assert f"{question}\n\nIt is, by Equation 1.1.\n\n</details>" in said
    hint = "<details>\n<summary><b>Hint</b></summary>\n\nUse *both hands*.\n\n</details>"
    assert f"What is $3 + 4$?\n\n{hint}" in said
    slide = "<summary><b>Slips of the slide</b></summary>\n\nThere is **one** slip.\n\n| c | d |"
    assert slide in said
    assert "> **A remark.** With a title." in said
    claims = next(cell for cell in code(made) if "checked claims" in cell.source)
    assert claims.source == "print('the checked claims')"
    assert claims.outputs[0].text == "the checked claims\n"
    assert claims.metadata["jupyter"] == {"outputs_hidden": True}


def test_solutions_are_folded_open_or_absent(book: Path, first: NotebookNode, student: NotebookNode) -> None:
    said = text(first)
    assert "### Exercise 1.1 (Recall)\n\nWhat is $3 + 4$?" in said
    for words in ("the secret of seven", "the hidden reason", "That was the code", "Use *both hands*"):
        before = said[: said.index(words)]
        assert before.count("<details>") == before.count("</details>") + 1
    solution = next(cell for cell in code(first) if "answer = 3 + 4" in cell.source)
    assert solution.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}

    teacher = nbformat.read(book / "notebooks" / "teacher" / "first.ipynb", as_version=4)
    for words in ("the secret of seven", "the hidden reason", "That was the code"):
        before = text(teacher)[: text(teacher).index(words)]
        assert before.count("<details>") == before.count("</details>")

    everything = json.dumps(student)
    for words in ("secret", "hidden reason", "answer = 3", "answer == side", "That was the code"):
        assert words not in everything
    assert "*Your answer to Exercise 1.2 (Words):*" in text(student)


def test_a_student_can_check_an_answer(student: NotebookNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    place = next(
        n for n, cell in enumerate(student.cells) if cell.source.startswith("# Exercise 1.1 (Recall): your")
    )
    told = []
    for answer in ("", "answer = 8", "answer = 7"):
        copy = nbformat.from_dict(student)
        copy.cells[place].source = answer
        NotebookClient(copy, timeout=60, kernel_name="python3").execute()
        told.append(copy.cells[place + 1].outputs[0].text.split(":")[0])
        assert "give your result the name answer" in copy.cells[place + 1].outputs[0].text or answer
    assert told == ["Not yet", "Not yet", "Right"]


def test_a_page_with_a_script_is_left_to_the_readers_own_run(book: Path) -> None:
    made = nbformat.read(book / "notebooks" / "second.ipynb", as_version=4)
    cell = next(cell for cell in code(made) if "a form" in cell.source)
    assert cell.outputs == []
    assert "<p>a form</p>" in (book / "second.html").read_text(encoding="utf-8")


def test_archives_hold_every_copy(book: Path) -> None:
    for name in ("notebooks", "student-notebooks", "teacher-notebooks"):
        with zipfile.ZipFile(book / "notebooks" / f"{name}.zip") as archive:
            assert archive.namelist() == ["first.ipynb", "second.ipynb"]


def test_the_download_button_leads_to_the_plain_notebook(book: Path) -> None:
    page = (book / "first.html").read_text(encoding="utf-8")
    assert 'href="notebooks/first.ipynb"' in page
    assert 'href="notebooks/student/first.ipynb"' in page
    assert "_sources/first.ipynb" not in page


def test_a_notebook_converts_without_raw_markup(book: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    subprocess.run([*command, str(book / "notebooks" / "first.ipynb")], check=True, capture_output=True)
    html = (tmp_path / "first.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style).*?</\1>", "", html[html.index("<body") :], flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", "", body)
    assert not MARKUP.search(words)
    assert "**" not in words.replace("b^*", "")
