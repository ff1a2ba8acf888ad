"""Protobuf's wire format, as far as Caffe's files need it: fields in a file's bytes, and the bytes of fields.

A message is a sequence of fields. Each begins with its number and its wire type: a varint (0), eight bytes (1),
four bytes (5), or a length and as many bytes (2), which are text, packed numbers or another message.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Bytes = bytes | memoryview

WIDTHS = {1: 8, 5: 4}  # bytes of the wire types of fixed width


class Field(NamedTuple):
    """One field: its number, wire type, and where its content is; `value` is that of a varint.

    A run of fields of four or eight bytes with the same key comes as one field: `start` is where the first key is,
    `value` how many there are.
    """

    number: int
    wire: int
    start: int
    end: int
    value: int


class File:
    """The bytes of a file, and the fields in them.

    Every length is checked against what is left before anything of that length is made. A field costs about a
    microsecond, so their number is limited: the largest published net has some ten thousand.
    """

    most_fields = 200_000

    def __init__(self, path: str | os.PathLike[str], what: str) -> None:
        self.path, self.what = Path(path), what
        self.data = self.path.read_bytes()
        self.seen = 0

    def refusal(self, at: int, why: str) -> ValueError:
        """The error that says where the file stops making sense."""
        return ValueError(f"{self.path} is no whole {self.what}: at byte {at:,} of {len(self.data):,} it {why}")

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """A number of up to ten bytes, seven bits each, lowest first; and where it ends."""
        value = 0
        for shift in range(0, 70, 7):
            if at >= end:
                raise self.refusal(at, "is cut short inside a number")
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
        raise self.refusal(at, "has a number of more than ten bytes")

    def fields(self, at: int, end: int) -> Iterator[Field]:
        """The fields of the message between two places."""
        while at < end:
            self.seen += 1
            if self.seen > self.most_fields:
                raise self.refusal(at, f"has more than {self.most_fields:,} fields")
            begin = at
            key, at = self.varint(at, end)
            number, wire = key >> 3, key & 7
            if not 0 < number < 2**29 or wire not in (0, 1, 2, 5):
                raise self.refusal(begin, f"has field {number} of wire type {wire}, which no such file has")
            start, value = at, 0
            if wire == 0:
                value, stop = self.varint(at, end)
            elif wire == 2:
                size, start = self.varint(at, end)
                stop = start + size
            else:
                start, step = begin, at - begin + WIDTHS[wire]
                value = self.repeated(begin, at - begin, step, end)
                stop = begin + value * step
            if stop > end:
                raise self.refusal(begin, f"has a field of {stop - start:,} bytes where {end - start:,} are left")
            at = stop
            yield Field(number, wire, start, stop, value)

    def repeated(self, begin: int, key: int, step: int, end: int) -> int:
        """How many fields of `step` bytes with the same key, which has `key` bytes, stand in a row at `begin`."""
        count, pattern = 1, np.frombuffer(self.data, np.uint8, key, begin)
        while (rows := min((end - begin) // step - count, 16 * count, 1 << 16)) > 0:
            block = np.frombuffer(self.data, np.uint8, rows * step, begin + count * step).reshape(rows, step)
            same = (block[:, :key] == pattern).all(axis=1)
            if not same.all():
                return count + int(same.argmin())
            count += rows
        return count

    def message(self, field: Field) -> tuple[int, int]:
        """Where the content of a field is that must be text, packed numbers or a message."""
        if field.wire != 2:
            raise self.refusal(field.start, f"has wire type {field.wire} in field {field.number}, for 2")
        return field.start, field.end

    def text(self, field: Field) -> str:
        """The text of a field."""
        start, end = self.message(field)
        return self.data[start:end].decode(errors="replace")

    def whole(self, field: Field) -> list[int]:
        """One number, or a few packed ones: the sides of a blob, of which Caffe allows 32."""
        if field.wire == 0:
            return [field.value]
        start, end = self.message(field)
        numbers: list[int] = []
        while start < end:
            if len(numbers) == 32:
                raise self.refusal(start, "has more than 32 numbers where Caffe allows no more")
            number, start = self.varint(start, end)
            numbers.append(number)
        return numbers

    def reals(self, field: Field, dtype: str) -> Numbers:
        """Packed numbers (nothing is copied), or those of unpacked fields."""
        size, length = np.dtype(dtype).itemsize, field.end - field.start
        if WIDTHS.get(field.wire) == size:
            fields = np.frombuffer(self.data, np.uint8, length, field.start).reshape(field.value, -1)
            return np.ascontiguousarray(fields[:, -size:]).view(dtype)[:, 0]
        if field.wire != 2 or length % size:
            raise self.refusal(
                field.start, f"has {length:,} bytes of wire type {field.wire}, not numbers of {size}"
            )
        return np.frombuffer(self.data, dtype, length // size, field.start)


def message(number: int, content: Sequence[Bytes]) -> list[Bytes]:
    """A field of wire type 2; the parts are joined once, at the very end."""
    return [varint(number << 3 | 2) + varint(sum(map(len, content))), *content]


def varint(value: int) -> bytes:
    """A number that is not negative: seven bits per byte, lowest first."""
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
