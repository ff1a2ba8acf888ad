"""What .ci/budget.py says of a page that costs too much."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")

CI = Path(__file__).parents[2] / ".ci"


@pytest.fixture
def budget(monkeypatch):
    monkeypatch.syspath_prepend(str(CI))
    import budget

    yield budget
    sys.modules.pop("budget")


@pytest.fixture
def book(tmp_path):
    """A folder with a page, a script that a server compresses to little, and a figure."""
    root = tmp_path / "a book"
    (root / "_images").mkdir(parents=True)
    (root / "page.html").write_text("page")
    (root / "script.js").write_text(" " * 10**6)
    (root / "_images/figure.png").write_bytes(bytes(10**6))
    (root / "big.bin").write_bytes(bytes(10**6))
    (tmp_path / "outside.js").write_text("")
    return root


@pytest.mark.parametrize(
    ("names", "shift", "said"),
    [
        ([], 0.0, []),
        (["script.js", "_images/figure.png"], 0.04, []),
        (["https://example.org/a.js", "data:image/png;base64,"], 0.0, []),  # is found elsewhere, and costs nothing
        (["big.bin"], 0.0, ["costs 1e+03 kB, more than 320"]),
        (["_images/figure.png"] * 9, 0.0, []),  # is loaded once
        ([], 0.06, ["costs 0.06 of layout shift, more than 0.05"]),
        (["../outside.js"], 0.0, ["outside of the book"]),
    ],
)
def test_what_costs_too_much(budget, book, names, shift, said):
    addresses = [name if ":" in name else (book / name).resolve().as_uri() for name in ["page.html", *names]]
    found = list(budget.complaints(book / "page.html", book, addresses, shift))
    assert len(found) == len(said)
    assert all(part in whole for part, whole in zip(said, found, strict=True))


def test_too_many_files_and_figures(budget, book):
    files = [book / f"{number}.js" for number in range(budget.REQUESTS + 1)]
    figures = [book / f"_images/{number}.png" for number in range(3)]
    for file in (*files, *figures):
        file.write_bytes(bytes(10**6))
    found = list(budget.complaints(book / "page.html", book, [file.as_uri() for file in files], 0.0))
    assert [part for part in found if "requests" in part] == ["costs 45 requests, more than 44"]
    found = list(budget.complaints(book / "page.html", book, [file.as_uri() for file in figures], 0.0))
    assert found == ["costs 3e+03 kB of figures, more than 2400"]


LATE = """<!doctype html><html lang="en"><title>Page</title>
<style>p { height: 150px }</style><body><article><p id="first">First</p>
<p>Second</p><p>Third</p></article><nav><p>Contents</p></nav>
<script>setTimeout(() => document.getElementById("first").style.height = "%dpx", 50)</script></body></html>"""


@pytest.mark.parametrize(("height", "moves"), [(400, True), (None, False)])
def test_a_text_that_moves_is_seen(budget, tmp_path, height, moves):
    sys.path.insert(0, str(CI.parent / "book/editions"))
    import shutil

    from chromium import NAMES, browser

    if not any(map(shutil.which, NAMES)):
        pytest.skip("needs Chromium and chromedriver")
    page = tmp_path / "page.html"
    page.write_text(LATE % height if moves else LATE.replace("setTimeout", "void "))
    driver = browser("window-size=1280,1000")
    try:
        driver.get(page.as_uri())
        driver.execute_async_script("setTimeout(arguments[0], 300)")
        shift = budget.read_through(driver)
    finally:
        driver.quit()
    assert (shift > budget.SHIFT) == moves
