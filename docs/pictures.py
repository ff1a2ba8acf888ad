"""The pictures of README and CONTRIBUTING: a page of the built book and recorded runs.

`python docs/pictures.py _build/html`; without the built book, the pictures of records alone.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from cs231n_arch import experiments, plots
from cs231n_arch.profiling import records

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "editions"))
from chromium import OFFLINE, browser

HERE = Path(__file__).parent
SIZE = (1240, 820)  # pixels


def page(html: Path, anchor: str) -> None:
    """Photograph the chapter on ResNet, from one of its sections on."""
    driver = browser(OFFLINE, "hide-scrollbars")
    try:
        metrics = {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get((html / "book" / "resnet.html").resolve().as_uri())
        driver.execute_script("document.getElementById(arguments[0]).scrollIntoView()", anchor)
        driver.save_screenshot(str(HERE / "page.png"))
    finally:
        driver.quit()


def depth() -> None:
    """Draw the training error of plain and residual nets by epoch, as it was recorded."""
    plots.use_style()
    curves = experiments.histories(experiments.load_record("depth"))
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    for ax, kind, title in zip(axes, ("plain", "resnet"), ("plain", "residual"), strict=True):
        chosen = {
            f"{name.removeprefix(kind)} layers": curve.assign(train_error=100 * curve.train_error)
            for name, curve in curves.items()
            if name.startswith(kind)
        }
        ax.set_title(title)
        plots.training_curves(chosen, ax, y="train_error", label="training error (%)")
    axes[0].get_legend().remove()  # the same names as on the right
    axes[1].set_ylabel("")
    fig.savefig(HERE / "depth.png", dpi=110, facecolor="white")


def growth() -> None:
    """Draw time and memory of three tools by depth, width, batch and image size (`benchmarks/growth.py`)."""
    plots.use_style()
    record = records.load(HERE / "growth.json")
    axes_of = {
        "depth": ("layers", "layers"),
        "width": ("size", "widening factor"),
        "batch": ("size", "images in a batch"),
        "side": ("size", "side of the image (pixels)"),
    }
    fitted = record.tables["exponents"].set_index(["call", "varied"])
    fig, axes = plt.subplots(2, 4, figsize=(11, 5.6), sharex="col", sharey="row")
    for row, (cost, unit, label) in enumerate(
        (("seconds", 1, "processor time (s)"), ("bytes", 1e6, "memory (MB)"))
    ):
        axes[row, 0].set_ylabel(label)
        for ax, (varied, (column, title)) in zip(axes[row], axes_of.items(), strict=True):
            points = record.measurements.query("varied == @varied")
            for call, marker, shift in (("layer_table", "o", -14), ("profile", "s", 4), ("train", "^", -8)):
                line = points[points["call"] == call]
                ax.loglog(line[column], line[cost] / unit, marker=marker, label=call)
                end = line[column].iloc[-1], line[cost].iloc[-1] / unit
                ax.annotate(
                    f"{max(0, fitted.loc[(call, varied), cost]):.1f}", end, (5, shift), "data", "offset points"
                )
            ax.minorticks_off()
            if varied != "depth":
                ax.set_xticks(line[column], [str(size) for size in line[column]])
            ax.set_title(title if row == 0 else "")
    axes[1, 1].legend(loc=(0.2, 0.12))
    fig.savefig(HERE / "growth.png", dpi=110, facecolor="white")


if __name__ == "__main__":
    depth()
    growth()
    if sys.argv[1:]:
        page(Path(sys.argv[1]), "the-idea")
