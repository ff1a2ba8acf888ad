"""The browser, and books of one page to open in it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.small_book import build_book

BOOK = Path(__file__).parents[2] / "book"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ARGUMENTS = ("window-size=1280,1000", "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream")


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> Callable[[str], Path]:
    """Makes a book of one notebook alone, as the whole book is made, and returns its page."""

    def one(name: str) -> Path:
        folder = tmp_path_factory.mktemp("book")
        shutil.copy(BOOK / f"{name}.ipynb", folder)
        (folder / "_toc.yml").write_text(f"format: jb-book\nroot: {name}\n")
        (folder / "_config.yml").write_text("title: Page\nexecute:\n  timeout: 240\n  allow_errors: false\n")
        return build_book(folder, f"{name}.html")

    return one


@pytest.fixture(scope="module")
def driver() -> Iterator[object]:
    """Chromium without a window, with a camera that shows a test picture."""
    selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
    assert selenium
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Chromium and chromedriver")
    sys.path.insert(0, str(BOOK / "editions"))
    from chromium import browser

    window = browser(*ARGUMENTS, logs={"browser": "ALL"})
    yield window
    window.quit()


@pytest.fixture(scope="session")
def moving_html(tmp_path_factory) -> Path:
    """A page with all moving figures."""
    from tests.browser.moving_page import build

    return build(tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="session")
def explorer_html(build) -> Path:
    """The explorer's page."""
    return build("explorer")


@pytest.fixture
def opened_explorer(driver, explorer_html):
    """The browser with the explorer, as at the first visit."""
    from tests.browser.explorer_steps import open_first  # needs selenium, without which `driver` has skipped

    return open_first(driver, explorer_html)


@pytest.fixture(scope="module")
def seeing_html(build) -> Path:
    """The page that sees."""
    return build("seeing")


@pytest.fixture
def opened_seeing(driver, seeing_html):
    """The browser with the page that sees, started."""
    from tests.browser.seeing_page import start  # needs selenium, without which `driver` has skipped

    start(driver, seeing_html)
    return driver
