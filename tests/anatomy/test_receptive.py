"""Receptive field and jump of `layer_table` against the pixels that really have a part in each output unit."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch import layer_table

LINE, SQUARE, CUBE = (1, 2, 32), (1, 2, 16, 16), (1, 1, 8, 8, 8)


class Does(nn.Module):
    """A net that is a function of the image and of some layers."""

    def __init__(self, function: Callable[..., Tensor], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.children())


def conv(kernel: int = 3, stride: int = 1, channels: int = 2, **options: object) -> nn.Conv2d:
    return nn.Conv2d(2, channels, kernel, stride, **options)


def series(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def attention(x: Tensor, project: nn.Module) -> Tensor:
    """All tokens (N, L, C) see one another."""
    query, key, value = project(x).chunk(3, dim=-1)
    return (query @ key.transpose(-2, -1)).softmax(dim=-1) @ value


def tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


def windows(x: Tensor, side: int) -> Tensor:
    """(N, C, H, W) -> (N * windows, side * side, C), as Swin's are."""
    n, c, h, w = x.shape
    cut = x.view(n, c, h // side, side, w // side, side).permute(0, 2, 4, 3, 5, 1)
    return cut.reshape(-1, side * side, c)


def whole(x: Tensor, side: int, height: int) -> Tensor:
    """Back from windows."""
    cut = x.view(-1, height // side, height // side, side, side, x.shape[-1])
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(-1, x.shape[-1], height, height)


def to_depth(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)


def mixed(x: Tensor, layer: nn.Module) -> Tensor:
    """A class token beside those of the image, then attention; the class token's output."""
    both = torch.cat([torch.ones(1, 1, x.shape[1], dtype=x.dtype), tokens(x)], dim=1)
    return attention(both, layer)[:, 0]


NETS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "convolution": (conv(5), SQUARE),
    "strides": (series(conv(3, 2), conv(3, 2, padding=1)), SQUARE),
    "rectangle": (nn.Conv2d(2, 2, (1, 5)), SQUARE),
    "dilation": (series(conv(dilation=2), conv(dilation=3)), SQUARE),
    "grouped": (series(nn.Conv2d(2, 4, 3, groups=2), nn.Conv2d(4, 2, 1)), SQUARE),
    "max pooling, dilated": (nn.MaxPool2d(3, 1, dilation=2), SQUARE),
    "max pooling, overlapping": (series(conv(), nn.MaxPool2d(3, 2)), SQUARE),
    "average pooling": (series(conv(), nn.AvgPool2d(2), conv()), SQUARE),
    "adaptive average": (nn.AdaptiveAvgPool2d(5), SQUARE),
    "adaptive maximum": (nn.AdaptiveMaxPool2d((7, 9)), SQUARE),
    "global average": (series(conv(), nn.AdaptiveAvgPool2d(1)), SQUARE),
    "ceil": (nn.MaxPool2d(2, 2, ceil_mode=True), (1, 2, 15, 15)),
    "transposed": (nn.ConvTranspose2d(2, 2, 3), SQUARE),
    "transposed, stride 2": (series(conv(3, 2), nn.ConvTranspose2d(2, 2, 4, 2, 1), conv()), SQUARE),
    "transposed, gaps": (nn.ConvTranspose2d(2, 2, 2, 2), SQUARE),
    "transposed, padded": (nn.ConvTranspose2d(2, 2, 3, 2, 1, output_padding=1), SQUARE),
    "nearest": (series(conv(3, 2, padding=1), nn.Upsample(scale_factor=2), conv()), SQUARE),
    "nearest, three times": (series(conv(3, 3), nn.Upsample(scale_factor=3), conv()), SQUARE),
    "nearest, exact": (series(nn.Upsample((21, 21), mode="nearest-exact"), conv()), SQUARE),
    "bilinear": (series(conv(3, 2), nn.Upsample(scale_factor=2, mode="bilinear"), conv()), SQUARE),
    "bilinear, corners": (nn.Upsample((31, 31), mode="bilinear", align_corners=True), SQUARE),
    "bicubic": (series(conv(2, 2), nn.Upsample(scale_factor=2, mode="bicubic")), SQUARE),
    "pixel shuffle": (series(conv(3, 2, 8), nn.PixelShuffle(2), conv()), SQUARE),
    "pixel unshuffle": (series(nn.PixelUnshuffle(2), nn.Conv2d(8, 2, 3)), SQUARE),
    "slices to channels": (
        Does(lambda x, c: c(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]], 1)),
             c=nn.Conv2d(6, 2, 3)), SQUARE),
    "views to channels": (Does(lambda x, c: c(to_depth(x)), c=nn.Conv2d(8, 2, 3)), SQUARE),
    "line": (series(nn.Conv1d(2, 2, 3, 2), nn.MaxPool1d(3, 2), nn.Conv1d(2, 2, 3, dilation=2)), LINE),
    "line, average": (series(nn.AvgPool1d(2), nn.ConvTranspose1d(2, 2, 3)), LINE),
    "line, adaptive": (nn.AdaptiveAvgPool1d(7), LINE),
    "cube": (series(nn.Conv3d(1, 1, (1, 3, 3)), nn.MaxPool3d(2, 1)), CUBE),
    "cube, upsampled": (series(nn.Conv3d(1, 1, 3, 2), nn.Upsample(scale_factor=2), nn.Conv3d(1, 1, 2)), CUBE),
    "channels last": (
        Does(lambda x, a, n, b, c: c(b(n(a(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)),
             a=conv(), n=nn.LayerNorm(2), b=nn.Linear(2, 2), c=conv(3, 2)), SQUARE),
    "mean of rows": (Does(lambda x, c: c(x).mean(dim=3, keepdim=True) * x[..., :14, :], c=conv()), SQUARE),
    "maximum of columns": (Does(lambda x: x.amax(dim=2)), SQUARE),
    "mean of all": (Does(lambda x, c: c(x).mean(dim=(2, 3)), c=conv()), SQUARE),
    "softmax of channels": (Does(lambda x, c: c(x).softmax(dim=1), c=conv()), SQUARE),
    "softmax of columns": (Does(lambda x: x.softmax(dim=2)), SQUARE),
    "squeeze and excitation": (
        Does(lambda x, c, f: c(x) * f(c(x).mean((2, 3), keepdim=True)).sigmoid(), c=conv(), f=conv(1)), SQUARE),
    "group norm": (series(conv(), nn.GroupNorm(1, 2)), SQUARE),
    "instance norm": (series(conv(), nn.InstanceNorm2d(2)), SQUARE),
    "layer norm of maps": (nn.LayerNorm([2, 16, 16]), SQUARE),
    "batch norm": (series(conv(), nn.BatchNorm2d(2), conv()), SQUARE),
    "response norm": (series(conv(), nn.LocalResponseNorm(3)), SQUARE),
    "vector norm": (Does(lambda x, c: F.normalize(c(x)), c=conv()), SQUARE),
    "flattened": (series(conv(3, 5), nn.Flatten(), nn.Linear(18, 3)), SQUARE),
    "attention": (Does(lambda x, c, p: attention(tokens(c(x)), p), c=conv(3, 5), p=nn.Linear(2, 6)), SQUARE),
    "attention in windows": (
        Does(lambda x, c, p, d: d(whole(attention(windows(c(x), 4), p), 4, 16)),
             c=conv(padding=1), p=nn.Linear(2, 6), d=conv(padding=1)), SQUARE),
    "class token": (Does(lambda x, c, p: mixed(c(x), p), c=conv(3, 5), p=nn.Linear(2, 6)), SQUARE),
    "transformer": (
        Does(lambda x, c, t: t(tokens(c(x))), c=nn.Conv2d(2, 4, 4, 4),
             t=nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)), SQUARE),
    "roll": (Does(lambda x, c: c(torch.roll(x, 5, dims=2)), c=conv()), SQUARE),
    "roll and sum": (Does(lambda x: x + torch.roll(x, 1, dims=3)), SQUARE),
    "differences": (Does(lambda x: x[:, :, 3:] - x[:, :, :-3]), SQUARE),
    "mirror": (Does(lambda x, c: c(x.flip(3)), c=conv()), SQUARE),
    "shortcut": (Does(lambda x, c: c(x) + x[:, :, ::2, ::2], c=conv(3, 2, padding=1)), SQUARE),
    "sum in place": (Does(lambda x, c, d: c(x).add_(d(x)), c=conv(padding=1), d=conv(5, padding=2)), SQUARE),
    "branches": (
        Does(lambda x, c, d, e: e(torch.cat([c(x), d(x), x], 1)),
             c=conv(padding=1), d=conv(5, padding=2), e=nn.Conv2d(6, 2, 3)), SQUARE),
    "half of the channels": (
        Does(lambda x, c, d: d(torch.cat([c(x[:, :1]), x[:, 1:, 1:-1, 1:-1]], 1)),
             c=nn.Conv2d(1, 1, 3), d=nn.Conv2d(2, 2, 3, groups=2)), SQUARE),
    "shuffled channels": (series(nn.Conv2d(2, 4, 3, groups=2), nn.ChannelShuffle(2), nn.Conv2d(4, 2, 3)), SQUARE),
    "padded at the end": (Does(lambda x, c: c(F.pad(x, (0, 1, 0, 1))), c=conv(3, 2)), SQUARE),
    "mirrored border": (series(nn.ReflectionPad2d(1), conv()), SQUARE),
    "unfolded": (Does(lambda x, c, f: f(c(x)), c=conv(), f=nn.Unfold(3, padding=1)), SQUARE),
    "mixing along rows": (Does(lambda x, c, f: f(c(x)), c=conv(3), f=nn.Linear(14, 3)), SQUARE),
    "mixing by einsum": (
        Does(lambda x, f: torch.einsum("nchw,kh->nckw", x, f.weight), f=nn.Linear(16, 3, bias=False)), SQUARE),
    "gate from two halves": (Does(lambda x, c: c(x)[:, :2] * c(x)[:, 2:].sigmoid(), c=conv(3, 1, 4)), SQUARE),
    "condition": (Does(lambda x, c: torch.where(c(x) > 0, c(x), x[..., 1:-1, 1:-1]), c=conv()), SQUARE),
    "coordinates": (
        Does(lambda x, c: c(torch.cat([x, torch.arange(16, dtype=x.dtype).expand(1, 1, 16, 16)], 1)),
             c=nn.Conv2d(3, 2, 3)), SQUARE),
    "weights from the image": (
        Does(lambda x, f: F.conv2d(x, f(x.mean((2, 3))).view(2, 2, 3, 3)), f=nn.Linear(2, 36)), SQUARE),
}  # fmt: skip


def parts(net: nn.Module, shape: tuple[int, ...]) -> Tensor:
    """(units, *sides): the pixels that have a part in each unit, for one of three random images."""
    torch.manual_seed(0)
    net = net.double().eval()
    found: Tensor | bool = False
    for _ in range(3):
        image = torch.randn(shape, dtype=torch.float64)
        jacobian = torch.autograd.functional.jacobian(net, image, vectorize=True)
        found = found | (jacobian.flatten(0, -len(shape) - 1).abs().sum((1, 2)) > 0)
    return found


def spans(seen: Tensor) -> list[np.ndarray]:
    """For each axis of the image the first and last pixel that each unit sees, of those that see any."""
    ends = []
    for axis in range(1, seen.ndim):
        line = seen.transpose(1, axis).flatten(2).any(2) if seen.ndim > 2 else seen
        line = line[line.any(1)].int()
        last = line.shape[1] - 1 - line.flip(1).argmax(1)
        ends.append(torch.stack([line.argmax(1), last]).numpy())
    return ends


@pytest.mark.parametrize("name", NETS)
def test_the_field_is_that_of_the_gradient(name: str) -> None:
    net, shape = NETS[name]
    sides = [int((last - first).max()) + 1 for first, last in spans(parts(net, shape))]
    table = layer_table(net, inputs=torch.empty(shape, dtype=torch.float64))
    assert table["receptive_field"].iloc[-1] == max(sides)
