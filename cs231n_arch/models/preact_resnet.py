"""Pre-activation ResNet: He, Zhang, Ren and Sun (2016), "Identity mappings in deep residual networks".

arXiv 1603.05027. With the two studies of the paper: what a shortcut may do (Section 3, Table 1), and where batch
norm and ReLU stand (Section 4, Table 2).
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, Scale, Sum, init_he, series
from cs231n_arch.models.residual import (
    cifar_stem,
    cifar_units,
    classifier,
    conv,
    init_fan_out,
    residual_stages,
    shortcut_path,
)
from cs231n_arch.models.variants import Form, Totals, check_form, variant

Order = Literal[
    "original", "bn_after_addition", "relu_before_addition", "relu_only_preactivation", "full_preactivation"
]
ORDERS: tuple[Order, ...] = get_args(Order)  # Figure 4(a) to (e) and Table 2
StudiedShortcut = Literal[
    "identity", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "conv1x1", "dropout"
]
SHORTCUTS: tuple[StudiedShortcut, ...] = get_args(StudiedShortcut)  # Figure 2 and Table 1
CHANNELS = (16, 32, 64)  # inside a unit, at 32x32, 16x16 and 8x8
EXPANSION = 4  # channels of a bottleneck's output, divided by those inside
DROPOUT = 0.5  # on the shortcut (Table 1)

TOTALS: Totals = {
    "preact_resnet": {"paper": (1_703_258, 244_500_992), "released": (1_703_258, 244_500_992)},
    "preact_resnet110": {"paper": (1_727_962, 252_887_680), "released": (1_727_962, 252_887_680)},
    "preact_resnet164": {"paper": (1_703_258, 244_500_992), "released": (1_703_258, 244_500_992)},
    # The paper prints 10.2M parameters.
    "preact_resnet1001": {"paper": (10_327_706, 1_487_849_984), "released": (10_327_706, 1_487_849_984)},
}


class Gated(nn.Module):
    """A residual unit's sum with a gate g(x) = sigmoid(W x + b), W a 1x1 convolution (Figure 2(c) and (d)).

    The shortcut is scaled by 1 - g(x); the residual branch by g(x) if the gate is exclusive, else not at all.
    """

    def __init__(self, body: nn.Module, gate: nn.Conv2d, shortcut: nn.Module, *, exclusive: bool) -> None:
        super().__init__()
        self.body = body
        self.gate = gate
        self.shortcut = shortcut
        self.exclusive = exclusive

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the shape that body, gate and shortcut all output."""
        gate = torch.sigmoid(self.gate(x))
        residual = gate * self.body(x) if self.exclusive else self.body(x)
        return residual + (1 - gate) * self.shortcut(x)


def preactivated(convs: Sequence[nn.Conv2d]) -> dict[str, nn.Module]:
    """Batch norm and ReLU before every weight layer (Figure 4(e)), the paper's proposal."""
    layers: dict[str, nn.Module] = {}
    for number, layer in enumerate(convs, 1):
        layers[f"bn{number}"] = nn.BatchNorm2d(layer.in_channels)
        layers[f"relu{number}"] = nn.ReLU(inplace=True)
        layers[f"conv{number}"] = layer
    return layers


def postactivated(convs: Sequence[nn.Conv2d]) -> dict[str, nn.Module]:
    """Batch norm and ReLU after every weight layer (Figure 4(c))."""
    layers: dict[str, nn.Module] = {}
    for number, layer in enumerate(convs, 1):
        layers[f"conv{number}"] = layer
        layers[f"bn{number}"] = nn.BatchNorm2d(layer.out_channels)
        layers[f"relu{number}"] = nn.ReLU(inplace=True)
    return layers


def branch(convs: Sequence[nn.Conv2d], order: Order) -> dict[str, nn.Module]:
    """The layers of a residual branch in running order (Figure 4)."""
    layers = preactivated(convs) if order.endswith("preactivation") else postactivated(convs)
    last = len(convs)
    match order:
        case "original":  # the last ReLU follows the addition
            del layers[f"relu{last}"]
        case "bn_after_addition":  # and so does the last batch norm
            del layers[f"bn{last}"], layers[f"relu{last}"]
        case "relu_only_preactivation":
            del layers["bn1"]
            layers["relu1"] = nn.ReLU()  # in place it would change the input, which the shortcut passes on
            layers[f"bn{last + 1}"] = nn.BatchNorm2d(convs[-1].out_channels)
    return layers


def after_addition(order: Order, channels: int) -> dict[str, nn.Module]:
    """The layers that follow the addition (Figure 4(a) and (b))."""
    layers: dict[str, nn.Module] = {"bn": nn.BatchNorm2d(channels)} if order == "bn_after_addition" else {}
    return layers | ({"relu": nn.ReLU(inplace=True)} if order in ("original", "bn_after_addition") else {})


def add(
    shortcut: StudiedShortcut,
    body: nn.Module,
    path: nn.Module,
    shape: tuple[int, int, int],
    scale: tuple[float, float],
) -> nn.Module:
    """The sum of a branch and a shortcut of Figure 2; `shape` is (in_channels, out_channels, stride)."""
    match shortcut:
        case "identity":
            return Sum(body=body, shortcut=path)
        case "constant_scaling":
            on_shortcut, on_branch = (Scale(factor) for factor in scale)
            return Sum(body=series(branch=body, scale=on_branch), shortcut=series(path=path, scale=on_shortcut))
        case "conv1x1":
            return Sum(body=body, shortcut=shortcut_path("C", *shape))
        case "dropout":
            return Sum(body=body, shortcut=series(path=path, dropout=nn.Dropout(DROPOUT)))
        case "exclusive_gating" | "shortcut_only_gating":
            in_channels, out_channels, stride = shape
            gate = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride)
            return Gated(body, gate, path, exclusive=shortcut == "exclusive_gating")


def unit(
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    bottleneck: bool = True,
    order: Order = "full_preactivation",
    shortcut: StudiedShortcut = "identity",
    scale: tuple[float, float] = (0.5, 0.5),
    first: bool = False,
) -> nn.Sequential:
    """The sum x + F(x) (Figure 1(b)), or a unit of the two studies; the `first` has its activation in the stem."""
    width = out_channels // EXPANSION
    if bottleneck:
        convs = [conv(in_channels, width, 1, stride), conv(width, width, 3), conv(width, out_channels, 1)]
    else:
        convs = [conv(in_channels, out_channels, 3, stride), conv(out_channels, out_channels, 3)]
    layers = branch(convs, order)
    before: dict[str, nn.Module] = {}
    projects = bottleneck and in_channels != out_channels
    if order.endswith("preactivation") and (first or projects):  # both paths see the first activation
        before = {name: layers.pop(name) for name in ("bn1", "relu1") if name in layers}
    if projects:
        path: nn.Module = conv(in_channels, out_channels, 1, stride)
        if order not in ("bn_after_addition", "full_preactivation"):  # the branch ends with batch norm as well
            path = series(conv=path, bn=nn.BatchNorm2d(out_channels))
    else:
        path = shortcut_path("A", in_channels, out_channels, stride)
    total = add(shortcut, series(**layers), path, (in_channels, out_channels, stride), scale)
    return series(**({} if first else before), sum=total, **after_addition(order, out_channels))


def preact_resnet(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 164,
    bottleneck: bool = True,
    order: Order = "full_preactivation",
    shortcut: StudiedShortcut = "identity",
    gate_bias: float = -6.0,
    scale: tuple[float, float] = (0.5, 0.5),
    form: Form = "paper",
) -> Net:
    """Pre-activation ResNet for CIFAR of any depth, and the paper's variants (He et al. 2016, Figures 2 and 4).

    Input (N, 3, 32, 32), output (N, 10).

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers: 9n+2 with bottleneck units, 6n+2 with units of two layers.
        bottleneck: units of 1x1, 3x3 and 1x1 layers with projections where the shape changes, or of two 3x3
            layers with shortcuts of option A (the paper's appendix).
        order: where batch norm and ReLU are (Figure 4, Table 2). In the two pre-activation orders the first
            activation follows conv1, before the paths split, and one more follows the last addition (appendix).
        shortcut: what the shortcuts of all units do (Figure 2, Table 1): pass the input on, multiply it by a
            constant or by 1 - g(x), where g(x) multiplies the residual branch or not, convolve it with a 1x1
            kernel (option C), or drop half of it (PyTorch's dropout, which doubles the rest). The study is of
            units of the original order.
        gate_bias: initial bias of the gates; Table 1 has 0 to -7 and is best at -6.
        scale: the constants on (shortcut, residual branch); Table 1 has (0, 1), (0.5, 1) and (0.5, 0.5).
        form: `paper`, or `released`: weights as in the authors' code (`init_fan_out`), which has bottleneck units
            of full pre-activation only.

    Raises:
        ValueError: a depth that does not fit, an unknown order, shortcut or form, or a studied shortcut with
            another order than the original.

    Left open by the paper: gates and scales of a unit that changes shape act on the padded or projected shortcut,
    and the gate has that unit's stride; a projection is followed by batch norm where the last weight layer of its
    unit is.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))
    units = cifar_units(depth, layers=3 if bottleneck else 2)
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}; given {order!r}")
    if shortcut not in SHORTCUTS:
        raise ValueError(f"shortcut must be one of {', '.join(SHORTCUTS)}; given {shortcut!r}")
    if shortcut != "identity" and order != "original":
        raise ValueError(f"shortcut {shortcut!r} is for units of order='original'; given order={order!r}")

    make = partial(unit, bottleneck=bottleneck, order=order, shortcut=shortcut, scale=scale)
    channels = tuple(EXPANSION * width if bottleneck else width for width in CHANNELS)
    stages = cifar_stem(in_channels)  # (N, 16, 32, 32)
    # (N, C, 32, 32), (N, 2C, 16, 16), (N, 4C, 8, 8), where C is 64 or 16
    stages |= residual_stages(make, units, 16, channels, first=partial(make, first=True))
    if order == "full_preactivation":
        stages["bn_last"] = nn.BatchNorm2d(channels[-1])
    if order.endswith("preactivation"):
        stages["relu_last"] = nn.ReLU(inplace=True)
    stages |= classifier(channels[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    if form == "released":
        init_fan_out(net, zero_bias=True)
    else:
        init_he(net)
    for module in net.modules():
        if isinstance(module, Gated):
            nn.init.constant_(module.get_parameter("gate.bias"), gate_bias)
    return net


preact_resnet110 = variant(
    preact_resnet, "preact_resnet110", "110 layers, units of two (Tables 1 to 3).", depth=110, bottleneck=False
)
preact_resnet164 = variant(
    preact_resnet, "preact_resnet164", "164 layers, bottlenecks (Tables 2 to 4).", depth=164, bottleneck=True
)
preact_resnet1001 = variant(
    preact_resnet, "preact_resnet1001", "1001 layers, bottlenecks (Tables 3 and 4).", depth=1001, bottleneck=True
)
