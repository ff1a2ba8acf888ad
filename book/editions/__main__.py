"""Bind the built book into a PDF and an EPUB.

    python book/editions _build/html

They are written to the folder `downloads` of the built pages, and the start
page then links them.
"""

import re
import sys
from pathlib import Path

import yaml

import epub
import pdf
from gather import read

ROOT = Path(__file__).resolve().parents[2]
NAME = "cnn-architectures"


def main(folder: str, toc: str = str(ROOT / "_toc.yml")) -> None:
    """Write both editions."""
    root = Path(folder).resolve()
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    chapters = read(root, Path(toc))
    files = []
    for make, ending in ((pdf.write, "pdf"), (epub.write, "epub")):
        files.append(
            make(
                chapters,
                settings["title"],
                root,
                root / "downloads" / f"{NAME}.{ending}",
            )
        )
        print(f"{files[-1]}: {files[-1].stat().st_size / 1e6:.1f} MB")
    link(root / f"{chapters[0].name}.html", root, files)


def link(start: Path, root: Path, files: list[Path]) -> None:
    """Fill in the links that the start page has a place for."""
    up = "../" * len(start.relative_to(root).parents[:-1])
    found = [
        f'<a href="{up}{file.relative_to(root).as_posix()}">{file.suffix[1:].upper()} ('
        f"{file.stat().st_size / 1e6:.0f} MB)</a>"
        for file in files
    ]
    text = start.read_text(encoding="utf-8")
    filled = f'<span class="bound">; the whole book as {" and ".join(found)}</span>'
    start.write_text(re.sub(r'<span class="bound">.*?</span>', filled, text), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
