"""Slides of a chapter in a real browser, made by a build of a small book in which a warning is an error."""

import base64
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.small_book import build_book
from tests.browser.views import check_barriers, viewed

BOOK = Path(__file__).parents[2] / "book"
CONFIG = f"""
title: Book
parse: {{myst_enable_extensions: [colon_fence, dollarmath]}}
execute: {{execute_notebooks: cache, timeout: 120}}
sphinx:
  local_extensions:
    math_without_scripts: {BOOK / "_ext"}
    page_ends: {BOOK / "_ext"}
    plain_notebooks: {BOOK / "_ext"}
    slides: {BOOK / "_ext"}
    themed_figures: {BOOK / "_ext"}
  config: {{html_math_renderer: mathml}}
"""
TEXT = """# Net

**The question.** How deep?

**The answer.** Very.

## The idea

The size is

$$
n = \\sum_{i=1}^{40} (a_i + b_i + c_i) + \\frac{a + b + c + d + e}{f + g + h + i + j} + k + l + m + o + p + q + r
$$ (eq-size)

for all layers.

:::{admonition} Predict first: is it large?
:class: dropdown predict

No.
:::

## Write it yourself
"""
FIGURE = {"figure": {"name": "fig-line", "caption": "A line."}, "image": {"alt": "A line that rises"}}
DRAW = (
    "import matplotlib.pyplot as plt\nfrom matplotlib_inline.backend_inline import set_matplotlib_formats\n"
    "set_matplotlib_formats('svg')\nplt.plot([1, 2])\nplt.show()"
)
CLASS = f"class Net:\n    layers = {tuple(range(100, 120))}\n    '''{'long ' * 16}'''"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the built pages."""
    folder = tmp_path_factory.mktemp("book")
    cells = [
        v4.new_markdown_cell(TEXT),
        v4.new_code_cell(CLASS),
        v4.new_code_cell(DRAW, metadata={"mystnb": FIGURE}),
        v4.new_markdown_cell("## Summary\n\n- It is deep."),
    ]
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "net.ipynb")
    (folder / "start.md").write_text("# Book\n\nIt asks nothing.\n")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: start\nchapters: [{file: net}]\n")
    (folder / "_config.yml").write_text(CONFIG)
    return build_book(folder, "start.html", "-W", "-n").parent


@pytest.fixture
def opened(driver, built):
    """The browser with the slides, at the first one."""
    driver.get("about:blank")
    driver.get((built / "slides/net.html").as_uri())
    return driver


def press(driver, *keys: str) -> None:
    for key in keys:
        ActionChains(driver).send_keys(key).perform()


def seen(driver) -> str:
    """Heading of the slide on the screen, and the number below."""
    (heading,) = (h for h in driver.find_elements("css selector", "h1, h2") if h.is_displayed())
    return f"{heading.text}, {driver.find_element('id', 'number').text}"


def test_only_pages_that_ask_have_slides_and_lead_to_them(driver, built):
    assert [file.name for file in (built / "slides").iterdir()] == ["net.html"]
    leads = 'href="slides/net.html"'
    assert leads in (built / "net.html").read_text()
    assert "slides/" not in (built / "start.html").read_text()


def test_keys_lead_through_all_slides_and_an_answer_waits_for_one_more(opened):
    (answer, *_) = opened.find_elements("css selector", ".later")
    assert seen(opened) == "Net, 1 / 6"
    assert not answer.is_displayed()
    press(opened, Keys.SPACE)
    assert answer.is_displayed()
    assert opened.switch_to.active_element == answer
    headings = []
    for _ in range(5):
        press(opened, Keys.ARROW_RIGHT)
        headings.append(seen(opened))
        if "Predict" in headings[-1]:
            press(opened, Keys.PAGE_DOWN)
            assert seen(opened) == headings[-1]
            assert opened.find_elements("css selector", ".later")[1].is_displayed()
    assert headings == [
        "In one picture, 2 / 6",
        "The idea, 3 / 6",
        "Predict first, 4 / 6",
        "Written by hand, 5 / 6",
        "Summary, 6 / 6",
    ]
    press(opened, Keys.ARROW_RIGHT)
    assert seen(opened) == "Summary, 6 / 6"
    press(opened, Keys.ARROW_LEFT)
    assert seen(opened) == "Written by hand, 5 / 6"
    press(opened, Keys.HOME)
    assert seen(opened) == "Net, 1 / 6"


def test_a_click_and_the_buttons_lead_on_and_the_address_keeps_the_place(opened):
    opened.find_element("css selector", ".question").click()
    opened.find_element("css selector", ".question").click()
    assert seen(opened) == "In one picture, 2 / 6"
    opened.find_element("id", "on").click()
    press(opened, Keys.SPACE)  # with the focus on the slide's heading
    assert seen(opened) == "Predict first, 4 / 6"
    opened.find_element("id", "back").click()
    opened.refresh()
    assert seen(opened) == "The idea, 3 / 6"
    assert opened.execute_script("return document.querySelector('figure img').naturalWidth") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_barriers_and_nothing_wider_than_the_window(opened, scheme, width):
    with viewed(opened, width=width, color_scheme=scheme):
        for number in range(6):
            opened.execute_script(
                "show(arguments[0]); slides[at].querySelector('.later')?.classList.add('shown')", number
            )
            assert opened.execute_script("return document.body.scrollWidth <= innerWidth"), seen(opened)
            check_barriers(opened)


def test_on_paper_each_slide_has_a_page_with_its_answer(opened):
    pypdf = pytest.importorskip("pypdf", reason="reads the printed slides: pip install pypdf")
    from io import BytesIO

    printed = opened.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(base64.b64decode(printed["data"]))).pages]
    assert len(pages) == 6
    assert "Very." in pages[0]
    assert "No." in pages[3]
    assert "6 / 6" in pages[5]
