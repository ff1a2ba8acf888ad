"""Shapes that are found without PyTorch on the meta device are those that PyTorch finds."""

import subprocess
import sys

import pytest
import torch

from cs231n_arch.anatomy.calls import Call
from cs231n_arch.anatomy.shapes import run

ATEN = torch.ops.aten
IMAGE, OTHER = (2, 3, 5, 4), (2, 6, 5, 4)


def meta(*shape, dtype=torch.float32):
    return torch.empty(shape, device="meta", dtype=dtype)


def last(*shape):
    return meta(*shape).to(memory_format=torch.channels_last)


def convolution(image, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, transposed=False):
    pairs = [[value, value] for value in (stride, padding, dilation)]
    return ATEN.convolution.default, (image, weight, bias, *pairs, transposed, [0, 0], groups), {}


def part(*shape):
    return meta(*shape).chunk(2, dim=1)[1]


OPERATORS = [
    (ATEN.add.Tensor, (meta(*IMAGE), meta(*IMAGE)), {}),
    (ATEN.add.Tensor, (meta(*IMAGE), meta(*IMAGE)), {"alpha": 2}),
    (ATEN.add.Tensor, (meta(2, 1, 1, 4), meta(2, 3, 5, 1)), {}),
    (ATEN.add.Tensor, (meta(*IMAGE), meta(*IMAGE, dtype=torch.float64)), {}),
    (ATEN.add.Tensor, (meta(*IMAGE, dtype=torch.int64), meta(*IMAGE, dtype=torch.int64)), {}),
    (ATEN.mul.Tensor, (meta(3, 1, 1), meta(*IMAGE)), {}),
    (ATEN.mul.Tensor, (meta(*IMAGE, dtype=torch.bfloat16), 0.5), {}),
    (ATEN.div.Tensor, (meta(*IMAGE, dtype=torch.int64), meta(*IMAGE, dtype=torch.int64)), {}),
    (ATEN.pow.Tensor_Scalar, (meta(*IMAGE), 2), {}),
    (ATEN.sub.Tensor, (meta(1, 2, 3, 5, 4), meta(5, 4)), {}),
    (ATEN.sub.Tensor, (meta(2, 1, 4), meta(5, 1)), {}),
    (ATEN.mul.Tensor, (meta(0, 3, 5), meta(1, 5)), {}),
    (ATEN.relu.default, (meta(*IMAGE),), {}),
    (ATEN.tanh.default, (last(*IMAGE),), {}),
    (ATEN.sigmoid.default, (meta(*IMAGE, dtype=torch.int64),), {}),
    (ATEN.cat.default, ([meta(*IMAGE), meta(*OTHER)], 1), {}),
    (ATEN.cat.default, ([meta(*IMAGE), meta(*OTHER)], -3), {}),
    (ATEN.cat.default, ([meta(*IMAGE), meta(*IMAGE)],), {}),
    (ATEN.mean.dim, (meta(*IMAGE), [-1, -2]), {}),
    (ATEN.mean.dim, (meta(*IMAGE), [-1, -2], True), {}),
    (ATEN.mean.dim, (meta(*IMAGE), [1]), {"dtype": torch.float64}),
    (ATEN.mean.default, (meta(*IMAGE),), {}),
    (ATEN.addmm.default, (meta(7), meta(2, 3), meta(3, 7)), {}),
    (ATEN.mul.Tensor, (meta(*IMAGE), 2j), {}),
    (ATEN.pow.Tensor_Scalar, (meta(*IMAGE), 1j), {}),
    (ATEN.add.Tensor, (last(*IMAGE), last(*IMAGE)), {}),
    (ATEN.add.Tensor, (meta(*IMAGE), last(*IMAGE)), {}),
    (ATEN.cat.default, ([last(*IMAGE), last(*OTHER)], 1), {}),
    (ATEN.mean.dim, (last(*IMAGE), [-1], True), {}),
    (ATEN.native_batch_norm.default, (meta(*IMAGE), *[meta(3)] * 4, False, 0.1, 1e-5), {}),
    (ATEN.native_batch_norm.default, (last(*IMAGE), *[meta(3)] * 4, False, 0.1, 1e-5), {}),
    (ATEN.native_batch_norm.default, (meta(2, 1, 5, 4).expand(*IMAGE), *[meta(3)] * 4, False, 0.1, 1e-5), {}),
    (ATEN.native_batch_norm.default, (meta(2, 6, 5, 4)[:, ::2], *[meta(3)] * 4, False, 0.1, 1e-5), {}),
    (ATEN.native_batch_norm.default, (meta(2, 3, 10, 8)[:, :, ::2, ::2], *[meta(3)] * 4, False, 0.1, 1e-5), {}),
    convolution(meta(*IMAGE), meta(7, 3, 3, 2)),
    convolution(meta(*IMAGE), meta(6, 3, 1, 1), meta(6), stride=2),
    convolution(meta(*OTHER), meta(8, 3, 3, 3), padding=2, dilation=2, groups=2),
    convolution(last(*IMAGE), meta(7, 3, 3, 3), padding=1),
    convolution(meta(*IMAGE), meta(3, 4, 3, 3), stride=3, transposed=True),
    (ATEN.max_pool2d_with_indices.default, (meta(*IMAGE), [3, 2], [2, 2], [1, 1], [1, 1], True), {}),
    (ATEN.max_pool2d_with_indices.default, (meta(*IMAGE), [2], [], [0], [2]), {}),
    (ATEN.max_pool2d_with_indices.default, (last(*IMAGE), [2, 2]), {}),
    (ATEN.avg_pool2d.default, (meta(*IMAGE), [3], [2], [1], True), {}),
    (ATEN.avg_pool2d.default, (meta(3, 5, 4), [2, 3], [1, 1]), {}),
    (ATEN.avg_pool3d.default, (meta(2, 1, 3, 5, 4), [3, 1, 1], [1, 1, 1], [1, 0, 0]), {}),
    (ATEN.threshold_backward.default, (meta(*IMAGE), meta(*IMAGE), 0), {}),
    (ATEN.mul.Tensor, (part(*OTHER), part(*OTHER)), {}),
    (ATEN.add.Tensor, (part(*OTHER), meta(1, 3, 1, 1).expand(*IMAGE)), {}),
    (ATEN.relu.default, (part(2, 6, 1, 1),), {}),
    (ATEN.cat.default, ([part(*OTHER), meta(*IMAGE)], 1), {}),
    (ATEN.mean.dim, (part(*OTHER), [-1, -2], True), {}),
    (ATEN.max_pool2d_with_indices.default, (part(*OTHER), [3, 3], [2, 2]), {}),
    convolution(part(*OTHER), meta(7, 3, 3, 3)),
    (ATEN.sum.dim_IntList, (meta(*IMAGE), [-1]), {}),
]


@pytest.mark.parametrize(("operator", "args", "kwargs"), OPERATORS, ids=lambda part: str(part)[:20])
def test_a_shape_is_the_one_that_pytorch_finds(operator, args, kwargs):
    found = run(Call(operator, args, kwargs, {}, set()), operator, args, kwargs)
    expected = operator(*args, **kwargs)
    if isinstance(found, tuple):
        found, expected = found[0], expected[0]
    assert (found.shape, found.dtype, found.device) == (expected.shape, expected.dtype, expected.device)
    assert found.stride() == expected.stride()


@pytest.mark.parametrize(
    ("operator", "args"),
    [
        (ATEN.add.Tensor, (meta(2, 3), meta(2, 4))),
        (ATEN.cat.default, ([meta(*IMAGE), meta(*OTHER)], 2)),
        (ATEN.cat.default, ([meta(*IMAGE), meta(*IMAGE)], 4)),
        (ATEN.addmm.default, (meta(7), meta(2, 4), meta(3, 7))),
        (ATEN.addmm.default, (meta(6), meta(2, 3), meta(3, 7))),
        (ATEN.addmm.default, (meta(7), meta(3), meta(3, 7))),
        convolution(meta(*IMAGE), meta(7, 4, 3, 3))[:2],
        convolution(meta(*IMAGE), meta(7, 3, 6, 3))[:2],
        (ATEN.max_pool2d_with_indices.default, (meta(*IMAGE), [7, 7])),
        (ATEN.avg_pool2d.default, (meta(*IMAGE), [3, 3], [1, 1], [2, 2])),
        (ATEN.avg_pool2d.default, (meta(2, 1, *IMAGE), [3, 3])),
        (ATEN.mean.dim, (meta(*IMAGE), [4])),
        (ATEN.mean.dim, (meta(*IMAGE), [1, 1])),
        (ATEN.mean.dim, (meta(*IMAGE), [1, -3])),
    ],
)
def test_what_does_not_fit_fails_as_in_pytorch(operator, args):
    with pytest.raises((RuntimeError, IndexError)):
        run(Call(operator, args, {}, {}, set()), operator, args, {})


def test_the_table_of_a_resnet_does_without_pytorchs_compiler():
    """It takes longer to load than all else of `cs231n-arch summary resnet50` after `import torch`."""
    code = (
        "import sys; from cs231n_arch.cli import main; main(['summary', 'resnet50']);"
        "print([name for name in ('torch._dynamo', 'torch.onnx', 'sympy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
