"""Sphinx extension: what a link to a word or a name means, without a visit.

Each page carries, in its foot, a `<template>` for every entry of the glossary
and every name of the library that it links to; hover.js shows them. They are
no part of the article, so neither the search nor the printed book has them.
"""

import html
import re
from collections.abc import Iterator
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

LINK = re.compile(r'<a class="reference internal" href="([^"]*#[^"]*)"')


def told(node: nodes.Element) -> list[nodes.Node]:
    """Copies of the paragraphs of a description, up to its first list."""
    paragraphs = []
    for child in node.children:
        if not isinstance(child, nodes.paragraph):
            break
        copy = child.deepcopy()
        # A card is no place for links, which the keyboard could not reach.
        for kind in (addnodes.pending_xref, nodes.reference):
            for link in list(copy.findall(kind)):
                link.replace_self(link.children)
        paragraphs.append(copy)
    return paragraphs


def terms(doctree: nodes.document) -> Iterator[tuple[str, str, nodes.Node]]:
    """Place, words and first paragraphs of each entry of a glossary."""
    for item in doctree.findall(nodes.definition_list_item):
        definition = item.next_node(nodes.definition)
        for term in item.findall(nodes.term):
            title = html.escape(term.astext())
            for place in term["ids"] if definition else ():
                whole = told(definition)
                yield place, title, nodes.container("", *whole)


def names(doctree: nodes.document) -> Iterator[tuple[str, str, nodes.Node]]:
    """Place, name and first paragraph of each name of the library."""
    for signature in doctree.findall(addnodes.desc_signature):
        content = signature.parent.next_node(addnodes.desc_content)
        first = told(content)[:1] if content else []
        if signature.get("module") and first:
            title = f"<code>{html.escape(signature['fullname'])}</code>"
            for place in signature["ids"]:
                yield place, title, nodes.container("", *first)


@cache
def cards(app: Sphinx) -> dict[tuple[str, str], str]:
    """The card of every word and name, by page and place."""
    pages = {found[0] for found in app.env.domains["py"].objects.values()}
    pages |= {
        page
        for _, _, kind, page, _, _ in app.env.domains["std"].get_objects()
        if kind == "term"
    }
    made = {}
    for page in pages:
        doctree = app.env.get_doctree(page)
        for find in (terms, names):
            for place, title, body in find(doctree):
                text = app.builder.render_partial(body)["fragment"]
                made[page, place] = f"<strong>{title}</strong>{text}"
    return made


def add_cards(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, object],
    doctree: nodes.document | None,
) -> None:
    """Give one page the cards of its links."""
    body = context.get("body")
    if doctree is None or not isinstance(body, str):
        return
    wanted = dict.fromkeys(map(html.unescape, LINK.findall(body)))
    leads = {
        f"{app.builder.get_relative_uri(page, there)}#{place}": card
        for (there, place), card in cards(app).items()
        if there != page
    }
    context["theme_extra_footer"] = str(
        context.get("theme_extra_footer", "")
    ) + "".join(
        f'<template class="hover-card" data-for="{html.escape(link)}">'
        f"{leads[link]}</template>"
        for link in wanted
        if link in leads
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page is complete."""
    app.connect("html-page-context", add_cards, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
