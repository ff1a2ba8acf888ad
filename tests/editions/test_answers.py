"""Which names the check of an answer asks the reader for."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("solution", "before", "names"),
    [
        ("cost = 9\nassert cost == 9", [], ["cost"]),
        ("assert cost == 9", ["cost = 9"], None),  # the reader has it already
        ("cost = 9\nassert cost == 9", ["cost = 8"], ["cost"]),  # but not with the solution's value
        ("sizes = [1]\nassert all(p == 1 for p in sizes)", ["a = [p for p in (1, 2)]"], ["sizes"]),
        ("def f(x):\n    return x\n\nassert f(2) == 2", ["def f(x): ..."], ["f"]),
        ("from math import pi\narea = pi\nassert area == pi", [], ["area"]),
        ("print(1)", [], None),
    ],
)
def test_names_that_only_the_reader_can_give(
    solution: str, before: list[str], names: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from plain_notebooks.answers import check_cell

    cell = check_cell([solution], before)
    asked = cell and cell.source.splitlines()[0].removeprefix("# Give your results these names: ").split(", ")
    assert asked == names
