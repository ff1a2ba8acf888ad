"""Open every page of the built book in Chromium, light and dark, wide and narrow, as a reader does.

    python .ci/pages.py _build/html

Each page must load nothing from a network, write no error to the console, fit the width, squeeze no picture,
keep to its budget (budget.py), and have no serious finding of axe-core; each link inside of the book must lead
somewhere.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import budget
from axe_selenium_python import Axe
from selenium import webdriver

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "editions"))
from chromium import OFFLINE, browser

VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (1300, 390)]
# axe takes most of the time. It sees the content of a page in both colors and both layouts in two views, and the
# theme's own parts, which are the same on every page, in all views of one page.
FOR_AXE = [("light", 1300), ("dark", 390)]
WHOLE = "lenet.html"
BROWSERS = 2  # side by side
NOT_READ = {"_static", "genindex.html", "search.html", "py-modindex.html"}  # the theme's own


SQUEEZED = """
const shape = (width, height, one) => Math.abs(width / height / (one.naturalWidth / one.naturalHeight) - 1);
const shown = [...document.querySelectorAll("article img")].filter((one) => one.complete && one.offsetWidth);
return shown.filter((one) => getComputedStyle(one).objectFit === "fill" &&
  shape(one.offsetWidth, one.offsetHeight, one) > 0.02).map((one) => one.src)
"""


class Page(HTMLParser):
    """Where a page can be jumped to, and where its links lead."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note the identifiers and addresses of one element."""
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.links.append(value)


def dead_links(pages: dict[Path, Page]) -> Iterator[str]:
    """Links to files that do not exist, and to places that a page does not have."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: {link} does not exist"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{path.name}: {link} has no such place"


def look(driver: webdriver.Chrome, path: Path, root: Path, scheme: str, width: int) -> Iterator[str]:
    """What is wrong with a page in one view."""
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.get_log("performance")  # what the page before has asked for late
    driver.get(path.as_uri())
    whole = (scheme, width) in FOR_AXE or path.name == WHOLE
    shift = budget.read_through(driver) if whole else 0.0
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    yield from (f"asks for {address}" for address in asked if urlsplit(address).scheme in ("http", "https"))
    yield from budget.complaints(path, root, asked, shift)
    for entry in driver.get_log("browser"):
        if entry["level"] == "SEVERE":
            yield entry["message"]
    wide = driver.execute_script("return document.body.scrollWidth - window.innerWidth")
    if wide > 0:
        yield f"is {wide} pixels too wide"
    if not whole:
        return
    yield from (f"has squeezed {address}" for address in driver.execute_script(SQUEEZED))
    # Half-way through a transition a color is neither the old one nor the new one.
    driver.execute_script("for (const animation of document.getAnimations()) animation.finish()")
    axe = Axe(driver)
    axe.inject()
    for found in axe.run(options={"resultTypes": ["violations"]})["violations"]:
        if found["impact"] in ("serious", "critical"):
            places = "; ".join(node["html"][:150] for node in found["nodes"][:3])
            yield f"{found['id']} at {len(found['nodes'])} places: {places}"


def look_at_all(paths: list[Path], root: Path) -> list[str]:
    """What is wrong with some pages in any view, seen in a browser of its own."""
    complaints = []
    driver = browser(OFFLINE, logs={"browser": "ALL", "performance": "ALL"})
    driver.set_script_timeout(300)  # axe takes its time for the reference, on a busy machine
    try:
        for path in paths:
            for scheme, width in VIEWS:
                complaints += [
                    f"{path.name}, {scheme}, {width}: {what}" for what in look(driver, path, root, scheme, width)
                ]
            print(f"{path.name} looked at", flush=True)
    finally:
        driver.quit()
    return complaints


def main(folder: str) -> int:
    """Returns the number of complaints; a folder without pages is one."""
    root = Path(folder).resolve()
    start = root / "index.html"  # sends its reader on to the first page
    paths = [path for path in sorted(root.rglob("*.html")) if path != start and not NOT_READ & {*path.parts}]
    pages = {path: Page(path) for path in paths}
    complaints = [*dead_links(pages)] if pages else [f"{root} has no page"]
    with ThreadPoolExecutor(BROWSERS) as pool:
        parts = [list(pages)[number::BROWSERS] for number in range(BROWSERS)]
        for found in pool.map(look_at_all, parts, [root] * BROWSERS):
            complaints += found
    print("\n".join(complaints) or f"{len(pages)} pages, no complaint")
    return len(complaints)


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1])))
