"""Claims of the lecture's figure on accuracy, operations and parameters, tested on its nets that are ours too.

The figure is that of Canziani et al. 2016: accuracy against operations, with discs as large as the parameters.
"""

from collections.abc import Callable
from functools import cache

import pandas as pd

from cs231n_arch.claims.counts import activations, macs, parameters
from cs231n_arch.claims.verdicts import Verdict, settle
from cs231n_arch.profiling.canziani import NETS, with_accuracy


@cache
def figure() -> pd.DataFrame:
    """One row a net: `accuracy` (published, single crop, %), `params`, `macs`, `memory` (bytes, one image)."""
    rows = with_accuracy(pd.DataFrame({"model": list(NETS)})).set_index("model")[["accuracy"]]
    names = list(rows.index)
    return rows.assign(
        params=[parameters(name) for name in names],
        macs=[macs(name) for name in names],
        memory=[4 * (parameters(name) + activations(name)) for name in names],
    )


def family(name: str) -> pd.DataFrame:
    """The rows of a family."""
    return figure()[figure().index.str.startswith(name)]


def v4() -> Verdict:
    """Highest accuracy of all."""
    best = figure()["accuracy"].sort_values(ascending=False)
    return settle(
        "Inception-v4 is the most accurate",
        ", ".join(f"{name} {accuracy:.1f} %" for name, accuracy in best.head(3).items()),
        holds=best.index[0] == "inception_v4",
        otherwise="refuted",
    )


def vgg() -> Verdict:
    """Most parameters, most bytes of parameters and activations for one image, most operations."""
    most = {column: figure()[column].sort_values(ascending=False) for column in ("params", "memory", "macs")}
    third = {column: values.iloc[2] for column, values in most.items()}
    return settle(
        "VGG: most memory, most operations",
        f"vgg19: {most['params'].iloc[0] / 1e6:.0f}M parameters, {most['memory'].iloc[0] / 1e6:.0f} MB with the "
        f"activations of one image, {most['macs'].iloc[0] / 1e9:.1f}G multiply-adds; the most of another family: "
        f"{third['params'] / 1e6:.0f}M, {third['memory'] / 1e6:.0f} MB, {third['macs'] / 1e9:.1f}G",
        holds=all(list(values.index[:2]) == ["vgg19", "vgg16"] for values in most.values()),
        otherwise="refuted",
    )


def googlenet() -> Verdict:
    """Efficient: no net gets more accuracy from a parameter."""
    density = (figure()["accuracy"] / figure()["params"] * 1e6).sort_values(ascending=False)
    return settle(
        "GoogLeNet: most efficient",
        "accuracy for a million parameters: " + ", ".join(f"{n} {v:.1f} %" for n, v in density.head(3).items()),
        holds=density.index[0] == "googlenet",
        otherwise="refuted",
    )


def alexnet() -> Verdict:
    """Fewest operations and lowest accuracy; more parameters than any net but the two VGGs."""
    frame = figure()
    lowest = [str(frame[column].idxmin()) for column in ("macs", "accuracy")]
    heavier = [str(name) for name in frame.index[frame["params"] > frame.loc["alexnet_two_gpu", "params"]]]
    return settle(
        "AlexNet: little compute, memory heavy, lower accuracy",
        f"lowest in operations: {lowest[0]}, in accuracy: {lowest[1]}; more parameters: {', '.join(heavier)}",
        holds=lowest == ["alexnet_two_gpu"] * 2 and heavier == ["vgg16", "vgg19"],
    )


def resnet() -> Verdict:
    """Highest accuracy of all, which the Inception nets of the same figure have."""
    best = family("resnet")["accuracy"].max()
    above = figure()["accuracy"].drop(family("resnet").index)
    above = above[above > best]
    return settle(
        "ResNet: moderate efficiency, highest accuracy",
        f"the best ResNet {best:.1f} %; above it "
        + (", ".join(f"{name} {accuracy:.1f} %" for name, accuracy in above.items()) or "none"),
        holds=above.empty,
    )


CHECKS: dict[str, Callable[[], Verdict]] = {
    "compare-v4": v4,
    "compare-vgg": vgg,
    "compare-googlenet": googlenet,
    "compare-alexnet": alexnet,
    "compare-resnet": resnet,
}
