"""Getting around in the book: keys that turn pages and open the search, and an address that does not exist."""

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.small_book import build_book
from tests.browser.views import check_barriers, viewed

BOOK = Path(__file__).parents[2] / "book"
CONFIG = """
title: Book
html:
  favicon: _static/favicon.svg
sphinx:
  config:
    html_static_path: [_static]
    html_css_files: [book.css]
    html_js_files: [book.js]
    html_extra_path: [_extra]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a book of three pages in book/, as a server sends it that knows 404.html."""
    folder = tmp_path_factory.mktemp("book")
    for name in ("_static", "_extra"):
        shutil.copytree(BOOK / name, folder / name)
    (folder / "book").mkdir()
    for name in ("one", "two", "three", "four"):
        (folder / f"book/{name}.md").write_text(f"# Page {name}\n\n<input aria-label='field' id='field'>\n")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/one\n"
        "chapters: [{file: book/two}, {file: book/three, sections: [{file: book/four}]}]\n"
    )
    (folder / "_config.yml").write_text(CONFIG)
    pages = build_book(folder, "404.html").parent

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return super().translate_path(path.removeprefix("/project"))

        def send_error(self, code, message=None, explain=None):
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((pages / "404.html").read_bytes())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(pages)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/project"
    server.shutdown()
    server.server_close()


def press(driver, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def test_arrow_keys_turn_the_pages(driver, site):
    driver.get(f"{site}/book/two.html")
    press(driver, Keys.ARROW_RIGHT)
    WebDriverWait(driver, 10).until(lambda _: "Page three" in driver.title)
    press(driver, Keys.ARROW_RIGHT)
    WebDriverWait(driver, 10).until(lambda _: "Page four" in driver.title)
    press(driver, Keys.ARROW_RIGHT)  # there is no next page
    press(driver, Keys.ARROW_LEFT)
    WebDriverWait(driver, 10).until(lambda _: "Page three" in driver.title)


def test_keys_of_a_field_and_of_the_browser_stay_their_own(driver, site):
    driver.get(f"{site}/book/two.html")
    driver.find_element("id", "field").send_keys("a/b", Keys.ARROW_RIGHT)
    assert driver.find_element("id", "field").get_attribute("value") == "a/b"
    driver.execute_script("document.activeElement.blur()")
    for modifier in (Keys.SHIFT, Keys.CONTROL):
        ActionChains(driver).key_down(modifier).send_keys(Keys.ARROW_RIGHT).key_up(modifier).perform()
    assert "Page two" in driver.title
    assert driver.current_url == f"{site}/book/two.html"


def test_a_slash_opens_the_search(driver, site):
    driver.get(f"{site}/book/two.html")
    press(driver, "/")
    WebDriverWait(driver, 10).until(lambda _: driver.switch_to.active_element.get_attribute("type") == "search")
    press(driver, "a/b")
    assert driver.switch_to.active_element.get_attribute("value") == "a/b"


@pytest.mark.parametrize(
    "lost", ["nothing.html", "book/nothing.html", "book/deep/er/nothing", "notebooks/x.ipynb"]
)
def test_a_wrong_address_leads_back_into_the_book(driver, site, lost):
    driver.get(f"{site}/{lost}")
    assert driver.find_element("tag name", "h1").text == "This page does not exist"
    links = [link.get_attribute("href") for link in driver.find_elements("css selector", "main a")]
    assert links == [f"{site}/index.html", f"{site}/search.html"]
    driver.find_element("css selector", "main a").click()
    WebDriverWait(driver, 10).until(lambda _: "Page one" in driver.title)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_for_wrong_addresses_has_no_barriers(driver, site, scheme):
    with viewed(driver, color_scheme=scheme):
        driver.get(f"{site}/nothing.html")
        check_barriers(driver)


def test_every_page_has_an_icon(driver, site):
    driver.get(f"{site}/book/one.html")
    icon = driver.find_element("css selector", "link[rel=icon]").get_attribute("href")
    assert driver.execute_async_script(
        "const image = new Image(), done = arguments[1]; image.onload = () => done(image.width > 0);"
        "image.onerror = () => done(false); image.src = arguments[0];",
        icon,
    )


# Of a part of the contents, its arrow has the ring.
RING = """
const one = document.activeElement;
const rings = [one, ...one.children].map((part) => getComputedStyle(part)).filter((style) =>
  (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none");
return [one.tagName, one.className, rings.length > 0, one === document.body];
"""


def test_the_keyboard_sees_where_it_is(driver, site):
    driver.get(f"{site}/book/two.html")
    found = []
    for _ in range(60):
        press(driver, Keys.TAB)
        tag, name, ring, at_the_end = driver.execute_script(RING)
        if at_the_end:
            break
        found.append((tag, name, ring))
    assert any(tag == "SUMMARY" for tag, _, _ in found), "a part of the contents"
    assert any("dropdown-toggle" in name for _, name, _ in found), "the downloads"
    assert not [one for one in found if not one[2]]
