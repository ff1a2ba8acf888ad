"""From a page's resolved document to the cells of a notebook."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from docutils import nodes
from nbformat import NotebookNode, v4

from plain_notebooks.answers import check_cell, later_uses
from plain_notebooks.folded import (
    fold,
    fold_output,
    folds_code,
    folds_output,
    label,
    tags_of,
)
from plain_notebooks.markdown import Links, Writer, folded_text
from plain_notebooks.outputs import outputs

# In the source the first cell installs the package on Colab alone.
COLAB = re.compile(r'if "google.colab".*\n    %pip.*\n')


@dataclass(frozen=True)
class Edition:
    """One kind of copy: where it goes, and what becomes of the solutions."""

    folder: str
    solutions: Literal["folded", "none", "open"]


EDITIONS = (
    Edition("", "folded"),
    Edition("student", "none"),
    Edition("teacher", "open"),
)


@dataclass(frozen=True)
class Page:
    """A chapter of the book after its execution.

    Attributes:
        name: of its file, without the ending.
        doctree: the resolved document, with the outputs of the cells.
        source: the notebook that was executed.
        links: where references lead.
        numbers: of the sections, by "#identifier"; the page's own by "".
        folder: what paths of pictures are relative to.
    """

    name: str
    doctree: nodes.document
    source: NotebookNode
    links: Links
    numbers: dict[str, str]
    folder: Path


@dataclass
class Assembly:
    """The notebook as far as it is made."""

    page: Page
    edition: Edition
    begin: NotebookNode
    cells: list[NotebookNode] = field(default_factory=list)
    text: list[str] = field(default_factory=list)  # blocks of the next cell
    next_source: int = 0  # first cell of the source not yet looked at
    solution: str = ""  # the title of the solution that is being written

    def __post_init__(self) -> None:
        self.writer = Writer(self.page.links)

    # ---- text ----

    def flush(self) -> None:
        """End the cell of text that is being collected."""
        if self.text:
            body = "\n\n".join(self.text)
            if self.solution and self.edition.solutions == "folded":
                body = folded_text(self.solution, body)
            self.cells.append(v4.new_markdown_cell(body))
            self.text = []

    def walk(self, node: nodes.Node, level: int) -> None:
        """Every child of a node, in order."""
        for child in node.children:
            kind = type(child).__name__
            if isinstance(child, nodes.title):
                continue  # written by its section
            if isinstance(child, nodes.section):
                self.section(child, level)
            elif child_is_code(child):
                self.code(child)
            elif kind.startswith("exercise"):
                self.exercise(child, level)
            elif kind == "solution_node":
                self.solve(child)
            elif any(child_is_code(inner) for inner in child.findall()):
                self.walk(child, level)
            elif block := self.writer.block(child).strip():
                self.text.append(block)

    def section(self, node: nodes.section, level: int) -> None:
        """A heading, and what stands below it; a new cell begins."""
        title = next(iter(node.findall(nodes.title)))
        anchor = "" if level == 1 else f"#{node['ids'][0]}"
        number = self.page.numbers.get(anchor, "")
        words = f"{number} {self.writer.inline(title).strip()}".strip()
        self.flush()
        self.text.append(f"{'#' * level} {words}")
        if level == 1:
            self.text.append(about_numbers(self.page.doctree))
        self.walk(node, level + 1)

    def exercise(self, node: nodes.Element, level: int) -> None:
        """An exercise as a section of its own."""
        self.flush()
        self.text.append(f"{'#' * level} {self.exercise_name(node)}")
        self.walk_content(node, level)
        self.flush()

    def exercise_name(self, node: nodes.Element) -> str:
        """ "Exercise 3.1 (Recall)"."""
        title = next(iter(node.findall(nodes.title)))
        number = self.page.links.number("exercise", node["ids"][0])
        said = " ".join(self.writer.inline(title).split())
        return f"Exercise {number} {said}".replace("( ", "(").replace(
            " )", ")"
        )

    def walk_content(self, node: nodes.Element, level: int) -> None:
        """The content of an exercise or solution, without its title."""
        for part in node.children:
            if isinstance(part, nodes.section):
                self.walk(part, level)
            elif not isinstance(part, nodes.title):
                self.text.append(self.writer.block(part))

    def solve(self, node: nodes.Element) -> None:
        """A solution: folded, open, or a place for the reader's own."""
        title = next(iter(node.findall(nodes.title)))
        said = tidy(self.writer.inline(title))
        self.flush()
        if self.edition.solutions == "none":
            self.answer(node, said)
            return
        self.solution = said
        if self.edition.solutions == "open":
            self.text.append(f"**{said}.**")
        self.walk_content(node, 4)
        self.flush()
        self.solution = ""

    def answer(self, node: nodes.Element, said: str) -> None:
        """Cells for an answer, and the solution's own check of it."""
        which = said.removeprefix("Solution to ")
        codes = []
        for cell in node.findall(child_is_code):
            if not codes:
                self.hidden_before(cell["cell_index"])
            codes.append(self.page.source.cells[cell["cell_index"]].source)
            self.next_source = cell["cell_index"] + 1
        self.cells.append(v4.new_markdown_cell(f"*Your answer to {which}:*"))
        if codes:
            self.cells.append(v4.new_code_cell(f"# {which}: your code\n"))
            check = check_cell(codes, [c.source for c in self.cells])
            if check is not None:
                self.cells.append(check)

    # ---- code ----

    def code(self, node: nodes.Element) -> None:
        """A cell that was executed, with its outputs and its caption."""
        index = node["cell_index"]
        self.flush()
        self.hidden_before(index)
        self.next_source = index + 1
        source = self.page.source.cells[index]
        if "setup" in tags_of(source):
            self.setup(source)
            return
        captions = [
            self.writer.caption(figure, caption)
            for figure in node.findall(nodes.figure)
            for caption in figure.findall(nodes.caption)
        ]
        cell = v4.new_code_cell(
            source.source,
            outputs=outputs(node, self.writer, self.page.folder),
        )
        what = self.solution or label(source.source, captions)
        solution = self.solution and self.edition.solutions == "folded"
        if solution or folds_code(source):
            fold(cell, what)
        if solution or folds_output(source):
            fold_output(cell)
        figure = source.metadata.get("mystnb", {}).get("figure", {})
        told = [v4.new_markdown_cell(text) for text in captions]
        before = bool(figure.get("caption_before"))
        self.cells += [*told, cell] if before else [cell, *told]

    def setup(self, source: NotebookNode) -> None:
        """The first cell, which installs the package before it is used."""
        self.cells.append(
            v4.new_code_cell(
                f"{self.begin.source}\n\n{COLAB.sub('', source.source)}",
                metadata=dict(self.begin.metadata),
            )
        )

    def hidden_before(self, index: int) -> None:
        """Cells that no page shows, where later ones need their names."""
        cells = self.page.source.cells
        for number in range(self.next_source, index):
            cell = cells[number]
            later = [c.source for c in cells[number + 1 :]]
            if cell.cell_type != "code":
                continue
            if "setup" in tags_of(cell):
                self.setup(cell)
            elif later_uses(cell.source, later):
                hidden = v4.new_code_cell(cell.source)
                fold(hidden, "Preparation")
                self.cells.append(hidden)


def notebook(
    page: Page, edition: Edition, begin: NotebookNode
) -> NotebookNode:
    """One edition of a page."""
    made = Assembly(page, edition, begin)
    made.walk(page.doctree, 1)
    made.flush()
    for number, cell in enumerate(made.cells):
        cell["id"] = f"{page.name}-{number}"
    metadata = {
        "accelerator": "GPU",
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    return v4.new_notebook(cells=made.cells, metadata=metadata)


def child_is_code(node: nodes.Node) -> bool:
    """Whether a node is an executed cell."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
    )


def tidy(title: str) -> str:
    """A title without the spaces that its parts leave."""
    return " ".join(title.split()).replace("( ", "(").replace(" )", ")")


def about_numbers(doctree: nodes.document) -> str:
    """One line that says whose numbers stand in the sentences."""
    first = next(iter(said(doctree)), "")
    run = f" ({'; '.join(first.splitlines())})" if first else ""
    return (
        f"*The numbers in the text are those of the book's own run{run}. "
        "Yours will differ a little where something is trained or timed.*"
    )


def said(doctree: nodes.document) -> Iterator[str]:
    """What the first cell printed, where the page has it."""
    for cell in doctree.findall(child_is_code):
        if "setup" in str(cell.get("cell_metadata")):
            for block in cell.findall(nodes.literal_block):
                if "stream" in block["classes"]:
                    yield block.astext().strip()
