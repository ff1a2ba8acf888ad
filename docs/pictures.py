"""The README's pictures, a page of the built book and a recorded run: `python docs/pictures.py _build/html`."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from cs231n_arch import experiments, plots

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


if __name__ == "__main__":
    depth()
    page(Path(sys.argv[1]), "the-idea")
