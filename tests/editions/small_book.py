"""A small book with every kind of markup that the chapters use."""

from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

CONFIG = """
title: A small book
execute: {{execute_notebooks: cache, timeout: 120}}
parse: {{myst_enable_extensions: [colon_fence, deflist, dollarmath]}}
html: {{use_multitoc_numbering: true}}
sphinx:
  extra_extensions: [sphinx_exercise, sphinxcontrib.bibtex]
  local_extensions:
    math_without_scripts: {extensions}
    numbered_tables: {extensions}
    page_ends: {extensions}
    plain_notebooks: {extensions}
  config:
    html_math_renderer: mathml
    numfig_format: {{figure: "Figure %s", table: "Table %s"}}
    math_eqref_format: "Equation {{number}}"
    bibtex_bibfiles: [references.bib]
    bibtex_reference_style: author_year
    plain_notebooks_address: {address}
    html_static_path: [{static}]
    html_css_files: [book.css]
    togglebutton_open_on_print: false
"""
TOC = """
format: jb-book
root: start
parts:
  - caption: Chapters
    numbered: true
    chapters: [{file: first}, {file: second}, {file: words}]
"""

PAGES = {
    "start.md": '# A small book\n\nIt has every kind of markup.\n\n<div class="editions"></div>\n',
    "words.md": "# Words\n\nA page that is no notebook.\n",
    "references.bib": (
        "@article{someone1998, author = {Someone, Ann and Other, Bo}, title = {A paper}, journal = {A journal},\n"
        "year = {1998}, doi = {10.1000/182}}\n"
    ),
}

CAPTION = {"name": "fig-line", "caption": "A line with $x^2$. It rises."}
FIGURE = {"figure": CAPTION, "image": {"alt": "A line that rises to the right"}}
TABLE = {"figure": {"name": "tab-squares", "caption": "Squares.", "caption_before": True, "classes": "framed"}}

FIRST = [
    "# First chapter\n\nAfter {cite:t}`someone1998`, with *stress*, **weight** and `code_here`. "
    "It costs 5 \\$ or 2_3.",
    ({"tags": ["remove-cell", "setup"]}, "print('a banner')"),
    ({"tags": ["hide-cell"]}, "import calendar\n\nimport matplotlib.pyplot as plt\nimport pandas as pd"),
    ({}, "side = 7"),
    (
        {"tags": ["remove-cell"]},
        "from myst_nb import glue\n\nhidden = side * side\nglue('area', f'{hidden} pixels', display=False)",
    ),
    (
        "## A section\n\nThe area is {glue:text}`area`, see {numref}`fig-line`, {numref}`tab-squares` "
        "and {eq}`eq-sum`; "
        "the [next chapter](second) and the [words](words) go on.\n\n"
        "$$\n\\sum_{i=1}^n i = \\frac{n (n + 1)}{2}\n$$ (eq-sum)\n\nInline: $a_1 + b^*$.\n\n"
        "- one\n- two, {cite:p}`someone1998`\n\n1. first\n2. second\n\n"
        "```python\nprint('shown, not run')\n```\n\n:::{warning}\nMind the step.\n:::\n\n"
        "| a | b |\n|---|---|\n| 1 | $x$ |\n"
    ),
    ({"mystnb": FIGURE, "tags": ["hide-input"]}, "plt.plot([0, hidden])\nplt.show()"),
    ({"mystnb": TABLE}, "pd.DataFrame({'side': [1, 2], 'area': [1, 4]})"),
    (
        {},
        "\n".join(
            [*(f"line_{number} = {number}" for number in range(30)), "print(line_3, 'printed')", "print(2)"]
        ),
    ),
    (
        ":::{admonition} Predict first: is $a < b$ in `code`?\n:class: dropdown predict\n\n"
        "It is, by {eq}`eq-sum`.\n:::\n\n"
        ":::{admonition} A remark\nWith a title.\n:::\n\n"
        "## Check the slide\n\n:::{dropdown} Slips of the slide\n\nThere is **one** slip.\n\n"
        "| c | d |\n|---|---|\n| 3 | 4 |\n:::"
    ),
    ({"tags": ["hide-output"]}, "print('the checked claims')"),
    (
        "## Exercises\n\n````{exercise} Recall\n:label: ex-first\n\nWhat is $3 + 4$?\n\n"
        ":::{admonition} Hint\n:class: dropdown hint\n\nUse *both hands*.\n:::\n````\n\n"
        "````{solution-start} ex-first\n:class: dropdown\n````\n\nIt is the secret of seven."
    ),
    ({}, "answer = 3 + 4\nassert answer == side"),
    (
        "That was the code.\n\n````{solution-end}\n````\n\n"
        "````{exercise} Words\n:label: ex-words\n\nWhy?\n````\n\n"
        "````{solution} ex-words\n:class: dropdown\n\nBecause of the hidden reason.\n````\n\n"
        "## References\n\n```{bibliography}\n:filter: docname in docnames\n```"
    ),
]
LONG = "abcdefghij" * 20
SECOND = [
    "# Second chapter\n\nBack to {eq}`eq-sum` and to {ref}`ex-first`.",
    ({"tags": ["remove-input", "setup"]}, "print('a banner')"),
    ({}, f"len('{LONG}')"),
    ({}, "from IPython.display import HTML\n\nHTML('<p>a form</p><script>1 + 1</script>')"),
    # In vector form: letters, a blank, and one picture twice.
    (
        {"mystnb": {"image": {"alt": "Two squares"}}},
        "%config InlineBackend.figure_formats = ['svg']\nimport matplotlib.pyplot as plt\n\n"
        "fig, axes = plt.subplots(1, 2)\nfor ax in axes:\n    ax.imshow([[0, 1]])\n    ax.set_title('a b')\n"
        "plt.show()",
    ),
    (
        {},
        "import pandas as pd\n\npd.DataFrame({('a', 'b'): [1], ('a', 'c'): [2]})",
    ),
]


def write(folder: Path, extensions: str, address: str) -> None:
    """The sources of the book."""
    config = CONFIG.format(extensions=extensions, static=f"{extensions}/../_static", address=address)
    (folder / "_config.yml").write_text(config)
    (folder / "_toc.yml").write_text(TOC)
    for name, page in PAGES.items():
        (folder / name).write_text(page)
    for name, cells in {"first": FIRST, "second": SECOND}.items():
        (folder / f"{name}.ipynb").write_text(nbformat.writes(chapter(name, cells)))


def chapter(name: str, cells: list[Any]) -> nbformat.NotebookNode:
    """One chapter: text, or metadata and code."""
    made = []
    for number, cell in enumerate(cells):
        text = isinstance(cell, str)
        made.append(v4.new_markdown_cell(cell) if text else v4.new_code_cell(cell[1], metadata=cell[0]))
        made[-1]["id"] = f"{name}-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
