"""Does a test fail if an operator of the library is changed? Spot checks, run by hand: minutes, not seconds.

    python tests/mutation/spot.py --count 12 --seed 0

Works on a copy of the repository in a temporary folder. A mutant that no test notices is printed, with the exit
status 1: either a test is missing, or the change changes nothing.
"""

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# File of the library -> the tests that should notice.
TESTS = {
    "cs231n_arch/anatomy/arithmetic.py": "tests/anatomy/test_arithmetic.py",
    "cs231n_arch/compression/codec.py": "tests/compression",
    "cs231n_arch/compression/pruning.py": "tests/compression",
    "cs231n_arch/compression/quantization.py": "tests/compression",
}
SWAPS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"), ast.Mod: ("%", "*"), ast.Pow: ("**", "*"), ast.And: ("and", "or"), ast.Or: ("or", "and"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One operator of one file changed."""

    file: str
    line: int
    text: str
    content: str


def operators(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, ast.expr]]:
    """Each operator with what stands to its left and to its right."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            yield node.left, node.op, node.right
        elif isinstance(node, ast.Compare):
            yield from zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)
        elif isinstance(node, ast.BoolOp):
            yield from ((left, node.op, right) for left, right in zip(node.values, node.values[1:], strict=False))


def mutants(file: str) -> Iterator[Mutant]:
    """Every way to change one operator of a file."""
    source = (ROOT / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for left, operator, right in operators(ast.parse(source)):
        if type(operator) not in SWAPS:
            continue
        assert left.end_lineno is not None
        assert left.end_col_offset is not None
        old, new = (word.encode() for word in SWAPS[type(operator)])
        begin = starts[left.end_lineno - 1] + left.end_col_offset
        end = starts[right.lineno - 1] + right.col_offset
        between = source[begin:end]
        if between.count(old) != 1:  # such as a comment that has the sign, too
            continue
        content = source[:begin] + between.replace(old, new) + source[end:]
        number = right.lineno
        yield Mutant(file, number, content.splitlines()[number - 1].decode().strip(), content.decode())


def noticed(mutant: Mutant, copy: Path) -> bool:
    """Whether a test fails with the mutant in the place of the file."""
    target = copy / mutant.file
    before = target.read_text(encoding="utf-8")
    target.write_text(mutant.content, encoding="utf-8")
    words = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib", TESTS[mutant.file]]
    try:
        ran = subprocess.run([sys.executable, "-B", "-m", "pytest", *words], cwd=copy, capture_output=True)
    finally:
        target.write_text(before, encoding="utf-8")
    return ran.returncode == 1


def main() -> int:
    """Try some mutants, and name those that live."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12, help="mutants to try; default: 12")
    parser.add_argument("--seed", type=int, default=0, help="of their choice; default: 0")
    arguments = parser.parse_args()
    every = [mutant for file in TESTS for mutant in mutants(file)]
    chosen = random.Random(arguments.seed).sample(every, min(arguments.count, len(every)))
    living = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("cs231n_arch", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / part, copy / part)
        for mutant in chosen:
            dead = noticed(mutant, copy)
            living += not dead
            print(f"{'noticed' if dead else 'LIVES  '} {mutant.file}:{mutant.line}: {mutant.text}", flush=True)
    print(f"{len(chosen) - living} of {len(chosen)} changes are noticed; there are {len(every)}")
    return 1 if living else 0


if __name__ == "__main__":
    sys.exit(main())
