"""What the cells of a chapter need from each other, and checks of answers."""

import ast
import base64
import builtins
import zlib
from collections.abc import Iterable

from nbformat import NotebookNode, v4


def parsed(code: str) -> ast.Module:
    """The code without lines that only IPython understands."""
    lines = (
        "" if line.lstrip().startswith(("%", "!")) else line
        for line in code.splitlines()
    )
    return ast.parse("\n".join(lines))


def bound(code: str) -> set[str]:
    """Names that a cell defines."""
    names: set[str] = set()
    tree = parsed(code)
    gone = comprehended(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if node not in gone:
                names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                names.add((alias.asname or alias.name).split(".")[0])
    return names


def comprehended(tree: ast.AST) -> set[ast.Name]:
    """The variables of comprehensions, which are gone after them."""
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }


def used(tree: ast.AST) -> set[str]:
    """Names that code reads."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def later_uses(code: str, later: Iterable[str]) -> bool:
    """Whether a later cell reads a name that this one defines."""
    names = bound(code)
    return any(
        names & used(parsed(cell)) for cell in later if is_python(cell)
    )


def only_imports(code: str) -> bool:
    """Whether a cell does nothing but import."""
    imports = ast.Import | ast.ImportFrom
    return all(isinstance(node, imports) for node in parsed(code).body)


def is_python(code: str) -> bool:
    """Whether a cell parses; text cells and magics of a whole cell do not."""
    try:
        parsed(code)
    except SyntaxError:
        return False
    return True


def check_cell(
    solution: list[str], before: Iterable[str]
) -> NotebookNode | None:
    """A cell that holds an answer against the assertions of the solution.

    Args:
        solution: the code of the solution's cells.
        before: cells that the reader has already; names of these need no
            answer, unless the solution gives them another value.

    Returns:
        The cell, or None where the solution asserts nothing about a name that
        only the reader can give.
    """
    tree = parsed("\n".join(solution))
    wanted = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        and any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
    ]
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    known = set(dir(builtins))
    for cell in before:
        if is_python(cell):
            known |= bound(cell)
    given = [node for node in tree.body if node not in [*wanted, *imports]]
    known -= {name for node in given for name in bound_in(node)}
    inside = {name for node in [*wanted, *imports] for name in bound_in(node)}
    inside |= {node.id for node in comprehended(tree)}
    needed = [
        name
        for name in dict.fromkeys(ordered(wanted))
        if name not in known | inside
    ]
    if not needed:
        return None
    test = "\n".join(map(ast.unparse, [*imports, *wanted]))
    packed = base64.b64encode(zlib.compress(test.encode(), 9)).decode()
    names = ", ".join(f'"{name}"' for name in needed)
    asked = ", ".join(f"`{name}`" for name in needed)
    return v4.new_code_cell(
        f"# Give your results these names: {asked.replace('`', '')}\n"
        "from cs231n_arch.notebook import check_answer\n\n"
        f'check_answer("{packed}", {names})'
    )


def bound_in(node: ast.AST) -> set[str]:
    """Names that one statement defines."""
    return bound(ast.unparse(node))


def ordered(statements: list[ast.stmt]) -> list[str]:
    """Names that statements read, in their order."""
    return [
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
