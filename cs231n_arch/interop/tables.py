"""Our nets beside those of others: the tables that `benchmarks/releases.py` and `reproduction.py` have written."""

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
    return _read("reproduction.csv")


def _read(name: str) -> "pd.DataFrame":
    import pandas as pd  # here, so that a conversion does not load it

    with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)
