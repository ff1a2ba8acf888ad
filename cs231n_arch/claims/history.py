"""Claims of the chapter on history. The lecture of 2017 ends with the winner of 2015."""

from itertools import pairwise

import pandas as pd

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle

LAST = 2015


def until_the_lecture() -> pd.DataFrame:
    """The entries of the chart up to 2015."""
    frame = published.imagenet_winners()
    return frame[frame["year"] <= LAST]


@checks("winners")
def errors() -> Verdict:
    """The best error of each year against that of the year before."""
    best = until_the_lecture().groupby("year")["error"].min()
    return settle(
        f"top-5 error {listed([f'{error:g} % in {year}' for year, error in best.items()])}",
        holds=all(after < before for before, after in pairwise(best)),
    )


@checks("winners-depth")
def depth() -> Verdict:
    """The greatest depth of each year against that of the year before."""
    deepest = until_the_lecture().dropna().groupby("year")["depth"].max()
    return settle(
        f"layers: {listed([f'{layers:.0f} in {year}' for year, layers in deepest.items()])}",
        holds=all(after > before for before, after in pairwise(deepest)),
    )


@checks("winners-2014")
def close() -> Verdict:
    """Both errors of 2014, and the standard error of a rate that is measured on 100,000 images."""
    google, vgg = (published.value(f"ILSVRC2014 {name}", "top5_error_paper") for name in ("GoogLeNet", "VGG"))
    frame = published.imagenet_winners().set_index("year").loc[[2014]]
    chance = 100 * (google / 100 * (1 - google / 100) / 100_000) ** 0.5
    return settle(
        f"GoogLeNet {google:g} %, VGG {vgg:g} %: {vgg - google:.2f} points apart, several times the standard "
        f"error of {chance:.2f}; {listed([f'{d:.0f}' for d in sorted(frame['depth'])])} layers",
        holds=vgg - google < 1 and sorted(frame["depth"]) == [19, 22],
    )


@checks("winners-trend")
def trend() -> Verdict:
    """Layers of the winner of 2012 and of the deepest nets of the lecture."""
    first = published.imagenet_winners().dropna()["depth"].iloc[0]
    last = until_the_lecture()["depth"].max()
    deepest = published.value("ResNet-1202 (CIFAR)", "test_error_cifar10")
    return settle(
        f"from {first:.0f} layers in 2012 to {last:.0f} in 2015 on ImageNet, and to 1,202 on CIFAR-10 (test error "
        f"{deepest} %)",
        holds=last > 10 * first,
    )


@checks("winners-doubt")
def doubt() -> Verdict:
    """The error of 28 wide layers against that of 1,001 thin ones, and of a net without residuals."""
    deep = published.value("ResNet-1001", "test_error_cifar10 pre-activation")
    wide = published.value("WRN-28-10", "test_error_cifar10 (mean/std)")
    fractal = published.value("FractalNet (21) + dropout/drop-path", "test_error_C10+")
    return settle(
        f"test error on CIFAR-10: a ResNet of 1,001 layers {deep} %, 28 wide layers {wide:.2f} %, a FractalNet "
        f"of 21 layers {fractal:.2f} %",
        holds=max(wide, fractal) < deep,
    )
