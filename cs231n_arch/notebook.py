"""What every chapter of the book calls: `setup` at its beginning, and `glue` for the numbers in its prose."""

import ast
import base64
import inspect
import sys
import textwrap
import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import pandas as pd
import torch

from cs231n_arch import __version__, plots
from cs231n_arch.threads import share_the_processor
from cs231n_arch.training.budget import Budget


def setup() -> Budget:
    """Begin a chapter: choose how figures and tables look, and print the versions, the device and the budget.

    The chapter computes with one thread, unless the user has set `OMP_NUM_THREADS`.

    Returns:
        The budget, which says how much work the machine can do.
    """
    share_the_processor(one_thread=True)
    plots.use_style()
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        import_module("matplotlib_inline.backend_inline").set_matplotlib_formats("svg")
    pd.set_option("display.max_colwidth", None)  # claims and remarks are sentences
    budget = Budget.auto()
    python = ".".join(map(str, sys.version_info[:2]))
    print(f"cs231n_arch {__version__}, torch {torch.__version__}, Python {python}\n{budget}")
    return budget


def glue(**values: object) -> None:
    """Give values to the prose of a chapter, which quotes them by name, so that no number in it is typed.

    In the book MyST-NB puts them in place of {glue:text}`name`. They are printed too, because outside of the
    book the prose shows no more than the name.

    Args:
        values: name -> number or text. Whole numbers get thousands' commas; give others as text, rounded.
    """
    for name, value in values.items():
        text = f"{value:,}" if isinstance(value, int) else str(value)
        print(f"{name} = {text}")
        if find_spec("myst_nb"):  # not installed on Colab, where the printed line is all there is
            import_module("myst_nb").glue(name, text, display=False)


def check_answer(packed: str, *names: str) -> None:
    """Hold an answer in a student copy against the assertions of the book's solution.

    Args:
        packed: the assertions, compressed so that they do not give the answer away at a glance.
        names: variables of the notebook that they read.
    """
    namespace = inspect.stack()[1].frame.f_globals
    missing = [name for name in names if name not in namespace]
    if missing:
        print(f"Not yet: give your result the name {' and '.join(missing)}.")
        return
    try:
        exec(zlib.decompress(base64.b64decode(packed)).decode(), dict(namespace))
    except AssertionError:
        print("Not yet: an assertion of the book's solution fails for your result.")
    else:
        print("Right: your result passes the checks of the book's solution.")


class source:  # noqa: N801 (used like a function)
    """The source code of a function or class of the library, shown in a notebook as code.

    Of a docstring only the first line is shown; `help` shows the rest.

    Args:
        thing: the function or class.
    """

    def __init__(self, thing: Callable[..., object]) -> None:
        self.text = summarised(inspect.getsource(thing))

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}```"

    def __repr__(self) -> str:
        return self.text


def summarised(code: str) -> str:
    """The code, with the first line of each docstring only."""
    lines = code.splitlines(keepends=True)
    for node in ast.walk(ast.parse(textwrap.dedent(code))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno or 0
            if last > first + 1:
                lines[first:last] = [f'{lines[first].rstrip()}"""\n', *[""] * (last - first - 1)]
    return "".join(lines)
