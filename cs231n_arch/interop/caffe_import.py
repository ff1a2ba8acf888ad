"""Caffe's weights in nets of ours: the layers of a file matched with ours, in their order."""

import inspect
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import zip_longest

import numpy as np
import torch
from torch import Tensor

from cs231n_arch.interop import caffemodel
from cs231n_arch.interop.caffe_export import reverses
from cs231n_arch.interop.caffe_layers import CaffeLayer, translate
from cs231n_arch.interop.caffe_releases import RELEASES, Preprocess, Triple
from cs231n_arch.interop.caffe_rules import sides_of
from cs231n_arch.interop.caffemodel import Layer, Setting
from cs231n_arch.interop.libraries import call
from cs231n_arch.interop.wire import Numbers
from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import MODELS, build, constructor

# The forms of our nets that Caffe's files are likely to be of.
RELEASED = ("caffe", "caffenet", "released")
# The settings in which a file's layer must agree with ours, where the file has them.
DEFAULTS: Mapping[str, Mapping[str, Setting]] = {
    "Pooling": {"pool": "MAX"},
    "LRN": {"local_size": 5, "alpha": 1.0, "beta": 0.75, "norm_region": "ACROSS_CHANNELS", "k": 1.0},
    "Convolution": {"group": 1, "dilation": 1},
    "BatchNorm": {"eps": 1e-5},
}
# He's files have a unit's projection before its body, ours after it.
BRANCH = re.compile(r"(?:res|bn|scale)(\d\w*?)_branch(\d)")


def from_caffe(
    name: str,
    file: str | os.PathLike[str],
    *,
    form: str | None = None,
    mean: str | os.PathLike[str] | Triple | None = None,
) -> Net:
    """Build a net of ours with the weights of a caffemodel, such as the one that its authors released.

    Layers are matched in their order, by kind and size, and by the settings that a caffemodel usually holds too
    (strides, paddings, windows, constants of normalization): a file of a net that computes something else is
    refused. A batch norm and the scale after it become one layer, and the kernels that read the image are turned
    from blue, green, red to our order.

    Args:
        name: one of `list_models()`.
        file: a `.caffemodel`, of either layout. The net has as many classes and channels.
        form: the form of our net. None takes the one that the file fits, of the released forms first.
        mean: a `.binaryproto` file with the mean image, or the means of blue, green and red. None takes the
            release's; where it comes with an image, the means of its channels.

    Returns:
        The net in evaluation mode. Its `preprocess` turns an image (PIL, or a tensor (..., 3, H, W)) into an
        input, as the release does with one crop; nets without a release in `RELEASES` have none.

    Raises:
        ValueError: unknown model or form; a damaged caffemodel; one of another net (the message names the first
            layers that differ); or a mean that does not fit.
        OSError: a file cannot be read.
    """
    constructor(name)
    release = RELEASES.get(name)
    if mean is not None and release is None:
        raise ValueError(f"{name} has no preprocessing for a mean; {', '.join(RELEASES)} have")
    try:
        net, _ = fitting(name, caffemodel.read(file), form)
    except MismatchError as why:
        raise ValueError(f"{file} is no file of {name}: {why}") from None
    if release is not None:
        read = caffemodel.read_mean(mean) if isinstance(mean, str | os.PathLike) else mean
        vars(net)["preprocess"] = Preprocess(release, np.array(release.mean if read is None else read))
    return net.eval()


class MismatchError(Exception):
    """Two layers that differ, and the number of layers before them that agree."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


def fitting(name: str, layers: Sequence[Layer], form: str | None) -> tuple[Net, dict[str, object]]:
    """The first form of our net that a file's layers fit, with their weights, and its options.

    Raises:
        MismatchError: they fit none.
    """
    theirs = in_our_order(layers)
    weighted = [layer.blobs[0] for layer in theirs if layer.blobs]
    if weighted[0].ndim < 2:
        raise MismatchError(0, "its first weights are no convolution")
    classes, channels = _sides(weighted[-1])[0], _sides(weighted[0])[1]
    refusals = []
    for options in _options(name, form):
        with torch.device("meta"):
            net = build(name, num_classes=classes, in_channels=channels, **options)
        try:
            net.load_state_dict(_state(net, theirs, call(name, options)), assign=True)
        except MismatchError as why:
            refusals.append(why)
        else:
            return net, options
    raise max(refusals, key=lambda why: why.place)


def in_our_order(layers: Sequence[Layer]) -> list[Layer]:
    """The layers that are matched, the projection of a residual unit after its body."""
    matched = [layer for layer in layers if layer.blobs or layer.kind in ("Pooling", "LRN")]
    first: dict[str, int] = {}
    places = []
    for place, layer in enumerate(matched):
        found = BRANCH.match(layer.name)
        unit, projection = (found[1], found[2] == "1") if found else ("", False)
        places.append((first.setdefault(unit, place) if unit else place, projection, place))
    return [matched[place] for *_, place in sorted(places)]


def _options(name: str, form: str | None) -> Iterator[dict[str, object]]:
    """The options of our net to try: its forms, with and without auxiliary classifiers."""
    parameters = inspect.signature(constructor(name)).parameters
    totals = getattr(import_module(f"cs231n_arch.models.{MODELS[name].file}"), "TOTALS", {}).get(name, {})
    forms: list[str | None] = [form]
    if form is None and totals and "form" in parameters:
        forms = [one for one in dict.fromkeys((*RELEASED, *totals)) if one in totals]
    for one in forms:
        for aux in (False, True) if "aux" in parameters else (None,):
            yield ({} if one is None else {"form": one}) | ({} if aux is None else {"aux": aux})


def _state(net: Net, theirs: Sequence[Layer], ours_is: str) -> dict[str, Tensor]:
    """The state dict of a net on the meta device, from the layers of a file.

    Raises:
        MismatchError: the file's net is another one.
    """
    heads = any(name.startswith("aux") for name, _ in net.named_children())
    try:
        ours = translate(net, net.input_size, training=heads)
    except ValueError as error:
        raise MismatchError(-1, f"{ours_is}: {error}") from None
    keys = {id(tensor): key for key, tensor in (*net.named_parameters(), *net.named_buffers())}
    whole = any(
        layer.kind == "Pooling" for layer in theirs
    )  # or else the file holds what has weights, and no more
    ours = [layer for layer in ours if layer.weights or (whole and layer.kind in ("Pooling", "LRN"))]
    state = {key: torch.tensor(0) for key in net.state_dict() if key.endswith("num_batches_tracked")}
    for place, (their, our) in enumerate(zip_longest(theirs, ours)):
        if their is None or our is None:
            ended = f"has {their.name} ({their.kind})" if their else "has ended"
            raise MismatchError(place, f"where it {ended}, {ours_is} has {our.name if our else 'ended'}")
        if why := _difference(their, our):
            raise MismatchError(
                place, f"its layer {their.name} ({their.kind}) has {why} in {our.name} of {ours_is}"
            )
        blobs = [np.array(blob, "f4") for blob in their.blobs]
        if their.kind == "BatchNorm":
            factor = blobs[2].item()
            blobs = [blob / factor if factor else np.zeros_like(blob) for blob in blobs[:2]]
        if our.weights and reverses(our, net.input_size[0]):
            blobs[0] = np.flip(blobs[0], axis=1)
        for weight, blob in zip(our.weights, blobs, strict=False):
            if weight is not None:
                state[keys[id(weight)]] = torch.from_numpy(np.ascontiguousarray(blob.reshape(weight.shape)))
    return state


def _difference(their: Layer, our: CaffeLayer) -> str | None:
    """How two layers differ, as in "(64, 3, 7, 7) for (64, 3, 3, 3)"; None if they compute the same."""
    kinds = {their.kind, our.kind}
    if len(kinds) > 1 and kinds != {"Convolution", "InnerProduct"}:  # which are the same on a map of one window
        return f"the place of a {our.kind}"
    shapes = [_sides(blob) for blob in their.blobs]
    wanted = [(1,) if weight is None else tuple(weight.shape) for weight in our.weights]
    for shape, want in zip_longest(shapes, wanted, fillvalue=()):
        if _counts(shape) != _counts(want) or bool(shape) != bool(want):
            return f"{shape or 'nothing'} for {want or 'nothing'}"
    if not their.settings or len(kinds) > 1:
        return None
    one, other = (_settings(our.kind, settings, our.sizes) for settings in (their.settings, our.settings))
    for what, value in other.items():
        theirs = one[what]
        if isinstance(value, float) and isinstance(theirs, float | int):
            theirs = value if math.isclose(theirs, value, rel_tol=1e-5) else theirs
        if theirs != value:
            return f"{what} {theirs} for {value}"
    return None


def _settings(kind: str, given: Mapping[str, Setting], sizes: tuple[int, ...]) -> dict[str, object]:
    """The settings that decide what a layer computes, complete and in one notation."""
    full: dict[str, object] = {what: given.get(what, default) for what, default in DEFAULTS.get(kind, {}).items()}
    if kind == "Convolution":
        full |= {"stride": sides_of(given, "stride", 1), "pad": sides_of(given, "pad")}
    if kind == "Pooling":
        window, pad = sides_of(given, "kernel_size"), sides_of(given, "pad")
        whole = (sizes[2], sizes[3])
        window = whole if given.get("global_pooling") else window
        once = window == whole and pad == (0, 0)  # of one window the stride does not matter
        full |= {"kernel": window, "stride": (1, 1) if once else sides_of(given, "stride", 1), "pad": pad}
    return full


def _sides(blob: Numbers) -> tuple[int, ...]:
    """A blob's shape, without the two ones that old files put before the shape of a matrix."""
    return blob.shape[2:] if blob.ndim == 4 and blob.shape[:2] == (1, 1) else blob.shape


def _counts(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)
