"""Pages, docstrings, comments and messages have American spelling, as PyTorch and most papers."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
BRITISH = re.compile(
    r"""\b\w*(?:
        (?:normal|initial|optim|factor|recogn|regular|general|summar|synchron|standard|organ|modern|visual|stabil
           |quant|emphas|minim|maxim|final|local)is(?:e|es|ed|ing|ers?|ations?|able)
        | (?:colou|favou|behaviou|neighbou)r\w* | centred? | centres | grey\w* | learnt | spelt | labell(?:ed|ing)
        | modell(?:ed|ing) | licences? | judgements? | practis(?:e|ed|ing) | cheques? | artefacts?
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
# Public names, which keep their spelling: as keyword, in a list of arguments, and in the message that refuses one.
NAMES = re.compile(r"\b(?:normalise|initialisation|licence)(?:=|: | must)")
FENCED = re.compile(r"^ *(`{3,})(?![`{])\S.*?^ *\1$", re.MULTILINE | re.DOTALL)
# Of a script: comments, and strings, in which // begins no comment.
SCRIPT = re.compile(r"""(/\*.*?\*/)|//(.*?)$|("(?:[^"\\\n]|\\.)*")|`([^`]*)`""", re.MULTILINE | re.DOTALL)
TERM = re.compile(r"\{term\}`([^`]*)`")
INLINE = re.compile(r"(?<!`)`[^`\n]+`|\]\([^)]*\)|https?://\S+|\{glue:\w+\}`[^`]*`")


def british(text: str) -> list[str]:
    """The words of a text that have another spelling; code in it does not count."""
    text = TERM.sub(r"\1", FENCED.sub(" ", text))
    return BRITISH.findall(NAMES.sub(" ", INLINE.sub(" ", text)))


def python(source: str) -> Iterator[str]:
    """Comments, docstrings, messages and names of tests; a string without a space may be a name."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name.replace("_", " ")


def notebook(path: Path) -> Iterator[str]:
    """Text, captions and what stands for a figure, and the prose in the code."""
    for cell in nbformat.read(path, as_version=4).cells:
        described = cell.metadata.get("mystnb", {})
        yield described.get("figure", {}).get("caption", "")
        yield described.get("image", {}).get("alt", "")
        if cell.cell_type == "markdown":
            yield cell.source
        else:
            yield from python(re.sub(r"^( *)%.*", r"\1pass", cell.source, flags=re.MULTILINE))


def script(source: str) -> Iterator[str]:
    """Comments and messages of a script or a style sheet; a string without a space may be a name."""
    for comment, line, *strings in SCRIPT.findall(source):
        yield from (text for text in (comment, line, *strings) if " " in text)


def texts(path: Path) -> Iterator[str]:
    """The prose of a file."""
    if path.suffix == ".ipynb":
        yield from notebook(path)
    elif path.suffix == ".py":
        yield from python(path.read_text(encoding="utf-8"))
    elif path.suffix in (".js", ".css"):
        yield from script(path.read_text(encoding="utf-8"))
    else:
        yield path.read_text(encoding="utf-8")


PYTHON = ("cs231n_arch", "benchmarks", "book", "docs", "tests", ".ci")
ENDINGS = (".js", ".css", ".html")
PAGES = ("cs231n_arch", "book/_ext", "book/_extra", "book/_static", "book/editions")
FILES = [
    *ROOT.glob("*.md"),
    *(path for ending in ("md", "ipynb") for path in (ROOT / "book").glob(f"*.{ending}")),
    *(path for folder in PYTHON for path in (ROOT / folder).rglob("*.py") if path.name != Path(__file__).name),
    *(
        path
        for folder in PAGES
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".js", ".css", ".html")
    ),
    ROOT / "cs231n_arch" / "claims" / "claims.csv",
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_spelling_is_american(path: Path) -> None:
    assert [word for text in texts(path) for word in british(text)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The colours are normalised and centred.", ["colours", "normalised", "centred"]),
        ("{term}`batch normalisation` of `colour`, unless normalise='standard'", ["normalisation"]),
        ("````{note}\nA grey image\n````\n\n```python\ncolour = 1\n```", ["grey"]),
        ("A precise exercise: otherwise the noise rises, and the practice is promising.", []),
    ],
)
def test_the_words_are_found_and_names_are_not(text: str, words: list[str]) -> None:
    assert british(text) == words


def test_only_prose_of_a_script_counts() -> None:
    source = (
        'const colour = "grey"; // the centre\n/* is\nlearnt*/ say("A grey box: https://x.y", `${a} labelled`)'
    )
    assert [word for text in script(source) for word in british(text)] == ["centre", "learnt", "grey", "labelled"]


def test_only_prose_of_python_counts() -> None:
    source = 'colour = "normalise"  # the centre\nraise ValueError(f"a grey {colour}")\n'
    assert [word for text in python(source) for word in british(text)] == ["centre", "grey"]
