"""Open plain notebooks in a real JupyterLab in Chromium, run them to the end, and photograph them.

    python .ci/jupyterlab.py _build/html/notebooks photos lenet resnet squeezenet

Fails if a cell ends in an error, or if the page shows markup of the book as text.
"""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "editions"))
from chromium import browser

WAIT = 600.0  # seconds for a notebook
MARKUP = re.compile(r"\{[a-z][\w:-]*\}`|\(eq-[a-z]")
OPENED = """
const panel = window.jupyterapp?.shell.currentWidget;
return panel?.context?.path === "%s.ipynb" && !!panel.content?.widgets?.length;
"""
RUN = """
window.ended = null;
const panel = jupyterapp.shell.currentWidget;
panel.sessionContext.ready
  .then(() => jupyterapp.commands.execute("notebook:run-all-cells"))
  .then(() => {
    const cells = [...panel.content.model.cells];
    const code = cells.filter((cell) => cell.type === "code" && cell.sharedModel.source.trim());
    const outputs = code.flatMap((cell) => cell.outputs.toJSON());
    window.ended = {
      left: code.filter((cell) => cell.executionCount === null).length,
      errors: outputs.filter((o) => o.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`),
      text: cells.filter((cell) => cell.type === "markdown").length,
    };
  })
  .catch((error) => { window.ended = {left: -1, errors: [String(error)], text: 0}; });
"""
ENDED = "return window.ended"
SCROLL = """
const view = document.querySelector(".jp-WindowedPanel-outer");
view.scrollTop = arguments[0];
return [view.scrollTop + view.clientHeight >= view.scrollHeight - 2, view.clientHeight, view.innerText];
"""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A JupyterLab that shows a folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    settings = [f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}", "--IdentityProvider.token="]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([*command, *settings], stdout=log, stderr=log)
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"{address}/lab").close()
                    break
                except OSError:
                    time.sleep(1)
            else:
                log.seek(0)
                raise RuntimeError(log.read().decode()[-2000:])
            yield address
        finally:
            process.terminate()
            process.wait()


def wait_for(driver: webdriver.Chrome, script: str, seconds: float = 120) -> Any:
    """What a script returns, as soon as it is something true."""
    end = time.monotonic() + seconds
    while not (found := driver.execute_script(script)):
        if time.monotonic() > end:
            raise TimeoutError(f"in {seconds:.0f} s JupyterLab did not reach: {script}")
        time.sleep(0.5)
    return found


def look(driver: webdriver.Chrome, address: str, name: str, photos: Path) -> list[str]:
    """Run one notebook; what is wrong with it."""
    driver.get(f"{address}/lab/tree/{name}.ipynb?reset")
    wait_for(driver, OPENED % name)
    driver.execute_script(RUN)
    found = wait_for(driver, ENDED, WAIT)
    wrong = [f"{name}: {error}" for error in found["errors"]]
    if found["left"] or not found["text"]:
        wrong.append(f"{name}: {found['left']} cells did not run, {found['text']} cells of text")
    place, number, end = 0, 0, False
    while not end and number < 60:
        end, height, text = driver.execute_script(SCROLL, place)
        time.sleep(0.4)  # cells out of view are drawn when they come into it
        driver.save_screenshot(str(photos / f"{name}-{number:02}.png"))
        wrong += [f"{name}: shows {markup[0]}" for markup in MARKUP.finditer(text)]
        place, number = place + height, number + 1
    return wrong


def main(notebooks: str, photos: str, *names: str) -> int:
    """Returns the number of complaints."""
    Path(photos).mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            shutil.copy(Path(notebooks) / f"{name}.ipynb", folder)
        with server(Path(folder)) as address:
            driver = browser("window-size=1300,1400")
            try:
                for name in names:
                    begun = time.monotonic()
                    wrong += look(driver, address, name, Path(photos))
                    print(f"{name} run in JupyterLab in {time.monotonic() - begun:.0f} s", flush=True)
            finally:
                driver.quit()
    print("\n".join(wrong) or f"{len(names)} notebooks, no complaint")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(min(1, main(*sys.argv[1:])))
