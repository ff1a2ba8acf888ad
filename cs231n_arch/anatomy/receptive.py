"""The part of the image that each unit of a tensor sees, carried along from operator to operator.

For each axis of the image (rows and columns, say) a tensor has three companions of its own shape: the first and
the last pixel that each unit sees, and the pixel that it stands for. Along most dimensions they are the same for
all units (all channels of a place see the same), and such a dimension has size 1 in a companion. An operator that
only moves units, such as a permutation or a slice, is applied to the companions as it is; one that looks at many
units takes the least first pixel and the greatest last pixel of them.

The image's border is ignored, as in the formula of `arithmetic.receptive_step`: a unit beyond it is taken to see
the pixels that would lie there.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Axis(NamedTuple):
    """One axis of the image, as the units of a tensor see it.

    Attributes:
        reach: (2, *shape): the first pixel that each unit sees, and the last one times -1, so that the smaller is
            the further for both; infinite for a unit that sees nothing.
        place: (1, *shape): the pixel that each unit stands for.
        jump: pixels between neighboring units; None if they have no such distance.
    """

    reach: Tensor
    place: Tensor
    jump: float | None


class Seen(NamedTuple):
    """What the units of a tensor see.

    Attributes:
        axes: one for each axis of the image.
        masked: a tensor that is neither weight nor image took part; if it is a mask, a softmax that follows leaves
            units out.
    """

    axes: tuple[Axis, ...]
    masked: bool = False

    def numbers(self) -> tuple[int | None, int | None]:
        """Receptive field and jump along the longer side, in pixels; None if it is not a whole number."""
        found = [(1 - axis.reach.sum(0), axis.jump) for axis in self.axes]
        most = [(int(field[field.isfinite()].max()), jump or 0) for field, jump in found if field.isfinite().any()]
        field, jump = max(most, default=(None, 0))
        return field, int(jump) if jump and jump == int(jump) else None


def pixels(shape: Sequence[int]) -> Seen | None:
    """What the pixels of images (N, C, *sides) see: themselves; None if the images have no sides."""
    axes = []
    for dim, side in enumerate(shape[2:], start=3):
        line = torch.arange(side, dtype=torch.float64, device="cpu")
        line = line.view(*[1] * dim, side, *[1] * (len(shape) - dim))
        axes.append(Axis(torch.cat([line, -line]), line, 1))
    return Seen(tuple(axes)) if axes else None


def varying(place: Tensor) -> list[int]:
    """Dimensions along which units stand at different places."""
    return [dim for dim, size in enumerate(place.shape) if size > 1]


def settled(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """The axes with their jumps as the places tell them; a jump stays where there is one place only.

    It also stays where two axes share a dimension, as in a list of tokens. Places along several dimensions have no
    neighbors.
    """
    dims = [varying(axis.place) for axis in axes]
    found = []
    for axis, own in zip(axes, dims, strict=True):
        jump = axis.jump
        if len(own) > 1:
            jump = None
        elif own and sum(own == others for others in dims) == 1:
            jump = spacing(axis.place.flatten(), jump)
        found.append(axis._replace(jump=jump))
    return tuple(found)


def spacing(line: Tensor, jump: float | None) -> float | None:
    """Distance of neighbors along a line, or their mean distance if places repeat, as after an upsampling."""
    if len(line) == 2 and jump is None:
        return None
    for lag in range(1, min(9, len(line))):
        steps = line[lag:] - line[:-lag]
        if (steps == steps[0]).all():
            return abs(float(steps[0])) / lag
    return None


def squeezed(companion: Tensor, *, start: int = 1) -> Tensor:
    """Size 1 for every dimension from `start` along which nothing differs."""
    for dim in range(start, companion.ndim):
        if companion.size(dim) > 1:
            first = companion.narrow(dim, 0, 1)
            if companion.stride(dim) == 0 or bool((companion == first).all()):
                companion = first
    return companion


def moved(seen: Seen, before: Sequence[int], after: Sequence[int], move: Callable[[Tensor], Tensor]) -> Seen:
    """After an operator that puts units elsewhere: `move` turns a tensor of one shape into one of the other."""

    def of(companion: Tensor) -> Tensor:
        if companion.numel() == len(companion):  # all units see the same
            return companion.view(len(companion), *[1] * len(after))
        layers = [squeezed(move(layer.expand(before)), start=0) for layer in companion]
        return torch.stack(torch.broadcast_tensors(*layers))  # type: ignore[no-untyped-call]

    return Seen(settled([Axis(of(a.reach), of(a.place), a.jump) for a in seen.axes]), seen.masked)


def furthest(seen: Seen, dims: Sequence[int], *, keepdim: bool = True) -> Seen:
    """After an operator whose units depend on all units along some dimensions."""
    dims = [dim % (seen.axes[0].reach.ndim - 1) + 1 for dim in dims]
    axes = []
    for axis in seen.axes:
        reach, place, jump = axis
        if dims:
            if jump is not None and any(place.size(dim) > 1 for dim in dims):
                jump += float((place.amax(dims) - place.amin(dims)).max())  # the whole line counts as one step
            reach, place = reach.amin(dims, keepdim=keepdim), place.amin(dims, keepdim=keepdim)
        axes.append(Axis(reach, place, jump))
    return Seen(settled(axes))


def aligned(companion: Tensor, ndim: int) -> Tensor:
    """With dimensions added in front, as broadcasting does."""
    return companion.view(len(companion), *[1] * (ndim + 1 - companion.ndim), *companion.shape[1:])


def union(parts: Sequence[Seen], ndim: int) -> Seen:
    """After an operator whose units depend on one unit of each part, aligned as in broadcasting.

    A unit stands where it does in the part with the most places: a factor for each channel is spread over a map.
    """
    masked = any(part.masked for part in parts)
    if all(part.axes is parts[0].axes for part in parts) and parts[0].axes[0].reach.ndim == ndim + 1:
        return Seen(parts[0].axes, masked)
    axes = []
    for several in zip(*(part.axes for part in parts), strict=True):
        reaches, places = [aligned(a.reach, ndim) for a in several], [aligned(a.place, ndim) for a in several]
        reach = reaches[0]
        for other in reaches[1:]:
            reach = torch.minimum(reach, other)
        most = max(place.numel() for place in places)
        placed = [(place, a.jump) for place, a in zip(places, several, strict=True) if place.numel() == most]
        jumps = {jump for _, jump in placed}
        jump = max((j for j in jumps if j is not None), default=None) if most == 1 or len(jumps) == 1 else None
        axes.append(Axis(reach, placed[0][0], jump))
    return Seen(tuple(axes), masked)


class Taps(NamedTuple):
    """The units along a line that each unit of the output looks at.

    Attributes:
        units: (outputs, taps), numbers of units; below 0 and above the last one are beyond the border.
        real: (outputs, taps), which taps there are; None if all.
        middle: (outputs,), the unit that the output stands for.
        rate: distance between outputs divided by that between inputs; needed if there is only one output.
    """

    units: Tensor
    real: Tensor | None
    middle: Tensor
    rate: float


def through(seen: Seen, dim: int, size: int, taps: Taps, number: int | None) -> Seen:
    """After an operator that looks through windows along one dimension.

    Args:
        seen: of the input.
        dim: the dimension.
        size: units of the input along it.
        taps: the windows.
        number: axis of the image that lies along the dimension; a single unit does not show it.
    """
    axes = []
    for which, (reach, place, jump) in enumerate(seen.axes):
        alone = size == 1 and which == number
        along = alone or place.size(dim + 1) > 1
        reach = gathered(reach, dim + 1, taps.units, [jump, -jump] if alone and jump else None)
        if reach.ndim > place.ndim:
            if taps.real is not None:
                reach = reach.masked_fill(~taps.real, torch.inf)
            reach = squeezed(reach.amin(-1).movedim(-1, dim + 1))
        place = gathered(place, dim + 1, taps.middle[:, None], [jump] if alone and jump else None)
        if place.ndim > reach.ndim:
            place = squeezed(place.squeeze(-1).movedim(-1, dim + 1))
        if along and jump is not None:
            jump *= taps.rate
        axes.append(Axis(reach, place, jump))
    return Seen(settled(axes))


def gathered(companion: Tensor, dim: int, index: Tensor, steps: list[float] | None) -> Tensor:
    """The companion at the units of `index` along a dimension, with two dimensions at the end in place of it.

    Beyond the border it continues as at the border. If all units see the same, it is returned unchanged.

    Args:
        companion: (k, *shape).
        dim: of the companion.
        index: (outputs, taps).
        steps: for a single unit, the distance to the next one, a number for each of the k.
    """
    size = companion.size(dim)
    line = companion.movedim(dim, -1)[..., None, None]  # (k, ..., units, 1, 1)
    first = line[..., 0, :, :]
    if size == 1:
        if steps is None:
            return companion
        step = torch.tensor(steps, dtype=line.dtype, device="cpu").view(-1, *[1] * (first.ndim - 1))
        return first + step * index
    values = line[..., index.clamp(0, size - 1), 0, 0]
    for beyond, step in (
        (index.clamp(max=0), line[..., 1, :, :] - first),
        ((index - size + 1).clamp(min=0), line[..., -1, :, :] - line[..., -2, :, :]),
    ):
        if beyond.any():
            values = (values + beyond * step).nan_to_num(nan=torch.inf, posinf=torch.inf)
    return values
