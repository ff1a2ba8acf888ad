"""Moving figures of the chapters: small pieces of HTML and JavaScript that the reader steers.

Each is complete in itself, so it works from a folder, in a notebook and offline. Without scripts, and on paper,
its place holds one sentence, which sends the reader to the still figure above it.
"""

from cs231n_arch.moving.depth import depth
from cs231n_arch.moving.digit import digit
from cs231n_arch.moving.piece import STILL
from cs231n_arch.moving.window import window

__all__ = ["STILL", "depth", "digit", "window"]
