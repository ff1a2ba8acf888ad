"""The end of a page: the audit folded, the environment below everything."""

from pathlib import Path

import pytest
from docutils import nodes

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))


def page() -> nodes.document:
    from docutils.utils import new_document

    document = new_document("page")
    printed = nodes.literal_block("", "cs231n_arch 1.0, torch 2\nbudget cpu\n", classes=["output", "stream"])
    document += nodes.container("", printed, classes=["cell", "tag_setup"])
    document += nodes.container("", nodes.literal_block("", "7", classes=["output", "stream"]), classes=["cell"])
    title = nodes.title("", "Check the slide")
    document += nodes.section("", title, nodes.paragraph("", "A slip."), ids=["check-the-slide"])
    document += nodes.section("", nodes.title("", "Summary"), ids=["summary"])
    return document


def test_the_environment_is_the_last_line_and_the_first_cell_is_gone():
    from page_ends import move_environment

    document = page()
    move_environment(document)
    assert document.children[-1].astext() == "This page was computed with cs231n_arch 1.0, torch 2; budget cpu."
    assert document.children[-1]["classes"] == ["colophon"]
    assert document.children[0].astext() == "7"


def test_the_check_is_folded_below_its_title():
    from page_ends import fold_check

    document = page()
    fold_check(document)
    check, summary = document.children[2:]
    kinds = [type(child).__name__ for child in check]
    assert kinds == ["title", "raw", "paragraph", "raw"]
    assert check[1].astext().startswith('<details class="check-the-slide"><summary>')
    assert check[3].astext() == "</details>"
    assert len(summary) == 1
