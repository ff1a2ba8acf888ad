"""What .ci/budget.py says of a page that costs too much."""

import random
import sys
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.support.ui import WebDriverWait

CI = Path(__file__).parents[2] / ".ci"


@pytest.fixture
def budget(monkeypatch):
    monkeypatch.syspath_prepend(str(CI))
    import budget

    yield budget
    sys.modules.pop("budget")


@pytest.fixture
def book(budget, tmp_path):
    """A folder with a page, a script that a server compresses to little, and a figure."""
    limit = 1000 * budget.KILOBYTES
    root = tmp_path / "a book"
    (root / "_images").mkdir(parents=True)
    (root / "page.html").write_text("page")
    (root / "script.js").write_text(" " * 3 * limit)
    (root / "_images/figure.png").write_bytes(bytes(3 * limit))
    (root / "big.bin").write_bytes(bytes(3 * limit))
    (tmp_path / "outside.js").write_text("")
    return root


@pytest.mark.parametrize(
    ("names", "shift", "said"),  # the shift as a part of what is allowed
    [
        ([], 0.0, []),
        (["script.js", "_images/figure.png"], 0.8, []),
        (["https://example.org/a.js", "data:image/png;base64,"], 0.0, []),  # is found elsewhere, and costs nothing
        (["big.bin"], 0.0, ["kB, more than {KILOBYTES:g}"]),
        (["_images/figure.png"] * 9, 0.0, []),  # is loaded once
        ([], 1.2, ["of layout shift, more than {SHIFT:g}"]),
        (["../outside.js"], 0.0, ["outside of the book"]),
        (["missing.js", "big.bin"], 0.0, ["missing.js, which does not exist", "kB, more than {KILOBYTES:g}"]),
    ],
)
def test_what_costs_too_much(budget, book, names, shift, said):
    addresses = [name if ":" in name else (book / name).resolve().as_uri() for name in ["page.html", *names]]
    found = list(budget.complaints(book / "page.html", book, addresses, shift * budget.SHIFT))
    assert len(found) == len(said)
    assert all(part.format_map(vars(budget)) in whole for part, whole in zip(said, found, strict=True))


def test_too_many_files_and_figures(budget, book):
    files = [book / f"{number}.js" for number in range(budget.REQUESTS + 1)]
    figures = [book / f"_images/{number}.png" for number in range(3)]
    for file in files:
        file.write_bytes(b"")
    for file in figures:
        file.write_bytes(bytes(500 * budget.FIGURES))
    found = list(budget.complaints(book / "page.html", book, [file.as_uri() for file in files], 0.0))
    assert found == [f"costs {budget.REQUESTS + 1} requests, more than {budget.REQUESTS}"]
    found = list(budget.complaints(book / "page.html", book, [file.as_uri() for file in figures], 0.0))
    assert found == [f"costs {1.5 * budget.FIGURES:.3g} kB of figures, more than {budget.FIGURES}"]


def test_slides_may_weigh_as_much_as_figures(budget, book):
    """They carry their figures, which a chapter loads."""
    (book / "slides").mkdir()
    for folder, said in (("", 1), ("slides", 0)):
        page = book / folder / "heavy.html"
        page.write_bytes(random.Random(0).randbytes(2000 * budget.KILOBYTES))  # cannot be compressed
        assert len(list(budget.complaints(page, book, [page.as_uri()], 0.0))) == said


LATE = """<!doctype html><html lang="en"><title>Page</title>
<style>p { height: 150px }</style><body><article><p id="first">First</p>
<p>Second</p><p>Third</p></article><nav><p>Contents</p></nav>
<script>
new PerformanceObserver(() => setTimeout(() => {
  document.getElementById("first").style.height = "%dpx";
  requestAnimationFrame(() => requestAnimationFrame(() => document.title = "Moved"));
}, 50)).observe({ type: "paint", buffered: true });
</script></body></html>"""


@pytest.mark.parametrize(("height", "moves"), [(400, True), (150, False)])
def test_a_text_that_moves_is_seen(budget, monkeypatch, tmp_path, height, moves):
    monkeypatch.syspath_prepend(str(CI.parent / "book/editions"))
    import shutil

    from chromium import NAMES, browser

    if not any(map(shutil.which, NAMES)):
        pytest.skip("needs Chromium and chromedriver")
    page = tmp_path / "page.html"
    page.write_text(LATE % height)
    driver = browser("window-size=1280,1000")
    try:
        driver.get(page.as_uri())
        WebDriverWait(driver, 10).until(lambda _: driver.title == "Moved")
        shift = budget.read_through(driver)
    finally:
        driver.quit()
    assert (shift > budget.SHIFT) == moves
