"""The compressed file: what is left of a net after pruning and quantization, Huffman-coded (Section 4).

A layer is stored as its codebook, the codes of its nonzero weights, and the gaps between these. Long gaps are
bridged by fillers, much as in Figure 1 of the paper. Codes and gaps are Huffman-coded by zlib, whose
`Z_HUFFMAN_ONLY` strategy is just that. Where runs of equal symbols make a block shorter still, as the gaps of a
layer that is not pruned, zlib also codes these. Everything else in the state dict (biases, batch norm) is stored
as it is.

Layout: magic, SHA-256 of the rest, length of the header, header (JSON), then the blocks that the header lists.
"""

import hashlib
import json
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cs231n_arch.compression.quantization import quantized
from cs231n_arch.records import write_atomically

MAGIC = b"cs231n-arch deep compression 1\n"
BFLOAT16 = "bfloat16"
LARGEST_NET = 2**28  # values in all; VGG-19 has 2^27.1
LARGEST_HEADER = 2**24  # bytes
LARGEST_GAP = 254  # 255 is a filler: it bridges 255 zeros, and no code belongs to it


def compressed_bytes(model: nn.Module) -> bytes:
    """The compressed file of a quantized net, as bytes.

    Raises:
        ValueError: a net that `quantize` has not seen.
    """
    shared = {
        f"{name}.weight".lstrip("."): module.parametrizations.weight
        for name, module in model.named_modules()
        if quantized(module)
    }
    if not shared:
        raise ValueError("the net is not quantized: call quantize(model, bits) first")
    entries: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    for name, weight in shared.items():
        codebook, kind = as_array(weight.original)
        symbols, gaps = sparse(weight[0].codes.cpu().numpy().ravel())
        parts = [codebook.tobytes(), huffman(symbols), huffman(gaps)]
        entry = {
            "name": name,
            "shape": list(weight[0].codes.shape),
            "symbols": len(symbols),
            "dtype": kind,
        }
        entries.append(entry | {"sizes": [len(part) for part in parts]})
        blocks += parts
    for name, tensor in model.state_dict().items():
        if not name.startswith(
            tuple(f"{layer.removesuffix('weight')}parametrizations.weight." for layer in shared)
        ):
            array, kind = as_array(tensor)
            block = zlib.compress(array.tobytes(), 9)
            entries.append({"name": name, "shape": list(array.shape), "dtype": kind, "sizes": [len(block)]})
            blocks.append(block)
    header = zlib.compress(json.dumps(entries, separators=(",", ":")).encode(), 9)
    body = len(header).to_bytes(4, "little") + header + b"".join(blocks)
    return MAGIC + hashlib.sha256(body).digest() + body


def save_compressed(model: nn.Module, path: str | Path) -> int:
    """Write the compressed file of a quantized net, whole or not at all.

    Returns:
        The size of the file in bytes.

    Raises:
        ValueError: a net that `quantize` has not seen.
        OSError: the file cannot be written; one that was there before is untouched.
    """
    content = compressed_bytes(model)
    write_atomically(Path(path), content)
    return len(content)


def load_compressed(path: str | Path) -> dict[str, Tensor]:
    """Read a compressed file.

    Returns:
        The state dict of the plain, unquantized architecture, with exactly the weights that were stored.

    Raises:
        ValueError: not such a file, or one that was cut short or altered.
        FileNotFoundError: no such file.
    """
    content = Path(path).read_bytes()
    if not content.startswith(MAGIC):
        raise ValueError(f"{path} is not a compressed net: it begins with {content[:16]!r}")
    digest, body = content[len(MAGIC) : len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError(f"{path} is damaged: its contents do not match its checksum")
    # The checksum finds accidents. What somebody has made with a right one is no net either.
    try:
        return unpacked(body)
    except (zlib.error, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def unpacked(body: bytes) -> dict[str, Tensor]:
    """The state dict in what follows the checksum."""
    start = 4 + int.from_bytes(body[:4], "little")
    state: dict[str, Tensor] = {}
    claimed = 0
    for entry in json.loads(inflated(body[4:start], LARGEST_HEADER)):
        count = math.prod(entry["shape"])
        claimed += count
        if claimed > LARGEST_NET or min(entry["shape"], default=0) < 0:
            raise ValueError(f"{entry['name']} claims {count:,} values; a net has no more than {LARGEST_NET:,}")
        parts = []
        for size in entry["sizes"]:
            parts.append(body[start : start + size])
            start += size
        if len(parts) == 3:
            array = shared_array(entry, parts)
        else:  # a tensor that was stored as it is
            kind = array_type(entry)
            array = np.frombuffer(inflated(parts[0], count * kind.itemsize), kind)
        tensor = torch.from_numpy(array.reshape(entry["shape"]).copy())
        state[entry["name"]] = tensor.view(torch.bfloat16) if entry["dtype"] == BFLOAT16 else tensor
    return state


def as_array(tensor: Tensor) -> tuple[np.ndarray, str]:
    """A tensor for NumPy, and the name of its type. NumPy has no bfloat16; its bits are taken as whole numbers."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy(), BFLOAT16
    array = tensor.numpy()
    return array, str(array.dtype)


def array_type(entry: dict[str, Any]) -> np.dtype[Any]:
    """The type of an entry's values as `as_array` gives them."""
    return np.dtype(np.int16 if entry["dtype"] == BFLOAT16 else entry["dtype"])


def sparse(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes (minus one, so that 256 of them fit a byte) of the nonzero weights, and the gaps before them."""
    positions = np.flatnonzero(codes)
    gaps = np.diff(positions, prepend=-1) - 1
    fillers = gaps // (LARGEST_GAP + 1)
    total = len(positions) + int(fillers.sum())
    stored_gaps = np.full(total, LARGEST_GAP + 1, dtype=np.uint8)
    at = np.arange(len(positions)) + np.cumsum(fillers)
    stored_gaps[at] = gaps - fillers * (LARGEST_GAP + 1)
    return (codes[positions] - 1).astype(np.uint8), stored_gaps


def shared_array(entry: dict[str, Any], parts: list[bytes]) -> np.ndarray:
    """The weights of one layer, flat: the inverse of `sparse`, looked up in the codebook."""
    codebook = np.frombuffer(parts[0], array_type(entry))
    weights = np.zeros(math.prod(entry["shape"]), codebook.dtype)
    symbols, gaps = (np.frombuffer(inflated(part, weights.size), np.uint8) for part in parts[1:])
    advance = np.minimum(gaps.astype(np.int64) + 1, LARGEST_GAP + 1)
    positions = np.cumsum(advance)[gaps <= LARGEST_GAP] - 1
    weights[positions] = codebook[symbols]
    return weights


def inflated(part: bytes, most: int) -> bytes:
    """The block as it was before zlib packed it, if that is no more: a few bytes can stand for gigabytes."""
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(part, most + 1)
    if len(content) > most or not unpacker.eof:
        raise ValueError(f"a block is cut short, or holds more than {most:,} bytes")
    return content


def huffman(symbols: np.ndarray) -> bytes:
    """The symbols, Huffman-coded, and their runs too if that is shorter; a reader need not know which."""
    packed = []
    for strategy in (zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE):
        coder = zlib.compressobj(level=9, strategy=strategy, memLevel=9)
        packed.append(coder.compress(symbols.tobytes()) + coder.flush())
    return min(packed, key=len)
