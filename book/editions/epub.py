"""The book as an EPUB: formulas stay MathML, pictures are inside."""

import mimetypes
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from ebooklib import epub

from gather import Chapter

HERE = Path(__file__).parent
# Attributes that today's XHTML does not have, or that only a browser's page needs.
DROPPED = (
    "border",
    "align",
    "halign",
    "valign",
    "width",
    "height",
    "tabindex",
    "columnalign",
    "target",
)


def write(chapters: list[Chapter], title: str, root: Path, file: Path) -> Path:
    """Write the book, one document per chapter and one of the solutions.

    Args:
        chapters: in their order.
        title: of the book.
        root: folder of the built pages, where the pictures are.
        file: where to.
    """
    book = epub.EpubBook()
    book.set_identifier(re.sub(r"\W+", "-", title.lower()))
    book.set_title(title)
    book.set_language("en")
    style = epub.EpubItem(
        uid="style",
        file_name="style.css",
        media_type="text/css",
        content=(HERE / "epub.css").read_bytes(),
    )
    book.add_item(style)
    bodies = {chapter.anchor: str(chapter.body) for chapter in chapters}
    titles = {chapter.anchor: chapter.title for chapter in chapters}
    parts = {chapter.anchor: chapter.part for chapter in chapters}
    solved = [chapter for chapter in chapters if chapter.solutions]
    if solved:
        bodies["solutions"] = "<article><h1>Solutions</h1>" + "".join(
            f"<h2>{chapter.title}</h2>{''.join(map(str, chapter.solutions))}" for chapter in solved
        )
        titles["solutions"], parts["solutions"] = (
            "Solutions",
            chapters[-1].part,
        )
    soups = {name: BeautifulSoup(body, "html.parser") for name, body in bodies.items()}
    homes = {node["id"]: name for name, soup in soups.items() for node in soup.find_all(id=True)}
    pictures: set[str] = set()
    documents = {}
    for name, soup in soups.items():
        tidy(soup, homes)
        pictures |= {image["src"] for image in soup.find_all("img")}
        documents[name] = document(name, titles[name], soup)
        documents[name].add_item(style)
        book.add_item(documents[name])
    for picture in sorted(pictures):
        kind = mimetypes.guess_type(picture)[0] or "image/png"
        content = (root / picture).read_bytes()
        if picture.endswith(".svg"):
            content = valid_svg(content.decode()).encode()
        book.add_item(epub.EpubItem(file_name=picture, media_type=kind, content=content))
    book.toc = contents(documents, parts)
    book.spine = ["nav", *documents.values()]
    book.add_item(epub.EpubNcx())
    contents_page = epub.EpubNav()
    contents_page.add_item(style)
    book.add_item(contents_page)
    file.parent.mkdir(parents=True, exist_ok=True)
    epub.write_epub(str(file), book, {"raise_exceptions": True})
    return file


def tidy(soup: BeautifulSoup, homes: dict[str, str]) -> None:
    """Make a chapter valid XHTML, with links to the documents of the others."""
    for node in soup.find_all(True):
        for name in DROPPED:
            if node.name not in ("math", "mtd", "mtable") or name != "columnalign":
                node.attrs.pop(name, None)
    for node in soup.find_all("a", href=True):
        place = node["href"].removeprefix("#")
        if place != node["href"]:
            if place in homes:
                node["href"] = f"{homes[place]}.xhtml#{place}"
            else:
                del node["href"]
    seen: set[str] = set()
    for node in soup.find_all(id=True):
        if node["id"] in seen:  # a cell's identifier may stand twice
            del node["id"]
        else:
            seen.add(node["id"])


def valid_svg(drawing: str) -> str:
    """A figure of matplotlib's as EPUB wants it.

    It may not name a document type, each path has a "d" (that of a blank is missing), and each name stands once.
    """
    drawing = re.sub(r"<!DOCTYPE.*?>", "", drawing, count=1, flags=re.DOTALL)
    drawing = re.sub(r"<path (?![^>]*\bd=)", '<path d="" ', drawing)
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        again = found[1] in seen
        seen.add(found[1])
        return "" if again else found[0]

    return re.sub(r'\sid="([^"]*)"', once, drawing)


def document(name: str, title: str, soup: BeautifulSoup) -> epub.EpubHtml:
    """One document of the book."""
    made = epub.EpubHtml(uid=name, title=title, file_name=f"{name}.xhtml", lang="en")
    made.content = f"<html><body>{soup.decode(formatter='minimal')}</body></html>"
    if isinstance(soup.find("math"), Tag):
        made.properties.append("mathml")
    return made


def contents(documents: dict[str, epub.EpubHtml], parts: dict[str, str]) -> list:
    """The table of contents: parts with their chapters."""
    found: list = []
    for name, made in documents.items():
        part = parts[name]
        if not part:
            found.append(made)
        elif found and isinstance(found[-1], tuple) and found[-1][0].title == part:
            found[-1][1].append(made)
        else:
            found.append((epub.Section(part, href=made.file_name), [made]))
    return found
