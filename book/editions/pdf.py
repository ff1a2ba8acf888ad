"""The book as one PDF, printed by Chromium."""

import base64
import html
import io
from pathlib import Path

import pikepdf
from pypdf import PdfReader
from selenium import webdriver

from chromium import OFFLINE, browser
from gather import Chapter

HERE = Path(__file__).parent
FIT = (HERE / "paper.js").read_text(encoding="utf-8")
FOOTER = (
    '<div style="font-size:12px;width:100%;text-align:center;color:#555"><span class="pageNumber"></span></div>'
)


def bound(chapters: list[Chapter], title: str, pages: dict[str, int]) -> str:
    """The whole book as one page of HTML.

    Args:
        chapters: in their order.
        title: of the book.
        pages: on which page each chapter begins, where that is known.
    """
    lines, body, part = [], [], ""
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            body.append(f'<div class="part"><h1>{html.escape(part)}</h1></div>')
            lines.append(f"<li><b>{html.escape(part)}</b></li>")
        lines.append(entry(chapter.anchor, chapter.title, pages))
        body.append(str(chapter.body))
    solved = [chapter for chapter in chapters if chapter.solutions]
    if solved:
        lines.append(entry("solutions", "Solutions", pages))
        body.append('<article id="solutions"><h1>Solutions</h1>')
        for chapter in solved:
            body.append(f"<h2>{html.escape(chapter.title)}</h2>")
            body += map(str, chapter.solutions)
        body.append("</article>")
    styles = ["_static/pygments.css", "_static/book.css"]
    head = "".join(f'<link rel="stylesheet" href="{style}">' for style in styles)
    own = (HERE / "print.css").read_text(encoding="utf-8")
    name = html.escape(title)
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{name}</title>'
        f'{head}<style>{own}</style></head><body><div class="cover"><h1>{name}</h1></div><div class="contents">'
        f"<h1>Contents</h1><ul>{''.join(lines)}</ul></div>{''.join(body)}</body></html>"
    )


def entry(place: str, title: str, pages: dict[str, int]) -> str:
    """One line of the contents."""
    number = pages.get(place, "")
    return f'<li><a href="#{place}">{html.escape(title)}</a><span class="page">{number}</span></li>'


def printed(file: Path, script: str = "") -> bytes:
    """A page of HTML as a PDF, after a script."""
    driver = browser(OFFLINE)
    try:
        driver.set_page_load_timeout(300)
        driver.set_script_timeout(300)
        # As wide as the text on paper: 174 mm.
        metrics = {
            "width": 658,
            "height": 1000,
            "deviceScaleFactor": 1,
            "mobile": False,
        }
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        driver.get(file.as_uri())
        if script:
            driver.execute_script(script)
        wanted = {
            "printBackground": True,
            "preferCSSPageSize": True,
            "displayHeaderFooter": True,
            "headerTemplate": "<i></i>",
            "footerTemplate": FOOTER,
            "generateDocumentOutline": True,
            "generateTaggedPDF": True,
            "transferMode": "ReturnAsStream",
        }
        stream = driver.execute_cdp_cmd("Page.printToPDF", wanted)["stream"]
        return whole(driver, stream)
    finally:
        driver.quit()


def whole(driver: webdriver.Chrome, stream: str) -> bytes:
    """All of a stream that the browser holds."""
    content, end = b"", False
    while not end:
        part = driver.execute_cdp_cmd("IO.read", {"handle": stream, "size": 1 << 20})
        content += base64.b64decode(part["data"]) if part["base64Encoded"] else part["data"].encode()
        end = part["eof"]
    return content


def starts(pdf: bytes, chapters: list[Chapter]) -> dict[str, int]:
    """The page on which each chapter begins, from 1."""
    reader = PdfReader(io.BytesIO(pdf))
    wanted = {chapter.anchor for chapter in chapters} | {"solutions"}
    return {
        name.lstrip("/"): (reader.get_destination_page_number(place) or 0) + 1
        for name, place in reader.named_destinations.items()
        if name.lstrip("/") in wanted
    }


def write(chapters: list[Chapter], title: str, root: Path, file: Path) -> Path:
    """Print the book twice: the first time tells the pages of the contents."""
    draft = root / "_whole_book.html"
    try:
        pages: dict[str, int] = {}
        for _ in range(2):
            draft.write_text(bound(chapters, title, pages), encoding="utf-8")
            content = printed(draft, FIT)
            pages = starts(content, chapters)
    finally:
        draft.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(packed(content))
    return file


def packed(pdf: bytes) -> bytes:
    """The same PDF with its small objects compressed, above all its tags, which Chromium writes plain."""
    small = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(small, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return small.getvalue()
