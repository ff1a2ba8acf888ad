"""Caffe's files of weights: read and written in protobuf's wire format, without protobuf and without a prototxt.

`NetParameter` holds layers, a layer holds blobs and settings, a blob holds a shape and numbers; nothing is nested
deeper here, and what else a message holds is skipped. The numbers of the fields are those of Caffe's
`src/caffe/proto/caffe.proto`.
"""

import math
import os
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from cs231n_arch.interop.wire import Bytes, File, Numbers, message, varint

Setting = int | float | str

# NetParameter has `layers` (V1LayerParameter) until 2014 and `layer` (LayerParameter) since.
LAYERS, LAYER = 2, 100
# Number of the field in LayerParameter and in V1LayerParameter.
NAME, KIND, BOTTOM, TOP, BLOBS = (1, 4), (2, 5), (3, 2), (4, 3), (7, 6)
V0_LAYER = 1  # in V1LayerParameter: a layer in the form of 2013
# V1LayerParameter numbers the kinds that LayerParameter spells out.
V1_KINDS = {
    3: "Concat", 4: "Convolution", 6: "Dropout", 8: "Flatten", 14: "InnerProduct", 15: "LRN", 17: "Pooling",
    18: "ReLU", 19: "Sigmoid", 20: "Softmax", 21: "SoftmaxWithLoss", 22: "Split", 23: "TanH", 25: "Eltwise",
    39: "Deconvolution",
}  # fmt: skip


class Settings(NamedTuple):
    """The message that holds a kind's settings.

    Attributes:
        name: of its field in LayerParameter.
        numbers: of that field in LayerParameter and in V1LayerParameter (0: not there).
        fields: setting -> number of its field.
        words: setting -> the words that its numbers stand for.
    """

    name: str
    numbers: tuple[int, int]
    fields: Mapping[str, int]
    words: Mapping[str, tuple[str, ...]] = {}


SETTINGS = {
    "Convolution": Settings(
        "convolution_param",
        (106, 10),
        {
            "num_output": 1, "bias_term": 2, "pad": 3, "kernel_size": 4, "group": 5, "stride": 6, "pad_h": 9,
            "pad_w": 10, "kernel_h": 11, "kernel_w": 12, "stride_h": 13, "stride_w": 14, "dilation": 18,
        },
    ),
    "InnerProduct": Settings("inner_product_param", (117, 17), {"num_output": 1, "bias_term": 2}),
    "Pooling": Settings(
        "pooling_param",
        (121, 19),
        {
            "pool": 1, "kernel_size": 2, "stride": 3, "pad": 4, "kernel_h": 5, "kernel_w": 6, "stride_h": 7,
            "stride_w": 8, "pad_h": 9, "pad_w": 10, "global_pooling": 12, "round_mode": 13,
        },
        {"pool": ("MAX", "AVE", "STOCHASTIC")},
    ),
    "LRN": Settings(
        "lrn_param",
        (118, 18),
        {"local_size": 1, "alpha": 2, "beta": 3, "norm_region": 4, "k": 5},
        {"norm_region": ("ACROSS_CHANNELS", "WITHIN_CHANNEL")},
    ),
    "BatchNorm": Settings("batch_norm_param", (139, 0), {"use_global_stats": 1, "eps": 3}),
    "Scale": Settings("scale_param", (142, 0), {"axis": 1, "bias_term": 4}),
    "Eltwise": Settings("eltwise_param", (110, 24), {"operation": 1}, {"operation": ("PROD", "SUM", "MAX")}),
    "Dropout": Settings("dropout_param", (108, 12), {"dropout_ratio": 1}),
}  # fmt: skip


class Layer(NamedTuple):
    """A layer of a Caffe net.

    Attributes:
        name: of the layer.
        kind: "Convolution", "InnerProduct", "Pooling", ...
        settings: those that stand in the file, of the kinds in `SETTINGS`.
        blobs: its weights, biases and statistics.
        bottoms: names of the blobs that it reads.
        tops: names of the blobs that it makes.
    """

    name: str
    kind: str
    settings: Mapping[str, Setting] = {}
    blobs: tuple[Numbers, ...] = ()
    bottoms: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()


def read(path: str | os.PathLike[str]) -> list[Layer]:
    """The layers of a caffemodel, of either layout, in the order of the file.

    The blobs are views of the file's bytes, which are read at once: the memory that this takes is the file's size.

    Raises:
        ValueError: the file is no caffemodel, is cut short, holds no weights, or is of 2013 (Caffe's own
            `upgrade_net_proto_binary` turns that into one of today).
        OSError: it cannot be read.
    """
    file = File(path, "caffemodel")
    layers = []
    for field in file.fields(0, len(file.data)):
        if field.number in (LAYERS, LAYER):
            layers.append(_layer(file, file.message(field), v1=field.number == LAYERS))
        elif field.number == 1:  # the net's name, which is often the first field
            file.message(field)
    if not any(layer.blobs for layer in layers):
        raise file.refusal(len(file.data), f"ends, and none of its {len(layers)} layers has weights")
    return layers


def read_mean(path: str | os.PathLike[str]) -> Numbers:
    """The mean image in a `.binaryproto` file: (3, height, width), channels in the order blue, green, red.

    Raises:
        ValueError: the file is no BlobProto, is cut short, or holds no image.
        OSError: it cannot be read.
    """
    file = File(path, "mean image (BlobProto)")
    blob = _blob(file, (0, len(file.data)))
    image = blob.reshape(blob.shape[1:]) if blob.ndim == 4 and blob.shape[0] == 1 else blob
    if image.ndim != 3 or image.shape[0] != 3:
        raise file.refusal(len(file.data), f"ends with numbers of shape {blob.shape}, where an image is (3, h, w)")
    return image


def _layer(file: File, place: tuple[int, int], *, v1: bool) -> Layer:
    name, kind = "", ""
    blobs: list[Numbers] = []
    bottoms: list[str] = []
    tops: list[str] = []
    messages: dict[int, tuple[int, int]] = {}
    for field in file.fields(*place):
        if field.number == NAME[v1]:
            name = file.text(field)
        elif field.number == KIND[v1]:
            number = file.whole(field)[0] if v1 and field.wire == 0 else 0
            kind = V1_KINDS.get(number, f"V1 kind {number}") if v1 else file.text(field)
        elif field.number == BLOBS[v1]:
            blobs.append(_blob(file, file.message(field)))
        elif field.number in (BOTTOM[v1], TOP[v1]):
            (bottoms if field.number == BOTTOM[v1] else tops).append(file.text(field))
        elif v1 and field.number == V0_LAYER:
            raise file.refusal(field.start, "has a layer in Caffe's form of 2013; its own tools upgrade it")
        elif field.wire == 2:
            messages[field.number] = (field.start, field.end)
    settings: dict[str, Setting] = {}
    if kind in SETTINGS and SETTINGS[kind].numbers[v1] in messages:
        settings = _settings(file, messages[SETTINGS[kind].numbers[v1]], SETTINGS[kind])
    return Layer(name, kind, settings, tuple(blobs), tuple(bottoms), tuple(tops))


def _settings(file: File, place: tuple[int, int], known: Settings) -> dict[str, Setting]:
    names = {number: name for name, number in known.fields.items()}
    settings: dict[str, Setting] = {}
    for field in file.fields(*place):
        name = names.get(field.number)
        if name is None:
            continue
        if field.wire == 5:
            settings[name] = float(file.reals(field, "<f4")[-1])
            continue
        for number in file.whole(field):  # of a repeated setting, one for both sides, the last counts
            words = known.words.get(name, ())
            settings[name] = words[number] if number < len(words) else number
    return settings


def _blob(file: File, place: tuple[int, int]) -> Numbers:
    old = dict.fromkeys((1, 2, 3, 4), 0)  # num, channels, height, width
    shape: list[int] | None = None
    parts: list[Numbers] = []
    for field in file.fields(*place):
        if field.number in old and field.wire == 0:
            old[field.number] = field.value
        elif field.number == 7:
            shape = []
            for side in file.fields(*file.message(field)):
                shape += file.whole(side) if side.number == 1 and len(shape) <= 32 else []
        elif field.number in (5, 8):
            parts.append(file.reals(field, "<f4" if field.number == 5 else "<f8"))
    sizes = tuple(shape if shape is not None else old.values())
    numbers = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0, "<f4")
    if numbers.size == 0 or math.prod(sizes) != numbers.size:
        raise file.refusal(place[1], f"has {numbers.size:,} numbers for a blob of shape {sizes}")
    return numbers.reshape(sizes)


def write(name: str, layers: Iterable[Layer]) -> bytes:
    """The bytes of a caffemodel of today's layout: `read` gets the same layers from it, with blobs of 32 bits."""
    parts: list[Bytes] = [*message(1, [name.encode()])]
    for layer in layers:
        content: list[Bytes] = []
        for number, texts in ((1, (layer.name,)), (2, (layer.kind,)), (3, layer.bottoms), (4, layer.tops)):
            for text in texts:
                content += message(number, [text.encode()])
        for blob in layer.blobs:
            numbers = np.ascontiguousarray(blob, "<f4")
            shape = b"".join(varint(side) for side in numbers.shape)
            content += message(BLOBS[0], [*message(7, message(1, [shape])), *message(5, [numbers.data.cast("B")])])
        if layer.settings:
            content += _written(SETTINGS[layer.kind], layer.settings)
        parts += message(LAYER, content)
    return b"".join(parts)


def _written(known: Settings, settings: Mapping[str, Setting]) -> list[Bytes]:
    content = []
    for name, value in settings.items():
        number = known.fields[name]
        if isinstance(value, float):
            content.append(varint(number << 3 | 5) + struct.pack("<f", value))
        else:
            whole = known.words[name].index(value) if isinstance(value, str) else int(value)
            content.append(varint(number << 3) + varint(whole))
    return message(known.numbers[0], content)
