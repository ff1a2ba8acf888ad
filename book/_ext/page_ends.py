"""Sphinx extension: audit and environment stand at the end of a page.

- The section "Check the slide" of a chapter is folded: a click opens it.
- The first cell prints versions and device; these lines move to the end.

Plain notebooks, which are written before, have both as in the source.
"""

from docutils import nodes
from sphinx.application import Sphinx

CHECK = "check-the-slide"
SUMMARY = "Open the claims of lecture and paper, and what the library finds"


def fold_check(doctree: nodes.document) -> None:
    """Fold the content of the section below its title."""
    for section in doctree.findall(nodes.section):
        if CHECK in section["ids"]:
            begin = f'<details class="{CHECK}"><summary>{SUMMARY}</summary>'
            section.insert(1, nodes.raw("", begin, format="html"))
            section += nodes.raw("", "</details>", format="html")


def move_environment(doctree: nodes.document) -> None:
    """Take the first cell off the page, and its printed lines to the end."""
    cells = list(doctree.findall(nodes.container))
    for cell in [cell for cell in cells if "tag_setup" in cell["classes"]]:
        printed = [
            block.astext().strip()
            for block in cell.findall(nodes.literal_block)
            if "stream" in block["classes"]
        ]
        cell.parent.remove(cell)
        if printed:
            lines = "; ".join("\n".join(printed).splitlines())
            text = f"This page was computed with {lines}."
            doctree += nodes.paragraph("", text, classes=["colophon"])


def finish(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Both, on one page."""
    fold_check(doctree)
    move_environment(doctree)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment after the plain notebooks are written."""
    app.connect("doctree-resolved", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
