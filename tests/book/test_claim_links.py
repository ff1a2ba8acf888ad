"""A claim in the table of a chapter leads to its row of the ledger."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from cs231n_arch import claims
from cs231n_arch.claims.page import page as ledger_page

BOOK = Path(__file__).parents[2] / "book"


@pytest.fixture
def link(monkeypatch):
    """A page of a book with these pages, after the extension."""
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from claim_links import link_claims

    def one(body: str, page: str = "book/resnet", pages: tuple[str, ...] = ("book/ledger", "book/resnet")) -> str:
        builder = SimpleNamespace(get_relative_uri=lambda _, to: f"{to.rpartition('/')[2]}.html")
        app = SimpleNamespace(env=SimpleNamespace(found_docs=set(pages)), builder=builder)
        context = {"body": body}
        link_claims(app, page, "page.html", context, None)
        return context["body"]

    return one


def test_the_claims_of_a_chapter_lead_to_places_that_the_ledger_has(link):
    checked = claims.check(chapter="nin")
    body = checked.set_index("id")[["claim", "verdict"]].to_html()
    places = re.findall(r'<th><a class="reference internal" href="ledger.html#([^"]+)">\1</a></th>', link(body))
    assert places == list(checked["id"])
    assert {*places} <= {*re.findall(r'<li id="([^"]+)"', ledger_page(checked)._repr_html_())}


def test_other_heads_and_pages_stay(link):
    assert link("<th>resnet50</th><td>resnet-152</td>") == "<th>resnet50</th><td>resnet-152</td>"
    claim = "<th>resnet-152</th>"
    assert link(claim) != claim
    assert link(claim, page="book/ledger") == claim
    assert link(claim, pages=("book/resnet",)) == claim
