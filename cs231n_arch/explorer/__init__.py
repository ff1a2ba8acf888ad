"""The explorer: a page on which the reader types a stack of layers and sees at once what it makes and costs.

The page is one piece of HTML without any outside resource, so it works from a folder, in a notebook and offline.
"""

import json
from dataclasses import dataclass, field
from importlib.resources import files

from cs231n_arch.explorer.stack import presets, stack

__all__ = ["Page", "page", "presets", "stack"]

SCRIPTS = ("notation.js", "arithmetic.js", "page.js")


@dataclass(frozen=True)
class Page:
    """A piece of HTML that a notebook shows.

    Attributes:
        html: the piece.
    """

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def page() -> Page:
    """The explorer, with every model of the package that its notation can write as a preset."""
    here = files(__name__)
    # "</" would end the script in which the text stands.
    texts = json.dumps(presets()).replace("</", "<\\/")
    scripts = "".join(f"<script>{(here / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
    return Page(
        f"<style>{(here / 'style.css').read_text(encoding='utf-8')}</style>"
        f"{(here / 'page.html').read_text(encoding='utf-8')}"
        f'<script type="application/json" id="explorer-presets">{texts}</script>{scripts}'
    )
