"""What search engines and messages show of a page, and the version at its foot."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from cs231n_arch import __version__

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


def page(*paragraphs: str) -> nodes.document:
    document = new_document("page")
    document += nodes.section("", *(nodes.paragraph("", text) for text in paragraphs), ids=["page"])
    return document


def head(name: str, document: nodes.document | None, title: str = "ResNet") -> dict:
    from page_head import add_head

    config = SimpleNamespace(root_doc="index", html_title="The book", project="book")
    context = {"title": title, "docstitle": "The book", "metatags": "<meta name='old'/>"}
    add_head(SimpleNamespace(config=config), name, "page.html", context, document)
    return context


def test_a_lesson_is_described_by_its_question_and_answer():
    from page_head import description

    lesson = page("He et al.", "The question. Is  deeper\nbetter?", 'The answer. No: "F(x) + x" is.', "More.")
    assert description(lesson) == 'Is deeper better? No: "F(x) + x" is.'
    assert description(page("A page.", "Its second paragraph.")) == "A page."
    assert description(page()) == ""
    cut = description(page("word " * 100))
    assert len(cut) <= 200
    assert cut.endswith("word …")


def test_the_head_has_it_as_attributes_that_html_allows():
    context = head("resnet", page('The answer. "Yes" & <no>.'), '<span class="section-number">9. </span>ResNet')
    tags = context["metatags"]
    assert tags.startswith("<meta name='old'/>")
    assert '<meta name="description" content="&quot;Yes&quot; &amp; &lt;no&gt;." />' in tags
    assert '<meta property="og:title" content="9. ResNet" />' in tags
    assert context["docstitle"] == "The book"


def test_the_first_page_has_the_books_title_once_and_every_page_the_version():
    first = head("index", page("Text."))
    assert first["docstitle"] == ""
    assert first["theme_logo"] == {"text": "The book"}  # over the table of contents
    context = head("genindex", None)
    assert context["metatags"] == "<meta name='old'/>"
    assert f"Version {__version__}" in context["theme_extra_footer"]
