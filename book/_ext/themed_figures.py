"""Sphinx extension: figures that can be read on a light and on a dark page.

Figures are drawn with dark ink on white (cs231n_arch.plots). For the dark
page each has a twin with light ink on the color of that page; book.css shows
the one or the other.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

from cs231n_arch.plots import INK

LIGHT_INK, DARK_PAGE = "#d7dce2", "#121212"
IMAGE = re.compile(
    r'<img (?P<before>[^>]*)src="(?P<file>[^"]*_images/[0-9a-f]{64})\.svg"'
    r"(?P<after>[^>]*?)/?>"
)
# matplotlib begins with the background of the figure.
BACKGROUND = re.compile(r'(<g id="patch_1">.*?fill: )#ffffff', re.DOTALL)


def darkened(figure: str) -> str:
    """The figure for the dark page."""
    figure = BACKGROUND.sub(r"\1none", figure, count=1)
    return figure.replace(INK, LIGHT_INK).replace("#ffffff", DARK_PAGE)


def with_twins(body: str) -> str:
    """The HTML of a page, with both versions of each figure."""

    def both(found: re.Match[str]) -> str:
        more = f"{found['before']}{found['after']}".strip()
        return "".join(
            f'<img class="figure-{theme}" src="{found["file"]}{ending}" '
            f'loading="lazy" {more}/>'
            for theme, ending in (("light", ".svg"), ("dark", ".dark.svg"))
        )

    return IMAGE.sub(both, body)


def add_twins(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, object],
    doctree: object,
) -> None:
    """Show both versions on one page."""
    if isinstance(context.get("body"), str):
        context["body"] = with_twins(str(context["body"]))


def write_twins(app: Sphinx, exception: Exception | None) -> None:
    """Write the dark version of every figure, when all have been copied."""
    if exception is not None or app.builder.name != "html":
        return
    for file in (Path(app.outdir) / "_images").glob("*.svg"):
        if not file.name.endswith(".dark.svg"):
            figure = darkened(file.read_text(encoding="utf-8"))
            twin = file.with_suffix(".dark.svg")
            twin.write_text(figure, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to pages and to the end of the build."""
    app.connect("html-page-context", add_twins, priority=900)
    app.connect("build-finished", write_twins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
