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
        "the winner's error falls from year to year",
        f"top-5 error {listed([f'{error:g} % in {year}' for year, error in best.items()])}",
        holds=all(after < before for before, after in pairwise(best)),
    )


@checks("winners-depth")
def depth() -> Verdict:
    """The greatest depth of each year against that of the year before."""
    deepest = until_the_lecture().dropna().groupby("year")["depth"].max()
    return settle(
        "the winners get deeper from year to year",
        f"layers: {listed([f'{layers:.0f} in {year}' for year, layers in deepest.items()])}",
        holds=all(after > before for before, after in pairwise(deepest)),
    )


@checks("winners-2014")
def close() -> Verdict:
    """Both errors of 2014, beside the chance error of a rate that is measured on 100,000 images."""
    google, vgg = (published.value(f"ILSVRC2014 {name}", "top5_error_paper") for name in ("GoogLeNet", "VGG"))
    frame = published.imagenet_winners().set_index("year").loc[[2014]]
    chance = 100 * (google / 100 * (1 - google / 100) / 100_000) ** 0.5
    return settle(
        "two nets close together, with 19 and 22 layers",
        f"GoogLeNet {google:g} %, VGG {vgg:g} %: {vgg - google:.2f} points apart, several times the chance error "
        "of "
        f"{chance:.2f}; {listed([f'{d:.0f}' for d in sorted(frame['depth'])])} layers",
        holds=vgg - google < 1 and sorted(frame["depth"]) == [19, 22],
    )
