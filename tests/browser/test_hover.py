"""The card with the meaning of a word, a name of the library or a citation."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.small_book import build_book

BOOK = Path(__file__).parents[2] / "book"
CONFIG = f"""
title: Book
parse: {{myst_enable_extensions: [dollarmath]}}
sphinx:
  extra_extensions: [sphinxcontrib.bibtex]
  local_extensions: {{hover_cards: {BOOK / "_ext"}, math_without_scripts: {BOOK / "_ext"}}}
  config:
    html_math_renderer: mathml
    bibtex_bibfiles: [references.bib]
    html_static_path: [_static]
    html_css_files: [book.css]
    html_js_files: [hover.js]
"""
PAGES = {
    "start.md": (
        "# Start\n\nA {term}`stride` and a {term}`window <kernel>`, {py:func}`box.lid`, {cite}`someone1998`, "
        "[glossary](words).\n\n```{bibliography}\n```\n"
    ),
    "words.md": (
        "# Words\n\n```{glossary}\nkernel\n  Weights, for example $3$ of them. See {term}`stride`.\n\n"
        "stride\nstep\n  From one window to the next.\n```\n"
    ),
    "names.md": (
        "# Names\n\n```{py:module} box\n```\n\n"
        "```{py:function} lid(x)\nCloses a box.\n\nNot shown in a card.\n```\n"
    ),
    "references.bib": (
        "@book{someone1998, author = {Someone, Ann}, title = {A paper}, publisher = {P}, year = {1998}}\n"
    ),
}


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """The first page of a book with a glossary, a reference and a citation."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copytree(BOOK / "_static", folder / "_static")
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: start\nchapters: [{file: words}, {file: names}]\n")
    return build_book(folder, "start.html", "-W")


@pytest.fixture
def page(driver, start):
    """The page, as when it has just been opened, with the pointer on its title."""
    driver.get(start.as_uri())
    point_at(driver, driver.find_element(By.CSS_SELECTOR, "article h1"))
    return driver


def card(page):
    """The text of the card, or None where none is shown."""
    found = page.find_element(By.ID, "hover-card")
    return " ".join(found.text.split()) if found.is_displayed() else None


def link(page, text):
    return page.find_element(By.PARTIAL_LINK_TEXT, text)


def point_at(page, element):
    """Move the pointer there at once; on a slow way it would come to the card after that has closed."""
    ActionChains(page, duration=0).move_to_element(element).perform()


def waits_for(page, text):
    WebDriverWait(page, 10).until(lambda _: card(page) == text)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("stride", "stride From one window to the next."),
        ("window", "kernel Weights, for example 3 of them. See stride."),
        ("lid", "lid Closes a box."),
        ("Som", "Ann Someone. A paper. P, 1998."),
    ],
)
def test_a_pointer_shows_what_a_link_means(page, text, meaning):
    point_at(page, link(page, text))
    waits_for(page, meaning)
    assert not page.find_elements(By.CSS_SELECTOR, "#hover-card a")


def test_other_links_have_no_card(page):
    point_at(page, link(page, "glossary"))
    page.execute_async_script("setTimeout(arguments[0], 600)")
    assert card(page) is None


def test_the_card_stays_under_the_pointer_and_goes_with_it(page):
    point_at(page, link(page, "stride"))
    waits_for(page, "stride From one window to the next.")
    point_at(page, page.find_element(By.ID, "hover-card"))
    page.execute_async_script("setTimeout(arguments[0], 600)")
    assert card(page)
    point_at(page, page.find_element(By.CSS_SELECTOR, "article h1"))
    waits_for(page, None)


def test_escape_closes_the_card_and_leaves_pointer_and_focus(page):
    point_at(page, link(page, "stride"))
    waits_for(page, "stride From one window to the next.")
    ActionChains(page).send_keys(Keys.ESCAPE).perform()
    assert card(page) is None
    page.execute_async_script("setTimeout(arguments[0], 600)")
    assert card(page) is None


def test_the_keyboard_shows_it_and_assistive_technology_reads_it(page):
    element = link(page, "stride")
    page.execute_script(
        "const before = document.createElement('button'); arguments[0].before(before); before.focus()", element
    )
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element == element
    assert card(page) == "stride From one window to the next."
    assert element.get_attribute("aria-describedby") == "hover-card"
    assert page.find_element(By.ID, "hover-card").get_attribute("role") == "tooltip"
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert card(page) == "kernel Weights, for example 3 of them. See stride."
    assert element.get_attribute("aria-describedby") is None
    ActionChains(page).send_keys(Keys.ESCAPE).perform()
    assert card(page) is None
    assert page.switch_to.active_element == link(page, "window")


def test_a_finger_opens_no_card(page):
    """A tap follows the link, which is kept from it here."""
    element = link(page, "stride")
    page.execute_script("arguments[0].onclick = () => { window.tapped = true; return false }", element)
    box = element.rect
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [place]})
    page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.execute_async_script("setTimeout(arguments[0], 600)")
    assert page.execute_script("return window.tapped")
    assert card(page) is None


@pytest.mark.parametrize("width", [1300, 390, 320])
def test_the_card_is_within_the_page(page, width):
    metrics = {"width": width, "height": 500, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        # At the right edge, and at the foot of the window.
        page.execute_script("arguments[0].parentElement.style.textAlign = 'right'", link(page, "lid"))
        for to in ("start", "end"):
            page.execute_script(f"arguments[0].scrollIntoView({{block: '{to}'}})", link(page, "lid"))
            for name in ("stride", "lid"):
                page.execute_script("arguments[0].dispatchEvent(new PointerEvent('pointerenter', "
                                    "{pointerType: 'mouse'}))", link(page, name))  # fmt: skip
                WebDriverWait(page, 10).until(lambda _, name=name: (card(page) or "").startswith(name))
                box = page.find_element(By.ID, "hover-card").rect
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
                assert page.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_paper_has_no_card(page):
    point_at(page, link(page, "stride"))
    waits_for(page, "stride From one window to the next.")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert card(page) is None
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
