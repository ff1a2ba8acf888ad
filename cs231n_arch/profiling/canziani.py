"""The nets of Canziani, Paszke and Culurciello (2016), and what a record of `compare` says of them.

"An Analysis of Deep Neural Network Models for Practical Applications" (arXiv 1605.07678) measured its nets on a
Jetson TX1. The functions below take a frame of `compare`, so they work on a record from any machine. Accuracy is
never ours: it is what the `published` rows in NETS print. `cs231n_arch.claims.power` has the rules by which the
paper's conclusions are judged.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cs231n_arch import published

Floats = NDArray[np.float64]

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


def timed(frame: pd.DataFrame, batch_size: int | None = None) -> pd.DataFrame:
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
    """The measured rows and the line of seconds per image over GMACs per image."""
    rows = timed(frame, batch_size)
    return rows, fit_line(rows["gmacs"], rows["seconds_per_image"])


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


def mac_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """GMACs per second in convolutions and in fully connected layers, for nets with most weights in the latter.

    Columns: `model`, `batch_size`, `conv`, `fc`.
    """
    rows = timed(frame)
    rows = rows[2 * rows["fc_macs"].astype(float) > rows["params"].astype(float)]  # one MAC a weight
    rates = {
        kind: rows[f"{kind}_macs"].astype(float) * rows["batch_size"] / rows[f"{kind}_seconds"] / 1e9
        for kind in ("conv", "fc")
    }
    return rows[["model", "batch_size"]].assign(**rates).reset_index(drop=True)
