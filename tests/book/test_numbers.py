"""Numbers that the prose of the book types: equations between them hold, and every figure has its source."""

import ast
import json
import operator
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cs231n_arch import published
from cs231n_arch.claims import ledger

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGES = sorted(path.stem for path in BOOK.glob("*.ipynb"))
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
UNITS = {"%": 0.01, "million": 1e6, "billion": 1e9, "MB": 1e6, "MiB": 2**20, "GB": 1e9}


def text(page: str, kind: str) -> str:
    cells = json.loads((BOOK / f"{page}.ipynb").read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == kind)


def number(latex: str) -> float | None:
    r"""The value of an expression of numbers alone, such as `(5^2 \cdot 48 + 1) \cdot 256`; None for any other."""
    said = re.sub(r"\\(?:left|right|[bB]igg?[lr]?)(?=[()])|\\[,;!]|~|\\q?quad|\{,\}", "", latex)
    said = re.sub(r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", said)
    said = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", said).replace(r"\cdot", "*").replace(r"\times", "*")
    said = re.sub(r"(?<=[\d)])\s*(?=\()", "*", said.replace("^", "**")).strip().rstrip(".,;").strip()
    if not re.fullmatch(r"[\d.+\-*/() ]*\d[\d.+\-*/() ]*", said):
        return None
    try:
        return float(value(ast.parse(said.strip(), mode="eval").body))
    except (SyntaxError, KeyError, TypeError):
        return None


def value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](value(node.operand))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](value(node.left), value(node.right))
    raise TypeError(node)


def equations(prose: str) -> Iterator[tuple[str, str]]:
    """Neighboring sides of the equations in formulas."""
    for formula in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$]+)\$(?!\$)", prose, re.DOTALL):
        for part in re.split(r"\\\\|\n|\\qquad|;|\\text\{|&(?!=)", "".join(formula).replace("&=", "=")):
            sides = re.split(r"(?<![<>\\!])=", part)
            yield from pairwise(sides)


@pytest.mark.parametrize("page", PAGES)
def test_equations_between_numbers_hold(page):
    for left, right in equations(text(page, "markdown")):
        one, other = number(left), number(right)
        if one is None or other is None:
            continue
        decimals = re.search(r"\.(\d+)\D*$", right)
        off = 0.5 * 10.0 ** -len(decimals[1]) if decimals and "/" not in right else 1e-9 * abs(other)
        assert abs(one - other) <= off + 1e-9 * abs(other), f"{left} = {right}"


def test_many_equations_are_read():
    pairs = [pair for page in PAGES for pair in equations(text(page, "markdown"))]
    assert sum(number(left) is not None and number(right) is not None for left, right in pairs) > 100


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\;(5^2 \cdot 48 + 1) \cdot 256", 307_456),
        (r"6\,(5^2 \cdot 3 + 1) + 9\,(5^2 \cdot 4 + 1)", 1_365),
        (r"\frac{224 + 6 - 7}{2}", 111.5),
        ("4{,}096.", 4_096),
        (r"2 C^2 / r", None),
    ],
)
def test_reading_a_number(latex, expected):
    assert number(latex) == expected


def figures(prose: str) -> Iterator[tuple[str, float, float]]:
    """What is typed with a decimal point and a unit: the words, the value, and half a unit of its last digit."""
    for typed, digits, decimals, unit in re.findall(
        rf"(?<![\d.,])((\d+\.(\d+)) ?({'|'.join(UNITS)}))(?!\w)", prose
    ):
        yield typed, float(digits) * UNITS[unit], 0.5 * 10.0 ** -len(decimals) * UNITS[unit]


def known(page: str) -> set[float]:
    """Numbers in published.csv, in the claims and in the code of the page."""
    rows = published.load()
    claims = " ".join(ledger()["claim"])
    words = f"{' '.join(rows.value)} {claims} {text(page, 'code').replace('_', '')}"
    found = {float(n) for n in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e\d+)?", words)}
    return {n * scale for n in found | set(rows.number.dropna()) for scale in (1, *UNITS.values())}


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_typed_with_a_unit_is_published_or_stands_in_the_code_of_its_page(page):
    sources = known(page)
    for typed, figure, half in figures(text(page, "markdown")):
        assert any(abs(figure - n) <= half * (1 + 1e-9) for n in sources), typed
