"""Claims of the chapter on time and power, tested on a recorded profile.

Four are conclusions of Canziani, Paszke and Culurciello (2016), which the lecture does not repeat: their rules
take a frame of `compare`, so that they judge a record from any machine. The fifth is a time that the lecture
names.
"""

from collections.abc import Callable
from functools import cache, wraps

import pandas as pd

from cs231n_arch import published
from cs231n_arch.claims.counts import percent, spoken
from cs231n_arch.claims.runs import RESULTS
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.experiments.rules import NOT_SHOWN
from cs231n_arch.profiling import records
from cs231n_arch.profiling.canziani import (
    fit_line,
    frontier,
    left_out_error,
    mac_rates,
    operations_line,
    timed,
    with_accuracy,
)

PROFILE = "profile_cpu"
WHERE = f"results/{PROFILE}.json"
MEASURE = "cs231n-arch compare --out profile"  # then power_constant(records.load("profile.json").measurements)


@cache
def profile() -> pd.DataFrame | None:
    """The recorded measurements that come with the package; None if there are none."""
    return records.load(PROFILE).measurements if (RESULTS / f"{PROFILE}.json").is_file() else None


def found(quantity: str, ours: str, *, holds: bool) -> Verdict:
    """The verdict on a published conclusion, from the recorded profile."""
    printed = str(published.load("Canziani 2016", quantity)["value"].item())
    return Verdict(printed, ours, "confirmed" if holds else NOT_SHOWN, WHERE)


def not_measured(quantity: str, why: str) -> Verdict:
    """No record, or none of this quantity."""
    return Verdict(str(published.load("Canziani 2016", quantity)["value"].item()), why, "not measured yet")


def operations_predict_time(frame: pd.DataFrame, batch_size: int = 16) -> Verdict:
    """Claim: the number of operations is a reliable estimate of the inference time.

    Rule: at the batch size of the paper's figure, 16, a line through (operations, time for one image) rises and
    explains at least 90 % of the variance over the nets.
    """
    rows, line = operations_line(frame, batch_size)
    ratio = rows["seconds_per_image"] / (line.intercept + line.slope * rows["gmacs"])
    away = ratio.where(ratio > 1, 1 / ratio).to_numpy().argmax()
    ours = (
        f"{len(rows)} nets in batches of {batch_size}: {line.slope * 1e3:.0f} ms for a billion multiply-adds; "
        f"the line explains {percent(line.r2, 1)} of the variance; farthest from it is "
        f"{spoken(rows['model'].iloc[away])}, with {ratio.iloc[away]:.2f} times the line's time"
    )
    return found("claim_operations", ours, holds=line.slope > 0 and line.r2 >= 0.9)


def hyperbolic(frame: pd.DataFrame, batch_size: int = 16) -> Verdict:
    """Claim: accuracy and inference time are in a hyperbolic relation, accuracy = a - k / time.

    Rule: over all nets, a net's accuracy is predicted better (left out of the fit, root mean square) by the
    hyperbola, a straight line over images per second, than by a straight line over time and than by the mean;
    and k > 0.
    """
    rows = with_accuracy(timed(frame, batch_size))
    time, accuracy = rows["seconds_per_image"], rows["accuracy"]
    line = fit_line(1 / time, accuracy)
    errors = {
        "hyperbola": left_out_error(1 / time, accuracy, 1),
        "straight line": left_out_error(time, accuracy, 1),
        "mean": left_out_error(time, accuracy, 0),
    }
    best = frontier(rows)
    edge = ""
    if len(best) >= 3:
        share = fit_line(1 / best["seconds_per_image"], best["accuracy"]).r2
        edge = f" ({percent(share)} of it over the {len(best)} nets that no other beats)"
    ours = (
        f"{len(rows)} nets in batches of {batch_size}: the hyperbola explains {percent(line.r2)} of the variance "
        f"of the accuracy{edge}; a net left out is predicted to within "
        f"{listed([f'{e:.1f} points by the {n}' for n, e in errors.items()])}"
    )
    better = errors["hyperbola"] < min(errors["straight line"], errors["mean"])
    return found("claim_hyperbola", ours, holds=line.slope < 0 and better)


def fully_connected_inefficient(frame: pd.DataFrame) -> Verdict:
    """Claim: fully connected layers are inefficient at small batches.

    Rule: in every net that has most weights in them, they reach less than half of the convolutions' MACs per
    second with a batch of 1, and at least twice their own rate with the largest batch.
    """
    rates = mac_rates(frame)
    small = rates[rates["batch_size"] == 1].set_index("model")
    if small.empty:
        raise ValueError("the record has no net with most weights in fully connected layers at batch 1")
    largest = rates["batch_size"].max()
    large = rates[rates["batch_size"] == largest].set_index("model").loc[small.index]
    against, gain = small["fc"] / small["conv"], large["fc"] / small["fc"]
    ours = "; ".join(
        f"{spoken(str(model))}: dense layers at {percent(against[model])} of the convolutions' rate for one "
        f"image, {gain[model]:.1f} times faster in a batch of {largest:.0f}"
        for model in small.index
    )
    return found("claim_fc", ours, holds=bool((against < 0.5).all() and (gain >= 2).all()))


def power_constant(frame: pd.DataFrame) -> Verdict:
    """Claim: power does not depend on batch size or architecture.

    Rule: over all nets and batch sizes, the standard deviation of the power above idle is at most 10 % of its
    mean.
    """
    rows = timed(frame)
    rows = rows.assign(net=rows["watts"].astype(float) - rows["idle_watts"].astype(float)).dropna(subset="net")
    if rows.empty:
        notes = [note for text in frame["notes"] for note in text.split("; ") if note.startswith("energy")]
        why = notes[0] if notes else "the record has no power"
        return not_measured("claim_power", f"{why}; where there is a meter, `{MEASURE}` measures the power")
    mean, spread = rows["net"].mean(), rows["net"].std(ddof=0)
    ours = f"{mean:.1f} W above idle, standard deviation {spread:.1f} W over {len(rows)} measurements"
    return found("claim_power", ours, holds=spread <= 0.1 * mean)


def decided_by_profile(claim: str, quantity: str, rule: Callable[[pd.DataFrame], Verdict]) -> None:
    """Tie a claim to the rule by which the recorded profile is judged."""

    @checks(claim)
    @wraps(rule)
    def check() -> Verdict:
        frame = profile()
        return not_measured(quantity, "no run is recorded") if frame is None else rule(frame)


decided_by_profile("canziani-ops", "claim_operations", operations_predict_time)
decided_by_profile("canziani-hyperbola", "claim_hyperbola", hyperbolic)
decided_by_profile("canziani-power", "claim_power", power_constant)
decided_by_profile("canziani-fc", "claim_fc", fully_connected_inefficient)


@checks("canziani-vgg-time")
def vgg_time() -> Verdict:
    """Published times of a forward pass of VGG-16 on the Jetson TX1, the machine of the lecture's chart."""
    other, card = (published.value("VGG-16", f"time_{board}_fp32_batch1") for board in ("TX1", "TitanX"))
    return settle(
        f"another published run on the same small board (Jetson TX1) has {other:.0f} ms, so {1000 / other:.0f} a "
        f"second; on a graphics card of the time, a Titan X, it is {card:.0f} ms",
        holds=round(other, -2) == 200,
    )
