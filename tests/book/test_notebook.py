from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
import torch

import cs231n_arch
from cs231n_arch import notebook


@pytest.fixture
def fresh_style():
    with mpl.rc_context(), pd.option_context("display.max_colwidth", 50):
        yield


def test_setup_says_what_runs_where(capsys, fresh_style, monkeypatch):
    monkeypatch.setenv("CS231N_ARCH_BUDGET", "cpu")
    budget = notebook.setup()
    printed = capsys.readouterr().out
    assert cs231n_arch.__version__ in printed
    assert torch.__version__ in printed
    assert str(budget) in printed
    assert mpl.rcParams["figure.facecolor"] == "#ffffff"


def test_glue_prints_and_hands_on(capsys, monkeypatch):
    import myst_nb

    handed: dict[str, str] = {}
    monkeypatch.setattr(myst_nb, "glue", lambda name, value, display: handed.update({name: value}))
    notebook.glue(parameters=62_378_344, share="94 %", ratio=0.5)
    assert handed == {"parameters": "62,378,344", "share": "94 %", "ratio": "0.5"}
    assert capsys.readouterr().out == "parameters = 62,378,344\nshare = 94 %\nratio = 0.5\n"


def test_glue_needs_no_myst_nb(capsys, monkeypatch):
    monkeypatch.setattr(notebook, "find_spec", lambda name: None)
    monkeypatch.setattr(notebook, "import_module", None)
    notebook.glue(a=1)
    assert capsys.readouterr().out == "a = 1\n"


def test_source_is_the_librarys_own():
    shown = notebook.source(notebook.glue)
    assert shown._repr_markdown_().startswith("```python\ndef glue(")
    assert shown._repr_markdown_().endswith("\n```")
    text = repr(shown)
    assert (
        '"""Give values to the prose of a chapter, which quotes them by name, so that no number in it is typed."""'
        in text
    )
    assert "Args:" not in text
    assert text.partition('typed."""\n')[2] in Path(notebook.__file__).read_text()


def test_docstrings_of_methods_are_shortened_too():
    text = repr(notebook.source(notebook.source))
    assert (
        '    """The source code of a function or class of the library, shown in a notebook as code."""\n\n' in text
    )
    compile(text, "shown", "exec")
