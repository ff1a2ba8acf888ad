"""Sphinx extension: slides of every lesson, made from its built page.

At the end of the build each page that asks "The question" becomes one file
`slides/NAME.html`, which needs no other file and no network: question and
answer, the first figure, a formula, a question to the class, code, a claim
of the lecture, the summary. What a page does not have is left out.
"""

import shutil
from html import escape
from pathlib import Path
from typing import Any

from plain_notebooks.install import address_of_book
from sphinx.application import Sphinx

from slides.parts import FOLDER, Slide, data_uri, is_lesson, slides_of

HERE = Path(__file__).parent
FONT = "fonts/stix-two-math.woff2"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: slides</title>
<style>
{style}</style>
</head>
<body>
<main>
{slides}
</main>
<nav aria-label="Slides">
<button type="button" id="back" aria-label="Previous slide">←</button>
<span id="number"></span>
<button type="button" id="on" aria-label="Next slide">→</button>
</nav>
<script>
{script}</script>
</body>
</html>
"""


def section(slide: Slide, number: int, of: int) -> str:
    """One slide in HTML; the first one has the heading of the whole."""
    level = "h1" if number == 1 else "h2"
    later = (
        f'<div class="later" tabindex="-1">{slide.later}</div>'
        if slide.later
        else ""
    )
    return (
        f'<section class="{slide.kind}" aria-labelledby="slide-{number}">\n'
        f'<{level} id="slide-{number}" tabindex="-1">'
        f"{slide.title}</{level}>\n"
        f"{slide.body}\n{later}\n{slide.end}\n"
        f'<p class="page">{number} / {of}</p>\n</section>'
    )


def deck(page: str, built: Path, address: str, font: str = "") -> str:
    """The slides of a page as one file.

    Args:
        page: HTML of the built page.
        built: the folder that the page stands in, which its pictures are
            relative to.
        address: of the page, for a link from the slides.
        font: the font of formulas, as a data URI.
    """
    slides = slides_of(page, built)
    slides[0].end = (
        f'<p class="from">Slides of <a href="{escape(address)}">the chapter'
        "</a>. "
        '<span class="keys">Next: arrow key, space or click.</span></p>'
    )
    style = (HERE / "slides.css").read_text(encoding="utf-8")
    if font and any("<math" in s.body + s.later for s in slides):
        style += (
            '@font-face { font-family: "STIX Two Math"; '
            f'src: url("{font}") format("woff2"); }}\n'
        )
    return PAGE.format(
        title=slides[0].plain_title,
        style=style,
        slides="\n".join(
            section(slide, number, len(slides))
            for number, slide in enumerate(slides, 1)
        ),
        script=(HERE / "slides.js").read_text(encoding="utf-8"),
    )


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the slides of all lessons, when all pages have been written."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of pages that are gone
    file = Path(app.outdir) / "_static" / FONT
    font = data_uri(file) if file.is_file() else ""
    for docname in sorted(app.env.found_docs):
        built = Path(app.outdir) / f"{docname}.html"
        if not built.is_file():
            continue
        page = built.read_text(encoding="utf-8")
        if not is_lesson(page):
            continue
        folder.mkdir(exist_ok=True)
        address = f"{address_of_book(app) or '..'}/{docname}.html"
        made = deck(page, built.parent, address, font)
        name = docname.rpartition("/")[2]
        (folder / f"{name}.html").write_text(made, encoding="utf-8")


def add_button(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: object,
) -> None:
    """Lead from a lesson to its slides, in the menu of downloads."""
    if app.builder.name != "html" or not is_lesson(str(context.get("body"))):
        return
    name = page.rpartition("/")[2]
    for group in context.get("header_buttons", ()):
        if group.get("label") == "download-buttons":
            group["buttons"].append(
                {
                    "type": "link",
                    "url": context["pathto"](f"{FOLDER}/{name}.html", 1),
                    "text": "Slides",
                    "tooltip": "Show the slides of the chapter",
                    "icon": "fas fa-chalkboard",
                    "label": "slides-button",
                }
            )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to pages and to the end of the build."""
    # After the buttons of the plain notebooks.
    app.connect("html-page-context", add_button, priority=750)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
