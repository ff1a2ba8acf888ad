"""How the explorer is used: by mouse, keys and address, on a telephone, by those who do not see it."""

import time
from importlib.resources import files

import pytest

from cs231n_arch import explorer

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
axe = pytest.importorskip("axe_selenium_python", reason="looks for barriers: pip install axe-selenium-python")
from explorer_steps import element, load, open_first, problem, rows, write  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402


@pytest.fixture(scope="module")
def page(build):
    return build("explorer")


@pytest.fixture
def opened(driver, page):
    return open_first(driver, page)


def text_of(driver) -> str:
    return element(driver, "stack").get_attribute("value").rstrip()


def add(driver, kind: str, **values: str) -> None:
    Select(element(driver, "kind")).select_by_value(kind)
    for what, value in values.items():
        field = driver.find_element("css selector", f"#explorer-fields [data-what={what}]")
        field.clear()
        field.send_keys(value)
    driver.find_element("css selector", "#explorer-add button").click()


def address(driver, part: str) -> str:
    """The address, once it holds the part."""
    WebDriverWait(driver, 10).until(lambda d: part in d.current_url)
    return driver.current_url


def test_input_and_totals_are_seen_together(opened):
    load(opened, "resnet152")
    element(opened, "inside").click()
    rows(opened)
    opened.execute_script("document.querySelector('.explorer-scroll').scrollIntoView()")
    seen = opened.execute_script(
        "return ['stack', 'summary'].map(id => document.getElementById('explorer-' + id).getBoundingClientRect())"
        ".map(box => box.top >= 0 && box.bottom <= innerHeight)"
    )
    assert seen == [True, True]


def test_a_layer_is_added_where_it_fits(opened):
    for name in ("alexnet", "googlenet", "densenet121", "squeezenet1_1"):
        load(opened, name)
        before = text_of(opened).splitlines()
        for kind in ("conv", "bn", "max_pool", "residual", "fc", "softmax"):
            add(opened, kind, **({"kernel": "1x1"} if "o" in kind and kind.endswith(("conv", "pool")) else {}))
        after = text_of(opened).splitlines()
        assert len(after) == len(before) + 6
        assert after[-2:] == ["fc 10", "softmax"]
        assert after[-1] == "softmax"
        assert element(opened, "stack").get_attribute("aria-invalid") == "false", name
        assert [line for line in after if line in before] == before


def test_what_does_not_fit_is_not_added(opened):
    load(opened, "alexnet")
    before = text_of(opened)
    add(opened, "conv", kernel="11x11")
    assert problem(opened).startswith("Not added: a window of 11 does not fit into 6")
    assert text_of(opened) == before


def test_nothing_is_lost(opened):
    write(opened, "input 3x8x8\nconv 5 3x3")
    load(opened, "alexnet")
    alexnet = text_of(opened)
    element(opened, "stack").send_keys(Keys.CONTROL, "z")
    assert text_of(opened) == "input 3x8x8\nconv 5 3x3"
    element(opened, "stack").send_keys(Keys.CONTROL, Keys.SHIFT, "z")
    assert text_of(opened) == alexnet
    assert not element(opened, "reset").is_enabled()
    add(opened, "fc")
    assert text_of(opened) == f"{alexnet}\nfc 10"
    assert element(opened, "preset").get_attribute("value") == "own"
    element(opened, "undo").click()
    assert text_of(opened) == alexnet
    assert element(opened, "preset").get_attribute("value") == "alexnet"
    add(opened, "fc")
    element(opened, "reset").click()
    assert text_of(opened) == alexnet


def test_the_address_holds_the_stack(opened, page):
    write(opened, "input 3x8x8\nmine: conv 5 3x3 # a; remark + more")
    mine = address(opened, "#stack=")
    load(opened, "vgg16")
    address(opened, "#vgg16")
    opened.get("about:blank")
    opened.get(mine)
    assert text_of(opened) == "input 3x8x8\nmine: conv 5 3x3 # a; remark + more"
    opened.get(f"{page.as_uri()}#alexnet")  # a link on the same page
    WebDriverWait(opened, 10).until(lambda d: "fc8" in text_of(d))
    assert rows(opened)[0][3] == "96 × 55 × 55"
    opened.get("about:blank")
    opened.get(page.as_uri())
    assert "fc8" in text_of(opened), "kept without an address as well"


def test_a_half_written_line_raises_no_alarm(opened):
    write(opened, "input 3x32x32\nconv 64 3x3 pad 1\nflatten\nfc 10")
    heard = """
        window.heard = [];
        const place = document.getElementById('explorer-problem');
        new MutationObserver(() => heard.push(place.textContent)).observe(place, {childList: true, subtree: true});
    """
    opened.execute_script(heard)
    field = element(opened, "stack")
    field.send_keys(Keys.CONTROL, Keys.END)
    for letter in "\nrelu\ndropout 0.5":
        field.send_keys(letter)
    assert [told for told in opened.execute_script("return heard") if told] == []
    field.send_keys("x")
    assert (
        opened.execute_script("return document.querySelector('#explorer-gutter mark')?.textContent.trim()") == "6"
    )
    started = time.monotonic()
    assert problem(opened).startswith("Line 6: ")
    assert time.monotonic() - started > 0.5
    assert "Totals up to line 5" in element(opened, "summary").text
    field.send_keys(Keys.BACKSPACE)
    assert element(opened, "problem").text == ""


def test_a_layer_explains_itself_with_its_own_numbers(opened):
    load(opened, "alexnet_two_gpu")
    rows(opened)
    opened.find_element("css selector", "button[data-name=conv2]").send_keys(Keys.ENTER)
    told = element(opened, "detail").text
    for part in (
        "⌊(27 + 2·2 − 5) / 1⌋ + 1 = 27",
        "5·5·(96/2)·256 + 256 = 307,456",
        "each at 27·27 places = 223,948,800",
        "4·256·27·27 = 746,496 bytes",
        "19 + (5 − 1)·8 = 51; jump 8·1 = 8",
        "One unit sees 51 × 51 of 227 × 227 pixels",
    ):
        assert part in told
    field = opened.find_element("css selector", ".explorer-sees")
    assert float(field.get_attribute("width")) == pytest.approx(100 * 51 / 227, abs=0.1)
    boxes = opened.find_elements("css selector", "#explorer-drawing g[data-name]")
    assert [box.get_attribute("class") for box in boxes].count("explorer-chosen") == 1
    opened.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", boxes[1])
    assert "conv1: Conv2d, line 2" in element(opened, "detail").text
    opened.find_element("css selector", "#explorer-detail button").click()
    assert not element(opened, "detail").is_displayed()


def test_the_drawing_is_to_scale(opened):
    load(opened, "vgg16")
    boxes = opened.execute_script(
        "return [...document.querySelectorAll('#explorer-drawing g[data-name]')].map(g => "
        "[g.dataset.name, ...['width', 'height'].map(side => Number(g.querySelector('rect').getAttribute(side)))])"
    )
    size = {name: (width, height) for name, width, height in boxes}
    assert size["conv1_1"][1] == pytest.approx(2 * size["conv2_1"][1], rel=0.02)
    assert size["conv1_1"][1] == pytest.approx(8 * size["conv4_1"][1], rel=0.02)
    assert size["conv5_1"][0] == pytest.approx(4 * size["conv2_1"][0], rel=0.05)


def test_two_nets_side_by_side(opened):
    load(opened, "resnet50")
    Select(element(opened, "other")).select_by_value("vgg16")
    lines = {line.split(" ")[0]: line for line in element(opened, "summary").text.splitlines()}
    assert "25,557,032" in lines["Parameters"]
    assert "138,357,544" in lines["Parameters"]
    assert lines["Parameters"].endswith("× 5.41")
    assert len(opened.find_elements("css selector", "#explorer-drawing svg")) == 2
    Select(element(opened, "other")).select_by_value("kept")
    write(opened, "input 3x8x8\nconv 5 3x3")
    lines = {line.split(" ")[0]: line for line in element(opened, "summary").text.splitlines()}
    assert "140" in lines["Parameters"]
    assert "25,557,032" in lines["Parameters"]


@pytest.mark.parametrize(
    ("button", "begins"), [("pytorch", "from collections import"), ("csv", "name,kind,kernel")]
)
def test_a_net_is_taken_away(opened, button, begins):
    load(opened, "alexnet")
    element(opened, button).click()
    assert element(opened, "status").text.startswith("Copied")
    field = element(opened, "stack")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.CONTROL, "v")
    assert text_of(opened).startswith(begins)
    assert "conv1" in text_of(opened)


def test_a_key_costs_little_with_the_largest_net(opened):
    load(opened, "densenet201")
    element(opened, "inside").click()
    every = len(rows(opened))
    assert every > 700
    times = opened.execute_script(
        """
        const field = document.getElementById("explorer-stack");
        const times = [];
        field.focus();
        field.setSelectionRange(7, 8); // the channels of the image: every row changes
        for (let turn = 0; turn < 15; turn += 1) {
          const start = performance.now();
          field.setSelectionRange(7, 8);
          document.execCommand("insertText", false, String(1 + turn % 3));
          document.body.getBoundingClientRect(); // the layout, too
          times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b);
        """
    )
    print(f"milliseconds a key: median {times[7]:.1f}, all {[round(t) for t in times]}")
    assert times[7] < 50
    assert len(rows(opened)) == every


def test_all_of_it_can_be_done_from_the_keyboard(opened):
    preset = element(opened, "preset")
    preset.send_keys("alexnet")
    assert preset.get_attribute("value") == "alexnet"
    WebDriverWait(opened, 10).until(lambda d: "fc8" in text_of(d))
    assert opened.switch_to.active_element.get_attribute("id") == "explorer-preset"
    assert rows(opened)[0][3] == "96 × 55 × 55"
    element(opened, "other").send_keys(Keys.TAB)
    assert opened.switch_to.active_element.get_attribute("id") == "explorer-stack"
    opened.switch_to.active_element.send_keys(Keys.TAB)  # the text does not swallow the key
    kind = opened.switch_to.active_element
    assert kind.get_attribute("id") == "explorer-kind"
    kind.send_keys("fc")
    kind.send_keys(Keys.TAB)
    number = opened.switch_to.active_element
    number.send_keys(Keys.CONTROL, "a")
    number.send_keys("12", Keys.ENTER)
    assert text_of(opened).endswith("\nfc 12")
    assert rows(opened)[-1][3:5] == ["12", "12,012"]


def test_screen_readers_are_told_names_and_changes(opened):
    unnamed = opened.execute_script(
        "return [...document.querySelectorAll('.explorer :is(input, select, textarea)')]"
        ".filter(field => !field.labels.length).map(field => field.outerHTML)"
    )
    assert unnamed == []
    assert element(opened, "status").get_attribute("role") == "status"
    assert element(opened, "problem").get_attribute("role") == "alert"
    table = element(opened, "table")
    assert table.find_element("tag name", "caption").text
    assert all(cell.get_attribute("scope") == "col" for cell in table.find_elements("css selector", "thead th"))
    assert all(cell.get_attribute("scope") == "row" for cell in table.find_elements("css selector", "tbody th"))
    ids = opened.execute_script("return [...document.querySelectorAll('.explorer [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(opened, theme):
    opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    load(opened, "googlenet")
    rows(opened)
    opened.find_element("css selector", "#explorer-table button").click()
    element(opened, "stack").send_keys(Keys.CONTROL, Keys.END)
    element(opened, "stack").send_keys("\nnonsense")
    problem(opened)
    scan = axe.Axe(opened)
    scan.inject()
    found = scan.run("#explorer")["violations"]
    assert not found, scan.report(found)


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Contrast of two colours by WCAG 2.1; each (red, green, blue) of 0 to 255."""

    def luminance(colour):
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_in_both_themes(opened, theme):
    opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    load(opened, "alexnet")
    rows(opened)
    opened.find_element("css selector", "#explorer-table button").click()
    element(opened, "stack").send_keys(Keys.CONTROL, Keys.END)
    element(opened, "stack").send_keys("\nnonsense\nconv 3")
    problem(opened)
    colours = opened.execute_script(
        """
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const ground = (e) => {
          for (; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
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


def test_a_telephone_shows_all_of_it(opened):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        load(opened, "resnet50")
        rows(opened)
        over = opened.execute_script(
            "return [...document.querySelectorAll('.explorer > *, .explorer-left > *, .explorer-right > *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.className + e.id)"
        )
        assert over == []
        assert opened.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        opened.execute_script("document.getElementById('explorer-table').scrollIntoView()")
        top = opened.execute_script(
            "return document.getElementById('explorer-summary').getBoundingClientRect().top"
        )
        assert 0 <= top < 300, "the totals stay in view"
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_scripts_cause_no_error_and_ask_for_nothing(opened):
    errors = [entry["message"] for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in errors if "explorer" in message.replace("explorer.html", "").lower()] == []
    for name in (*explorer.SCRIPTS, "page.html", "style.css"):
        source = (files(explorer) / name).read_text(encoding="utf-8")
        assert [word for word in ("http:", "https:", "src=", "import(", "url(", "fetch(") if word in source] == []
