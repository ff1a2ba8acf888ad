"""Every figure of the book: each function takes data and an Axes, draws, and returns the Axes.

`use_style()` sets the one style: dark ink on white, for which the book has light ink on a dark page. An
architecture has the same color and the same marker in all figures; the marker, or a label at the mark itself,
tells it apart for readers who see colors differently.
"""

from cs231n_arch.plots.charts import (
    bars,
    bars_together,
    bubble,
    cost_by_stage,
    imagenet_winners,
    lines,
    roofline,
    scatter_fit,
    training_curves,
)
from cs231n_arch.plots.labels import name_lines, name_points
from cs231n_arch.plots.measurements import arms, not_measurable, scatter_hyperbola
from cs231n_arch.plots.pictures import architecture, boxes, filters, heatmap, images
from cs231n_arch.plots.style import FAMILIES, INK, STYLE, colour, family, marker, use_style

__all__ = [
    "FAMILIES",
    "INK",
    "STYLE",
    "architecture",
    "arms",
    "bars",
    "bars_together",
    "boxes",
    "bubble",
    "colour",
    "cost_by_stage",
    "family",
    "filters",
    "heatmap",
    "imagenet_winners",
    "images",
    "lines",
    "marker",
    "name_lines",
    "name_points",
    "not_measurable",
    "roofline",
    "scatter_fit",
    "scatter_hyperbola",
    "training_curves",
    "use_style",
]
