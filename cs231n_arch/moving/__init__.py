"""Moving figures of the chapters: small pieces of HTML and JavaScript that the reader steers.

Each is complete in itself, so it works from a folder, in a notebook and offline. Without scripts, and on paper,
its place holds one sentence, which sends the reader to the still figure above it.
"""

import json
import random
from importlib.resources import files

from cs231n_arch.explorer import Page

__all__ = ["window"]

STILL = "In the HTML book a moving figure stands here; the figure above is a picture of it."
CHANNELS, SIDE, KERNEL = 4, 6, 3  # the largest that the window's figure can show; as many filters as channels


def piece(name: str, data: dict[str, object], caption: str) -> Page:
    """One figure: its data, its script and the style that all share.

    Args:
        name: of the script, without the ending.
        data: what the script works with; anything that JSON can hold.
        caption: what to notice.
    """
    here = files(__name__)

    def text(file: str) -> str:
        return (here / file).read_text(encoding="utf-8")

    # "</" would end the script in which the text stands.
    held = json.dumps({"caption": caption, **data}, separators=(",", ":")).replace("</", "<\\/")
    return Page(
        f"<style>{text('style.css')}</style>"
        f'<figure class="moving" id="moving-{name}"><p>{STILL}</p></figure>'
        f'<script type="application/json" id="moving-{name}-data">{held}</script>'
        f"<script>{text('parts.js')}</script><script>{text(f'{name}.js')}</script>"
    )


def window() -> Page:
    """The window that slides: a convolution of small whole numbers, with every product in sight.

    The reader chooses channels, groups, kernel, stride, padding and dilation, and moves the window.
    """
    draw = random.Random(9)
    image = [[[draw.randint(0, 3) for _ in range(SIDE)] for _ in range(SIDE)] for _ in range(CHANNELS)]
    weights = [
        [[[draw.randint(-1, 1) for _ in range(KERNEL)] for _ in range(KERNEL)] for _ in range(CHANNELS)]
        for _ in range(CHANNELS)
    ]
    return piece(
        "window",
        {"image": image, "weights": weights},
        f"A convolution with {CHANNELS} filters, without biases. Below each channel, with the window in orange, "
        "are the filter's weights for it. Notice that stride, padding and dilation change the size of the feature "
        "map and not the number of weights, and that groups do the opposite.",
    )
