"""The one figure style, and the fixed color and marker of each family of architectures."""

import re

import matplotlib as mpl

INK = "#24292f"  # contrast 14.6 : 1 with white; the book puts light ink in its place on a dark page
STYLE: dict[str, object] = {
    "figure.figsize": (7.5, 4.0), "figure.dpi": 110, "savefig.dpi": 150, "figure.constrained_layout.use": True,
    "figure.facecolor": "#ffffff", "axes.facecolor": "none", "savefig.facecolor": "#ffffff",
    "svg.hashsalt": "book",
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "font.size": 11.0, "axes.titlesize": 12.0, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": INK, "grid.alpha": 0.25, "axes.axisbelow": True,
    "legend.frameon": False, "lines.linewidth": 2.0, "lines.markersize": 7.0, "image.cmap": "viridis",
}  # fmt: skip

# Color and marker of each family. All colors have a contrast of 3 : 1 or more with both pages. Any two, but for
# the plain nets' gray, differ by 14 or more in CIELAB for every kind of color vision; a search found them.
FAMILIES: dict[str, tuple[str, str]] = {
    "lenet": ("#4b785a", "H"), "alexnet": ("#e1780f", "s"), "zfnet": ("#875a78", "D"), "nin": ("#96964b", "v"),
    "vgg": ("#2da587", "^"), "googlenet": ("#e1001e", "P"), "plain": ("#7a7a7a", "x"), "resnet": ("#4b5ae1", "o"),
    "preact_resnet": ("#9687e1", "<"), "wide_resnet": ("#5a87ff", ">"), "resnext": ("#b41ea5", "p"),
    "stochastic_depth": ("#ff4b78", "*"), "fractalnet": ("#69690f", "1"), "densenet": ("#782dff", "X"),
    "squeezenet": ("#d269b4", "d"), "senet": ("#c31e4b", "h"),
}  # fmt: skip
# How names of models and of published rows begin, where that is not the family's own name.
ALIASES = {
    "cifarresnet": "resnet", "inception": "googlenet", "bninception": "googlenet", "preact": "preact_resnet",
    "wrn": "wide_resnet", "wide": "wide_resnet", "stochastic": "stochastic_depth", "fractal": "fractalnet",
    "dense": "densenet", "squeeze": "squeezenet", "seresnet": "senet", "secifar": "senet",
}  # fmt: skip


def use_style() -> None:
    """Make the book's style matplotlib's default for this session."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]


def family(name: str) -> str:
    """The family of a model or of a published architecture: "resnet50", "ResNet-50" and "ResNet-152" are one.

    Raises:
        ValueError: the name belongs to no family.
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    for start, found in [*ALIASES.items(), *((f.replace("_", ""), f) for f in FAMILIES)]:
        if plain.startswith(start):
            return found
    raise ValueError(f"{name!r} belongs to none of the families {', '.join(FAMILIES)}")


def colour(name: str) -> str:
    """The fixed color of an architecture; see `family` for the names it takes."""
    return FAMILIES[family(name)][0]


def marker(name: str) -> str:
    """The fixed marker of an architecture."""
    return FAMILIES[family(name)][1]


def known(name: str) -> str:
    """The color of a family, or that of the text for a name that belongs to none."""
    try:
        return colour(name)
    except ValueError:
        return INK


def look(name: str, number: int) -> tuple[str, str]:
    """Color and marker of a series: its family's; the arms of an experiment have the `number`-th of eight."""
    try:
        return FAMILIES[family(name)]
    except ValueError:
        order = ("resnet", "alexnet", "vgg", "densenet", "googlenet", "squeezenet", "fractalnet", "lenet")
        return FAMILIES[order[number % len(order)]]
