"""Claims of the lecture's figure on accuracy, operations and parameters, tested on those nets that we have.

The figure is that of Canziani et al. (2016): accuracy against operations, with discs as large as the parameters.
"""

from functools import cache

import pandas as pd

from cs231n_arch import published
from cs231n_arch.claims.counts import SPOKEN, activations, billions, macs, millions, parameters
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.profiling.canziani import NETS, with_accuracy


@cache
def figure() -> pd.DataFrame:
    """One row per net: `accuracy` (published, single crop, %), `params`, `macs`, `memory` (bytes, one image)."""
    rows = with_accuracy(pd.DataFrame({"model": list(NETS)})).set_index("model")[["accuracy"]]
    names = list(rows.index)
    frame = rows.assign(
        params=[parameters(name) for name in names],
        macs=[macs(name) for name in names],
        activations=[activations(name) for name in names],
        memory=[4 * (parameters(name) + activations(name)) for name in names],
    )
    return frame.rename(index=SPOKEN)


def top(column: str) -> pd.Series:
    """The three nets with the largest values."""
    return figure()[column].sort_values(ascending=False).head(3)


@checks("compare-v4")
def v4() -> Verdict:
    """Highest accuracy of all."""
    best = top("accuracy")
    return settle(
        f"published top-1 accuracy: {listed([f'{name} {accuracy:.1f} %' for name, accuracy in best.items()])}",
        holds=best.index[0] == "Inception-v4",
        otherwise="refuted",
    )


@checks("compare-vgg")
def vgg_memory() -> Verdict:
    """Bytes of the parameters and of the activations of one image."""
    most = top("memory")
    return settle(
        "parameters and values of one image: "
        + listed([f"{name} {memory / 1e6:.0f} MB" for name, memory in most.items()]),
        holds=set(most.index[:2]) == {"VGG-16", "VGG-19"},
        otherwise="refuted",
    )


@checks("compare-vgg-ops")
def vgg_operations() -> Verdict:
    """Multiply-adds of one image."""
    most = top("macs")
    return settle(
        f"multiply-adds: {listed([f'{name} {billions(operations)}' for name, operations in most.items()])}",
        holds=set(most.index[:2]) == {"VGG-16", "VGG-19"},
        otherwise="refuted",
    )


@checks("compare-googlenet")
def googlenet() -> Verdict:
    """Accuracy per parameter; the last version of the paper adds ENet, which we do not have."""
    density = (figure()["accuracy"] / figure()["params"] * 1e6).sort_values(ascending=False).head(3)
    shown = published.load("Canziani 2016", "claim_density")["value"].item()
    return settle(
        "accuracy per million parameters: "
        + listed([f"{name} {value:.1f} %" for name, value in density.items()])
        + "; but the version of the paper that the lecture shows has ENet in its figure, which gets still more",
        holds=density.index[0] == "GoogLeNet" and "ENet" not in shown,
    )


@checks("compare-alexnet")
def alexnet_operations() -> Verdict:
    """Fewest multiply-adds of all."""
    fewest = figure()["macs"].sort_values().head(2)
    return settle(
        f"multiply-adds: {listed([f'{name} {billions(operations)}' for name, operations in fewest.items()])}, "
        "the fewest of all",
        holds=fewest.index[0] == "AlexNet",
    )


@checks("compare-alexnet-memory")
def alexnet_memory() -> Verdict:
    """Nets with more parameters."""
    frame = figure()
    heavier = list(frame.index[frame["params"] > frame.loc["AlexNet", "params"]])
    return settle(
        f"{millions(parameters('alexnet_two_gpu'), 0)} parameters; only {listed(heavier)} have more",
        holds=set(heavier) == {"VGG-16", "VGG-19"},
    )


@checks("compare-alexnet-accuracy")
def alexnet_accuracy() -> Verdict:
    """Lowest accuracy of all."""
    lowest = figure()["accuracy"].sort_values().head(2)
    return settle(
        f"top-1 accuracy: {listed([f'{name} {accuracy:.1f} %' for name, accuracy in lowest.items()])}",
        holds=lowest.index[0] == "AlexNet",
    )


@checks("compare-resnet")
def resnet_accuracy() -> Verdict:
    """Nets that are more accurate than the best ResNet."""
    frame = figure()["accuracy"]
    family = frame[frame.index.str.startswith("ResNet")]
    above = frame.drop(family.index)
    above = above[above > family.max()]
    return settle(
        f"the best ResNet {family.max():.1f} %; above it "
        + (listed([f"{name} {accuracy:.1f} %" for name, accuracy in above.items()]) or "none"),
        holds=above.empty,
    )


@checks("compare-resnet-efficiency")
def resnet_efficiency() -> Verdict:
    """Rank of the ResNets among all nets by accuracy per operation."""
    density = (figure()["accuracy"] / figure()["macs"] * 1e9).sort_values(ascending=False)
    places = [place for place, name in enumerate(density.index, 1) if str(name).startswith("ResNet")]
    return settle(
        f"in accuracy per operation the five ResNets take the places {listed([str(p) for p in places])} of "
        f"{len(density)}",
        holds=1 not in places and len(density) not in places,
    )


@checks("compare-discs")
def discs() -> Verdict:
    """Order of the nets by parameters, and by parameters and activations together."""
    frame = figure()
    orders = [list(frame[column].sort_values().index) for column in ("params", "activations")]
    return settle(
        "their area is the number of parameters (the paper's legend: 5 to 155 million); by the values of an "
        f"image the largest would be {orders[1][-1]} and not {orders[0][-1]}",
        holds=orders[0] == orders[1],
    )


@checks("compare-default")
def default() -> Verdict:
    """Published single-crop errors of nets of 2015 to 2017, by comparable recipes."""
    errors = {
        "ResNet-152": published.value("ResNet-152 (fb.resnet.torch)", "top1_error_1crop"),
        "Inception-v4": published.value("Inception-v4", "top1_error_1crop"),
        "Wide ResNet-50-2": published.load("WRN-50-2-bottleneck", "top1_error_1crop")["number"].min(),
    }
    better = [name for name, error in errors.items() if error < errors["ResNet-152"]]
    return settle(
        f"published top-1 errors of one crop: {listed([f'{name} {error:g} %' for name, error in errors.items()])}",
        holds=not better,
    )
