"""The explorer: a page on which the reader types a stack of layers and sees at once what it makes and costs.

The page is one piece of HTML without any outside resource, so it works from a folder, in a notebook and offline.
"""

import json
from dataclasses import dataclass, field
from importlib.resources import files

from cs231n_arch.explorer.names import NAMES
from cs231n_arch.explorer.stack import presets, stack

__all__ = ["Page", "page", "presets", "stack"]

SCRIPTS = (
    "spelling.js",
    "notation.js",
    "blocks.js",
    "arithmetic.js",
    "formulas.js",
    "pytorch.js",
    "drawing.js",
    "table.js",
    "address.js",
    "page.js",
)


@dataclass(frozen=True)
class Page:
    """A piece of HTML that a notebook shows.

    Attributes:
        html: the piece.
    """

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def embed(name: str, data: object) -> str:
    """Data that a script reads, as an element of the page.

    Args:
        name: the id of the element.
        data: anything that JSON can hold.
    """
    # "</script" would end the element in which the text stands, and after "<!--<script" it would not end there.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def page() -> Page:
    """The explorer, with the nets of `names.NAMES` as presets."""
    here = files(__name__)
    stacks = presets()
    nets = [
        {"group": group, "nets": [{"name": n, "title": NAMES[group][n], "stack": s} for n, s in of.items()]}
        for group, of in stacks.items()
    ]
    scripts = "".join(f"<script>{(here / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
    # Where a link to a net leads without scripts.
    places = "".join(f'<span id="{name}"></span>' for of in stacks.values() for name in of)
    return Page(
        f"{places}<style>{(here / 'style.css').read_text(encoding='utf-8')}</style>"
        f"{(here / 'page.html').read_text(encoding='utf-8')}"
        f"{embed('explorer-presets', nets)}{scripts}"
    )
