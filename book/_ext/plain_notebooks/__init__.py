"""Sphinx extension: every chapter as notebooks that run anywhere.

`book/*.ipynb` are written in MyST, which only the book understands. From the
same execution this writes, into the folder `notebooks` of the built pages,

- `NAME.ipynb`: plain Markdown, the book's numbers in the sentences, outputs,
  folded solutions;
- `student/NAME.ipynb`: without solutions, with cells for the answers;
- `teacher/NAME.ipynb`: with open solutions;

each has a first cell that installs the package where it is missing.
"""

import posixpath
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from plain_notebooks.archives import finish
from plain_notebooks.buttons import FOLDER, lead_to_plain
from plain_notebooks.cells import EDITIONS, Page, notebook
from plain_notebooks.install import address_of_book, first_cell
from plain_notebooks.markdown import Links


def is_notebook(env: BuildEnvironment, docname: str) -> bool:
    """Whether a page is written as a notebook."""
    return str(env.doc2path(docname)).endswith(".ipynb")


def links(app: Sphinx, docname: str, doctree: nodes.document) -> Links:
    """Where the references of one page lead, and the book's numbers."""
    book, folder = address_of_book(app), docname.rpartition("/")[0]

    def target(address: str) -> str | None:
        page = address.partition("#")[0].removesuffix(".html")
        if not page:
            return None
        name = posixpath.normpath(posixpath.join(folder, page))
        if name in app.env.all_docs and is_notebook(app.env, name):
            return f"{posixpath.relpath(name, folder or '.')}.ipynb"
        place = posixpath.normpath(posixpath.join(folder, address))
        return f"{book}/{place}" if book else None

    def number(kind: str, label: str) -> str:
        found = app.env.toc_fignumbers.get(docname, {}).get(kind, {})
        return ".".join(map(str, found.get(label, ())))

    citations = {}
    for entry in doctree.findall(nodes.citation):
        for reference in entry.findall(nodes.reference):
            if reference.get("refuri"):
                citations[entry["ids"][0]] = reference["refuri"]
    return Links(target, number, citations)


def write(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the notebooks of one page."""
    if app.builder.name != "html" or not is_notebook(app.env, docname):
        return
    # MyST-NB writes each chapter here after its execution.
    executed = Path(app.env.mystnb_config.output_folder, f"{docname}.ipynb")
    source = nbformat.read(executed, as_version=4)
    numbers = app.env.toc_secnumbers.get(docname, {})
    page = Page(
        docname.rpartition("/")[2],
        doctree,
        source,
        links(app, docname, doctree),
        {anchor: ".".join(map(str, n)) for anchor, n in numbers.items()},
        Path(app.srcdir),
    )
    begin = first_cell(app, page.name)
    for edition in EDITIONS:
        made = notebook(page, edition, begin)
        nbformat.validate(made)
        place = Path(app.outdir) / FOLDER / edition.folder
        place.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(made) + "\n"
        (place / f"{page.name}.ipynb").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page's references are settled."""
    app.add_config_value("plain_notebooks_address", "", "env")
    app.connect("doctree-resolved", write, priority=900)
    app.connect("html-page-context", lead_to_plain, priority=700)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
