"""Sphinx extension: formulas as MathML, which browsers draw themselves.

The pages then need no script and no network for their formulas, and a screen
reader can read them. Set `html_math_renderer` to "mathml".
"""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.logging import getLogger
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = getLogger(__name__)
# What the converter hands on because it does not know it.
LEFT_OVER = re.compile(
    r"<m[io]\b[^>]*>(&(?!#|\w+;)|\\\w+)"
)  # what the converter does not know


# "16{,}384": two numbers and a comma, which must be one number.
THOUSANDS = re.compile(
    r"<mn>(\d[\d,]*)</mn><mrow><mo[^>]*>(?:&#x0002C;|,)</mo></mrow>"
    r"<mn>(\d{3})(?!\d)"
)


def join_thousands(formula: str) -> str:
    """A number with commas as one number, which is spaced and read as one."""
    joined, found = formula, 1
    while found:
        joined, found = THOUSANDS.subn(r"<mn>\1,\2", joined)
    return joined


def mathml(node: nodes.math | nodes.math_block, display: str) -> str:
    """The formula as MathML; warns of a command that is not understood."""
    tex = node.astext().replace("{aligned}", "{align*}")
    converted = convert(tex, display=display)
    if unknown := LEFT_OVER.search(converted):
        logger.warning(
            "%s is not understood in a formula", unknown[1], location=node
        )
    return join_thousands(converted)


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line."""
    self.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on a line of its own, with its number if it has one."""
    self.body.append(
        self.starttag(node, "div", CLASS="math-block", tabindex="0")
    )
    self.body.append(mathml(node, "block"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer(
        "mathml", (visit_inline, None), (visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
