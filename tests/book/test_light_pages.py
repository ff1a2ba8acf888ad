"""What the extension `light_pages` takes out of style sheets, fonts and pages."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont

BOOK = Path(__file__).parents[2] / "book"
WORDS = {"seen", "other", "place"}


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))


@pytest.mark.parametrize(
    ("style", "left"),
    [
        (".seen{a:b}", ".seen{a:b}"),
        (".gone{a:b}", ""),
        ("#place p,.gone,p.other{a:b}", "#place p,p.other{a:b}"),
        ("p.seen.gone{a:b}p{c:d}", "p{c:d}"),
        # An element without a class, or with one of several, may be on a page.
        (".seen:not(.gone){a:b}", ".seen:not(.gone){a:b}"),
        (":is(.gone,.seen:not(.gone)) p{a:b}", ":is(.gone,.seen:not(.gone)) p{a:b}"),
        ('[class*=".gone"]{a:b}', '[class*=".gone"]{a:b}'),
        (r".seen\/2{a:b}", r".seen\/2{a:b}"),
        ("@media print{.gone{a:b}.seen{a:b}}", "@media print{.seen{a:b}}"),
        ("@media print{.gone{a:b}}", ""),
        ("@keyframes gone{0%{a:b}to{c:d}}", "@keyframes gone{0%{a:b}to{c:d}}"),
        ('@import "a.css";.gone{a:b}', '@import "a.css";'),
        ("@font-face{src:url(gone.woff2)}", "@font-face{src:url(gone.woff2)}"),
        # Brackets in a string are none.
        ('.seen{content:"}"}.gone{a:b}', '.seen{content:"}"}'),
        ("""p{content:'"'}.gone{a:b}.seen{content:'{'}""", """p{content:'"'}.seen{content:'{'}"""),
    ],
)
def test_rules_for_classes_that_no_page_has_go(style, left):
    from light_pages import purged

    assert purged(style, WORDS) == left


def test_nothing_goes_whose_classes_are_all_on_a_page():
    """Of the book's own style sheet, every rule stays, whatever is in it."""
    import re

    from light_pages import COMMENT, purged

    style = COMMENT.sub("", (BOOK / "_static/book.css").read_text(encoding="utf-8"))
    left = purged(style, {*re.findall(r"[\w-]+", style)})
    assert re.sub(r"\s", "", left) == re.sub(r"\s", "", style)


PAGE = (
    '<script defer src="_static/scripts/fontawesome.js?digest=1"></script>\n'
    '<script src="searchindex.js"></script>\n<script src="_static/book.js?v=1"></script>'
    '<i class="fa-solid fa-bars"></i>'
)


def test_pictures_say_their_size(tmp_path):
    from light_pages import with_sizes
    from PIL import Image

    (tmp_path / "_images").mkdir()
    (tmp_path / "book").mkdir()
    Image.new("L", (30, 20)).save(tmp_path / "_images/a photo.png")
    svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="75pt" height="60pt"/>'
    (tmp_path / "_images/a.svg").write_text(svg)
    (tmp_path / "_images/b.svg").write_text("<svg/>")
    page = (
        '<img class="c" src="../_images/a%20photo.png" alt="x"/><img src="../_images/a.svg" loading="lazy"/>'
        '<img src="../_images/b.svg"/><img src="../_images/a.svg" width="5"/>'
        '<img src="data:image/png;base64,_images/"/>'
    )
    said = (
        '<img class="c" src="../_images/a%20photo.png" width="30" height="20" alt="x"/>'
        '<img src="../_images/a.svg" width="100" height="80" loading="lazy"/>'
    )
    assert with_sizes(page, tmp_path / "book") == said + page[page.index('<img src="../_images/b.svg"') :]


def test_a_built_book_keeps_the_icons_and_scripts_that_it_needs(tmp_path):
    import pydata_sphinx_theme
    from light_pages import lighten

    theirs = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    fonts = "vendor/fontawesome/webfonts/fa-solid-900"
    for name in ("styles/pydata-sphinx-theme.css", "scripts/fontawesome.js", f"{fonts}.ttf", f"{fonts}.woff2"):
        file = tmp_path / "_static" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((theirs / name).read_bytes())
    for name in ("page.html", "search.html"):
        (tmp_path / name).write_text(PAGE)
    for _ in range(2):  # a second build finds what the first one left
        lighten(SimpleNamespace(builder=SimpleNamespace(name="html"), outdir=str(tmp_path)), None)

    assert not (tmp_path / "_static/scripts/fontawesome.js").exists()
    style = (tmp_path / "_static/styles/pydata-sphinx-theme.css").read_text()
    assert "Font Awesome Free" in style, "the license goes with the icons"
    assert style.count('content:"\\f0c9";content:"\\f0c9"/""') == 1
    assert ".fa-cat" not in style
    for ending in ("ttf", "woff2"):
        icons = TTFont(tmp_path / f"_static/{fonts}.{ending}").getBestCmap()
        assert {0xF0C9, 0xF0F3} <= set(icons), "the menu, and the bell of a note"
        assert len(icons) < 50
    page, search = ((tmp_path / name).read_text() for name in ("page.html", "search.html"))
    assert page == '<script src="_static/book.js?v=1"></script><i class="fa-solid fa-bars"></i>'
    assert "searchindex.js" in search
    assert "fontawesome.js" not in search
