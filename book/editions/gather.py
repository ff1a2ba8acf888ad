"""The pages of the built book, in order, ready to be bound into one."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

# What only a screen needs, or what a reader of paper would not unfold.
SCREEN_ONLY = (
    "a.headerlink", "script", "style", ".tag_setup", ".toctree-wrapper", ".editions",
    "img.figure-dark", ".sd-summary-state-marker", ".backrefs",
)  # fmt: skip
# Pages that are not bound: their line says where they are to be found.
EXPLORER = "This page computes while you type. You find it in the HTML book, which works offline."
REFERENCE = "Every function and class is described in the HTML book; Python's <code>help</code> prints it too."
SEEING = "This page runs a network on photographs. You find it in the HTML book, which works offline."
ELSEWHERE = {
    "book/explorer": EXPLORER,
    "book/seeing": SEEING,
    "book/api": REFERENCE,
    "book/api_models": "",
    "book/api_anatomy": "",
    "book/api_training": "",
    "book/api_facts": "",
}


@dataclass(frozen=True)
class Chapter:
    """One page of the book.

    Attributes:
        name: its path without the ending, such as "book/lenet".
        part: caption of its part of the book; empty for the start page.
        title: with its number.
        body: its content.
        solutions: of its exercises, which stand at the end of the book.
    """

    name: str
    part: str
    title: str
    body: Tag
    solutions: tuple[Tag, ...]

    @property
    def anchor(self) -> str:
        """Identifier of the chapter in the bound book."""
        return anchor(self.name)


def anchor(name: str, place: str = "") -> str:
    """A place on a page as a place in the bound book."""
    return re.sub(r"[^\w-]", "-", f"{name}--{place}".removesuffix("--"))


def pages(toc: dict) -> list[tuple[str, str]]:
    """Part and name of every page, in the order of the table of contents."""
    found = [("", toc["root"])]
    for part in toc["parts"]:
        for page in part["chapters"]:
            found.append((part["caption"], page["file"]))
            for section in page.get("sections", ()):
                found.append((part["caption"], section["file"]))
    return found


def read(root: Path, toc: Path) -> list[Chapter]:
    """All chapters of a built book.

    Args:
        root: the folder with the built pages.
        toc: the book's `_toc.yml`.

    Raises:
        FileNotFoundError: a page has not been built.
    """
    order = pages(yaml.safe_load(toc.read_text(encoding="utf-8")))
    names = {name for _, name in order if ELSEWHERE.get(name) != ""}
    return [chapter(root, name, part, names) for part, name in order if name in names]


def chapter(root: Path, name: str, part: str, names: set[str]) -> Chapter:
    """One page, its links and pictures addressed from the root."""
    text = (root / f"{name}.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    body = soup.select_one("article.bd-article")
    if body is None:
        raise ValueError(f"{name}.html has no article: is it a page of the book?")
    heading = body.find("h1")
    title = heading.get_text().rstrip("#").strip() if heading else name
    if name in ELSEWHERE:
        body.clear()
        body.append(BeautifulSoup(f"<h1>{escape(title)}</h1><p>{ELSEWHERE[name]}</p>", "html.parser"))
        body["class"] = "elsewhere"
    for selector in SCREEN_ONLY:
        for node in body.select(selector):
            node.decompose()
    unfold(body)
    for node in body.find_all(id=True):
        node["id"] = anchor(name, node["id"])
    folder = name.rpartition("/")[0]
    for node in body.find_all("img"):
        node["src"] = joined(folder, node["src"])
    for node in body.find_all("a", href=True):
        leads = target(node["href"], name, folder, names)
        if leads:
            node["href"] = leads
        else:
            node.unwrap()
    body["id"] = anchor(name)
    for node in body.select(".exercise .hint"):
        name_hint(node)
    solutions = tuple(node.extract() for node in body.select(".exercise .hint, .solution"))
    return Chapter(name, part, title, body, solutions)


def unfold(body: Tag) -> None:
    """Open what a click opens on a screen; folded code is left out, its output stays."""
    for node in body.select("details.hide"):
        for output in node.select(".cell_output"):
            node.insert_before(output.extract())
        cell = node.parent
        node.decompose()
        if cell is not None and not cell.find(True):
            cell.decompose()
    for node in body.select("li[data-verdict]"):
        name_check(node)
    for node in body.select("details.check-the-slide"):
        for summary in node.select(":scope > summary"):
            summary.decompose()
        node.unwrap()
    for node in body.select("details"):
        node.name = "div"
        node["class"] = "admonition"
        for summary in node.select("summary"):
            summary.name = "p"
            summary["class"] = "admonition-title"


def name_check(claim: Tag) -> None:
    """Name the function that checks a claim of the ledger; the code of all would fill a hundred pages."""
    check, facts = claim.select_one(":scope > details"), claim.select_one(":scope > dl")
    name = check.select_one("p > code") if check else None
    if check is not None and facts is not None and name is not None:
        facts.append(BeautifulSoup(f"<dt>check</dt><dd>{name}</dd>", "html.parser"))
        check.decompose()


def name_hint(hint: Tag) -> None:
    """Say which exercise a hint is for, since it stands at the end of the book with the solutions."""
    exercise, title = hint.find_parent(class_="exercise"), hint.select_one(".admonition-title")
    if exercise is not None and title is not None:
        name = exercise.select_one(".admonition-title")
        title.string = f"{title.get_text()} to {name.get_text().strip() if name else ''}"


def joined(folder: str, address: str) -> str:
    """An address relative to the root."""
    parts = [part for part in folder.split("/") if part]
    for step in address.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def target(address: str, name: str, folder: str, names: set[str]) -> str:
    """A link's address in the bound book, empty for what is not bound; other sites keep theirs."""
    if re.match(r"[a-z]+:", address):
        return address
    page, _, place = address.partition("#")
    leads = joined(folder, page).removesuffix(".html") if page else name
    if leads not in names:
        return ""
    return f"#{anchor(leads, '' if leads in ELSEWHERE else place)}"
