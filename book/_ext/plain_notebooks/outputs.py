"""What a cell printed and drew, from the page back into a notebook."""

import base64
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from nbformat import NotebookNode, v4

from plain_notebooks.markdown import Writer, plain

TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def outputs(
    cell: nodes.Element, writer: Writer, folder: Path
) -> list[NotebookNode]:
    """The outputs of an executed cell, in order.

    Args:
        cell: the container of the cell.
        writer: for output that is text with markup.
        folder: what the paths of pictures are relative to.
    """
    found = []
    for part in cell.findall(nodes.container):  # the page may fold them
        if part.get("nb_element") == "cell_code_output":
            found += list(each(part, writer, folder))
    return merged(found)


def merged(found: list[NotebookNode]) -> list[NotebookNode]:
    """Printed lines that follow each other, as one output."""
    made: list[NotebookNode] = []
    for output in found:
        streams = (
            made and made[-1].output_type == output.output_type == "stream"
        )
        if streams:
            made[-1].text += output.text
        else:
            made.append(output)
    return made


def each(
    node: nodes.Element, writer: Writer, folder: Path
) -> Iterator[NotebookNode]:
    """The outputs below a node."""
    for part in node.children:
        classes = part.get("classes", ()) if hasattr(part, "get") else ()
        if isinstance(part, nodes.caption):
            continue
        if isinstance(part, nodes.image):
            yield picture(part, folder)
        elif isinstance(part, nodes.literal_block) and "stream" in classes:
            yield v4.new_output(
                "stream",
                name="stdout",
                text=part.astext().rstrip("\n") + "\n",
            )
        elif isinstance(part, nodes.literal_block) and "output" in classes:
            yield shown({"text/plain": part.astext()})
        elif isinstance(part, nodes.raw):
            html = part.astext()
            # A program runs no script of an output that it did not make.
            if part.get("format") == "html" and "<script" not in html:
                yield shown(
                    {"text/html": html, "text/plain": plain(html)[:80]}
                )
        elif isinstance(part, nodes.figure | nodes.container):
            yield from each(part, writer, folder)
        elif text := writer.block(part).strip():
            yield shown({"text/markdown": text, "text/plain": part.astext()})


def picture(node: nodes.image, folder: Path) -> NotebookNode:
    """A picture with its text for readers who do not see it."""
    file = (folder / node["candidates"]["*"]).resolve()
    kind, alt = TYPES[file.suffix], node.get("alt", "")
    content = (
        file.read_text(encoding="utf-8")
        if file.suffix == ".svg"
        else base64.b64encode(file.read_bytes()).decode()
    )
    return shown(
        {kind: content, "text/plain": f"<Figure: {alt}>"},
        {kind: {"alt": alt}},
    )


def shown(
    data: dict[str, str], metadata: dict[str, object] | None = None
) -> NotebookNode:
    """An output that is displayed."""
    return v4.new_output("display_data", data=data, metadata=metadata or {})
