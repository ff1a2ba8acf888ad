"""Figures without axes: images, filters, matrices and architectures drawn to scale."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from torch import Tensor

from cs231n_arch.plots.charts import stages_of
from cs231n_arch.plots.style import FAMILIES, INK


def _grid(pictures: Tensor, columns: int | None) -> np.ndarray:
    """Pictures (N, 1 or 3, H, W) of values in [0, 1] in one (rows, columns, 3 + transparency) picture."""
    count, _, height, width = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    canvas = torch.zeros(4, rows * (height + 1) - 1, columns * (width + 1) - 1)
    for number, picture in enumerate(pictures):
        top, left = number // columns * (height + 1), number % columns * (width + 1)
        canvas[:3, top : top + height, left : left + width] = picture
        canvas[3, top : top + height, left : left + width] = 1.0
    return canvas.permute(1, 2, 0).numpy()


def _pictures(tensor: Tensor, what: str) -> Tensor:
    if tensor.ndim != 4 or tensor.shape[1] not in (1, 3) or tensor.shape[0] == 0:
        raise ValueError(
            f"{what} must be a tensor (N, 1 or 3, H, W) with N of 1 or more; given {tuple(tensor.shape)}"
        )
    return tensor.detach().float().cpu()


def images(batch: Tensor, ax: Axes, *, columns: int | None = None) -> Axes:
    """Images side by side, on one common scale from the darkest to the brightest value of the batch.

    Args:
        batch: (N, 1 or 3, H, W).
        ax: where to draw.
        columns: images per row; by default as many as rows.

    Raises:
        ValueError: another shape, or no images.
    """
    pictures = _pictures(batch, "the batch")
    low, high = pictures.min(), pictures.max()
    ax.imshow(_grid((pictures - low) / (high - low).clamp(min=1e-12), columns), interpolation="nearest")
    ax.set_axis_off()
    return ax


def boxes(batch: Tensor, ax: Axes, edges: Mapping[str, Tensor], *, columns: int | None = None) -> Axes:
    """Images side by side, each with one box of every kind; a legend below tells the kinds apart.

    Args:
        batch: (N, 1 or 3, H, W).
        ax: where to draw.
        edges: what the boxes are -> (N, 4): left, top, right and bottom edge, as shares of width and height.
        columns: images per row; by default as many as rows.

    Raises:
        ValueError: another shape, no images, or not one box per image.
    """
    columns = columns or math.ceil(math.sqrt(len(batch)))
    images(batch, ax, columns=columns)
    height, width = batch.shape[2:]
    for (name, given), family, line in zip(
        edges.items(), ("vgg", "alexnet", "densenet"), ("-", "--", ":"), strict=False
    ):
        if given.shape != (len(batch), 4):
            raise ValueError(
                f"the boxes {name!r} must be (N, 4) for {len(batch)} images; given {tuple(given.shape)}"
            )
        for number, (left, top, right, bottom) in enumerate(given.tolist()):
            # The middle of the first pixel is at zero, and images are one pixel apart.
            corner = (number % columns * (width + 1) - 0.5, number // columns * (height + 1) - 0.5)
            place = (corner[0] + left * width, corner[1] + top * height)
            size = ((right - left) * width, (bottom - top) * height)
            label = name if number == 0 else None
            shade = FAMILIES[family][0]
            ax.add_patch(
                Rectangle(place, *size, fill=False, edgecolor=shade, linestyle=line, linewidth=2, label=label)
            )
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=len(edges))
    return ax


def filters(weight: Tensor, ax: Axes, *, columns: int | None = None) -> Axes:
    """The kernels of a first layer as small images, each on its own scale around a gray zero.

    Args:
        weight: (kernels, 1 or 3, height, width) of a convolution.
        ax: where to draw.
        columns: kernels per row; by default as many as rows.

    Raises:
        ValueError: another shape: kernels over more than three maps have no colors.
    """
    kernels = _pictures(weight, "the weight")
    largest = kernels.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-12)
    ax.imshow(_grid(0.5 + 0.5 * kernels / largest, columns), interpolation="nearest")
    ax.set_axis_off()
    return ax


def heatmap(matrix: pd.DataFrame, ax: Axes, *, label: str, labels: tuple[str, str]) -> Axes:
    """A matrix as colors with a scale next to it, for example which earlier layers a dense layer uses.

    Args:
        matrix: rows downwards, columns across; NaN stays empty.
        ax: where to draw.
        label: what the colors are.
        labels: names of the axes: of the columns, of the rows.

    Raises:
        ValueError: an empty matrix.
    """
    if matrix.empty:
        raise ValueError("there is nothing to draw: the matrix is empty")
    picture = ax.imshow(matrix.to_numpy(float), aspect="auto", interpolation="nearest")
    ax.set_xticks(range(matrix.shape[1]), [str(name) for name in matrix.columns], fontsize=9)
    ax.set_yticks(range(matrix.shape[0]), [str(name) for name in matrix.index], fontsize=9)
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    ax.grid(visible=False)
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(picture, ax=ax, label=label)
    return ax


def architecture(table: pd.DataFrame, ax: Axes, *, skip: Sequence[str] = ()) -> Axes:
    """A net drawn to scale: a box per stage, as high and deep as its map is, as long as it has channels.

    Height and depth are to one scale, the length to another (its square root, as channels grow to thousands).

    Args:
        table: the net's `layer_table`.
        ax: where to draw.
        skip: stages to leave out.

    Raises:
        ValueError: no layer table, or no stage left.
    """
    stages = stages_of(table).drop(index=list(skip))
    # A stage that neither has weights nor makes a new map (a ReLU in place, a reshape) has no box of its own.
    changes = (stages["output_shape"] != stages["output_shape"].shift()) & (stages["activation_bytes"] > 0)
    stages = stages[changes | (stages["params"] > 0)]
    if stages.empty:
        raise ValueError("there is nothing to draw: every stage is skipped")
    shapes = [(*shape, 1, 1)[:3] for shape in stages["output_shape"]]
    tallest = max(height for _, height, _ in shapes)
    left, gap, slant = 0.0, 0.08, 0.3
    for name, params, (channels, height, width) in zip(stages.index, stages["params"], shapes, strict=True):
        length = 0.008 * math.sqrt(channels)
        up, back = max(height / tallest, 0.02), slant * max(width / tallest, 0.02)
        shade = FAMILIES["resnet"][0] if params else INK
        right, bottom, top = left + length, -up / 2, up / 2
        faces = (
            (0.85, [(left, bottom), (right, bottom), (right, top), (left, top)]),
            (0.60, [(left, top), (right, top), (right + back, top + back), (left + back, top + back)]),
            (0.40, [(right, bottom), (right + back, bottom + back), (right + back, top + back), (right, top)]),
        )
        for opacity, corners in faces:
            ax.add_patch(Polygon(corners, facecolor=shade, edgecolor=INK, alpha=opacity, linewidth=0.6))
        size = f"{channels}" if height == width == 1 else f"{height}×{width}×{channels}"
        ax.text(left + length / 2, -0.56, f"{name}  {size}", rotation=90, ha="center", va="top", fontsize=8)
        left = right + max(0.6 * back, gap)
    ax.set_xlim(-gap, left + slant)
    ax.set_ylim(-1.3, 0.5 + slant + 0.05)
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    return ax
