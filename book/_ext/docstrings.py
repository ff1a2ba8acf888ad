"""Sphinx extension: the API reference shows what the docstrings say, no more.

After "Returns:" Napoleon takes whatever stands before the first colon for a
type, and would look it up; here the annotations give the types. And Python
gives each field of a named tuple a docstring that says nothing.
"""

from sphinx.application import Sphinx

HEADINGS = ("Returns:", "Yields:")


def begin_with_text(
    app: Sphinx,
    what: str,
    name: str,
    thing: object,
    options: object,
    lines: list[str],
) -> None:
    """Put a colon, with no type before it, in front of the text."""
    for before, line in enumerate(lines[1:]):
        if lines[before].strip() in HEADINGS:
            text = line.lstrip()
            lines[before + 1] = f"{line[: -len(text)]}: {text}"


def readable(
    app: Sphinx,
    what: str,
    name: str,
    thing: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Defaults that a factory makes as dots, which Sphinx can parse."""
    return signature and signature.replace("<factory>", "..."), returns


def skip_aliases(
    app: Sphinx,
    what: str,
    name: str,
    thing: object,
    skip: bool,
    options: object,
) -> bool | None:
    """Leave fields of named tuples to the docstring of their class."""
    said = getattr(thing, "__doc__", None) or ""
    return True if said.startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to each docstring, before Napoleon does, and to the rest."""
    app.connect("autodoc-process-docstring", begin_with_text, priority=400)
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-skip-member", skip_aliases)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
