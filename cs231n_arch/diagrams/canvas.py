"""What all drawings share."""

from matplotlib.axes import Axes

from cs231n_arch.plots import FAMILIES

SHADES = [FAMILIES[name][0] for name in ("resnet", "alexnet", "lenet", "densenet", "vgg", "googlenet")]


def bare(ax: Axes) -> Axes:
    """Take away ticks, grid and frame, and draw pixels square."""
    ax.set_aspect("equal")
    ax.axis("off")
    return ax
