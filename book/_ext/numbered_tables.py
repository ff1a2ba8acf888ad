"""Sphinx extension: a data frame that a cell shows counts as a table.

MyST-NB wraps a cell's output with a caption into a figure, whatever it is. A
cell whose figure has the class "framed" is numbered "Table 1", ... instead.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator


class table_figure(nodes.figure):  # noqa: N801 (docutils derives the name of the visitor from it)
    """A figure whose content is a table."""


class TableFigures(SphinxTransform):
    """Figures of class "framed" become tables, before any is numbered."""

    default_priority = 200

    def apply(self, **kwargs: object) -> None:
        """Replace the nodes of one page."""
        for node in list(self.document.findall(nodes.figure)):
            if "framed" in node["classes"] and not isinstance(
                node, table_figure
            ):
                new = table_figure(
                    node.rawsource, *node.children, **node.attributes
                )
                node.replace_self(new)
                for name in new["names"]:
                    self.document.ids[new["ids"][0]] = new
                    self.document.nameids[name] = new["ids"][0]


def visit(self: HTML5Translator, node: table_figure) -> None:
    """As a figure."""
    self.visit_figure(node)


def depart(self: HTML5Translator, node: table_figure) -> None:
    """As a figure."""
    self.depart_figure(node)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the node and the transform."""
    app.add_enumerable_node(table_figure, "table", html=(visit, depart))
    app.add_transform(TableFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
