"""Weights from and to other libraries and the authors' own releases."""

from cs231n_arch.interop.caffe_export import CaffeFiles, to_caffe
from cs231n_arch.interop.caffe_import import from_caffe
from cs231n_arch.interop.caffe_releases import RELEASES
from cs231n_arch.interop.libraries import (
    PYTORCHCV,
    REFERENCE,
    from_pytorchcv,
    from_timm,
    from_torchvision,
    to_timm,
    to_torchvision,
)
from cs231n_arch.interop.onnx import OnnxNet, export
from cs231n_arch.interop.pretrained import first_pretrained, load_pretrained
from cs231n_arch.interop.tables import releases, reproduction

__all__ = [
    "PYTORCHCV",
    "REFERENCE",
    "RELEASES",
    "CaffeFiles",
    "OnnxNet",
    "export",
    "first_pretrained",
    "from_caffe",
    "from_pytorchcv",
    "from_timm",
    "from_torchvision",
    "load_pretrained",
    "releases",
    "reproduction",
    "to_caffe",
    "to_timm",
    "to_torchvision",
]
