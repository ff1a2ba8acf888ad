"""The page that sees, open in a browser: what a reader does with it, and what it shows."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from cs231n_arch import seeing

selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

PATIENCE = 60  # seconds, for a busy machine

# Asks a worker of the page's own text; `before` comes first in that text.
ASK = """
const [before, questions, done] = arguments;
const find = (id) => document.getElementById(`seeing-${id}`);
const { program } = JSON.parse(find("data").textContent);
const worker = new Worker(URL.createObjectURL(new Blob([before, find("worker").textContent])));
const { data } = find("image").getContext("2d").getImageData(0, 0, program.side, program.side);
const load = { question: "load", program, weights: find("weights").textContent };
const all = [load, { question: "see", pixels: data }, ...questions];
const arrays = (_, value) => (ArrayBuffer.isView(value) ? [...value] : value);
const answers = [], progress = [];
const next = () => worker.postMessage({ number: answers.length, ...all[answers.length] });
worker.onmessage = ({ data }) => {
  if (data.progress) return progress.push(data.progress.done);
  answers.push(data);
  if (answers.length < all.length) next();
  else done(JSON.parse(JSON.stringify({ answers, progress }, arrays)));
};
next();
"""


def wait(driver, condition) -> None:
    """Until a condition holds."""
    WebDriverWait(driver, PATIENCE).until(lambda _: condition())


def start(driver, page) -> None:
    """Open the page, and wait for its first image."""
    driver.get(page.as_uri())
    driver.set_script_timeout(PATIENCE)
    seen(driver)


def element(driver, name):
    """A part of the page by its name."""
    return driver.find_element(By.ID, f"seeing-{name}")


def seen(driver) -> None:
    """Wait until the page has finished with the image that it was given."""
    wait(driver, lambda: element(driver, "state").text.startswith("Seen in"))


def told(driver) -> str:
    """Wait for a problem, and return it."""
    wait(driver, lambda: element(driver, "problem").text)
    return element(driver, "problem").text


def pixels(driver, name="image") -> np.ndarray:
    """What a canvas of the page shows, (height, width, 3)."""
    url = driver.execute_script("return arguments[0].toDataURL()", element(driver, name))
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def inputs(driver) -> torch.Tensor:
    mean = torch.tensor(seeing.program()["mean"])
    return (torch.from_numpy(pixels(driver)).float() - mean).permute(2, 0, 1)[None]


def ask(driver, *questions, before="") -> tuple[list[dict], list[int]]:
    found = driver.execute_async_script(ASK, before, list(questions))
    assert [answer.get("problem") for answer in found["answers"]] == [None] * (2 + len(questions))
    return [answer["answer"] for answer in found["answers"]], found["progress"]


def top(driver) -> list[tuple[str, float]]:
    buttons = element(driver, "top").find_elements(By.TAG_NAME, "button")
    parts = [[part.text for part in button.find_elements(By.TAG_NAME, "span")] for button in buttons]
    return [(name, float(share.removeprefix("below").split()[0]) / 100) for name, share in parts]


def choose_sample(driver, number: int) -> None:
    before = pixels(driver)
    element(driver, "samples").find_elements(By.TAG_NAME, "button")[number].click()
    if number:
        wait(driver, lambda: not np.array_equal(pixels(driver), before))
    seen(driver)


def give(driver, path) -> None:
    """Choose a file as a reader does."""
    driver.execute_script("document.getElementById('seeing-state').textContent = 'waiting'")
    element(driver, "file").send_keys(str(path))
