"""How the explorer is used: by mouse, keys and address."""

import time

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.browser.explorer_steps import element, load, open_first, press, problem, rows, write


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
    press(opened, element(opened, "undo"))
    assert text_of(opened) == alexnet
    assert element(opened, "preset").get_attribute("value") == "alexnet"
    add(opened, "fc")
    press(opened, element(opened, "reset"))
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
        field.setSelectionRange(6, 7); // the channels of the image: every row changes
        for (let turn = 0; turn < 15; turn += 1) {
          const start = performance.now();
          field.setSelectionRange(6, 7);
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
