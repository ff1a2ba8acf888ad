"""How the explorer is used: by mouse, keys and address."""

import time

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.browser.explorer_steps import element, load, press, problem, rows, write


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


def test_input_and_totals_are_seen_together(opened_explorer):
    load(opened_explorer, "resnet152")
    element(opened_explorer, "inside").click()
    rows(opened_explorer)
    opened_explorer.execute_script("document.querySelector('.explorer-scroll').scrollIntoView()")
    seen = opened_explorer.execute_script(
        "return ['stack', 'summary'].map(id => document.getElementById('explorer-' + id).getBoundingClientRect())"
        ".map(box => box.top >= 0 && box.bottom <= innerHeight)"
    )
    assert seen == [True, True]


def test_a_layer_is_added_where_it_fits(opened_explorer):
    for name in ("alexnet", "googlenet", "densenet121", "squeezenet1_1"):
        load(opened_explorer, name)
        before = text_of(opened_explorer).splitlines()
        for kind in ("conv", "bn", "max_pool", "residual", "fc", "softmax"):
            add(
                opened_explorer,
                kind,
                **({"kernel": "1x1"} if "o" in kind and kind.endswith(("conv", "pool")) else {}),
            )
        after = text_of(opened_explorer).splitlines()
        assert len(after) == len(before) + 6
        assert after[-2:] == ["fc 10", "softmax"]
        assert after[-1] == "softmax"
        assert element(opened_explorer, "stack").get_attribute("aria-invalid") == "false", name
        assert [line for line in after if line in before] == before


def test_what_does_not_fit_is_not_added(opened_explorer):
    load(opened_explorer, "alexnet")
    before = text_of(opened_explorer)
    add(opened_explorer, "conv", kernel="11x11")
    assert problem(opened_explorer).startswith("Not added: a window of 11 does not fit into 6")
    assert text_of(opened_explorer) == before


def test_nothing_is_lost(opened_explorer):
    write(opened_explorer, "input 3x8x8\nconv 5 3x3")
    load(opened_explorer, "alexnet")
    alexnet = text_of(opened_explorer)
    element(opened_explorer, "stack").send_keys(Keys.CONTROL, "z")
    assert text_of(opened_explorer) == "input 3x8x8\nconv 5 3x3"
    element(opened_explorer, "stack").send_keys(Keys.CONTROL, Keys.SHIFT, "z")
    assert text_of(opened_explorer) == alexnet
    assert not element(opened_explorer, "reset").is_enabled()
    add(opened_explorer, "fc")
    assert text_of(opened_explorer) == f"{alexnet}\nfc 10"
    assert element(opened_explorer, "preset").get_attribute("value") == "own"
    press(opened_explorer, element(opened_explorer, "undo"))
    assert text_of(opened_explorer) == alexnet
    assert element(opened_explorer, "preset").get_attribute("value") == "alexnet"
    add(opened_explorer, "fc")
    press(opened_explorer, element(opened_explorer, "reset"))
    assert text_of(opened_explorer) == alexnet


def test_the_address_holds_the_stack(opened_explorer, explorer_html):
    write(opened_explorer, "input 3x8x8\nmine: conv 5 3x3 # a; remark + more")
    mine = address(opened_explorer, "#stack=")
    load(opened_explorer, "vgg16")
    address(opened_explorer, "#vgg16")
    opened_explorer.get("about:blank")
    opened_explorer.get(mine)
    assert text_of(opened_explorer) == "input 3x8x8\nmine: conv 5 3x3 # a; remark + more"
    opened_explorer.get(f"{explorer_html.as_uri()}#alexnet")  # a link on the same page
    WebDriverWait(opened_explorer, 10).until(lambda d: "fc8" in text_of(d))
    assert rows(opened_explorer)[0][3] == "96 × 55 × 55"
    opened_explorer.get("about:blank")
    opened_explorer.get(explorer_html.as_uri())
    assert "fc8" in text_of(opened_explorer), "kept without an address as well"


def test_a_half_written_line_raises_no_alarm(opened_explorer):
    write(opened_explorer, "input 3x32x32\nconv 64 3x3 pad 1\nflatten\nfc 10")
    heard = """
        window.heard = [];
        const place = document.getElementById('explorer-problem');
        new MutationObserver(() => heard.push(place.textContent)).observe(place, {childList: true, subtree: true});
    """
    opened_explorer.execute_script(heard)
    field = element(opened_explorer, "stack")
    field.send_keys(Keys.CONTROL, Keys.END)
    for letter in "\nrelu\ndropout 0.5":
        field.send_keys(letter)
    assert [told for told in opened_explorer.execute_script("return heard") if told] == []
    field.send_keys("x")
    assert (
        opened_explorer.execute_script(
            "return document.querySelector('#explorer-gutter mark')?.textContent.trim()"
        )
        == "6"
    )
    started = time.monotonic()
    assert problem(opened_explorer).startswith("Line 6: ")
    assert time.monotonic() - started > 0.5
    assert "Totals up to line 5" in element(opened_explorer, "summary").text
    field.send_keys(Keys.BACKSPACE)
    assert element(opened_explorer, "problem").text == ""


def test_a_layer_explains_itself_with_its_own_numbers(opened_explorer):
    load(opened_explorer, "alexnet_two_gpu")
    rows(opened_explorer)
    opened_explorer.find_element("css selector", "button[data-name=conv2]").send_keys(Keys.ENTER)
    told = element(opened_explorer, "detail").text
    for part in (
        "⌊(27 + 2·2 − 5) / 1⌋ + 1 = 27",
        "5·5·(96/2)·256 + 256 = 307,456",
        "each at 27·27 places = 223,948,800",
        "4·256·27·27 = 746,496 bytes",
        "19 + (5 − 1)·8 = 51; jump 8·1 = 8",
        "One unit sees 51 × 51 of 227 × 227 pixels",
    ):
        assert part in told
    field = opened_explorer.find_element("css selector", ".explorer-sees")
    assert float(field.get_attribute("width")) == pytest.approx(100 * 51 / 227, abs=0.1)
    boxes = opened_explorer.find_elements("css selector", "#explorer-drawing g[data-name]")
    assert [box.get_attribute("class") for box in boxes].count("explorer-chosen") == 1
    opened_explorer.execute_script(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", boxes[1]
    )
    assert "conv1: Conv2d, line 2" in element(opened_explorer, "detail").text
    opened_explorer.find_element("css selector", "#explorer-detail button").click()
    assert not element(opened_explorer, "detail").is_displayed()


def test_the_drawing_is_to_scale(opened_explorer):
    load(opened_explorer, "vgg16")
    boxes = opened_explorer.execute_script(
        "return [...document.querySelectorAll('#explorer-drawing g[data-name]')].map(g => "
        "[g.dataset.name, ...['width', 'height'].map(side => Number(g.querySelector('rect').getAttribute(side)))])"
    )
    size = {name: (width, height) for name, width, height in boxes}
    assert size["conv1_1"][1] == pytest.approx(2 * size["conv2_1"][1], rel=0.02)
    assert size["conv1_1"][1] == pytest.approx(8 * size["conv4_1"][1], rel=0.02)
    assert size["conv5_1"][0] == pytest.approx(4 * size["conv2_1"][0], rel=0.05)


def test_two_nets_side_by_side(opened_explorer):
    load(opened_explorer, "resnet50")
    Select(element(opened_explorer, "other")).select_by_value("vgg16")
    lines = {line.split(" ")[0]: line for line in element(opened_explorer, "summary").text.splitlines()}
    assert "25,557,032" in lines["Parameters"]
    assert "138,357,544" in lines["Parameters"]
    assert lines["Parameters"].endswith("× 5.41")
    assert len(opened_explorer.find_elements("css selector", "#explorer-drawing svg")) == 2
    Select(element(opened_explorer, "other")).select_by_value("kept")
    write(opened_explorer, "input 3x8x8\nconv 5 3x3")
    lines = {line.split(" ")[0]: line for line in element(opened_explorer, "summary").text.splitlines()}
    assert "140" in lines["Parameters"]
    assert "25,557,032" in lines["Parameters"]


@pytest.mark.parametrize(
    ("button", "begins"), [("pytorch", "from collections import"), ("csv", "name,kind,kernel")]
)
def test_a_net_is_taken_away(opened_explorer, button, begins):
    load(opened_explorer, "alexnet")
    element(opened_explorer, button).click()
    WebDriverWait(opened_explorer, 30).until(lambda d: element(d, "status").text.startswith("Copied"))
    field = element(opened_explorer, "stack")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.CONTROL, "v")
    WebDriverWait(opened_explorer, 30).until(lambda d: text_of(d).startswith(begins))
    assert "conv1" in text_of(opened_explorer)


def test_a_key_costs_little_with_the_largest_net(opened_explorer):
    """Next to the least that a browser can do: to show a copy of the same table.

    The two take turns, so that other work on the machine slows both. Measured: 0.1 to 0.7 times as long.
    """
    load(opened_explorer, "densenet201")
    element(opened_explorer, "inside").click()
    every = len(rows(opened_explorer))
    assert every > 700
    ratios = opened_explorer.execute_script(
        """
        const field = document.getElementById("explorer-stack");
        const timed = (work) => {
          const start = performance.now();
          work();
          document.body.getBoundingClientRect(); // the layout, too
          return performance.now() - start;
        };
        const ratios = [];
        field.focus();
        for (let turn = 0; turn < 15; turn += 1) {
          const key = timed(() => {
            field.setSelectionRange(6, 7); // the channels of the image: every row changes
            document.execCommand("insertText", false, String(1 + turn % 3));
          });
          const table = document.getElementById("explorer-table");
          const twin = table.cloneNode(true);
          ratios.push(key / timed(() => table.after(twin)));
          twin.remove();
        }
        return ratios.sort((a, b) => a - b);
        """
    )
    print(f"a key next to a copy: median {ratios[7]:.1f}, all {[round(ratio, 1) for ratio in ratios]}")
    assert ratios[7] < 5
    assert len(rows(opened_explorer)) == every


def test_all_of_it_can_be_done_from_the_keyboard(opened_explorer):
    preset = element(opened_explorer, "preset")
    preset.send_keys("alexnet")
    assert preset.get_attribute("value") == "alexnet"
    WebDriverWait(opened_explorer, 10).until(lambda d: "fc8" in text_of(d))
    assert opened_explorer.switch_to.active_element.get_attribute("id") == "explorer-preset"
    assert rows(opened_explorer)[0][3] == "96 × 55 × 55"
    element(opened_explorer, "other").send_keys(Keys.TAB)
    assert opened_explorer.switch_to.active_element.get_attribute("id") == "explorer-stack"
    opened_explorer.switch_to.active_element.send_keys(Keys.TAB)  # the text does not swallow the key
    kind = opened_explorer.switch_to.active_element
    assert kind.get_attribute("id") == "explorer-kind"
    kind.send_keys("fc")
    kind.send_keys(Keys.TAB)
    number = opened_explorer.switch_to.active_element
    number.send_keys(Keys.CONTROL, "a")
    number.send_keys("12", Keys.ENTER)
    assert text_of(opened_explorer).endswith("\nfc 12")
    assert rows(opened_explorer)[-1][3:5] == ["12", "12,012"]
