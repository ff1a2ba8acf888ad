"""The ledger as a page: every claim with its anchor, its minute in the lecture and the source of its check."""

import inspect
from html import escape

import pandas as pd

from cs231n_arch import claims
from cs231n_arch.claims.verdicts import CHECKS, VERDICTS

# Chapters whose page has another name than their claims.
PAGES = {"preact_resnet": "identity_mappings"}
SOURCES = {
    "lecture": "said in the lecture of 2017",
    "slide": "on the slides of 2017 only",
    "paper": "the paper's own, not in the lecture",
}


class page:  # noqa: N801 (used like a function)
    """The checked claims as HTML, shown in a notebook.

    Each claim is an item of one list, in the order of the chapters, with the anchor `#<id>`. The attributes
    `data-chapter`, `data-verdict` and `data-seconds` are what the script of the page filters and sorts by.

    Args:
        checked: as `claims.check` gives it.
    """

    def __init__(self, checked: pd.DataFrame) -> None:
        seconds = claims.ledger().set_index("id")["seconds"]
        self.items = [item(row, seconds[row["id"]]) for _, row in checked.iterrows()]
        self.chapters = list(dict.fromkeys(checked["chapter"]))
        self.verdicts = [verdict for verdict in VERDICTS if verdict in set(checked["verdict"])]

    def _repr_html_(self) -> str:
        return f'<div class="ledger">{self.controls()}<ol class="ledger-rows">{"".join(self.items)}</ol></div>'

    def __repr__(self) -> str:
        return f"{len(self.items)} claims"

    def controls(self) -> str:
        """The filter, which the script of the page shows: without the script it would do nothing."""
        chapters = "".join(f'<option value="{c}">{c.replace("_", " ")}</option>' for c in self.chapters)
        verdicts = "".join(f'<option value="{v}">{v}</option>' for v in self.verdicts)
        return (
            '<form class="ledger-filter" hidden>'
            '<label>Words <input type="search" name="words"></label>'
            f'<label>Chapter <select name="chapter"><option value="">all</option>{chapters}</select></label>'
            f'<label>Verdict <select name="verdict"><option value="">all</option>{verdicts}</select></label>'
            '<label>Order <select name="order"><option value="chapters">of the chapters</option>'
            '<option value="lecture">of the lecture</option></select></label>'
            f'<output class="ledger-count">{len(self.items)} claims</output></form>'
        )


def item(row: pd.Series, seconds: float) -> str:
    """One claim: what is claimed, the verdict, what is printed, what was tested, and the check."""
    name, said = str(row["id"]), not pd.isna(seconds)
    function, _, record = row["where"].partition(", ")
    place = SOURCES[row["source"]]
    if said:
        video = f"{claims.VIDEO}&t={int(seconds)}s"
        place = f'<a href="{escape(video)}">minute {row["minute"]}</a>, {place}'
    facts = {
        "printed": escape(row["printed"]),
        "tested": escape(row["ours"]),
        "place": place,
        "chapter": f'<a href="{PAGES.get(row["chapter"], row["chapter"])}.html">{row["chapter"]}</a>',
    }
    if record:
        facts["record"] = f"<code>{escape(record)}</code>"
    told = "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in facts.items())
    code = escape(inspect.getsource(CHECKS[name]).strip())
    attributes = f'data-chapter="{row["chapter"]}" data-verdict="{row["verdict"]}"'
    return (
        f'<li id="{name}" {attributes} data-seconds="{int(seconds) if said else ""}">'
        f'<p class="ledger-claim"><strong>{escape(row["claim"])}.</strong> '
        f'<span class="ledger-verdict">{row["verdict"]}</span> <a href="#{name}">{name}</a></p>'
        f"<dl>{told}</dl>"
        f"<details><summary>The check of {name}</summary><p><code>{escape(function)}</code></p>"
        f"<pre><code>{code}</code></pre></details></li>"
    )
