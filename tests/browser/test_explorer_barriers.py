"""The explorer for those who read it otherwise: by screen reader, in either theme, on a telephone; and offline."""

from importlib.resources import files

import pytest

from cs231n_arch import explorer

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.keys import Keys

from tests.browser.explorer_steps import element, load, problem, rows
from tests.browser.views import check_barriers, viewed


def test_screen_readers_are_told_names_and_changes(opened_explorer):
    unnamed = opened_explorer.execute_script(
        "return [...document.querySelectorAll('.explorer :is(input, select, textarea)')]"
        ".filter(field => !field.labels.length).map(field => field.outerHTML)"
    )
    assert unnamed == []
    assert element(opened_explorer, "status").get_attribute("role") == "status"
    assert element(opened_explorer, "problem").get_attribute("role") == "alert"
    table = element(opened_explorer, "table")
    assert table.find_element("tag name", "caption").text
    assert all(cell.get_attribute("scope") == "col" for cell in table.find_elements("css selector", "thead th"))
    assert all(cell.get_attribute("scope") == "row" for cell in table.find_elements("css selector", "tbody th"))
    ids = opened_explorer.execute_script("return [...document.querySelectorAll('.explorer [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def with_all_shown(driver, theme: str, net: str, wrong: str) -> None:
    """The explorer in a theme, with a net, the details of a layer, and the complaint about wrong lines."""
    driver.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    load(driver, net)
    rows(driver)
    driver.find_element("css selector", "#explorer-table button").click()
    element(driver, "stack").send_keys(Keys.CONTROL, Keys.END)
    element(driver, "stack").send_keys(f"\n{wrong}")
    problem(driver)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(opened_explorer, theme):
    with_all_shown(opened_explorer, theme, "googlenet", "nonsense")
    check_barriers(opened_explorer, "#explorer")


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Contrast of two colors by WCAG 2.1; each (red, green, blue) of 0 to 255."""

    def luminance(colour):
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_in_both_themes(opened_explorer, theme):
    with_all_shown(opened_explorer, theme, "alexnet", "nonsense\nconv 3")
    colours = opened_explorer.execute_script(
        """
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const ground = (e) => {
          for (; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color.length === 3 || color[3] > 0) return color.slice(0, 3);
          }
          return [255, 255, 255];
        };
        const text = 'label, textarea, select, button, th, td, dd, p, summary';
        return [...document.querySelectorAll(`.explorer :is(${text})`)]
          .filter((e) => e.textContent.trim())
          .map((e) => [e.outerHTML.slice(0, 80), parse(getComputedStyle(e).color).slice(0, 3), ground(e)]);
        """
    )
    assert len(colours) > 30
    faint = [what for what, ink, paper in colours if contrast(ink, paper) < 4.5]
    assert faint == []


def test_a_telephone_shows_all_of_it(opened_explorer):
    with viewed(opened_explorer, width=390, mobile=True):
        load(opened_explorer, "resnet50")
        rows(opened_explorer)
        over = opened_explorer.execute_script(
            "return [...document.querySelectorAll('.explorer > *, .explorer-left > *, .explorer-right > *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.className + e.id)"
        )
        assert over == []
        assert opened_explorer.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        opened_explorer.execute_script("document.getElementById('explorer-table').scrollIntoView()")
        top = opened_explorer.execute_script(
            "return document.getElementById('explorer-summary').getBoundingClientRect().top"
        )
        assert 0 <= top < 300, "the totals stay in view"


def test_the_scripts_cause_no_error_and_ask_for_nothing(opened_explorer):
    errors = [entry["message"] for entry in opened_explorer.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in errors if "explorer" in message.replace("explorer.html", "").lower()] == []
    for name in (*explorer.SCRIPTS, "page.html", "style.css"):
        source = (files(explorer) / name).read_text(encoding="utf-8")
        assert [word for word in ("http:", "https:", "src=", "import(", "url(", "fetch(") if word in source] == []
