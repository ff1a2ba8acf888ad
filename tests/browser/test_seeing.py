"""The page that sees, as a reader meets it: in the built book, opened from a file, in a real browser."""

from importlib.resources import files

import numpy as np
import pytest
import torch

from cs231n_arch import create_model, seeing
from cs231n_arch.attribution import class_names
from cs231n_arch.compression import load_compressed
from cs231n_arch.interop.pretrained_files import SHIPPED
from cs231n_arch.seeing.network import NAME
from tests.browser.seeing_page import ask, choose_sample, element, inputs, pixels, seen, told, top, wait
from tests.browser.views import check_barriers, viewed

selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402


@pytest.fixture(scope="module")
def net():
    """The net with the weights of the page."""
    net = create_model(NAME).eval()
    net.load_state_dict(load_compressed(SHIPPED))
    return net


def test_every_sample_has_the_probabilities_of_pytorch(opened_seeing, net):
    names = class_names()
    for number in range(len(seeing.SAMPLES)):
        choose_sample(opened_seeing, number)
        with torch.no_grad():
            wanted = net(inputs(opened_seeing)).softmax(1)[0]
        (_, answer), progress = ask(opened_seeing)
        assert np.abs(np.array(answer["chances"]) - wanted.numpy()).max() < 1e-4
        assert progress == list(range(1, len(seeing.program()["steps"]) + 1))
        five = wanted.topk(5)
        assert [name for name, _ in top(opened_seeing)] == [names[i] for i in five.indices]
        assert np.abs([share for _, share in top(opened_seeing)] - five.values.numpy()).max() < 0.001


def test_the_first_classes_are_those_of_the_original_weights(opened_seeing):
    original = create_model(NAME, pretrained=True).eval()
    for number in range(len(seeing.SAMPLES)):
        choose_sample(opened_seeing, number)
        with torch.no_grad():
            wanted = original(inputs(opened_seeing)).softmax(1)[0]
        found = dict(top(opened_seeing))
        assert class_names()[int(wanted.argmax())] in found


def test_without_webassembly_the_numbers_are_the_same(opened_seeing):
    (fast, one), _ = ask(opened_seeing)
    (slow, other), _ = ask(opened_seeing, before="const WebAssembly = undefined;")
    assert (fast["kernel"], slow["kernel"]) == ("WebAssembly with SIMD", "JavaScript")
    assert one["chances"] == other["chances"]


def test_every_map_is_that_of_pytorch(opened_seeing, net):
    program = seeing.program()["steps"]
    outputs = []
    module = {step["name"]: dict(net.named_modules())[step["name"]] for step in program}
    # After the ReLU, which works in place on what the hook keeps.
    hooks = [layer.register_forward_hook(lambda *a: outputs.append(a[2])) for layer in module.values()]
    with torch.no_grad():
        net(inputs(opened_seeing))
    for hook in hooks:
        hook.remove()
    answers, _ = ask(opened_seeing, *({"question": "look", "layer": layer} for layer in range(len(program))))
    for answer, output in zip(answers[2:], outputs, strict=True):
        maps = output[0].view(output.shape[1], -1)
        assert (answer["channels"], answer["height"], answer["width"]) == tuple(output.shape[1:])
        assert answer["silent"] == int((maps.amax(1) == 0).sum())
        strongest = maps.sum(1).sort(descending=True).values[: len(answer["shown"])]
        shown = [one["channel"] for one in answer["shown"]]
        assert torch.allclose(maps[shown].sum(1), strongest, rtol=1e-3, atol=1e-2)
        for one in answer["shown"]:
            scaled = 255 * maps[one["channel"]] / maps[one["channel"]].max().clamp(min=1e-9)
            assert (torch.tensor(one["bytes"]) - scaled).abs().max() < 1.1


def test_a_class_is_lit_where_its_map_is_large(opened_seeing, net):
    label = class_names().index(top(opened_seeing)[1][0])
    element(opened_seeing, "top").find_elements(By.TAG_NAME, "button")[1].click()
    wait(opened_seeing, lambda: class_names()[label] in element(opened_seeing, "where-text").text)
    with torch.no_grad():
        maps = net[:-2](inputs(opened_seeing))[0, label]
    answers, _ = ask(opened_seeing, {"question": "where", "label": label})
    assert torch.allclose(torch.tensor(answers[2]["map"]), maps.flatten(), atol=1e-3)
    assert f"{maps.mean():.2f}" in element(opened_seeing, "where-text").text
    grid = seeing.program()["grid"]
    y, x = (int(grid["first"] + grid["jump"] * i) for i in divmod(int(maps.argmax()), maps.shape[1]))
    image, lit = pixels(opened_seeing).astype(int), pixels(opened_seeing, "where").astype(int)
    assert np.abs(lit[y, x] - image[y, x]).max() <= 1  # in its own light
    assert lit.sum() < image.sum()


def test_an_image_takes_less_than_two_seconds(opened_seeing):
    (_, answer), _ = ask(opened_seeing)
    assert sum(answer["times"]) < 2000


def test_everything_can_be_done_from_the_keyboard(opened_seeing):
    second = element(opened_seeing, "samples").find_elements(By.TAG_NAME, "button")[1]
    before = pixels(opened_seeing)
    second.send_keys(Keys.ENTER)
    wait(opened_seeing, lambda: not np.array_equal(pixels(opened_seeing), before))
    seen(opened_seeing)
    for _ in range(len(seeing.SAMPLES) - 1):
        ActionChains(opened_seeing).send_keys(Keys.TAB).perform()
    assert opened_seeing.switch_to.active_element.get_attribute("id") == "seeing-file"
    ActionChains(opened_seeing).send_keys(Keys.TAB).perform()
    assert opened_seeing.switch_to.active_element.get_attribute("id") == "seeing-camera"
    ActionChains(opened_seeing).send_keys(Keys.TAB).perform()
    first = opened_seeing.switch_to.active_element
    assert first.find_element(By.XPATH, "../..").get_attribute("id") == "seeing-top"
    first.send_keys(Keys.SPACE)
    wait(opened_seeing, lambda: first.get_attribute("aria-pressed") == "true")
    field = element(opened_seeing, "class")
    field.send_keys("tabby", Keys.TAB)
    wait(opened_seeing, lambda: "“tabby”" in element(opened_seeing, "where-text").text)
    layer = element(opened_seeing, "layers").find_elements(By.TAG_NAME, "button")[3]
    layer.send_keys(Keys.ENTER)
    wait(opened_seeing, lambda: element(opened_seeing, "maps-text").text.startswith("fire2.expand: the 64"))
    assert layer.get_attribute("aria-pressed") == "true"


def test_a_class_that_does_not_exist_is_told(opened_seeing):
    element(opened_seeing, "class").send_keys("unicorn", Keys.TAB)
    assert "“unicorn” is none of the 1,000 classes" in told(opened_seeing)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits_at_each_width_and_in_each_theme(opened_seeing, theme, width):
    with viewed(opened_seeing, width=width):
        opened_seeing.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        over = opened_seeing.execute_script(
            "return [...document.querySelectorAll('.seeing > *, .seeing-columns > *, .seeing canvas')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.className + e.id)"
        )
        assert over == []
        opened_seeing.execute_script("for (const animation of document.getAnimations()) animation.finish()")
        check_barriers(opened_seeing, "#seeing")


def test_it_asks_for_nothing_and_is_small(opened_seeing):
    errors = [entry["message"] for entry in opened_seeing.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in errors if "seeing" in message.replace("seeing.html", "")] == []
    sources = [f"{name}.js" for name in (*seeing.WORKER, *seeing.SCRIPTS)] + ["page.html", "style.css"]
    for name in sources:
        source = (files(seeing) / name).read_text(encoding="utf-8")
        assert [word for word in ("http:", "https:", "src=", "import ", "url(", "fetch(") if word in source] == []
    photographs = sum(len(sample["jpeg"]) for sample in seeing.samples())
    assert len(seeing.page().html.encode()) - photographs < 1_500_000
