"""The moving figures for all readers: by keyboard, without motion, on a telephone, without scripts, offline."""

from importlib.resources import files

import pytest

from cs231n_arch import moving

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.moving_page import NAMES, choose, field
from tests.browser.views import check_barriers, viewed


@pytest.fixture
def opened(driver, moving_html):
    driver.get(moving_html.as_uri())
    return driver


def test_the_window_moves_by_the_keyboard_and_by_itself(opened):
    slider = field(opened, "window-place")
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert slider.get_attribute("value") == "2"
    assert slider.get_attribute("aria-valuetext") == "row 0, column 2"
    assert field(opened, "window-sum").text.startswith("Row 0, column 2:")
    play = opened.find_element("css selector", "#moving-window button")
    play.send_keys(Keys.ENTER)
    WebDriverWait(opened, 10).until(lambda _: slider.get_attribute("value") == "4")
    assert field(opened, "window-sum").get_attribute("aria-live") == "off"
    play.send_keys(Keys.ENTER)
    assert play.text == "Play"


def test_who_wants_less_motion_gets_none(driver, moving_html):
    with viewed(driver, reduced_motion="reduce"):
        driver.get(moving_html.as_uri())
        buttons = driver.find_elements("css selector", ".moving button")
        assert [button.text for button in buttons if button.is_displayed() and button.text == "Play"] == []
        field(driver, "window-place").send_keys(Keys.END)
        assert field(driver, "window-sum").text.startswith("Row 3, column 3:")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_barriers_at_any_width_in_any_theme(opened, theme, width):
    with viewed(opened, width=width, mobile=width < 600):
        opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        choose(opened, "window-channels", 4)
        choose(opened, "window-padding", 2)
        wide = opened.execute_script(
            "return [...document.querySelectorAll('.moving :is(svg, canvas, input, select, p)')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 80))"
        )
        assert wide == []
        assert opened.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        unnamed = opened.execute_script(
            "return [...document.querySelectorAll('.moving :is(input, select)')]"
            ".filter((field) => !field.labels.length).length"
        )
        assert unnamed == 0
        opened.execute_script("for (const animation of document.getAnimations()) animation.finish()")
        for name in NAMES:
            check_barriers(opened, f"#moving-{name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_small_asks_for_nothing_and_says_something_without_scripts(opened, name):
    errors = [entry["message"] for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in errors if "moving" in message.replace("moving.html", "")] == []
    text = {file: (files(moving) / file).read_text() for file in ("style.css", "parts.js", f"{name}.js")}
    for source in text.values():
        assert [word for word in ("http:", "https:", "src=", "import(", "url(", "fetch(") if word in source] == []
    assert sum(map(len, text.values())) < 20_000
    driver = opened
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.refresh()
        assert moving.STILL in driver.find_element("id", f"moving-{name}").text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
