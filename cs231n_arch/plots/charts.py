"""Figures with axes: bars, lines and marks."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from cs231n_arch.plots.labels import name_points
from cs231n_arch.plots.style import FAMILIES, INK, known, look

Place = Literal["best", "lower right"]  # of a legend


def need(frame: pd.DataFrame, *columns: str) -> None:
    """Raise ValueError unless the frame has rows and these columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        have = ", ".join(map(str, frame.columns))
        raise ValueError(f"the frame has no column {', '.join(missing)}; it has {have}")
    if frame.empty:
        raise ValueError("there is nothing to draw: the frame has no rows")


def imagenet_winners(frame: pd.DataFrame, ax: Axes, *, human: float | None = None) -> Axes:
    """Winners of the ImageNet challenge: bars of the error, each with the depth of its net.

    Args:
        frame: `published.imagenet_winners()`: columns `year`, `entry`, `error` (top-5, in %) and `depth` (layers;
            NaN for no deep net).
        ax: where to draw.
        human: a person's error in %, drawn as the last bar.

    Raises:
        ValueError: a column is missing, or there are no rows.
    """
    need(frame, "year", "entry", "error", "depth")
    entries: list[tuple[str, float, str, str]] = []
    for row in frame.to_dict("records"):
        depth = "shallow" if pd.isna(row["depth"]) else f"{row['depth']:.0f} layers"
        entries.append(
            (f"{row['year']}\n{row['entry']}".replace("-", "-\n"), row["error"], depth, known(row["entry"]))
        )
    if human is not None:
        entries.append(("a\nperson", human, "", INK))
    for place, (_, error, depth, shade) in enumerate(entries):
        ax.bar(place, error, color=shade, width=0.7)
        text = f"{error:g} %\n{depth}".strip()
        ax.annotate(text, (place, error), (0, 4), textcoords="offset points", ha="center", fontsize=9)
    ax.set_xticks(range(len(entries)), [entry[0] for entry in entries], fontsize=9)
    ax.set_ylabel("top-5 error (%)")
    ax.set_ylim(0, 1.2 * float(frame["error"].max()))
    ax.grid(visible=False, axis="x")
    return ax


def bars(values: pd.Series, ax: Axes, *, label: str, spread: pd.Series | None = None) -> Axes:
    """Horizontal bars, one per name, first on top, with the number at the end.

    Args:
        values: name -> number.
        ax: where to draw.
        label: what the numbers are, with their unit.
        spread: name -> half the length of the error bar.

    Raises:
        ValueError: no values.
    """
    if values.empty:
        raise ValueError("there is nothing to draw: no values")
    names = [str(name) for name in values.index]
    error = None if spread is None else spread.reindex(values.index).to_numpy()
    shades = [look(name, number)[0] for number, name in enumerate(names)]
    drawn = ax.barh(names, values.to_numpy(), xerr=error, color=shades, height=0.7, ecolor=INK, capsize=3)
    if values.abs().max() >= 10_000:
        ax.xaxis.set_major_formatter(EngFormatter(sep=" "))
        ax.bar_label(drawn, fmt=EngFormatter(places=1, sep=" "), padding=4, fontsize=9)
    else:
        ax.bar_label(drawn, fmt="{:,.4g}", padding=4, fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.set_xlabel(label)
    ax.grid(visible=False, axis="y")
    return ax


def lines(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str,
    y: str,
    by: str = "model",
    log: str = "",
    labels: tuple[str, str] | None = None,
) -> Axes:
    """One line for each value of the column `by`; rows with the same x give their mean and a band to the extremes.

    Args:
        frame: columns `x`, `y` and `by`.
        ax: where to draw.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        by: column that names the line.
        log: the axes that are logarithmic: "", "x", "y" or "xy".
        labels: names of the axes, with units; by default the columns'.

    Raises:
        ValueError: a column is missing, or there are no rows.
    """
    need(frame, x, y, by)
    for number, (name, rows) in enumerate(frame.groupby(by, sort=False)):
        shade, mark = look(str(name), number)
        points = rows.groupby(x)[y].agg(["mean", "min", "max"])
        ax.plot(
            points.index,
            points["mean"],
            color=shade,
            marker=mark,
            markevery=max(1, len(points) // 8),
            label=str(name),
        )
        if len(points) < len(rows):
            ax.fill_between(points.index, points["min"], points["max"], color=shade, alpha=0.2, linewidth=0)
    if "x" in log:
        ax.set_xscale("log", base=2)
    if "y" in log:
        ax.set_yscale("log")
    ax.set_xlabel((labels or (x, y))[0])
    ax.set_ylabel((labels or (x, y))[1])
    ax.legend()
    return ax


def training_curves(histories: Mapping[str, pd.DataFrame], ax: Axes, *, y: str, label: str | None = None) -> Axes:
    """A quantity by epoch, one line for each net; a frame with several seeds gives the mean and a band.

    Args:
        histories: name -> history with the columns `epoch` and `y`.
        ax: where to draw.
        y: column to draw, such as "test_error".
        label: name of the vertical axis, with unit; by default the column's.

    Raises:
        ValueError: no history, or one without the columns or without rows.
    """
    if not histories:
        raise ValueError("there is nothing to draw: no histories")
    for history in histories.values():
        need(history, "epoch", y)
    frame = pd.concat([history.assign(model=name) for name, history in histories.items()])
    return lines(frame, ax, x="epoch", y=y, labels=("epoch", label or y))


def stages_of(table: pd.DataFrame) -> pd.DataFrame:
    """A layer table by stage, the first part of a layer's name, in the order in which the stages run."""
    need(table, "name", "output_shape", "params", "macs", "activation_bytes")
    stage = table["name"].str.split(".").str[0]
    sums = table.groupby(stage, sort=False)[["params", "macs", "activation_bytes"]].sum()
    return sums.assign(output_shape=table.groupby(stage, sort=False)["output_shape"].last())


def cost_by_stage(table: pd.DataFrame, ax: Axes) -> Axes:
    """Where a net's parameters, operations and activation memory are: the share of each stage.

    Args:
        table: the net's `layer_table`.
        ax: where to draw.

    Raises:
        ValueError: no layer table, or one without rows.
    """
    stages = stages_of(table)[["params", "macs", "activation_bytes"]]
    shares = 100 * stages[stages.sum(axis=1) > 0] / stages.sum()
    names = {"params": "parameters", "macs": "multiply-adds", "activation_bytes": "activation memory"}
    return bars_together(shares.rename(columns=names), ax, label="share of the whole net (%)")


def bars_together(frame: pd.DataFrame, ax: Axes, *, label: str) -> Axes:
    """Horizontal bars in groups: a group for each row, first on top, with a bar for each column.

    Args:
        frame: at most three columns of numbers of the same unit; the index names the groups.
        ax: where to draw.
        label: what the numbers are, with their unit.

    Raises:
        ValueError: there are no rows, or not one to three columns.
    """
    if frame.empty or len(frame.columns) > 3:
        raise ValueError(f"there is nothing to draw: needs rows and one to three columns; given {frame.shape}")
    height = 0.81 / len(frame.columns)
    for number, (column, shade) in enumerate(zip(frame, ("densenet", "alexnet", "vgg"), strict=False)):
        places = np.arange(len(frame)) + height * (number - (len(frame.columns) - 1) / 2)
        ax.barh(places, frame[column], height=height, color=FAMILIES[shade][0], label=str(column))
    ax.set_yticks(range(len(frame)), list(frame.index), fontsize=9)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return ax


def bubble(frame: pd.DataFrame, ax: Axes, *, x: str, y: str, area: str, labels: tuple[str, str]) -> Axes:
    """Models as discs: accuracy against operations, say, with the area by the parameters.

    Args:
        frame: columns `model`, `x`, `y` and `area`.
        ax: where to draw.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        area: column that the discs' areas are proportional to.
        labels: names of the axes, with units.

    Raises:
        ValueError: a column is missing, or there are no rows.
    """
    need(frame, "model", x, y, area)
    largest = 2500.0  # points squared, of the largest disc
    sizes = largest * frame[area].astype(float) / float(frame[area].max())
    for number, (name, size) in enumerate(zip(frame["model"], sizes, strict=True)):
        shade, _ = look(name, number)
        row = frame.iloc[number]
        ax.scatter(row[x], row[y], s=size, color=shade, alpha=0.55, edgecolor=shade)
    ax.margins(0.15)
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    return name_points(ax, frame["model"], frame[x], frame[y], sizes**0.5 / 2)


def scatter_fit(frame: pd.DataFrame, ax: Axes, *, x: str, y: str, labels: tuple[str, str]) -> Axes:
    """Models as marks with the least-squares line through them; the legend has its slope and R^2.

    Args:
        frame: columns `model`, `x` and `y`, at least three rows.
        ax: where to draw.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        labels: names of the axes, with units.

    Raises:
        ValueError: a column is missing, there are fewer than three rows, or `x` is the same in all.
    """
    need(frame, "model", x, y)
    if len(frame) < 3 or frame[x].nunique() < 2:
        raise ValueError(f"a line needs three models that differ in {x}; given {len(frame)}")
    across, up = frame[x].to_numpy(float), frame[y].to_numpy(float)
    slope, offset = np.polyfit(across, up, 1)
    explained = float(np.corrcoef(across, up)[0, 1] ** 2)
    ends = np.array([across.min(), across.max()])
    ax.plot(
        ends, slope * ends + offset, color=INK, linestyle="--", label=f"slope {slope:.3g}, $R^2$ = {explained:.2f}"
    )
    return marks(frame, ax, x, y, labels)


def marks(frame: pd.DataFrame, ax: Axes, x: str, y: str, labels: tuple[str, str], legend: Place = "best") -> Axes:
    """One mark per model, with its name next to it, and the legend of what is drawn already."""
    for number, row in enumerate(frame.to_dict("records")):
        shade, mark = look(row["model"], number)
        ax.plot(row[x], row[y], color=shade, marker=mark, linestyle="none")
    ax.margins(0.12)
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    ax.legend(loc=legend)
    return name_points(ax, frame["model"], frame[x], frame[y])


def roofline(frame: pd.DataFrame, ax: Axes, *, peak: float, bandwidth: float) -> Axes:
    """Layers under a machine's roof: what rate their arithmetic intensity allows, and what rate they reach.

    Args:
        frame: columns `name`, `intensity` (flop per byte) and `rate` (flop/s), one row per layer.
        ax: where to draw.
        peak: the machine's highest rate in flop/s.
        bandwidth: of its memory, in bytes/s.

    Raises:
        ValueError: a column is missing, there are no rows, or a limit is not positive.
    """
    need(frame, "name", "intensity", "rate")
    if peak <= 0 or bandwidth <= 0:
        raise ValueError(f"peak and bandwidth must be positive; given {peak} and {bandwidth}")
    ridge = peak / bandwidth
    least, most = min(frame["intensity"].min(), ridge) / 2, max(frame["intensity"].max(), ridge) * 2
    intensity = np.geomspace(least, most, 200)
    ax.loglog(intensity, np.minimum(peak, bandwidth * intensity) / 1e9, color=INK, label="roof of this machine")
    ax.scatter(frame["intensity"], frame["rate"] / 1e9, color=FAMILIES["resnet"][0], s=30, label="layers")
    ax.axvline(ridge, color=INK, linestyle=":", linewidth=1)
    for side, text, shift in (("right", "memory-bound", -5), ("left", "compute-bound", 5)):
        foot, up = ("data", "axes fraction"), (shift, 6)
        ax.annotate(text, (ridge, 0), up, xycoords=foot, textcoords="offset points", ha=side, fontsize=9)
    ax.set_xlabel("arithmetic intensity (flop / byte)")
    ax.set_ylabel("Gflop/s")
    ax.margins(y=0.2)  # room for the words at the foot
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.08))
    return ax
