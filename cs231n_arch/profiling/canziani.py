"""The claims of Canziani, Paszke and Culurciello (2016), tested on records by stated rules.

"An Analysis of Deep Neural Network Models for Practical Applications" (arXiv 1605.07678) measured its nets on a
Jetson TX1. Each function below takes a frame of `compare` and returns what we found and the verdict of its rule,
so the same rules judge a record from any machine. Accuracy is never ours: it is what the `published` rows in NETS
print.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cs231n_arch import published

Floats = NDArray[np.float64]

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "not measurable here"

# The paper's nets that are among ours, and the published row that prints the single-crop top-1 error (or
# accuracy).
NETS: dict[str, tuple[str, str] | None] = {
    "alexnet_two_gpu": ("convnet-burden alexnet", "top1_error"),
    "nin_imagenet": None,  # no single-crop figure found
    "googlenet": ("convnet-burden googlenet", "top1_error"),
    "vgg16": ("convnet-burden vgg-vd-16", "top1_error"),
    "vgg19": ("convnet-burden vgg-vd-19", "top1_error"),
    "resnet18": ("convnet-burden resnet18", "top1_error"),
    "resnet34": ("convnet-burden resnet34", "top1_error"),
    "resnet50": ("convnet-burden resnet-50", "top1_error"),
    "resnet101": ("convnet-burden resnet-101", "top1_error"),
    "resnet152": ("convnet-burden resnet-152", "top1_error"),
    "inception_v3": ("convnet-burden inception-v3", "top1_error"),
    "inception_v4": ("timm inception_v4.tf_in1k", "top1_accuracy_at_299"),
}


class Finding(NamedTuple):
    """What a test found.

    Attributes:
        ours: the figures, in words.
        verdict: "holds", "does not hold" or "not measurable here".
    """

    ours: str
    verdict: str


class Line(NamedTuple):
    """A least-squares line y = intercept + slope * x.

    Attributes:
        slope: y for each x.
        intercept: y at x = 0.
        r2: share of the variance of y that the line explains.
        residuals: y less the line, at each point.
    """

    slope: float
    intercept: float
    r2: float
    residuals: Floats


def fit_line(x: Any, y: Any) -> Line:
    """The least-squares line through at least three points.

    Raises:
        ValueError: fewer points, or all at the same x.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < 3 or np.ptp(x) == 0:
        raise ValueError(f"a line needs at least three points, not all at the same x; given {len(x)} points")
    slope, intercept = np.polyfit(x, y, 1)
    residuals = y - (intercept + slope * x)
    spread = float(((y - y.mean()) ** 2).sum())
    r2 = 1 - float((residuals**2).sum()) / spread if spread else 1.0
    return Line(float(slope), float(intercept), r2, residuals)


def measured(frame: pd.DataFrame, batch_size: int | None = None) -> pd.DataFrame:
    """The rows that have a measurement, with `seconds_per_image` and `gmacs`; those of one batch size if given.

    Raises:
        ValueError: there is none.
    """
    rows = frame[frame["error"] == ""]
    if batch_size is not None:
        rows = rows[rows["batch_size"] == batch_size]
    if rows.empty:
        sizes = sorted(map(int, frame.loc[frame["error"] == "", "batch_size"].unique()))
        raise ValueError(f"no measurement with batch size {batch_size}; the record has {sizes}")
    rows = rows.astype({"macs": float, "batch_size": float, "seconds": float})
    return rows.assign(seconds_per_image=rows["seconds"] / rows["batch_size"], gmacs=rows["macs"] / 1e9)


def with_accuracy(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows whose model has a published top-1 accuracy, with it (`accuracy`, %) and its `source`."""
    accuracy, source = {}, {}
    for model, place in NETS.items():
        if place is not None:
            value = published.value(*place)
            accuracy[model] = 100 - value if "error" in place[1] else value
            source[model] = published.load(*place)["source"].iloc[0]
    rows = frame[frame["model"].isin(list(accuracy))]
    return rows.assign(accuracy=rows["model"].map(accuracy), source=rows["model"].map(source))


def operations_line(frame: pd.DataFrame, batch_size: int = 16) -> tuple[pd.DataFrame, Line]:
    """The measured rows and the line of seconds an image over GMACs an image."""
    rows = measured(frame, batch_size)
    return rows, fit_line(rows["gmacs"], rows["seconds_per_image"])


def operations_predict_time(frame: pd.DataFrame, batch_size: int = 16) -> Finding:
    """Claim: the number of operations is a reliable estimate of the inference time.

    Rule: at the batch size of the paper's figure, 16, a line through (operations, time for one image) rises and
    explains at least 90 % of the variance over the nets.
    """
    rows, line = operations_line(frame, batch_size)
    ratio = rows["seconds_per_image"] / (line.intercept + line.slope * rows["gmacs"])
    away = ratio.where(ratio > 1, 1 / ratio).to_numpy().argmax()
    ours = (
        f"{len(rows)} nets at batch {batch_size}: {line.slope * 1e3:.2f} ms a GMAC, R² = {line.r2:.3f}; "
        f"farthest from the line: {rows['model'].iloc[away]}, {ratio.iloc[away]:.2f} times the line's time"
    )
    return Finding(ours, HOLDS if line.slope > 0 and line.r2 >= 0.9 else FAILS)


def published_times(hardware: str = "PascalTitanX*") -> pd.DataFrame:
    """Published times of the same nets, to be shown beside ours with their source.

    Args:
        hardware: "PascalTitanX*" or "CPU*", the two of Johnson's cnn-benchmarks (Torch, 224x224, 2016-17).

    Returns:
        A frame with the columns `model`, `batch_size` (16), `seconds` (forward pass of a batch), `hardware` and
        `source`.
    """
    rows = published.load(quantity=f"time_{hardware}_batch16_forward")
    ours = {"AlexNet": "alexnet", "Inception-V1": "googlenet"}  # AlexNet as torchvision has it
    names = [ours.get(name, name.lower().replace("-", "")) for name in rows["architecture"]]
    machine = rows["quantity"].str.removeprefix("time_").str.removesuffix("_batch16_forward")
    frame = rows[["source"]].assign(model=names, batch_size=16, seconds=rows["number"] / 1e3, hardware=machine)
    return frame[["model", "batch_size", "seconds", "hardware", "source"]]


def left_out_error(x: Any, y: Any, degree: int) -> float:
    """Root mean square error of predicting each point by a polynomial fitted to the others."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    others = [np.arange(len(x)) != index for index in range(len(x))]
    errors = [np.polyval(np.polyfit(x[o], y[o], degree), x[~o])[0] - y[~o][0] for o in others]
    return float(np.sqrt(np.mean(np.square(errors))))


def frontier(rows: pd.DataFrame) -> pd.DataFrame:
    """The nets that no other beats in time and accuracy at once, fastest first."""
    ordered = rows.sort_values("seconds_per_image").astype({"accuracy": float})
    return ordered[ordered["accuracy"].cummax().shift(fill_value=-np.inf) < ordered["accuracy"]]


def hyperbolic(frame: pd.DataFrame, batch_size: int = 16) -> Finding:
    """Claim: accuracy and inference time are in a hyperbolic relation, accuracy = a - k / time.

    Rule: over all nets, a net's accuracy is predicted better (left out of the fit, root mean square) by the
    hyperbola, a straight line over images a second, than by a straight line over time and than by the mean; and k
    > 0.
    """
    rows = with_accuracy(measured(frame, batch_size))
    time, accuracy = rows["seconds_per_image"], rows["accuracy"]
    line = fit_line(1 / time, accuracy)
    errors = {
        "hyperbola": left_out_error(1 / time, accuracy, 1),
        "line": left_out_error(time, accuracy, 1),
        "mean": left_out_error(time, accuracy, 0),
    }
    best = frontier(rows)
    edge = ""
    if len(best) >= 3:
        edge = f" ({fit_line(1 / best['seconds_per_image'], best['accuracy']).r2:.2f} over the {len(best)} best)"
    ours = (
        f"{len(rows)} nets at batch {batch_size}: accuracy = {line.intercept:.1f} % "
        f"- {-line.slope * 1e3:.0f} % ms / time, R² = {line.r2:.2f}{edge}; left-out errors: "
        + ", ".join(f"{name} {error:.1f} %" for name, error in errors.items())
    )
    better = errors["hyperbola"] < min(errors["line"], errors["mean"])
    return Finding(ours, HOLDS if line.slope < 0 and better else FAILS)


def mac_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """GMACs a second in convolutions and in fully connected layers, for nets with most weights in the latter.

    Columns: `model`, `batch_size`, `conv`, `fc`.
    """
    rows = measured(frame)
    rows = rows[2 * rows["fc_macs"].astype(float) > rows["params"].astype(float)]  # one MAC a weight
    rates = {
        kind: rows[f"{kind}_macs"].astype(float) * rows["batch_size"] / rows[f"{kind}_seconds"] / 1e9
        for kind in ("conv", "fc")
    }
    return rows[["model", "batch_size"]].assign(**rates).reset_index(drop=True)


def fully_connected_inefficient(frame: pd.DataFrame) -> Finding:
    """Claim: fully connected layers are inefficient at small batches.

    Rule: in every net that has most weights in them, they reach less than half of the convolutions' MACs a second
    with a batch of 1, and at least twice their own rate with the largest batch.
    """
    rates = mac_rates(frame)
    small = rates[rates["batch_size"] == 1].set_index("model")
    if small.empty:
        raise ValueError("the record has no net with most weights in fully connected layers at batch 1")
    largest = rates["batch_size"].max()
    large = rates[rates["batch_size"] == largest].set_index("model").loc[small.index]
    against, gain = small["fc"] / small["conv"], large["fc"] / small["fc"]
    ours = "; ".join(
        f"{model}: FC at {against[model]:.0%} of the convolutions' rate at batch 1, "
        f"{gain[model]:.1f} times faster at batch {largest:.0f}"
        for model in small.index
    )
    return Finding(ours, HOLDS if (against < 0.5).all() and (gain >= 2).all() else FAILS)


def power_constant(frame: pd.DataFrame) -> Finding:
    """Claim: power does not depend on batch size or architecture.

    Rule: over all nets and batch sizes, the standard deviation of the power above idle is at most 10 % of its
    mean.
    """
    rows = measured(frame)
    rows = rows.assign(net=rows["watts"].astype(float) - rows["idle_watts"].astype(float)).dropna(subset="net")
    if rows.empty:
        notes = [note for text in frame["notes"] for note in text.split("; ") if note.startswith("energy")]
        return Finding(notes[0] if notes else "the record has no power", UNKNOWN)
    mean, spread = rows["net"].mean(), rows["net"].std(ddof=0)
    ours = f"{mean:.1f} W above idle, standard deviation {spread:.1f} W over {len(rows)} measurements"
    return Finding(ours, HOLDS if spread <= 0.1 * mean else FAILS)
