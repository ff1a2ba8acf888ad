"""Caffe's files, spelled out byte by byte here, and what becomes of them when they are damaged."""

import struct
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cs231n_arch.interop import caffemodel
from cs231n_arch.interop.caffemodel import Layer

VALUES = [1.5, -2.0, 0.25, 3.0, -0.5, 8.0]


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)


def field(number: int, content: bytes | str | int) -> bytes:
    """A varint, or a length and a content."""
    if isinstance(content, int):
        return varint(number * 8) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number * 8 + 2) + varint(len(content)) + content


def shape(*sides: int, packed: bool = True) -> bytes:
    if packed:
        return field(7, field(1, b"".join(map(varint, sides))))
    return field(7, b"".join(field(1, side) for side in sides))


def old_shape(*sides: int) -> bytes:
    return b"".join(field(number, side) for number, side in enumerate(sides, 1))


def packed(values: Sequence[float] = VALUES) -> bytes:
    return field(5, struct.pack(f"<{len(values)}f", *values))


def unpacked(values: Sequence[float] = VALUES) -> bytes:
    return b"".join(varint(5 * 8 + 5) + struct.pack("<f", value) for value in values)


def doubles(values: Sequence[float] = VALUES) -> bytes:
    return field(8, struct.pack(f"<{len(values)}d", *values))


def unpacked_doubles(values: Sequence[float] = VALUES) -> bytes:
    return b"".join(varint(8 * 8 + 1) + struct.pack("<d", value) for value in values)


def layer(*blobs: bytes, name: str = "conv1", kind: str = "Convolution", more: bytes = b"") -> bytes:
    return field(100, field(1, name) + field(2, kind) + more + b"".join(field(7, blob) for blob in blobs))


def v1_layer(*blobs: bytes, name: str = "conv1", kind: int = 4, more: bytes = b"") -> bytes:
    return field(
        2, field(2, "data") + field(4, name) + field(5, kind) + b"".join(field(6, b) for b in blobs) + more
    )


def read(tmp_path: Path, content: bytes) -> list[Layer]:
    (tmp_path / "net.caffemodel").write_bytes(content)
    return caffemodel.read(tmp_path / "net.caffemodel")


@pytest.mark.parametrize("numbers", [packed, unpacked, doubles, unpacked_doubles])
@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (shape(2, 3), (2, 3)),
        (shape(2, 3, packed=False), (2, 3)),
        (old_shape(1, 1, 2, 3), (1, 1, 2, 3)),
        (shape(6), (6,)),
    ],
)
@pytest.mark.parametrize("build", [layer, v1_layer])
@pytest.mark.parametrize("numbers_first", [True, False])
def test_every_way_to_write_a_blob(build, numbers, sides, expected, numbers_first, tmp_path) -> None:
    blob = numbers() + sides if numbers_first else sides + numbers()
    (found,) = read(tmp_path, field(1, "a net") + build(blob))
    assert (found.name, found.kind) == ("conv1", "Convolution")
    assert found.blobs[0].shape == expected
    assert found.blobs[0].ravel().tolist() == VALUES


def test_numbers_in_several_pieces(tmp_path: Path) -> None:
    (found,) = read(tmp_path, layer(packed(VALUES[:2]) + unpacked(VALUES[2:5]) + shape(6) + packed(VALUES[5:])))
    assert found.blobs[0].tolist() == VALUES


def test_many_unpacked_numbers_are_read_at_once(tmp_path: Path) -> None:
    values = np.arange(3_000_000, dtype="<f4")
    rows = np.empty((len(values), 5), np.uint8)
    rows[:, 0], rows[:, 1:] = 5 * 8 + 5, values.view(np.uint8).reshape(-1, 4)
    began = time.process_time()
    (found,) = read(tmp_path, layer(shape(len(values)) + rows.tobytes()))
    assert np.array_equal(found.blobs[0], values)
    assert time.process_time() - began < 5, "three million fields one by one take longer"


def test_settings_and_connections_of_both_layouts(tmp_path: Path) -> None:
    pooling = field(1, 1) + field(2, 3) + field(3, 2)
    lrn = field(1, 5) + varint(2 * 8 + 5) + struct.pack("<f", 0.5)
    content = (
        layer(packed() + shape(6), name="first", more=field(3, "data") + field(4, "a") + field(106, field(3, 2)))
        + layer(name="pool", kind="Pooling", more=field(3, "a") + field(4, "b") + field(121, pooling))
        + v1_layer(name="norm", kind=15, more=field(18, lrn) + field(3, "c"))
        + v1_layer(name="strange", kind=77, more=field(999, "not known"))
    )
    first, pool, norm, strange = read(tmp_path, content)
    assert first.settings == {"pad": 2}
    assert (first.bottoms, first.tops) == (("data",), ("a",))
    assert pool.settings == {"pool": "AVE", "kernel_size": 3, "stride": 2}
    assert pool.blobs == ()
    assert norm.settings == {"local_size": 5, "alpha": 0.5}
    assert (norm.bottoms, norm.tops) == (("data",), ("c",))
    assert strange.kind == "V1 kind 77"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    layers = [
        Layer(
            "grüße",
            "Convolution",
            {"num_output": 300, "pad": 1, "bias_term": False},
            (np.ones((2, 1, 3, 3), "f4"),),
        ),
        Layer("pool", "Pooling", {"pool": "AVE", "global_pooling": True}, bottoms=("grüße",), tops=("p",)),
        Layer("norm", "LRN", {"alpha": 0.5, "k": 2.0}, bottoms=("p", "q")),
        Layer("bn", "BatchNorm", {}, (np.arange(3, dtype="f4"), np.arange(3, dtype="f4"), np.ones(1, "f4"))),
    ]
    found = read(tmp_path, caffemodel.write("net", layers))
    assert [one._replace(blobs=()) for one in found] == [one._replace(blobs=()) for one in layers]
    for one, other in zip(found, layers, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one.blobs, other.blobs, strict=True))


def test_mean_image(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    values = [float(n) for n in range(3 * 2 * 4)]
    for content in (old_shape(1, 3, 2, 4) + packed(values), packed(values) + shape(3, 2, 4)):
        path.write_bytes(content)
        image = caffemodel.read_mean(path)
        assert image.shape == (3, 2, 4)
        assert image.ravel().tolist() == values
    path.write_bytes(packed(values) + shape(24))
    with pytest.raises(ValueError, match=r"no whole mean image.*ends with numbers of shape \(24,\)"):
        caffemodel.read_mean(path)


ONE = layer(packed() + shape(2, 3), packed() + shape(6), more=field(106, field(1, 2)))
WHOLE = field(1, "net") + ONE + layer(name="relu", kind="ReLU") + v1_layer(unpacked() + old_shape(1, 1, 1, 6))


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_cut_short(end: int, tmp_path: Path) -> None:
    """At the end of a layer a file may be cut and be whole; anywhere else it is refused, and said where."""
    starts = {len(field(1, "net") + ONE), len(field(1, "net") + ONE + layer(name="relu", kind="ReLU"))}
    if end in starts:
        assert read(tmp_path, WHOLE[:end])[0].blobs[0].size == 6
        return
    with pytest.raises(ValueError, match=r"net.caffemodel is no whole caffemodel: at byte [\d,]+ of [\d,]+ it "):
        read(tmp_path, WHOLE[:end])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "at byte 0 of 0 it ends, and none of its 0 layers has weights"),
        (field(1, "net"), "none of its 0 layers"),
        (layer(), "none of its 1 layers"),
        (b"name: 'LeNet'\nlayer {", "it has field 13 of wire type 6"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "it "),
        (b"PK\x03\x04" + bytes(60), "it has a field of 75 bytes|it "),
        (field(1, 7) + ONE, "has wire type 0 in field 1, for 2"),
        (field(100, 7), "has wire type 0 in field 100, for 2"),
        (layer(packed() + shape(2, 2)), r"6 numbers for a blob of shape \(2, 2\)"),
        (layer(packed()), r"6 numbers for a blob of shape \(0, 0, 0, 0\)"),
        (layer(shape(2, 3)), r"0 numbers for a blob of shape \(2, 3\)"),
        (layer(shape(0)), r"0 numbers for a blob of shape \(0,\)"),
        (layer(packed() + shape(2**62, 2**62)), "6 numbers for a blob of shape"),
        (layer(packed() + shape(*[1] * 40)), "more than 32 numbers"),
        (layer(packed() + shape(*[1] * 40, packed=False)), "6 numbers for a blob of shape"),
        (layer(field(5, b"1234567") + shape(1)), "has 7 bytes of wire type 2, not numbers of 4"),
        (layer(b"\x2a" + varint(2**40) + b"1234"), "has a field of 1,099,511,627,776 bytes where"),
        (b"\xa2\x06" + varint(2**63) + ONE, "has a field of 9,223,372,036,854,775,808 bytes where"),
        (b"\xa2\x06" + b"\xff" * 12, "more than ten bytes"),
        (v1_layer(more=field(1, b"")), "Caffe's form of 2013; its own tools upgrade it"),
    ],
)
def test_refusals(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"net.caffemodel is no whole caffemodel: .*{message}"):
        read(tmp_path, content)


def test_random_bytes(tmp_path: Path) -> None:
    """Nothing but ValueError, in little time and memory, whatever the bytes are."""
    generator = np.random.default_rng(0)
    whole = np.frombuffer(WHOLE, np.uint8)
    began = time.process_time()
    refused = 0
    for number in range(600):
        noise = generator.integers(0, 256, 4000, dtype=np.uint8)
        if number % 3:  # a good file with some of its bytes changed
            noise = whole.copy()
            noise[generator.integers(0, len(whole), number % 5 + 1)] = generator.integers(0, 256, number % 5 + 1)
        try:
            read(tmp_path, noise.tobytes())
        except ValueError:
            refused += 1
    assert refused > 300
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "content",
    [
        field(100, b"\x08\x00" * 500_000),  # fields that nobody knows
        layer(b"\x08\x00" * 500_000),
        layer(b"\x2d1234\x08\x00" * 200_000),  # unpacked numbers one by one
        layer(field(7, b"\x08\x01" * 500_000)),
        layer(field(7, field(1, b"\x01" * 1_000_000))),
        b"\x0a\x00" * 500_000,
        layer() * 100_000,
    ],
    ids=["layer", "blob", "numbers", "shape", "sides", "net", "layers"],
)
def test_bombs(content: bytes, tmp_path: Path) -> None:
    """Files of a megabyte that hold as many things as can be are given up soon, with less than 40 MB."""
    began = time.process_time()
    tracemalloc.start(1)
    try:
        with pytest.raises(ValueError, match=r"has more than|is no whole"):
            read(tmp_path, content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6
    assert time.process_time() - began < 20
