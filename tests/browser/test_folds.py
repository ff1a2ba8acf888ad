"""What is folded: a click on its title, the keyboard, and links that lead into it."""

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
parse: {{myst_enable_extensions: [colon_fence, dollarmath]}}
sphinx:
  extra_extensions: [sphinx_exercise]
  local_extensions: {{mended_pages: {BOOK / "_ext"}, math_without_scripts: {BOOK / "_ext"}}}
  config:
    html_math_renderer: mathml
    html_static_path: [_static]
    html_css_files: [book.css]
    html_js_files: [folds.js]
"""
PAGE = """# Start

[to the fold](#in-details), {ref}`to the solution <in-solution>`, <a href="#in-both">to both</a>

:::{exercise} Recall: the *first* `word`
:label: ex-first

What?
:::

:::{solution} ex-first
:class: dropdown

(in-solution)=

This.
:::

:::{admonition} Predict first: is $a < b$ in `code`?
:class: dropdown predict

It is.

<details><summary>More</summary><p id="in-both">Both.</p></details>
:::

<details class="check"><summary>Check</summary><p id="in-details">Checked.</p></details>
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    """The address of a page with three things that are folded."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copytree(BOOK / "_static", folder / "_static")
    (folder / "start.md").write_text(PAGE)
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: start\n")
    return build_book(folder, "start.html").as_uri()


@pytest.fixture
def page(driver, start):
    driver.get("about:blank")
    driver.get(start)
    return driver


def is_open(page, kind):
    fold = page.find_element(By.CSS_SELECTOR, f".{kind}")
    if fold.tag_name == "details":
        return fold.get_attribute("open") is not None
    return "toggle-hidden" not in fold.get_attribute("class").split()


def folds(page):
    return {kind for kind in ("solution", "predict", "check") if is_open(page, kind)}


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("solution", ".admonition-title"),
        ("predict", ".admonition-title"),
        ("predict", ".admonition-title code"),
        ("predict", ".admonition-title math"),
        ("solution", ".toggle-button"),
        ("solution", ".toggle-button svg"),
    ],
)
def test_a_click_on_a_title_opens_and_closes_it_and_no_other(page, kind, what):
    assert folds(page) == set()
    for expected in ({kind}, set()):
        page.find_element(By.CSS_SELECTOR, f".{kind} {what}").click()
        assert folds(page) == expected


@pytest.mark.parametrize("key", [Keys.ENTER, Keys.SPACE])
def test_the_keyboard_opens_it_and_sees_where_it_is(page, key):
    button = page.find_element(By.CSS_SELECTOR, ".solution .toggle-button")
    page.execute_script(
        "const before = document.createElement('button'); arguments[0].before(before); before.focus()", button
    )
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element == button
    assert button.value_of_css_property("outline-style") == "solid"
    assert "Solution to Exercise" in button.accessible_name
    assert button.get_attribute("aria-expanded") == "false"
    ActionChains(page).send_keys(key).perform()
    assert folds(page) == {"solution"}
    assert button.get_attribute("aria-expanded") == "true"


LINKS = [("in-solution", "solution"), ("in-details", "check"), ("in-both", "predict")]


@pytest.mark.parametrize(("place", "kind"), LINKS)
@pytest.mark.parametrize("way", ["click", "address", "arrival"])
def test_a_link_opens_what_it_leads_into(page, start, place, kind, way):
    if way == "click":
        page.find_element(By.CSS_SELECTOR, f".bd-article a[href='#{place}']").click()
    elif way == "address":
        page.execute_script("location.hash = arguments[0]", place)
    else:
        page.get("about:blank")
        page.get(f"{start}#{place}")
    WebDriverWait(page, 10).until(lambda _: folds(page) == {kind})
    target = page.find_element(By.ID, place)
    box = page.execute_script("return arguments[0].getBoundingClientRect().toJSON()", target)
    assert 0 <= box["top"] < 1000, "it is in the window"
    if place == "in-both":
        assert target.is_displayed()


@pytest.mark.parametrize("key", ["ctrlKey", "shiftKey", "metaKey", "altKey"])
def test_a_link_that_opens_elsewhere_leaves_this_page_as_it_is(page, key):
    link = page.find_element(By.CSS_SELECTOR, ".bd-article a[href='#in-solution']")
    page.execute_script("arguments[0].addEventListener('click', (event) => event.preventDefault())", link)
    page.execute_script(
        "const [link, key] = arguments;"
        "link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, [key]: true}))",
        link,
        key,
    )
    assert folds(page) == set()
    link.click()
    assert folds(page) == {"solution"}


def test_an_address_that_cannot_be_decoded_does_no_harm(page, start):
    page.get("about:blank")
    page.get(f"{start}#100%")
    page.find_element(By.CSS_SELECTOR, ".predict .admonition-title code").click()
    assert folds(page) == {"predict"}
    page.execute_script("document.getElementById('in-details').id = '5%'; location.hash = '#5%'")
    WebDriverWait(page, 10).until(lambda _: folds(page) == {"predict", "check"})


def test_a_link_to_what_is_open_leaves_it_open(page):
    for _ in range(2):
        page.find_element(By.CSS_SELECTOR, ".bd-article a[href='#in-solution']").click()
        assert folds(page) == {"solution"}
