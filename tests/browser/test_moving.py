"""The moving figures in Chromium: their numbers are the library's."""

import itertools
import json
import random
import re
from statistics import fmean

import pytest
import torch
from torch.nn import functional as F

from cs231n_arch import conv_output_size, data, experiments, moving
from cs231n_arch.anatomy.arithmetic import conv_macs, conv_parameters
from cs231n_arch.models.lenet import lenet5

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.moving_page import choose, field

LENET = {"image_size": 32, "normalise": "lenet"}


@pytest.fixture
def opened(driver, moving_html):
    driver.get(moving_html.as_uri())
    return driver


def window_data() -> tuple[torch.Tensor, torch.Tensor]:
    held = moving.window().html.split('id="moving-window-data">')[1].split("</script>")[0]
    data = json.loads(held)
    return torch.tensor(data["image"]).float(), torch.tensor(data["weights"]).float()


SETTINGS = [
    dict(zip(("channels", "groups", "kernel", "stride", "padding", "dilation"), values, strict=True))
    for values in itertools.product((1, 2, 4), (1, 2, 4), (1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2))
    if values[0] % values[1] == 0
]


def test_the_window_computes_what_pytorch_and_the_formulas_do(opened):
    image, weights = window_data()
    found = opened.execute_script(
        "const data = JSON.parse(document.getElementById('moving-window-data').textContent);"
        "const size = data.image[0].length, filters = data.weights.length, page = window.movingWindow;"
        "return arguments[0].map((given) => ({"
        "side: page.outputSize(size, given), ...page.costs(filters, size, given),"
        "maps: data.weights.map((_, filter) => page.featureMap(data, filter, given)) }));",
        SETTINGS,
    )
    assert len(found) == len(SETTINGS) > 300
    for given, told in zip(SETTINGS, found, strict=True):
        channels, groups, kernel = given["channels"], given["groups"], given["kernel"]
        options = {name: given[name] for name in ("stride", "padding", "dilation")}
        used = weights[:, : channels // groups, :kernel, :kernel]
        wanted = F.conv2d(image[None, :channels], used, groups=groups, **options)[0]
        assert torch.equal(torch.tensor(told["maps"]).float(), wanted), given
        side = conv_output_size(image.shape[-1], kernel, **options)
        assert told["side"] == side
        assert told["parameters"] == conv_parameters(channels, 4, kernel, groups=groups, bias=False)
        assert told["macs"] == conv_macs(channels, 4, kernel, side, groups=groups)


def test_the_window_writes_down_the_sum_of_every_place(opened):
    image, weights = window_data()
    for given in random.Random(0).sample(SETTINGS, 8):
        for name, value in given.items():
            choose(opened, f"window-{name}", value)
        choose(opened, "window-filter", 3)
        at = int(field(opened, "window-place").get_attribute("max"))
        choose(opened, "window-place", at)
        _, *lines, last = field(opened, "window-sum").text.splitlines()
        total = 0
        for line in lines:
            terms, result = line.split(": ")[1].split(" = ")
            numbers = terms.replace("·", "*").replace("−", "-")
            assert set(numbers) <= set("0123456789*+-() ")
            assert eval(numbers) == int(result.replace("−", "-"))
            total += eval(numbers)
        assert last == f"Sum: {total}".replace("-", "−")
        options = {name: given[name] for name in ("stride", "padding", "dilation", "groups")}
        used = weights[:, : given["channels"] // given["groups"], : given["kernel"], : given["kernel"]]
        assert total == F.conv2d(image[None, : given["channels"]], used, **options)[0, 3, -1, -1]


def test_groups_that_do_not_divide_the_channels_cannot_be_chosen(opened):
    choose(opened, "window-channels", 4)
    choose(opened, "window-groups", 4)
    assert "4 · 1 · 3²" in field(opened, "window-facts").text
    choose(opened, "window-channels", 2)
    assert field(opened, "window-groups").get_attribute("value") == "1"
    disabled = opened.execute_script(
        "const { options } = document.getElementById('moving-window-groups');"
        "return [...options].filter((option) => option.disabled).map((option) => option.value)"
    )
    assert disabled == ["4"]


def recorded() -> tuple[dict[str, dict], list[int], int]:
    """The arms of the record, its depths, and its epochs."""
    arms = experiments.load_record("depth")["arms"]
    depths = sorted({arm["options"]["depth"] for arm in arms.values()})
    return arms, depths, arms[f"plain{depths[0]}"]["runs"][0]["curve"]["epoch"][-1]


def test_the_depth_figure_shows_the_records_errors(opened):
    arms, depths, epochs = recorded()
    assert len(depths) > 2
    slider, told = field(opened, "depth-depth"), field(opened, "depth-told")
    slider.send_keys(Keys.HOME)
    for layers in depths:
        assert slider.get_attribute("aria-valuetext") == f"{layers} layers"
        for images, column in (("training images", "train_error"), ("test images", "test_error")):
            choose(opened, "depth-metric", images)
            means = [
                fmean(run["curve"][column][-1] for run in arms[f"{kind}{layers}"]["runs"])
                for kind in ("plain", "resnet")
            ]
            begin = f"{layers} layers, error on {images} after {epochs} epochs: "
            assert told.text.startswith(begin)
            said = re.fullmatch(
                rf"plain-{layers} ([\d.]+) %, ResNet-{layers} ([\d.]+) %\.", told.text[len(begin) :]
            )
            assert [float(number) for number in said.groups()] == pytest.approx([100 * m for m in means], abs=0.06)
        slider.send_keys(Keys.ARROW_RIGHT)


def test_the_depth_figure_draws_the_records_curves(opened):
    """The heights of the two lines of the left chart, from the drawing back to percent."""
    arms, depths, epochs = recorded()
    choose(opened, "depth-depth", len(depths) - 1)
    lines = opened.execute_script(
        "const chart = document.querySelector('#moving-depth svg');"
        "return [...chart.querySelectorAll('path[class^=moving-]:not(.moving-band, .moving-axis, .moving-grid)')]"
        ".map((path) => path.getAttribute('d')).filter((d) => d.includes('L'))"
    )
    assert len(lines) == 2
    for line, arm in zip(lines, (f"plain{depths[-1]}", f"resnet{depths[-1]}"), strict=True):
        heights = [float(pair.split()[1]) for pair in line[1:].split("L")]
        assert len(heights) == epochs
        curves = [run["curve"]["train_error"] for run in arms[arm]["runs"]]
        wanted = [100 * fmean(values) for values in zip(*curves, strict=True)]
        assert [100 * (1 - (height - 14) / 240) for height in heights] == pytest.approx(wanted, abs=0.05)


@torch.no_grad()
def scores(cells: list[int]) -> torch.Tensor:
    """The scores of the page's net, with its weights in 8 bits, for an image in the set's pixels."""
    torch.manual_seed(0)
    net = lenet5(modern=True)
    for layer in net:
        if hasattr(layer, "weight"):
            level = layer.weight.abs().max() / 127
            layer.weight.copy_((layer.weight / level).round() * level)
    small = torch.tensor(cells).view(1, 1, 8, 8).float()
    image = F.interpolate(small, (32, 32), mode="bilinear").round() / 255 * 1.275 - 0.1
    return net(image)[0]


def page_scores(driver, cells: list[int]) -> torch.Tensor:
    found = driver.execute_script("return [...window.movingDigit.run(arguments[0]).at(-1).values]", cells)
    return torch.tensor(found)


def test_lenet_in_the_page_computes_what_pytorch_does(opened):
    raw, ready = (data.load("digits", **options) for options in ({"normalise": None}, LENET))
    for label in range(10):
        at = int((raw.test_labels == label).nonzero()[0])
        cells = raw.test_images[at].flatten().tolist()
        image = opened.execute_script("return [...window.movingDigit.run(arguments[0])[0].values]", cells)
        assert torch.allclose(torch.tensor(image), ready.test_images[at].flatten(), atol=1e-5)
        assert torch.allclose(page_scores(opened, cells), scores(cells), atol=1e-4)
        choose(opened, "digit-sample", label)
        assert opened.execute_script("return window.movingDigit.cells()") == cells
        chances = scores(cells).softmax(dim=0)
        said = field(opened, "digit-told").text
        assert said == f"The network reads {chances.argmax()}, with a probability of {100 * chances.max():.0f} %."


def test_a_drawing_is_fitted_and_read(opened):
    pad = field(opened, "digit-pad")
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
    pen = ActionChains(opened, duration=20).move_to_element_with_offset(pad, -60, -20)
    pen.click_and_hold().move_by_offset(0, 40).move_by_offset(10, 0).move_by_offset(-10, 0).release().perform()
    cells = opened.execute_script("return window.movingDigit.cells()")
    drawn = torch.tensor(cells).view(8, 8)
    rows, columns = drawn.sum(dim=1), drawn.sum(dim=0)
    assert (rows > 100).all(), "as high as the set's digits"
    assert columns[3:5].sum() > 0.5 * columns.sum(), "in the middle"
    assert columns[0] == columns[7] == 0
    chances = scores(cells).softmax(dim=0)
    assert torch.allclose(page_scores(opened, cells), scores(cells), atol=1e-4)
    assert f"reads {chances.argmax()}," in field(opened, "digit-told").text
    assert field(opened, "digit-sample").get_attribute("value") == ""
    opened.find_element("xpath", "//figure[@id='moving-digit']//button[.='Clear']").click()
    assert sum(opened.execute_script("return window.movingDigit.cells()")) == 0
    assert field(opened, "digit-told").text == ""


def test_a_digit_can_be_drawn_by_the_keyboard(opened):
    pad = field(opened, "digit-pad")
    pad.send_keys(*[Keys.ARROW_UP] * 6, Keys.SPACE, *[Keys.ARROW_DOWN] * 12, Keys.SPACE)
    drawn = torch.tensor(opened.execute_script("return window.movingDigit.cells()")).view(8, 8)
    assert (drawn[:, 3:5].sum(dim=1) > 100).all()
    assert drawn[:, :3].sum() == drawn[:, 5:].sum() == 0
    assert field(opened, "digit-told").text.startswith("The network reads")
