"""Sphinx extension: what the extensions and the theme leave to be mended.

The theme loads Thebe, twice, for a button that the book does not have; and
some of the HTML is hard to use with a keyboard or a screen reader (found by
axe-core).
"""

import re

from data_tables import arrange_all
from sphinx.application import Sphinx

# A click on a solution's title opens it; a link in the title would lead away.
SOLUTION = re.compile(
    r'(<p class="admonition-title">Solution to)<a [^>]*>(.*?)</a></p>'
)
MENDED = {
    # The visible text says it better.
    ' aria-label="Toggle hidden content"': "",
    # A list may hold list items only, and these have a role of their own.
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
    # What scrolls must be reached by the keyboard.
    '<div class="output text_html">': (
        '<div class="output text_html" role="group" tabindex="0">'
    ),
}


def mend(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, object],
    doctree: object,
) -> None:
    """Mend one page before it is written."""
    body = context.get("body")
    if isinstance(body, str):
        for wrong, right in MENDED.items():
            body = body.replace(wrong, right)
        body = SOLUTION.sub(r"\1\2</p>", body)
        context["body"] = arrange_all(body)
    for files in (context.get("script_files"), context.get("css_files")):
        if isinstance(files, list):
            files[:] = [file for file in files if not is_thebe(file)]


def is_thebe(file: object) -> bool:
    """Whether a script or style sheet is Thebe's."""
    attributes = getattr(file, "attributes", {})
    name = f"{getattr(file, 'filename', file)} {attributes.get('body', '')}"
    return "thebe" in name.lower()


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page is complete."""
    app.connect("html-page-context", mend, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
