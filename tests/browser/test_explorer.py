"""The explorer as a reader meets it: in the built book, opened from a file, in a real browser."""

from importlib.resources import files

import pandas as pd
import pytest
import torch

from cs231n_arch import create_model, explorer, layer_table

selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402


@pytest.fixture(scope="module")
def page(build):
    return build("explorer")


@pytest.fixture
def opened(driver, page):
    driver.get(page.as_uri())
    driver.find_element(By.ID, "explorer-table")
    return driver


def element(driver, name):
    return driver.find_element(By.ID, f"explorer-{name}")


def rows(driver) -> list[list[str]]:
    return driver.execute_script(
        "return [...document.querySelectorAll('#explorer-table tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))"
    )


def write(driver, text: str) -> None:
    field = element(driver, "stack")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.BACKSPACE, text)


def shown(table: pd.DataFrame) -> list[list[str]]:
    """`layer_table` as the page should show it."""

    def window(row):
        parts = (row.kernel, row.stride, row.padding)
        return "" if row.kernel is None else "; ".join(str(part).strip("()") for part in parts)

    return [
        [
            row.name,
            row.kind,
            window(row),
            " × ".join(map(str, row.output_shape)),
            f"{row.params:,}",
            f"{row.macs:,}",
            f"{row.activation_bytes:,}",
            f"{row.receptive_field:,}",
            f"{row.jump:,}",
        ]
        for row in table.rename_axis("at").itertuples(index=False)
    ]


def test_every_preset_shows_the_numbers_of_layer_table(opened):
    element(opened, "inside").click()
    choice = Select(element(opened, "preset"))
    names = [option.get_attribute("value") for option in choice.options if option.get_attribute("value")]
    assert len(names) >= 40
    for name in names:
        choice.select_by_value(name)
        with torch.device("meta"):
            model = create_model(name, **({"modern": True} if name == "lenet5" else {}))
        assert rows(opened) == shown(layer_table(model)), name
        assert element(opened, "problem").text == "", name


def test_blocks_add_up_to_the_whole_net(opened):
    Select(element(opened, "preset")).select_by_value("googlenet")
    blocks = {row[0]: row for row in rows(opened)}
    with torch.device("meta"):
        table = layer_table(create_model("googlenet"))
    inside = table[table["name"].str.startswith("inception_3a.")]
    assert blocks["inception_3a"][1] == f"block of {len(inside)}"
    assert blocks["inception_3a"][3] == "256 × 28 × 28"
    assert blocks["inception_3a"][5] == f"{inside['macs'].sum():,}"
    summary = element(opened, "summary").text
    assert f"{table['params'].sum():,}" in summary
    assert f"{table['macs'].sum():,}" in summary
    assert f"{table['activation_bytes'].sum():,} bytes" in summary


def test_the_words_for_blocks_make_the_papers_blocks(opened):
    with torch.device("meta"):
        wanted = {name: layer_table(create_model(name)) for name in ("googlenet", "resnet18", "resnet50")}

    def total(text):
        write(opened, text)
        assert element(opened, "problem").text == ""
        return rows(opened)[-1][4:6]

    def printed(name, part):
        inside = wanted[name][wanted[name]["name"].str.startswith(part)]
        return [f"{inside['params'].sum():,}", f"{inside['macs'].sum():,}"]

    assert total("input 192x28x28\ninception 64 96 128 16 32 32") == printed("googlenet", "inception_3a.")
    assert total("input 64x56x56\nresidual 128 stride 2") == printed("resnet18", "conv3_x.conv3_1.")
    assert total("input 64x56x56\nresidual 64") == printed("resnet18", "conv2_x.conv2_1.")
    assert total("input 64x56x56\nbottleneck 64") == printed("resnet50", "conv2_x.conv2_1.")
    assert total("input 256x56x56\nbottleneck 64") == printed("resnet50", "conv2_x.conv2_2.")


def test_a_window_that_does_not_fit_is_explained(opened):
    write(opened, "input 3x20x20\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert element(opened, "problem").text == (
        "Line 4: a window of 5 does not fit into 1 with padding 0; the smallest size that fits here is 5. "
        "The smallest square image that reaches the last layer is 51x51."
    )
    assert element(opened, "stack").get_attribute("aria-invalid") == "true"
    write(opened, "input 3x51x51\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert element(opened, "problem").text == ""
    assert element(opened, "stack").get_attribute("aria-invalid") == "false"
    write(opened, "input 3x50x50\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert "Line 4" in element(opened, "problem").text


def test_a_stride_that_does_not_divide_is_explained(opened):
    write(opened, "input 3x224x224\nconv 96 11x11 stride 4")
    element(opened, "notes").find_element(By.TAG_NAME, "summary").click()
    note = element(opened, "notes").text
    assert "(224 + 2·0 − 11) / 4 = 53.25 is no whole number" in note
    assert "rounded down" in note
    assert "Sizes 223 and 227 fit" in note
    assert rows(opened)[0][3] == "96 × 54 × 54"
    write(opened, "input 3x112x112\nmax_pool 3x3 stride 2 ceil")
    assert "rounded up" in element(opened, "notes").text
    assert rows(opened)[0][3] == "3 × 56 × 56"
    write(opened, "input 3x227x227\nconv 96 11x11 stride 4")
    assert not element(opened, "notes").is_displayed()


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "the first line must be such as input 3x224x224"),
        ("input 3x0x5", 1, "the first line must give the image"),
        ("input 3x8x8\nconvolution 3", 2, "“convolution” is no kind of layer"),
        ("input 3x8x8\nconstructor", 2, "“constructor” is no kind of layer"),
        (
            "input 3x8x8\nconv 8",
            2,
            "kernel must be a whole number of at least 1, or two such as 1x7; given nothing",
        ),
        ("input 3x8x8\nconv 8 3x3x3", 2, "given “3x3x3”"),
        ("input 3x8x8\nconv 8 3x3 strides 2", 2, "“strides” is no option of conv"),
        (
            "input 3x8x8\nconv 8 3x3 groups 2",
            2,
            "2 groups must divide the 3 maps that come in and the 8 that go out",
        ),
        ("input 3x8x8\nmax_pool 2x2 pad 2", 2, "padding may be at most half its window"),
        (
            "input 3x8x8\nfc 10\nconv 8 3x3",
            3,
            "conv needs maps, but a fully connected layer or flatten came before",
        ),
        ("input 3x8x8\nrelu\n  relu", 3, "a relu has nothing inside"),
        ("input 3x8x8\nsum\n  relu", 2, "a sum needs at least two branches"),
        ("input 3x8x8\nsum\n  a: conv 4 1x1\n  b: identity", 2, "need equal shapes; they give a 4×8×8, b 3×8×8"),
        ("input 3x8x8\nconcat\n  a: conv 4 3x3\n  b: identity", 2, "need equal height and width"),
    ],
)
def test_a_mistake_is_explained_where_it_is(opened, text, line, told):
    write(opened, text)
    problem = element(opened, "problem").text
    assert problem.startswith(f"Line {line}: ")
    assert told in problem


def test_all_of_it_can_be_done_from_the_keyboard(opened):
    preset = element(opened, "preset")
    preset.send_keys("alexnet")
    assert preset.get_attribute("value") == "alexnet"
    assert rows(opened)[0][3] == "96 × 55 × 55"
    preset.send_keys(Keys.TAB)
    assert opened.switch_to.active_element.get_attribute("id") == "explorer-stack"
    opened.switch_to.active_element.send_keys(Keys.TAB)  # the text does not swallow the key
    kind = opened.switch_to.active_element
    assert kind.get_attribute("id") == "explorer-kind"
    kind.send_keys("fc")
    kind.send_keys(Keys.TAB)
    number = opened.switch_to.active_element
    number.send_keys(Keys.CONTROL, "a")
    number.send_keys("12", Keys.ENTER)
    assert element(opened, "stack").get_attribute("value").rstrip().endswith("\nfc 12")
    assert rows(opened)[-1][3:5] == ["12", "12,012"]


def test_screen_readers_are_told_names_and_changes(opened):
    unnamed = opened.execute_script(
        "return [...document.querySelectorAll('.explorer :is(input, select, textarea)')]"
        ".filter(field => !field.labels.length).map(field => field.outerHTML)"
    )
    assert unnamed == []
    assert element(opened, "summary").get_attribute("role") == "status"
    assert element(opened, "problem").get_attribute("role") == "alert"
    table = element(opened, "table")
    assert table.find_element(By.TAG_NAME, "caption").text
    assert all(cell.get_attribute("scope") == "col" for cell in table.find_elements(By.CSS_SELECTOR, "thead th"))
    assert all(cell.get_attribute("scope") == "row" for cell in table.find_elements(By.CSS_SELECTOR, "tbody th"))
    ids = opened.execute_script("return [...document.querySelectorAll('.explorer [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


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
    element(opened, "stack").send_keys("\nnonsense")
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


def test_nothing_is_wider_than_a_phone(opened):
    try:
        opened.set_window_size(500, 900)  # headless Chromium is no narrower than this
        Select(element(opened, "preset")).select_by_value("resnet50")
        over = opened.execute_script(
            "return [...document.querySelectorAll('.explorer > *, .explorer-columns > div > *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.className + e.id)"
        )
        assert over == []
    finally:
        opened.set_window_size(1280, 1000)


def test_the_scripts_cause_no_error_and_ask_for_nothing(opened):
    errors = [entry["message"] for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in errors if "explorer" in message.replace("explorer.html", "").lower()] == []
    for name in (*explorer.SCRIPTS, "page.html", "style.css"):
        source = (files(explorer) / name).read_text(encoding="utf-8")
        assert [word for word in ("http:", "https:", "src=", "import ", "url(", "fetch(") if word in source] == []
