"""The browser, and books of one page to open in it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ARGUMENTS = (
    "headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1280,1000",
    "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream",
)  # fmt: skip


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Callable[[str], Path]:
    """Makes a book of one notebook alone, as the whole book is made, and returns its page."""

    def one(name: str) -> Path:
        folder = tmp_path_factory.mktemp("book")
        shutil.copy(BOOK / f"{name}.ipynb", folder)
        (folder / "_toc.yml").write_text(f"format: jb-book\nroot: {name}\n")
        (folder / "_config.yml").write_text("title: Page\nexecute:\n  timeout: 240\n  allow_errors: false\n")
        command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        built = folder / f"_build/html/{name}.html"
        assert built.is_file(), done.stdout + done.stderr
        return built

    return one


@pytest.fixture(scope="module")
def driver() -> Iterator[object]:
    """Chromium without a window, with a camera that shows a test picture."""
    selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
    assert selenium
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Chromium and chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ARGUMENTS:
        options.add_argument(f"--{argument}")
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()
