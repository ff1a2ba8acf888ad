"""What the slides take from a built page."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag

FOLDER = "slides"
QUESTION = re.compile(r"<p><strong>The question[.:]</strong>")
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
TYPES |= {".woff2": "font/woff2"}
MARKS = (".headerlink", ".caption-number", ".section-number", ".copybtn")


@dataclass
class Slide:
    """One slide: HTML, and what it shows only at the next press."""

    kind: str  # class of its section
    title: str
    body: str
    later: str = ""
    end: str = ""  # below all

    @property
    def plain_title(self) -> str:
        """Its title without markup, for the head of a page."""
        return escape(BeautifulSoup(self.title, "html.parser").get_text())


def is_lesson(page: str) -> bool:
    """Whether a page asks a question, as all lessons do."""
    return QUESTION.search(page) is not None


def data_uri(file: Path) -> str:
    """The content of a file as an address."""
    content = base64.b64encode(file.read_bytes()).decode()
    return f"data:{TYPES[file.suffix]};base64,{content}"


def clean(node: Tag) -> Tag:
    """The node without what has a meaning only on its page."""
    for mark in node.select(", ".join(MARKS)):
        mark.decompose()
    for part in [node, *node.find_all(True)]:
        part.attrs.pop("id", None)
    for link in node.find_all("a"):
        # The slides go from hand to hand without the book.
        if not str(link.get("href")).startswith(("http:", "https:")):
            link.unwrap()
    return node


def inside(node: Tag) -> str:
    """What stands between the tags of a node, cleaned."""
    return clean(node).decode_contents().strip()


def upper(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def opening(article: Tag) -> Slide:
    """Title, question and answer."""
    told = {}
    for part in article.find_all("p"):
        begin = part.find("strong", recursive=False)
        name = begin.get_text().strip(".: ") if begin else ""
        if begin is None or name in told:
            continue
        if name in ("The question", "The answer"):
            begin.extract()
            told[name] = upper(inside(part))
    body = f'<p class="question">{told["The question"]}</p>'
    if answer := told.get("The answer"):
        answer = f"<p>{answer}</p>"
    title = article.find("h1")
    name = inside(title) if title else "Slides"
    return Slide("opening", name, body, answer or "")


def figure(article: Tag, folder: Path) -> Iterator[Slide]:
    """The first figure, in its version for light pages."""
    for found in article.select("figure:has(figcaption)"):
        image = found.select_one("img.figure-light, img:not([class])")
        if image is None:
            continue
        file = folder / str(image["src"])
        if not file.is_file() or file.suffix not in TYPES:
            continue
        caption = found.select_one(".caption-text")
        text = inside(caption) if caption else ""
        alt = escape(str(image.get("alt", "")))
        shown = f'<img src="{data_uri(file)}" alt="{alt}">'
        yield Slide(
            "figure",
            "In one picture",
            f"<figure>{shown}<figcaption>{text}</figcaption></figure>",
        )
        return


def formula(article: Tag) -> Iterator[Slide]:
    """The first numbered formula of the idea, or else of the page."""
    numbered = ".math-block:has(.eqno)"
    found = article.select_one(f"#the-idea {numbered}")
    found = found or article.select_one(numbered)
    if found is None:
        return
    parts, heading = [], found.find_previous(["h2", "h3"])
    before, after = found.find_previous_sibling(), found.find_next_sibling()
    if before is not None and before.name == "p":
        parts.append(f"<p>{inside(before)}</p>")
    for number in found.select(".eqno"):
        number.decompose()
    parts.append(f'<div class="formula" tabindex="0">{inside(found)}</div>')
    # A sentence goes on after its formula.
    if after is not None and after.name == "p" and goes_on(after):
        parts.append(f"<p>{inside(after)}</p>")
    title = inside(heading) if heading else "The formula"
    yield Slide("formula", title, "\n".join(parts))


def goes_on(paragraph: Tag) -> bool:
    """Whether a paragraph is the rest of a sentence."""
    return paragraph.get_text().lstrip()[:1].islower()


def prediction(article: Tag) -> Iterator[Slide]:
    """The first question to predict; its answer comes later."""
    found = article.select_one(".admonition.predict")
    title = found.select_one(".admonition-title") if found else None
    if found is None or title is None:
        return
    title.extract()
    asked = re.sub(r"^\s*Predict first:\s*", "", inside(title))
    body = f'<p class="question">{upper(asked)}</p>'
    before = found.find_previous_sibling()
    if before is not None and before.name == "p" and not goes_on(before):
        body = f'<p class="before">{inside(before)}</p>{body}'
    yield Slide("prediction", "Predict first", body, inside(found))


def code(article: Tag) -> Iterator[Slide]:
    """The first class that is written by hand, or else function."""
    cells = article.select("#write-it-yourself .cell_input pre")
    for word in ("class", "def"):
        for cell in cells:
            text = cell.get_text().strip("\n").split("\n")
            if not any(line.startswith(f"{word} ") for line in text):
                continue
            # Pygments closes its marks at the end of each line.
            lines = inside(cell).split("\n")[: definitions(text)]
            yield Slide(
                "code",
                "Written by hand",
                f'<pre tabindex="0" style="--lines: {len(lines)}"><code>'
                + "\n".join(lines).rstrip()
                + "</code></pre>",
            )
            return


def definitions(lines: list[str]) -> int:
    """How many lines there are before the code that uses what is defined."""
    defined = False
    for number, line in enumerate(lines):
        if re.match(r"(class|def) ", line):
            defined = True
        elif defined and re.match(r"[^\s@#)\]}]", line):
            return len("\n".join(lines[:number]).rstrip().split("\n"))
    return len(lines)


def claim(article: Tag) -> Iterator[Slide]:
    """A claim that differs from what the library finds, or else the first."""
    for table in article.select("#check-the-slide table"):
        rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
        head = [cell.get_text().strip() for cell in rows[0]] if rows else []
        if not {"claim", "ours", "verdict"} <= set(head):
            continue
        claims = [
            dict(zip(head, (inside(cell) for cell in row)))
            for row in rows[1:]
        ]
        if not claims:
            continue
        other = [one for one in claims if one["verdict"] == "differs"]
        one = (other or claims)[0]
        yield Slide(
            "claim",
            "A claim of the lecture: true?",
            f'<p class="question">{one["claim"]}.</p>',
            f"<p><strong>{upper(one['verdict'])}.</strong> "
            f"{upper(one['ours'])}.</p>",
        )
        return


def summary(article: Tag) -> Iterator[Slide]:
    """What the page says at its end."""
    found = article.select_one("section#summary")
    if found is None:
        return
    lists = found.find_all(["ul", "ol", "p"], recursive=False)
    if lists:
        yield Slide(
            "summary", "Summary", "\n".join(str(clean(s)) for s in lists)
        )


def slides_of(page: str, folder: Path) -> list[Slide]:
    """The slides of a lesson.

    Args:
        page: HTML of the whole page, or of its content.
        folder: what the addresses of pictures are relative to.

    Raises:
        ValueError: the page does not ask "The question".
    """
    if not is_lesson(page):
        raise ValueError('a page without "The question" has no slides')
    soup = BeautifulSoup(page, "html.parser")
    article = soup.find("article") or soup
    return [
        opening(article),
        *figure(article, folder),
        *formula(article),
        *prediction(article),
        *code(article),
        *claim(article),
        *summary(article),
    ]
