"""What a page of the built book may cost its reader.

A limit is about a tenth above the largest value of any page when it was set, which stands next to it. That of the
layout shift leaves more room, because it is small. Kilobytes are those of what a server sends, which compresses
text.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selenium import webdriver

REQUESTS = 44  # 40
KILOBYTES = 320  # 287, of LeNet, which carries the weights of a net; most pages have less than 230
ITS_OWN_KILOBYTES = {"seeing.html": 1290}  # 1171: a whole net
FIGURES = 2400  # kilobytes; 2166; slides are one file, which carries its figures
# The sum of the scores that browsers report: 0.01. Above 0.1 it is called bad.
SHIFT = 0.05

# The sum of all shifts of the article that its reader did not cause, on a way through the whole page. The contents
# at the side follow the reader and are not counted.
SHIFTS = """
const done = arguments[0];
let sum = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const article = entry.sources.some((source) => source.node?.parentElement?.closest("article"));
    if (article && !entry.hadRecentInput) sum += entry.value;
  }
}).observe({ type: "layout-shift", buffered: true });
const step = () => {
  const before = window.scrollY;
  window.scrollBy({ top: window.innerHeight, behavior: "instant" });
  if (window.scrollY > before) setTimeout(step, 20);
  else setTimeout(() => done(sum), 100);
};
step();
"""


def read_through(driver: webdriver.Chrome) -> float:
    """The layout shift of the page that is open."""
    return float(driver.execute_async_script(SHIFTS))


def sent(file: Path) -> int:
    """Bytes of a file as a server sends it, which compresses text."""
    content = file.read_bytes()
    return len(gzip.compress(content)) if file.suffix in (".html", ".css", ".js", ".svg") else len(content)


def complaints(page: Path, root: Path, addresses: list[str], shift: float) -> Iterator[str]:
    """Where a page costs too much, or loads what is outside of the book or does not exist.

    Args:
        page: the file.
        root: the folder of the book.
        addresses: of all that the page loaded, itself included, until its end had been read.
        shift: of its layout, until then.
    """
    asked = {Path(unquote(urlsplit(address).path)) for address in addresses if address.startswith("file:")}
    files = {file for file in asked if file.is_file()}
    yield from (f"asks for {file}, which does not exist" for file in sorted(asked - files))
    yield from (f"loads {file}, which is outside of the book" for file in files if root not in file.parents)
    figures = {file for file in files if "_images" in file.parts or file.parent.name == "slides"}
    for what, cost, limit in (
        ("requests", len(files), REQUESTS),
        ("kB", sum(map(sent, files - figures)) / 1000, ITS_OWN_KILOBYTES.get(page.name, KILOBYTES)),
        ("kB of figures", sum(map(sent, figures)) / 1000, FIGURES),
        ("of layout shift", shift, SHIFT),
    ):
        if cost > limit:
            yield f"costs {cost:.3g} {what}, more than {limit:g}"
