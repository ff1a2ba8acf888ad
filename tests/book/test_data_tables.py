"""Tables of data frames as the book shows them."""

import re
from pathlib import Path

import pandas as pd
import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture(autouse=True)
def extensions_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))


def numbers(html: str) -> list[str]:
    """The cells that are aligned at the right."""
    return re.findall(r'class="number">(.*?)<', html)


def arranged(frame: pd.DataFrame) -> str:
    from data_tables import arrange

    (table,) = re.findall(r"<table.*</table>", frame._repr_html_(), re.DOTALL)
    return arrange(table)


def test_columns_of_numbers_are_marked_with_their_heading():
    frame = pd.DataFrame(
        {
            "params": ["61,706", "4"],
            "share": ["3.5 %", "−0.2 %"],
            "value": [1.5e-5, 3],
            "spread": ["3 ± 0.5", ""],
            "layer": ["conv 1", "2"],
            "size": ["3x3", "5x5"],
        }
    )
    found = numbers(arranged(frame))
    assert found[:4] == ["params", "share", "value", "spread"]
    assert found[4:8] == ["61,706", "3.5 %", "0.000015", "3 ± 0.5"]
    assert len(found) == 12


def test_the_name_of_the_index_is_in_the_corner():
    frame = pd.DataFrame({"params": [3]}, index=pd.Index(["conv1"], name="layer"))
    html = arranged(frame)
    assert re.findall(r"<th[^>]*>(.*?)</th>", html) == ["layer", "params", "conv1"]


def test_tables_with_joined_cells_stay_as_they_are():
    from data_tables import arrange

    frame = pd.DataFrame({("a", "x"): [1], ("a", "y"): [2]})
    (table,) = re.findall(r"<table.*</table>", frame._repr_html_(), re.DOTALL)
    assert arrange(table) == table


def test_a_solutions_title_is_no_link():
    from mended_pages import mend

    title = (
        '<p class="admonition-title">Solution to<a class="reference internal" href="#ex-a"> Exercise 1.1</a></p>'
    )
    context = {"body": title}
    mend(None, "page", "page.html", context, None)
    assert context["body"] == '<p class="admonition-title">Solution to Exercise 1.1</p>'
