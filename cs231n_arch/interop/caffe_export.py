"""Nets of ours for Caffe: the definition as a prototxt, and a file of weights.

Caffe's nets read an image's channels in the order blue, green, red, ours in the order red, green, blue. So the
kernels that read the image are reversed.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn

from cs231n_arch.interop import caffemodel
from cs231n_arch.interop.caffe_layers import DATA, CaffeLayer, translate
from cs231n_arch.interop.caffemodel import SETTINGS, Layer
from cs231n_arch.interop.wire import Numbers
from cs231n_arch.models.layers import Net
from cs231n_arch.records import write_atomically


class CaffeFiles(NamedTuple):
    """What `to_caffe` writes.

    Attributes:
        prototxt: the net's layers, as text.
        caffemodel: their weights.
    """

    prototxt: Path
    caffemodel: Path


def to_caffe(net: Net, folder: str | os.PathLike[str], *, overwrite: bool = False) -> CaffeFiles:
    """Write a net of ours as Caffe's `net.prototxt` and `net.caffemodel`.

    Caffe's net computes what ours computes in evaluation mode, for an image whose channels are reversed (blue,
    green, red) and which is otherwise prepared as for ours. It has our layers' names, takes images of
    `net.input_size`, and ends without a softmax, as ours does.

    Args:
        net: a net whose layers Caffe has: convolution, pooling, local response normalization, batch norm, ReLU,
            sigmoid, tanh, dropout, fully connected layers, sums, joins of channels, and channels times numbers.
        folder: where to; missing folders are made.
        overwrite: whether files that are there already may be replaced.

    Returns:
        The paths of the two files.

    Raises:
        ValueError: a layer that Caffe does not have, or a pooling for which it rounds sizes otherwise, by name;
            weights on the meta device; or a net without `input_size`.
        FileExistsError: one of the files is there, and `overwrite` is false. Nothing has been written.
    """
    size = getattr(net, "input_size", None)
    if not isinstance(net, nn.Module) or size is None:
        raise ValueError(
            f"net must be a module with an input_size (channels, height, width); given {type(net).__name__}"
        )
    files = CaffeFiles(Path(folder) / "net.prototxt", Path(folder) / "net.caffemodel")
    for path in files:
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} is there already; overwrite=True replaces it")
    layers = [as_layer(layer, size[0]) for layer in translate(net, size)]
    data = caffemodel.write(type(net).__name__, layers)
    write_atomically(files.caffemodel, data)
    write_atomically(files.prototxt, prototxt(type(net).__name__, layers, size))
    return files


def as_layer(layer: CaffeLayer, channels: int) -> Layer:
    """A layer with its numbers."""
    blobs = [np.ones(1, "f4") if weight is None else _numbers(weight, layer.name) for weight in layer.weights]
    if reverses(layer, channels):
        blobs[0] = np.flip(blobs[0], axis=1)
    return Layer(layer.name, layer.kind, layer.settings, tuple(blobs), layer.bottoms, (layer.name,))


def _numbers(weight: Tensor, name: str) -> Numbers:
    if weight.is_meta:
        raise ValueError(f"{name} is on the meta device and has no weights to write")
    numbers: Numbers = weight.detach().float().cpu().numpy()
    return numbers


def reverses(layer: CaffeLayer, channels: int) -> bool:
    """Whether a layer reads the image's red, green and blue, so that its kernels are reversed for Caffe.

    Raises:
        ValueError: it reads them without a kernel for each, so there is nothing to reverse.
    """
    if channels != 3 or DATA not in layer.bottoms:
        return False
    if layer.kind != "Convolution" or "group" in layer.settings:
        raise ValueError(
            f"{layer.name} cannot be expressed in Caffe: the image is read by something other than a convolution"
        )
    return True


def prototxt(name: str, layers: Sequence[Layer], input_size: tuple[int, int, int]) -> str:
    """The text of a net's definition, for one image at a time."""
    sides = " ".join(f"dim: {side}" for side in (1, *input_size))
    order = "# The image's channels are in the order blue, green, red.\n" if input_size[0] == 3 else ""
    blocks = [
        f"{order}name: {_text(name)}",
        f'layer {{\n  name: "{DATA}"\n  type: "Input"\n  top: "{DATA}"\n'
        f"  input_param {{ shape {{ {sides} }} }}\n}}",
    ]
    for layer in layers:
        lines = [f"name: {_text(layer.name)}", f"type: {_text(layer.kind)}"]
        lines += [f"bottom: {_text(bottom)}" for bottom in layer.bottoms]
        lines += [f"top: {_text(top)}" for top in layer.tops]
        if layer.settings:
            words = SETTINGS[layer.kind].words
            settings = " ".join(
                f"{key}: {value if key in words else json.dumps(value)}" for key, value in layer.settings.items()
            )
            lines.append(f"{SETTINGS[layer.kind].name} {{ {settings} }}")
        blocks.append("layer {\n" + "".join(f"  {line}\n" for line in lines) + "}")
    return "\n".join(blocks) + "\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
