"""Sphinx extension: the pages load what they show, and no more.

When the book is built, these are removed:

- of the theme's icons those that no page shows, and the script (1.5 MB) that
  draws the same icons as the font;
- the index of the search on pages that do not search;
- rules of style sheets for classes that no page has.

And every picture says its size, so that the text below has its place before
the picture has come.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from fontTools import subset
from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCRIPT = r'<script[^>]* src="[^"]*(?:{})\.js[^"]*"></script>\n?'
ICONS = re.compile(SCRIPT.format("fontawesome"))
SEARCH = re.compile(SCRIPT.format("searchtools|language_data|searchindex"))
SEARCH_PAGE = "search.html"

PICTURE = re.compile(
    r'<img (?![^>]*\b(?:width|height)=)[^>]*?src="([^":]*_images/[^"]*)"'
)
SVG = re.compile(
    r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', re.DOTALL
)
PIXELS = 4 / 3  # of style sheets, in a point

COMMENT = re.compile(r"/\*(!)?.*?\*/", re.DOTALL)  # "/*!" is a license
# Classes inside brackets of either kind are not required: :not(.a) is for an
# element without the class, :is(.a, .b) needs only one of them.
BRACKETS = re.compile(r"\[[^\]]*\]|\([^()]*\)")
SIGN = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]""")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
CONTENT = re.compile(r'content:"\\[ef][0-9a-f]{3}"(?=})')
GLYPH = re.compile(r'content:"\\([ef][0-9a-f]{3})"')
PRIVATE = re.compile("[\ue000-\uf8ff]")  # characters of icon fonts


def blocks(style: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each block, and what in it; None for a statement."""
    begin = depth = opened = 0
    for found in SIGN.finditer(style):
        sign = found[0]
        if sign == "{":
            depth += 1
            opened = found.end() if depth == 1 else opened
        elif sign == "}":
            depth -= 1
            if not depth:
                yield style[begin : opened - 1], style[opened : found.start()]
                begin = found.end()
        elif sign == ";" and not depth:
            yield style[begin : found.end()], None
            begin = found.end()


def separate(selectors: str) -> list[str]:
    """The selectors of a list; a comma within brackets is no end."""
    found, depth = [""], 0
    for sign in selectors:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def needed(selector: str, words: set[str]) -> bool:
    """Whether any element can have the classes of a selector."""
    while BRACKETS.search(selector):
        selector = BRACKETS.sub("", selector)
    return all(
        "\\" in name or name in words for name in NAME.findall(selector)
    )


def purged(style: str, words: set[str]) -> str:
    """The style sheet without the rules that concern none of the words."""
    kept = []
    for before, inside in blocks(style):
        head = before.strip()
        if inside is None:
            kept.append(before)
        elif head.startswith(("@media", "@supports")):
            if left := purged(inside, words):
                kept.append(f"{before}{{{left}}}")
        elif head.startswith("@"):
            kept.append(f"{before}{{{inside}}}")
        else:
            left = [one for one in separate(before) if needed(one, words)]
            if left:
                kept.append(f"{','.join(left)}{{{inside}}}")
    return "".join(kept)


@cache
def size(file: Path) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, where it says them."""
    if file.suffix != ".svg":
        with Image.open(file) as picture:
            return picture.size
    said = SVG.search(file.read_text(encoding="utf-8")[:2000])
    return said and tuple(round(float(one) * PIXELS) for one in said.groups())


def with_sizes(text: str, folder: Path) -> str:
    """A page whose pictures say their size."""

    def tell(found: re.Match[str]) -> str:
        sides = size((folder / unquote(found[1])).resolve())
        if not sides:
            return found[0]
        return f'{found[0]} width="{sides[0]}" height="{sides[1]}"'

    return PICTURE.sub(tell, text)


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Take away what no page needs."""
    if exception is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    for file in static.glob("scripts/fontawesome.js*"):
        file.unlink()
    words: set[str] = set()
    for page in out.rglob("*.html"):
        text = ICONS.sub("", page.read_text(encoding="utf-8"))
        if page.name != SEARCH_PAGE:
            text = SEARCH.sub("", text)
        page.write_text(with_sizes(text, page.parent), encoding="utf-8")
        words |= {*re.findall(r"[\w-]+", text)}
    for script in static.rglob("*.js"):
        words |= {*re.findall(r"[\w-]+", script.read_text(encoding="utf-8"))}
    glyphs: set[int] = set()
    for file in static.rglob("*.css"):
        whole = file.read_text(encoding="utf-8")
        licenses = [one[0] for one in COMMENT.finditer(whole) if one[1]]
        style = purged(COMMENT.sub("", whole), words) + "\n".join(licenses)
        # A screen reader does not read an icon.
        style = CONTENT.sub(r'\g<0>;\g<0>/""', style)
        glyphs |= {int(code, 16) for code in GLYPH.findall(style)}
        glyphs |= {ord(icon) for icon in PRIVATE.findall(style)}
        file.write_text(style, encoding="utf-8")
    if not glyphs:
        raise ExtensionError("no icon was recognized in the theme's styles")
    for font in static.glob("vendor/fontawesome/webfonts/*.ttf"):
        for flavor in ("woff2", None):
            options = subset.Options(flavor=flavor)
            cutter = subset.Subsetter(options)
            cutter.populate(unicodes=glyphs)
            with subset.load_font(font, options, lazy=False) as icons:
                cutter.subset(icons)
                name = font.with_suffix(f".{flavor or 'ttf'}")
                subset.save_font(icons, name, options)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the end of the build, when all other files are written."""
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
