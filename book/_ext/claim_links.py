"""Sphinx extension: a claim in a chapter leads to its row of the ledger."""

import re

from sphinx.application import Sphinx

from cs231n_arch import claims

HEAD = re.compile(r"<th>([\w-]+)</th>")


def link_claims(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, object],
    doctree: object,
) -> None:
    """Make a link of each head of a row that is the name of a claim."""
    body = context.get("body")
    ledgers = [
        found for found in app.env.found_docs if found.endswith("ledger")
    ]
    if not isinstance(body, str) or not ledgers or page in ledgers:
        return
    if not HEAD.search(body):
        return  # most pages have no such row, and need no list of claims
    address = app.builder.get_relative_uri(page, ledgers[0])
    known = {*claims.ledger()["id"]}

    def lead(found: re.Match[str]) -> str:
        if found[1] not in known:
            return found[0]
        link = f'<a class="reference internal" href="{address}#{found[1]}">'
        return f"<th>{link}{found[1]}</a></th>"

    context["body"] = HEAD.sub(lead, body)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page is complete."""
    app.connect("html-page-context", link_claims, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
