"""Sphinx extension: what others show of a page, and of which version it is.

- A description for search engines and for links in messages: of a lesson its
  question and its answer, of other pages the first paragraph.
- The title of the first page, which would have the book's twice.
- The version and the license at the foot of every page.
"""

import html
import re
import textwrap
from importlib.metadata import metadata
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200  # characters of a description
PACKAGE = metadata("cs231n-arch")
FOOT = (
    f"<p>Version {PACKAGE['Version']}. "
    f"License: {PACKAGE['License-Expression']}.</p>"
)


def description(doctree: nodes.document) -> str:
    """The question and the answer, or the first paragraph; cut if long."""
    texts = [
        " ".join(paragraph.astext().split())
        for paragraph in doctree.findall(nodes.paragraph)
        if isinstance(paragraph.parent, nodes.section)
    ]
    lesson = [
        text.split(" ", 2)[2]
        for text in texts
        if text.startswith(("The question", "The answer"))
    ]
    whole = " ".join(lesson or texts[:1])
    return textwrap.shorten(whole, LONGEST, placeholder=" …")


def add_head(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Complete the head and the foot of one page."""
    context["theme_extra_footer"] = FOOT
    if page == app.config.root_doc:
        # The title above the table of contents stays.
        logo = {"text": context["docstitle"]}
        context["theme_logo"] = {**context.get("theme_logo", {}), **logo}
        context["docstitle"] = ""
    if doctree is None:
        return
    said = {
        "og:title": re.sub("<.*?>", "", str(context.get("title", ""))),
        "og:type": "article",
        "og:site_name": app.config.html_title or app.config.project,
    }
    if text := description(doctree):
        said["og:description"] = text
    tags = [
        f'<meta property="{name}" content="{html.escape(value)}" />'
        for name, value in said.items()
    ]
    if text:
        tags.insert(
            0, f'<meta name="description" content="{html.escape(text)}" />'
        )
    context["metatags"] = "\n".join([str(context.get("metatags", "")), *tags])


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page is complete."""
    app.connect("html-page-context", add_head, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
