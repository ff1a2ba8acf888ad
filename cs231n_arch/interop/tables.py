"""Our nets beside those of others: the tables that `benchmarks/releases.py` and `reproduction.py` have written."""

import re
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def releases() -> "pd.DataFrame":
    """Our nets beside the definitions that their authors released for Caffe, with the same random weights.

    Returns:
        A row for each definition: `model` and its `form`, the `repository`, `commit` and `file` of the definition,
        its `layers` with weights, and the largest `difference` of the scores, divided by the largest score.
    """
    return _read("releases.csv")


def reproduction() -> "pd.DataFrame":
    """Every net beside its paper's numbers and the nets of torchvision, timm and pytorchcv.

    Returns:
        A row for each model and each `library` that has it ("paper", "ours", "torchvision", "timm", "pytorchcv"):
        the `name` there, the `input` (channels x height x width), `params` and `macs` in evaluation mode (the
        paper's as printed), the first layer in which the paper's form of ours differs from theirs (`our_layer`,
        `their_layer`; empty if none does), what is different in these two (`difference`), and the options with
        which ours is theirs (`equal_form`; "paper" if it needs none, empty if there are none).
    """
    table = _read("reproduction.csv")
    both = zip(table["our_layer"], table["their_layer"], strict=True)
    return table.assign(difference=[_difference(ours, theirs) for ours, theirs in both])


def _difference(ours: str, theirs: str) -> str:
    """What is in one layer's text and not in the other's: "stride=(2, 2) for stride=(1, 1)"."""
    if not ours:
        return ""
    texts = [_settings(text) for text in (ours, theirs)]
    if not all(texts):
        return "what it is given" if ours.startswith("what") else "what the net gives"
    if texts[0][0] != texts[1][0]:
        return f"{texts[0][0]} for {texts[1][0]}"
    own = [", ".join(part for part in one if part not in other) for one, other in (texts, texts[::-1])]
    return f"{own[0] or 'nothing'} for {own[1] or 'nothing'}"


def _settings(layer: str) -> list[str]:
    """The kind and the arguments in a text such as "conv1, Conv2d(3, 64, kernel_size=(7, 7))"."""
    found = re.search(r" (\w+)\((.*)\)$", layer)
    if found is None:
        return []
    kind, arguments = found.groups()
    parts = re.findall(r"(?:\w+=)?(?:\([^)]*\)|[^,()\s]+)", arguments)
    names = ("in=", "out=") if kind == "Conv2d" else ("", "")
    return [kind, *(f"{name}{part}" for name, part in zip(names, parts, strict=False)), *parts[2:]]


def _read(name: str) -> "pd.DataFrame":
    import pandas as pd  # here, so that a conversion does not load it

    with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)
