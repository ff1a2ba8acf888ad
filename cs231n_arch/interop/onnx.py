"""Nets as ONNX files, and ONNX files as nets that run in ONNX Runtime, which on CPUs is faster than PyTorch.

Needs the extra `onnx`: `pip install "cs231n-arch[onnx]"`.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy.modes import copied
from cs231n_arch.errors import check_whole
from cs231n_arch.errors import input_size as checked
from cs231n_arch.records import write_atomically

INPUT, OUTPUT = "images", "scores"
# Of the largest score. Sums in another order give 2e-7 to 6e-6 (measured), so only an error is above.
CLOSE = 1e-3


class OnnxNet(nn.Module):
    """A net in ONNX Runtime, on the CPU: images (N, C, H, W) in, scores (N, classes) out, without gradients.

    Args:
        file: an ONNX file with one input and one output, or its bytes.
        threads: how many threads compute; by default as many as PyTorch uses.

    Raises:
        ModuleNotFoundError: ONNX Runtime is not installed.
        FileNotFoundError: there is no such file.
        ValueError: it is not an ONNX file, or has several inputs or outputs.
    """

    def __init__(self, file: str | os.PathLike[str] | bytes, threads: int | None = None) -> None:
        super().__init__()
        runtime = needed("onnxruntime")
        if threads is not None:
            check_whole(threads=threads)
        data = file if isinstance(file, bytes) else Path(file).read_bytes()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or torch.get_num_threads()
        options.log_severity_level = 3  # errors only; they come as exceptions too
        try:
            self.session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base class
            name = "the bytes" if isinstance(file, bytes) else os.fspath(file)
            raise ValueError(f"ONNX Runtime cannot read {name}: {str(error).partition(chr(10))[0]}") from error
        ends = len(self.session.get_inputs()), len(self.session.get_outputs())
        if ends != (1, 1):
            raise ValueError(f"the ONNX net must have one input and one output; it has {ends[0]} and {ends[1]}")
        self.input = self.session.get_inputs()[0].name

    def forward(self, images: Tensor) -> Tensor:
        """Scores of images (N, C, H, W), float32."""
        (scores,) = self.session.run(None, {self.input: images.detach().cpu().numpy()})
        return torch.from_numpy(scores)


def export(
    model: nn.Module,
    path: str | os.PathLike[str],
    input_size: Sequence[int] | None = None,
    *,
    overwrite: bool = False,
) -> OnnxNet:
    """Write a net as an ONNX file, and load that file into ONNX Runtime, which folds batch norm into convolutions.

    The file takes any number of images. Before it is written, its scores for two random images are compared with
    the net's.

    Args:
        model: a net in float32 whose output in evaluation mode is one tensor; it is left as it was.
        path: the file; missing folders are made.
        input_size: (channels, height, width); by default `model.input_size`.
        overwrite: whether a file that is there already may be replaced.

    Returns:
        The net that runs the file.

    Raises:
        ModuleNotFoundError: the extra `onnx` is not installed.
        FileExistsError: the file is there, and `overwrite` is false.
        ValueError: no usable `input_size`, or an operation of the net that ONNX does not have.
        RuntimeError: the file computes something else.
    """
    if Path(path).exists() and not overwrite:
        raise FileExistsError(f"{path} is there already; overwrite=True replaces it")
    data, net = convert(model, checked(model, input_size))
    write_atomically(path, data)
    return net


def convert(model: nn.Module, input_size: Sequence[int]) -> tuple[bytes, OnnxNet]:
    """The content of the ONNX file, and the net that runs it; see `export`."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        needed(package)
    plain = copied(model).cpu().eval()
    images = torch.rand(2, *input_size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(False), torch.no_grad():
        wanted = plain(images)
        if not isinstance(wanted, Tensor):
            raise ValueError(f"the net's output must be one tensor; {type(model).__name__} gives {type(wanted)}")
        try:
            program = torch.onnx.export(
                plain,
                (images,),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: "batch"},),
                verbose=False,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            reason = str(cause).strip().partition("\n")[0]
            raise ValueError(f"{type(model).__name__} cannot become an ONNX file: {reason}") from error
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    net = OnnxNet(data)
    difference = (net(images) - wanted).abs().max().item()
    if not difference <= CLOSE * wanted.abs().max().item():
        raise RuntimeError(f"the ONNX net's scores differ from the net's by up to {difference:.2g}")
    return data, net


def needed(package: str) -> Any:
    """A package of the extra `onnx`.

    Raises:
        ModuleNotFoundError: it is not installed; the message says how to.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{package} is needed: pip install 'cs231n-arch[onnx]'", name=package) from error
