"""Code that is wider than the page: it wraps, so that it is read without scrolling sideways."""

import html
import shutil
from pathlib import Path

import pytest

from cs231n_arch.models import preact_resnet
from cs231n_arch.notebook import source

STATIC = Path(__file__).parents[2] / "book" / "_static"
CODE = source(preact_resnet.add).text
BOXES = {  # of a code cell, of the library's source under a cell, and of what a cell prints
    "cell": '<div class="cell_input"><div class="highlight-ipython3"><pre>{}</pre></div></div>',
    "source": '<div class="cell_output"><div class="highlight-python"><pre>{}</pre></div></div>',
    "printed": '<div class="cell_output"><div class="highlight-none"><pre>{}</pre></div></div>',
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The three boxes in the book's style."""
    folder = tmp_path_factory.mktemp("code")
    shutil.copy(STATIC / "book.css", folder)
    boxes = "".join(f'<div id="{name}">{box.format(html.escape(CODE))}</div>' for name, box in BOXES.items())
    (folder / "code.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Code</title>'
        '<link rel="stylesheet" href="book.css"><style>pre { overflow: auto; font: 14px monospace }</style></head>'
        f'<body><main class="bd-content"><div id="width">{boxes}</div></main></body></html>',
        encoding="utf-8",
    )
    return folder / "code.html"


@pytest.mark.parametrize("width", [790, 343])  # of the book's text on a desktop and on a telephone
def test_code_wraps_and_what_is_printed_keeps_its_columns(driver, page, width):
    driver.get(page.as_uri())
    driver.execute_script("document.getElementById('width').style.width = `${arguments[0]}px`", width)
    scrolls = driver.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('pre')]"
        ".map((pre) => [pre.closest('[id]').id, pre.scrollWidth > pre.clientWidth]))"
    )
    assert scrolls == {"cell": False, "source": False, "printed": True}


def test_a_line_goes_on_further_to_the_right_and_a_new_one_begins_at_the_left(driver, page):
    driver.get(page.as_uri())
    driver.execute_script("document.getElementById('width').style.width = '560px'")
    edges = driver.execute_script(  # where each line on the screen begins
        "const pre = document.querySelector('#source pre'); const range = document.createRange();"
        "range.selectNodeContents(pre); const begins = new Map();"
        "for (const { top, left, width } of range.getClientRects())"
        "  if (width) begins.set(top, Math.min(left, begins.get(top) ?? Infinity));"
        "return [...begins.values()].map((left) => Math.round(left - pre.getBoundingClientRect().left))"
    )
    lines = [line for line in CODE.splitlines() if line]
    assert edges.count(0) == len(lines), "every line of code at the left"
    indents = {edge for edge in edges if edge}
    assert len(indents) == 1, "and what is left of it at one indent"
