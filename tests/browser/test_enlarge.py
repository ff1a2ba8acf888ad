"""A figure as large as the window."""

import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

STATIC = Path(__file__).parents[2] / "book" / "_static"


@pytest.fixture
def page(driver, tmp_path):
    """A page with one figure, in its light and its dark version, in the book's style."""
    for name in ("book.css", "enlarge.js"):
        shutil.copy(STATIC / name, tmp_path)
    plt.imsave(tmp_path / "light.png", [[0.0, 1.0]])
    plt.imsave(tmp_path / "dark.png", [[1.0, 0.0]])
    images = "".join(f'<img class="figure-{s}" src="{s}.png" alt="two pixels">' for s in ("light", "dark"))
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Page</title>'
        '<link rel="stylesheet" href="book.css"><script src="enlarge.js"></script></head>'
        f'<body><main class="bd-article"><figure>{images}</figure></main></body></html>',
        encoding="utf-8",
    )
    driver.get((tmp_path / "page.html").as_uri())
    return driver


def large(driver):
    """The enlarged figure that is shown, or None."""
    (dialog,) = driver.find_elements(By.TAG_NAME, "dialog")
    return dialog.find_element(By.TAG_NAME, "img") if dialog.is_displayed() else None


def seen(driver):
    (button,) = [b for b in driver.find_elements(By.CSS_SELECTOR, "figure button") if b.is_displayed()]
    return button


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_click_shows_the_figure_of_the_theme_and_another_one_closes_it(page, theme):
    page.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    assert large(page) is None
    seen(page).click()
    assert large(page).get_attribute("src").endswith(f"{theme}.png")
    assert large(page).get_attribute("alt") == "two pixels"
    width = page.execute_script("return window.innerWidth")
    assert large(page).size["width"] > 0.9 * width
    large(page).click()
    assert large(page) is None


def test_the_keyboard_opens_and_closes_it_and_comes_back(page):
    button = seen(page)
    button.send_keys(Keys.ENTER)
    assert large(page) is not None
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert large(page) is None
    assert page.switch_to.active_element == button


def test_the_button_has_the_name_of_the_figure(page):
    assert seen(page).accessible_name == "two pixels"
