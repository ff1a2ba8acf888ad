"""The window that slides over an image."""

import random

from cs231n_arch.explorer import Page
from cs231n_arch.moving.piece import piece

CHANNELS, SIDE, KERNEL = 4, 6, 3  # the largest that the figure can show; as many filters as channels


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
