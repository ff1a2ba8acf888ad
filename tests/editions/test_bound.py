"""The whole book as one PDF and as an EPUB."""

import io
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EPUBCHECK = Path("/usr/share/java/epubcheck.jar")


@pytest.fixture(scope="module")
def bound(book: Path) -> Path:
    """The folder of the downloads of the small book."""
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium is installed")
    command = [sys.executable, str(ROOT / "book" / "editions"), str(book), str(book.parents[1] / "_toc.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return book / "downloads"


def page_texts(file: Path) -> list[str]:
    """The text of each page of a PDF, without the line breaks that paper makes."""
    from pypdf import PdfReader

    return [words(page.extract_text()) for page in PdfReader(file).pages]


def printed_text(file: Path) -> str:
    """All the text of a PDF."""
    return words(" ".join(page_texts(file)))


def words(text: str) -> str:
    """Text without the line breaks and ligatures that paper makes."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))


def test_the_pdf_has_contents_whose_page_numbers_are_right(bound: Path) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO((bound / "cnn-architectures.pdf").read_bytes()))
    pages = [words(page.extract_text()) for page in reader.pages]
    contents = next(page for page in pages if page.startswith("Contents"))
    for title in ("1. First chapter", "2. Second chapter", "Solutions"):
        found = re.search(rf"{re.escape(title)}\s*(\d+)", contents)
        assert found, contents
        assert pages[int(found[1]) - 1].startswith(title)
    assert reader.outline, "no bookmarks"


def test_the_pdf_has_solutions_at_its_end_only_and_its_links_lead_somewhere(bound: Path) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO((bound / "cnn-architectures.pdf").read_bytes()))
    text = words(" ".join(page.extract_text() for page in reader.pages))
    assert text.index("secret of seven") > text.rindex("Second chapter Back to")
    assert "print('a banner')" not in text  # the first cell is for a screen
    assert "This page was computed with a banner." in text
    assert "import calendar" not in text
    hint = text.index("Hint to Exercise 1.1 (Recall) Use both hands.")
    assert text.rindex("Second chapter Back to") < hint < text.index("secret of seven")
    for folded in ("It is, by Equation 1.1.", "Slips of the slide There is one slip.", "the checked claims"):
        assert folded in text
    assert "Open the claims" not in text
    places = set(reader.named_destinations)
    links = [
        annotation.get_object()
        for page in reader.pages
        for annotation in page.get("/Annots", ())
        if annotation.get_object().get("/Subtype") == "/Link"
    ]
    inside = [link["/Dest"] for link in links if "/Dest" in link]
    assert inside
    assert {str(place) for place in inside} <= places | {place.lstrip("/") for place in places}


def test_the_pdf_is_tagged_and_its_tags_are_compressed(bound: Path) -> None:
    from pypdf import PdfReader

    file = bound / "cnn-architectures.pdf"
    assert "/StructTreeRoot" in PdfReader(file).root_object
    assert b"/StructElem" not in file.read_bytes()  # as Chromium writes them


def test_references_have_no_marks_that_lead_back(bound: Path) -> None:
    text = printed_text(bound / "cnn-architectures.pdf")
    assert "A paper. A journal" in text
    assert "(1,2)" not in text  # it has two citations in the first chapter


def sheets(folder: Path, begins: Iterable[int], content: str, single: bool = False) -> list[str]:
    """The text of each sheet of bound chapters, whose content begins some pixels below the first sheet's top.

    A single page of the HTML book, with the rules of its theme that are in the way, is printed by a reader.
    """
    static = ROOT / "book" / "_static" / "book.css"
    style = static.read_text(encoding="utf-8").replace("url(", "(")
    theme = "figcaption p { display: inline-block } article { break-before: page } table { break-inside: avoid }"
    style = (
        theme + style if single else style + (ROOT / "book" / "editions" / "print.css").read_text(encoding="utf-8")
    )
    page = folder / "chapter.html"
    filled = [f'<article><div style="height: {pixels}px">before</div>{content}</article>' for pixels in begins]
    page.write_text(f'<!doctype html><meta charset="utf-8"><style>{style}</style><body>{"".join(filled)}</body>')
    return printed_pages(page, folder, "''" if single else "FIT")


@pytest.mark.parametrize("single", [False, True], ids=["bound", "single"])
def test_a_heading_stays_with_its_text_and_a_caption_with_its_table(
    bound: Path, tmp_path: Path, single: bool
) -> None:
    text = " ".join(["many words about sizes,"] * 20)
    rows = "".join(f"<tr><td>row {number}</td></tr>" for number in range(20))
    inside = f"<p>{' '.join(['one word more'] * 10)}</p><div><table>{rows}</table></div>"
    table = f'<figure class="framed"><figcaption>{inside}</figcaption></figure>'
    content = f"<section><p>one</p>{table}</section><section><h2>Sizes</h2><p>{text}</p></section>"
    pages = sheets(tmp_path, range(300, 960, 20), content, single)
    for first, second in (("Sizes", "many words"), ("more", "row 0")):
        assert any(f"{first} {second}" in page for page in pages)
        assert not [page for page in pages if (first in page) != (f"{first} {second}" in page)]


def test_a_colophon_stays_with_the_last_reference(bound: Path, tmp_path: Path) -> None:
    colophon = '<div class="citation"><p>A paper.</p></div></div></section><p class="colophon">Computed here.</p>'
    pages = sheets(tmp_path, range(820, 960, 10), f"<section><h2>References</h2><div>{colophon}")
    assert not [page for page in pages if ("A paper." in page) != ("A paper. Computed" in page)]


def test_a_high_figure_becomes_smaller_and_text_that_follows_fills_its_place(bound: Path, tmp_path: Path) -> None:
    size = "width='600' height='600'"
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg' {size}><rect {size}/></svg>"
    figure = f'<figure><img src="data:image/svg+xml,{drawing}"><figcaption>A square.</figcaption></figure>'
    after = "<p>the figure shows it.</p></section><section><h2>Next</h2><p>other matters</p></section>"
    block = f"<section><h2>Idea</h2><p>It is square:</p>{figure}{after}"
    whole, first, second = sheets(tmp_path, (300, 700), block)  # of its own size it would not fit below 300
    assert "square: A square. the figure shows it." in whole
    assert "square: the figure shows it. Next other matters" in first
    assert second.startswith("A square.")


def test_a_caption_of_two_lines_is_not_parted(bound: Path, tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>row {number}</td></tr>" for number in range(60))
    inside = f"<p>{' '.join(['one word more'] * 10)}</p><div><table>{rows}</table></div>"
    table = f'<figure class="framed"><figcaption>{inside}</figcaption></figure>'
    pages = sheets(tmp_path, range(820, 960, 20), table)
    assert not [page for page in pages if ("one word more" in page) != ("more row 0 row 1 row 2" in page)]


def test_a_short_table_and_an_exercise_stay_on_one_page(bound: Path, tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>row {number}</td></tr>" for number in range(12))
    table = f'<figure class="framed"><figcaption>Squares.<table>{rows}</table></figcaption></figure>'
    exercise = (
        '<section><h2>Exercises</h2><div class="exercise admonition"><p class="admonition-title">Exercise 1</p>'
        "<p>What?</p><p>And why?</p></div></section>"
    )
    style = (ROOT / "book" / "editions" / "print.css").read_text(encoding="utf-8")
    for number, block in enumerate((table, exercise)):
        page = tmp_path / f"block{number}.html"
        page.write_text(
            f'<html><style>{style}</style><body><div style="height: 870px">before</div>{block}</body></html>'
        )
        before, after = printed_pages(page, tmp_path, "FIT")
        assert before.startswith("before")
        assert re.search("Squares. row 0 .* row 11 |Exercises Exercise 1 What\\? And why\\?", after), after


def test_a_long_table_begins_with_more_than_one_row(bound: Path, tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>row {number}</td></tr>" for number in range(40))
    style = (ROOT / "book" / "editions" / "print.css").read_text(encoding="utf-8")
    page = tmp_path / "long.html"
    page.write_text(
        f'<html><style>{style}</style><body><div style="height: 860px">before</div><figure class="framed">'
        f"<figcaption><p>Squares.</p><div><table>{rows}</table></div></figcaption></figure></body></html>"
    )
    before, after = printed_pages(page, tmp_path, "FIT")
    assert "row 0" not in before
    assert after.startswith("Squares. row 0 row 1 row 2")


def test_no_line_of_code_is_cut_in_the_pdf(bound: Path) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO((bound / "cnn-architectures.pdf").read_bytes()))
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    assert "abcdefghij" * 20 in text  # a line of 200 letters in the small book


def test_the_epub_is_valid(bound: Path) -> None:
    if not EPUBCHECK.is_file() or shutil.which("java") is None:
        pytest.skip("epubcheck is not installed")
    command = ["java", "-jar", str(EPUBCHECK), str(bound / "cnn-architectures.epub")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout, done.stderr


def test_the_epub_has_formulas_pictures_and_links_between_its_chapters(bound: Path) -> None:
    with zipfile.ZipFile(bound / "cnn-architectures.epub") as file:
        names = file.namelist()
        first, second = (file.read(f"EPUB/{name}.xhtml").decode() for name in ("first", "second"))
    assert "<math" in first
    assert "<mfrac>" in first
    assert any(name.endswith(".png") for name in names)
    assert 'href="second.xhtml#second"' in first
    assert 'href="first.xhtml#first--equation-eq-sum"' in second


def test_the_start_page_links_both(bound: Path) -> None:
    page = (bound.parent / "start.html").read_text(encoding="utf-8")
    assert 'href="downloads/cnn-architectures.pdf"' in page
    assert 'href="downloads/cnn-architectures.epub"' in page


def paper(page: Path, folder: Path) -> str:
    """The text of one page of the book when a browser prints it."""
    return words(" ".join(printed_pages(page, folder)))


def printed_pages(page: Path, folder: Path, script: str = "''") -> list[str]:
    """The text of each sheet when a browser prints a page."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from pdf import FIT, printed; "
        f"Path(sys.argv[3]).write_bytes(printed(Path(sys.argv[2]), {script}))"
    )
    file = folder / f"{page.stem}.pdf"
    command = [sys.executable, "-c", program, str(ROOT / "book" / "editions"), str(page), str(file)]
    subprocess.run(command, check=True)
    return page_texts(file)


def test_a_single_page_prints_with_its_number_and_without_solutions(bound: Path, tmp_path: Path) -> None:
    text = paper(bound.parent / "first.html", tmp_path)
    assert "1. First chapter" in text  # the theme prints a title without its number
    for shown in ("What is 3 + 4?", "There is one slip.", "the checked claims", "Predict first"):
        assert shown in text
    for folded in ("secret of seven", "hidden reason", "both hands", "import calendar", "Open the claims"):
        assert folded not in text


def test_no_line_of_code_is_cut_when_a_page_is_printed(bound: Path, tmp_path: Path) -> None:
    assert "abcdefghij" * 20 in "".join(paper(bound.parent / "second.html", tmp_path).split())


def test_pages_for_a_screen_are_not_bound_but_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "editions"))
    from gather import read

    (tmp_path / "book").mkdir()
    article = '<article class="bd-article"><section id="{0}"><h1>{0} &amp; more</h1>{1}</section></article>'
    addresses = ("book/explorer.html#try", "#index", "book/api_models.html#x")
    pages = {
        "index": "".join(f'<a href="{address}">there</a>' for address in addresses),
        "book/explorer": "<p>a form</p>",
        "book/api": "<p>a list</p>",
        "book/api_models": "<p>signatures</p>",
    }
    for name, body in pages.items():
        (tmp_path / f"{name}.html").write_text(article.format(name.rpartition("/")[2], body))
    files = "[{file: book/explorer}, {file: book/api, sections: [{file: book/api_models}]}]"
    (tmp_path / "_toc.yml").write_text(f"root: index\nparts:\n  - {{caption: Part, chapters: {files}}}\n")
    start, explorer, api = read(tmp_path, tmp_path / "_toc.yml")
    assert [link.get("href") for link in start.body.find_all("a")] == ["#book-explorer", "#index--index"]
    assert explorer.title == "explorer & more"
    assert "computes while you type" in explorer.body.get_text()
    assert "a form" not in explorer.body.get_text()
    assert "HTML book" in api.body.get_text()
    assert [page.body["class"] for page in (explorer, api)] == ["elsewhere", "elsewhere"]


def test_the_ledger_names_the_checks_of_its_claims_without_their_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "editions"))
    from gather import read

    from cs231n_arch.claims import check
    from cs231n_arch.claims.page import page

    (tmp_path / "_toc.yml").write_text("root: ledger\nparts: []\n")
    article = f'<article class="bd-article"><h1>Ledger</h1>{page(check("vgg-depth"))._repr_html_()}</article>'
    (tmp_path / "ledger.html").write_text(article, encoding="utf-8")
    (ledger,) = read(tmp_path, tmp_path / "_toc.yml")
    text = ledger.body.get_text(" ")
    assert "check cs231n_arch.claims." in text
    assert "def " not in text
