"""A page of the book as Markdown that every notebook program reads.

The nodes are those of Sphinx's resolved document, in which every role,
number, citation and cross reference is settled already.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape as html_escape
from html import unescape

from docutils import nodes

# Markdown would read these as its own signs.
SPECIAL = re.compile(r"([\\`*$\[\]<>|])|(?<!\w)_|_(?!\w)")
# What would begin a list or a heading at the start of a line.
LIST_LIKE = re.compile(r"^(\s*)(\d+)([.)])(?=\s)|^(\s*)([#+-])(?=\s)", re.M)


@dataclass(frozen=True)
class Links:
    """Where the references of a page lead.

    Attributes:
        target: address for a reference inside of the book, such as
            "vgg.ipynb" for "vgg.html#the-idea", or None for no link.
        number: the book's number of a figure, table, equation or section by
            its kind and identifier, such as "3.1"; empty where it has none.
        citations: address of each cited work by the identifier of its entry.
    """

    target: Callable[[str], str | None]
    number: Callable[[str, str], str]
    citations: dict[str, str]


@dataclass
class Writer:
    """Turns nodes into Markdown."""

    links: Links

    # ---- inside of a line ----

    def inline(self, node: nodes.Node) -> str:
        """The children of a node as running text."""
        return "".join(self.span(child) for child in node.children)

    def span(self, node: nodes.Node) -> str:
        """One node within a line."""
        if isinstance(node, nodes.Text):
            return escape(re.sub(r"\s*\n\s*", " ", node.astext()))
        if isinstance(node, nodes.math):
            return f"${node.astext().strip()}$"
        if isinstance(node, nodes.literal):
            return code(node.astext())
        if isinstance(node, nodes.reference):
            return self.reference(node)
        if isinstance(node, nodes.image):
            return self.picture(node)
        if isinstance(node, nodes.raw):
            return node.astext() if node.get("format") == "html" else ""
        text = self.inline(node)
        if "bibtex-citation" in node.get("classes", ()):
            return text.replace("\\[", "(").replace("\\]", ")")
        for kind, sign in ((nodes.strong, "**"), (nodes.emphasis, "*")):
            if isinstance(node, kind):
                return around(text, sign)
        return text

    def reference(self, node: nodes.reference) -> str:
        """A link, or its text alone where it leads to this page itself."""
        text, address = self.inline(node), None
        if node.get("refid"):
            address = self.links.citations.get(node["refid"])
        elif node.get("internal"):
            address = self.links.target(node["refuri"])
        else:
            address = node.get("refuri")
        return linked(text, address) if address else text

    def picture(self, node: nodes.image) -> str:
        """A picture of the book's own; readers without it have its text."""
        address = self.links.target(node["uri"])
        text = escape(node.get("alt", ""))
        return f"![{text}]({address})" if address else f"*({text})*"

    # ---- blocks ----

    def blocks(self, node: nodes.Node) -> str:
        """The children of a node as paragraphs, lists, formulas, ..."""
        return "\n\n".join(self.paragraphs(node))

    def paragraphs(self, node: nodes.Node) -> Iterator[str]:
        """Each child of a node as one block."""
        for child in node.children:
            block = self.block(child).strip("\n")
            if block.strip():
                yield block

    def block(self, node: nodes.Node) -> str:
        """One node that stands for itself; unknown ones: their content."""
        visit = getattr(self, f"visit_{type(node).__name__}", None)
        if visit is not None:
            return str(visit(node))
        if isinstance(node, nodes.Admonition):
            return self.admonition(node)
        if isinstance(node, nodes.Text | nodes.Inline):
            return self.span(node)
        return self.blocks(node)

    def admonition(self, node: nodes.Element) -> str:
        """A remark with a title; a click opens one that the page folds."""
        title = next(iter(node.findall(nodes.title)), None)
        if "dropdown" in node.get("classes", ()) and title is not None:
            return folded_text(in_html(title), self.blocks(node))
        kind = type(node).__name__.capitalize()
        name = self.inline(title).strip() if title is not None else kind
        stop = "" if name.endswith((".", "?", "!")) else "."
        return quoted(f"**{name}{stop}** {self.blocks(node)}")

    def visit_title(self, node: nodes.title) -> str:
        """Nothing: what it is the title of writes it."""
        return ""

    def visit_dropdown_main(self, node: nodes.Element) -> str:
        """Text that the page folds: its first child is the title."""
        return folded_text(in_html(node.children[0]), self.blocks(node))

    def visit_dropdown_title(self, node: nodes.Element) -> str:
        """Nothing: written with what it is the title of."""
        return ""

    def visit_paragraph(self, node: nodes.paragraph) -> str:
        """Running text."""
        return LIST_LIKE.sub(unlisted, self.inline(node).strip())

    def visit_math_block(self, node: nodes.math_block) -> str:
        """A formula on a line of its own, with the book's number."""
        label = next(iter(node.get("ids", ())), "")
        number = self.links.number("displaymath", label)
        tag = f" \\tag{{{number}}}" if number else ""
        return f"$$\n{node.astext().strip()}{tag}\n$$"

    def visit_literal_block(self, node: nodes.literal_block) -> str:
        """Code that does not run."""
        language = str(node.get("language", ""))
        name = language if language in ("python", "bash", "console") else ""
        return f"```{name}\n{node.astext().rstrip()}\n```"

    def visit_bullet_list(self, node: nodes.bullet_list) -> str:
        """A list without numbers."""
        return "\n".join(
            hanging("- ", self.blocks(item)) for item in node.children
        )

    def visit_enumerated_list(self, node: nodes.enumerated_list) -> str:
        """A list with numbers."""
        first = node.get("start", 1)
        return "\n".join(
            hanging(f"{number}. ", self.blocks(item))
            for number, item in enumerate(node.children, first)
        )

    def visit_definition_list(self, node: nodes.definition_list) -> str:
        """Terms and what they mean."""
        items = []
        for item in node.children:
            terms = [self.inline(t) for t in item.findall(nodes.term)]
            meaning = next(iter(item.findall(nodes.definition)))
            items.append(f"**{', '.join(terms)}**: {self.blocks(meaning)}")
        return "\n\n".join(items)

    def visit_block_quote(self, node: nodes.block_quote) -> str:
        """A quotation."""
        return quoted(self.blocks(node))

    def visit_citation(self, node: nodes.citation) -> str:
        """A cited work."""
        entry = next(iter(node.findall(nodes.paragraph)))
        text = re.sub(r"\s+", " ", self.inline(entry)).strip()
        return f"- {text}"

    def visit_table(self, node: nodes.table) -> str:
        """A table, with its caption and number above."""
        rows = [
            [self.cell(entry) for entry in row.findall(nodes.entry)]
            for row in node.findall(nodes.row)
        ]
        rows.insert(1, ["---"] * len(rows[0]))
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        title = next(iter(node.findall(nodes.title)), None)
        if title is None:
            return lines
        return f"{self.caption(node, title)}\n\n{lines}"

    def cell(self, node: nodes.entry) -> str:
        """What stands in a cell of a table, in one line."""
        return " ".join(self.blocks(node).split())

    def visit_figure(self, node: nodes.figure) -> str:
        """A picture that no cell makes, with its caption."""
        caption = next(iter(node.findall(nodes.caption)), None)
        images = [self.picture(image) for image in node.findall(nodes.image)]
        if caption is not None:
            images.append(self.caption(node, caption))
        return "\n\n".join(images)

    def caption(self, node: nodes.Element, text: nodes.Element) -> str:
        """The caption of a figure or a table, with the book's number."""
        kind = "table" if "table" in type(node).__name__ else "figure"
        label = next(iter(node.get("ids", ())), "")
        number = self.links.number(kind, label)
        name = f"**{kind.capitalize()} {number}.** " if number else ""
        return name + self.inline(text).strip()

    def visit_comment(self, node: nodes.comment) -> str:
        """Nothing: a reader does not see it."""
        return ""

    visit_target = visit_compound = visit_toctree = visit_comment
    visit_raw = visit_index = visit_comment


def escape(text: str) -> str:
    """Plain text that Markdown leaves as it is."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", text)


def unlisted(found: re.Match[str]) -> str:
    """A line that looks like an item of a list, made plain."""
    if found[2]:
        return f"{found[1]}{found[2]}\\{found[3]}"
    return f"{found[4]}\\{found[5]}"


def code(text: str) -> str:
    """Code within a line, whatever signs it has."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{' ' if '`' in text else ''}{text}{fence}"


def around(text: str, sign: str) -> str:
    """Emphasized text; spaces at its ends must stand outside of the signs."""
    inner = text.strip()
    if not inner:
        return text
    before, _, after = text.partition(inner)
    return f"{before}{sign}{inner}{sign}{after}"


def linked(text: str, address: str) -> str:
    """A link; spaces at its ends stand outside of it."""
    inner = text.strip()
    before, _, after = text.partition(inner)
    return f"{before}[{inner}]({address}){after}"


def hanging(sign: str, text: str) -> str:
    """An item of a list: further lines stand below the first one's text."""
    return sign + text.replace("\n", "\n" + " " * len(sign)).rstrip()


def quoted(text: str) -> str:
    """A block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def folded_text(title: str, body: str) -> str:
    """Text that a click on its title, which is HTML, opens."""
    summary = f"<summary><b>{title}</b></summary>"
    return f"<details>\n{summary}\n\n{body}\n\n</details>"


def in_html(node: nodes.Node) -> str:
    """Running text where Markdown is not read, as in a `<summary>`."""
    if isinstance(node, nodes.Text):
        return html_escape(node.astext(), quote=False)
    if isinstance(node, nodes.math):
        return f"${html_escape(node.astext().strip(), quote=False)}$"
    if isinstance(node, nodes.raw):  # such as the icon of a dropdown
        return ""
    text = "".join(map(in_html, node.children))
    return f"<code>{text}</code>" if isinstance(node, nodes.literal) else text


def plain(html: str) -> str:
    """The text of a piece of HTML."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()
