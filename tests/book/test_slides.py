"""The slides of a lesson hold what its page says, need no other file, and leave out what it does not have."""

import base64
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKS = (
    "<article><h1>Net<a class='headerlink' href='#net'>#</a></h1>"
    "<p><strong>The question.</strong> how <a href='glossary.html'>deep</a>?</p>"
)
SVG = "<svg xmlns='http://www.w3.org/2000/svg'/>"
PAGE = f"""<html><body>{ASKS}
<p><strong>The answer.</strong> Very, says <a href="https://example.org/">a paper</a>.</p>
<figure id="fig-a"><img class="figure-light" src="images/a.svg" alt="A &quot;line&quot;"><img class="figure-dark"
src="images/a.dark.svg" alt="A line"><figcaption><span class="caption-number">Figure 1 </span><span
class="caption-text">It rises.</span></figcaption></figure>
<section id="the-idea"><h2><span class="section-number">1. </span>The idea</h2>
<div class="math-block"><math><mi>z</mi></math></div>
<p>The size is</p>
<div class="math-block" id="equation-a" tabindex="0"><math><mi>n</mi></math><span class="eqno">(1)</span></div>
<p>for all layers.</p>
<p>A stack.</p>
<div class="dropdown predict admonition"><p class="admonition-title">Predict first: is it large?</p>
<p>No.</p></div>
</section>
<section id="write-it-yourself"><div class="cell_input"><pre><span class="kn">import</span> torch</pre></div>
<div class="cell_input"><pre><span></span><span class="k">class</span> Net:
    size = 3


<span class="k">def</span> make():
    <span class="k">return</span> Net()


net = make()
</pre></div></section>
<section id="check-the-slide">
<table><tr><th>id</th><th>claim</th><th>printed</th><th>ours</th><th>verdict</th></tr>
<tr><th>a</th><td>It is deep</td><td>deep</td><td>8 layers</td><td>confirmed</td></tr>
<tr><th>b</th><td>It is wide</td><td>wide</td><td>one channel &lt; 2</td><td>differs</td></tr></table></section>
<section id="summary"><h2>Summary</h2><ul><li>It is deep.</li></ul></section></article></body></html>"""


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.svg").write_text(SVG)
    return tmp_path


def test_every_kind_of_slide_is_taken_from_the_page(folder):
    from slides.parts import slides_of

    made = {slide.kind: slide for slide in slides_of(PAGE, folder)}
    assert list(made) == ["opening", "figure", "formula", "prediction", "code", "claim", "summary"]
    assert made["opening"].title == "Net"
    assert made["opening"].body == '<p class="question">How deep?</p>'
    assert made["opening"].later == '<p>Very, says <a href="https://example.org/">a paper</a>.</p>'
    assert 'alt="A &quot;line&quot;"' in made["figure"].body
    assert base64.b64encode(SVG.encode()).decode() in made["figure"].body
    assert "<figcaption>It rises.</figcaption>" in made["figure"].body
    assert made["formula"].title == "The idea"
    assert re.findall(r"<mi>.*?</mi>|<p>.*?</p>", made["formula"].body) == [
        "<p>The size is</p>", "<mi>n</mi>", "<p>for all layers.</p>",
    ]  # fmt: skip
    assert made["prediction"].body == '<p class="before">A stack.</p><p class="question">Is it large?</p>'
    assert made["prediction"].later == "<p>No.</p>"
    assert made["claim"].body == '<p class="question">It is wide.</p>'
    assert made["claim"].later == "<p><strong>Differs.</strong> One channel &lt; 2.</p>"
    assert made["summary"].body == "<ul><li>It is deep.</li></ul>"


def test_code_has_all_definitions_and_not_what_uses_them(folder):
    from slides.parts import slides_of

    (code,) = (slide.body for slide in slides_of(PAGE, folder) if slide.kind == "code")
    text = re.sub("<.*?>", "", code)
    assert text == "class Net:\n    size = 3\n\n\ndef make():\n    return Net()"
    assert "--lines: 6" in code


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("def f(\n    x,\n):\n    return x", 4),  # a bracket at the left goes on
        ("@once\ndef f():\n    return 1\n\n\n# why\ndef g(): ...\n\nf()", 7),
        ("N = 3\n\ndef f():\n    return N\nfor i in range(3):\n    f()", 4),
    ],
)
def test_where_definitions_end(code, kept):
    from slides.parts import definitions

    assert definitions(code.split("\n")) == kept


def test_what_a_page_does_not_have_is_left_out(tmp_path):
    from slides.parts import is_lesson, slides_of

    assert [slide.kind for slide in slides_of(ASKS, tmp_path)] == ["opening"]
    without_file = [slide.kind for slide in slides_of(PAGE, tmp_path)]
    assert "figure" not in without_file
    assert not is_lesson("<p>The question.</p>")
    assert not is_lesson("<li><strong>The question.</strong></li>")
    page = PAGE.replace("<p>A stack.</p>", "<p>of a stack.</p>")  # the rest of a sentence explains nothing
    (asked,) = (slide.body for slide in slides_of(page, tmp_path) if slide.kind == "prediction")
    assert asked == '<p class="question">Is it large?</p>'
    with pytest.raises(ValueError, match='a page without "The question" has no slides'):
        slides_of("<p>The question.</p>", tmp_path)


def test_a_file_needs_no_other_one_and_has_each_id_once(folder):
    from slides import deck

    html = deck(PAGE, folder, "../book/net.html", "data:font/woff2;base64,AAAA")
    leads = re.findall(r'(?:src|href)="(.*?)"|url\("?(.*?)"?\)', html)
    outside = {a or b for a, b in leads if not (a or b).startswith("data:")}
    assert outside == {"https://example.org/", "../book/net.html"}  # links to click on
    ids = re.findall(r'\bid="(.*?)"', html)
    assert len(ids) == len(set(ids))
    assert html.count("<section") == 7
    assert html.count("<h1") == 1


def test_every_chapter_asks_its_question_in_a_form_that_the_slides_find():
    from slides.parts import QUESTION
    from teaching import chapters

    known = chapters(ROOT, ROOT / "_toc.yml")
    missed = [
        chapter.name
        for chapter in known
        if not QUESTION.search(re.sub(r"(?m)^\*\*(.+?)\*\*", r"<p><strong>\1</strong>", chapter.text))
    ]
    assert not missed
