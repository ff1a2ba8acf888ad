"""The README's figures are those of the code, and its pictures are there."""

import re
from pathlib import Path

import pytest
import torch

from cs231n_arch import create_model, layer_table

README = Path(__file__).parents[1] / "README.md"
ROWS = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", README.read_text(encoding="utf-8"), flags=re.MULTILINE)


def counts(name: str) -> tuple[int, int]:
    """Parameters and multiply-adds."""
    with torch.device("meta"):
        table = layer_table(create_model(name))
    return int(table["params"].sum()), int(table["macs"].sum())


def test_the_table_is_found() -> None:
    assert len(ROWS) == 8


@pytest.mark.parametrize(("name", "printed", "ours"), ROWS)
def test_table_of_results(name: str, printed: str, ours: str) -> None:
    params, macs = counts(name)
    figure = macs if "multiply-adds" in printed else params
    assert ours.startswith(f"{figure:,}")
    if name == "alexnet":
        assert f"{counts('alexnet_two_gpu')[0]:,} in two" in ours
        figure = counts("alexnet_two_gpu")[0]
    number = printed.split()[0].replace(",", "").replace("M", "e6")
    assert figure == pytest.approx(float(number), rel=0.05)


def test_pictures() -> None:
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        assert (README.parent / picture).read_bytes().startswith(b"\x89PNG"), picture
