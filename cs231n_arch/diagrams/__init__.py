"""Explanatory drawings of the book: how a layer works. Each takes its numbers and an Axes, and returns the Axes.

`cs231n_arch.plots` draws what was measured or published; here nothing is measured.
"""

from cs231n_arch.diagrams.canvas import SHADES, bare
from cs231n_arch.diagrams.flow import flow
from cs231n_arch.diagrams.fractals import fractal
from cs231n_arch.diagrams.modules import modules
from cs231n_arch.diagrams.steps import ladder, numbers
from cs231n_arch.diagrams.timeline import timeline
from cs231n_arch.diagrams.windows import pyramid, windows
from cs231n_arch.diagrams.wiring import connections, dense_block, towers

__all__ = [
    "SHADES",
    "bare",
    "connections",
    "dense_block",
    "flow",
    "fractal",
    "ladder",
    "modules",
    "numbers",
    "pyramid",
    "timeline",
    "towers",
    "windows",
]
