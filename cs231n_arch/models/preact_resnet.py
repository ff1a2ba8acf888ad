"""Pre-activation ResNet: He, Zhang, Ren and Sun (2016), "Identity mappings in deep residual networks".

arXiv 1603.05027. With the two studies of the paper: what a shortcut may do (Section 3, Table 1), and where batch
norm and ReLU stand (Section 4, Table 2).
"""

from itertools import count
from typing import Literal

import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Net, Sum, init_he, series
from cs231n_arch.models.residual import classifier, conv, residual_stage, shortcut_path

Order = Literal[
    "original", "bn_after_addition", "relu_before_addition", "relu_only_preactivation", "full_preactivation"
]
StudiedShortcut = Literal[
    "identity", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "conv1x1", "dropout"
]
Kinds = tuple[str, ...]

# Figure 4 and Table 2: what stands before the first weight layer, after the last one, and after the addition.
# Between two weight layers there always are batch norm and ReLU.
ORDERS: dict[str, tuple[Kinds, Kinds, Kinds]] = {
    "original": ((), ("bn",), ("relu",)),
    "bn_after_addition": ((), (), ("bn", "relu")),
    "relu_before_addition": ((), ("bn", "relu"), ()),
    "relu_only_preactivation": (("relu",), ("bn",), ()),
    "full_preactivation": (("bn", "relu"), (), ()),
}
# Figure 2 and Table 1.
SHORTCUTS = ("identity", "constant_scaling", "exclusive_gating", "shortcut_only_gating", "conv1x1", "dropout")
STEM = 16  # maps of conv1
WIDTHS = (16, 32, 64)  # maps inside a unit, at 32x32, 16x16 and 8x8
EXPANSION = 4  # maps that a bottleneck unit puts out, divided by those inside
DROPOUT = 0.5  # on the shortcut (Table 1)


class Scale(nn.Module):
    """Times a constant (Figure 2(b))."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise; any shape."""
        return self.factor * x


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
        """Map (N, C, H, W) to the shape that body, gate and shortcut put out."""
        gate = torch.sigmoid(self.gate(x))
        residual: Tensor = self.body(x)
        passed: Tensor = (1 - gate) * self.shortcut(x)
        return gate * residual + passed if self.exclusive else residual + passed


def activation(kinds: Kinds, maps: int, suffix: str, *, inplace: bool = True) -> dict[str, nn.Module]:
    """Batch norm, ReLU, both or neither, their names ending in `suffix`."""
    made = {"bn": nn.BatchNorm2d(maps), "relu": nn.ReLU(inplace=inplace)}
    return {f"{kind}{suffix}": made[kind] for kind in kinds}


def branch(convs: list[nn.Conv2d], order: Order) -> tuple[dict[str, nn.Module], dict[str, nn.Module]]:
    """The pre-activation of a residual branch, and its other layers (Figure 4).

    An activation has the number of the weight layer that it precedes or, in post-activation, follows.
    """
    before, after, _ = ORDERS[order]
    # In place a lone ReLU would overwrite what the shortcut hands on.
    pre = activation(before, convs[0].in_channels, "1", inplace="bn" in before)
    layers: dict[str, nn.Module] = {}
    for number, layer in enumerate(convs, 1):
        kinds = after if number == len(convs) else ("bn", "relu")
        layers[f"conv{number}"] = layer
        layers |= activation(kinds, layer.out_channels, f"{number + 1 if before else number}")
    return pre, layers


def joined(
    shortcut: StudiedShortcut,
    body: nn.Module,
    path: nn.Module,
    shape: tuple[int, int, int],
    scale: tuple[float, float],
) -> nn.Module:
    """The sum of a branch and a shortcut of Figure 2; `shape` is (maps that come in, maps that go out, stride)."""
    maps_in, maps, stride = shape
    match shortcut:
        case "identity":
            return Sum(body=body, shortcut=path)
        case "constant_scaling":
            on_shortcut, on_branch = (Scale(factor) for factor in scale)
            return Sum(body=series(branch=body, scale=on_branch), shortcut=series(path=path, scale=on_shortcut))
        case "conv1x1":
            return Sum(body=body, shortcut=shortcut_path("C", maps_in, maps, stride))
        case "dropout":
            return Sum(body=body, shortcut=series(path=path, dropout=nn.Dropout(DROPOUT)))
        case "exclusive_gating" | "shortcut_only_gating":
            gate = nn.Conv2d(maps_in, maps, kernel_size=1, stride=stride)
            return Gated(body, gate, path, exclusive=shortcut == "exclusive_gating")


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
) -> Net:
    """Pre-activation ResNet for CIFAR of any depth, and the paper's variants (He et al. 2016, Figures 2 and 4).

    Input (N, 3, 32, 32), output (N, 10); by default 1,703,258 parameters and 244,500,992 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers: 9n+2 with bottleneck units, 6n+2 with units of two layers.
        bottleneck: units of 1x1, 3x3 and 1x1 layers with projections where the shape changes, or of two 3x3
            layers with shortcuts of option A (the paper's appendix).
        order: where batch norm and ReLU stand (Figure 4, Table 2). In the two pre-activation orders the first
            activation follows conv1, before the paths split, and one more follows the last addition (appendix).
        shortcut: what the shortcuts of all units do (Figure 2, Table 1): pass on, times a constant, gated by
            1 - g(x) with or without g(x) on the residual branch, a 1x1 convolution (option C), or dropout of half
            (PyTorch's, which doubles what survives). The study is of units of the original order.
        gate_bias: initial bias of the gates; Table 1 has 0 to -7 and is best at -6.
        scale: the constants on (shortcut, residual branch); Table 1 has (0, 1), (0.5, 1) and (0.5, 0.5).

    Raises:
        ValueError: a depth that does not fit, an unknown order or shortcut, or a studied shortcut with another
            order than the original.

    Left open by the paper: gates and scales of a unit that changes shape act on the padded or projected shortcut,
    and the gate has that unit's stride; a projection is followed by batch norm where the last weight layer of its
    unit is.

    Differs from: the authors' released code has the full pre-activation only, and initialises with fan-out.
    """
    step = 9 if bottleneck else 6
    if depth < step + 2 or (depth - 2) % step:
        raise ValueError(
            f"depth must be {step}n+2 with n of at least 1 for units of {step // 3} layers: "
            f"{step + 2}, {2 * step + 2}, ...; given {depth}"
        )
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}; given {order!r}")
    if shortcut not in SHORTCUTS:
        raise ValueError(f"shortcut must be one of {', '.join(SHORTCUTS)}; given {shortcut!r}")
    if shortcut != "identity" and order != "original":
        raise ValueError(f"shortcut {shortcut!r} is for units of order='original'; given order={order!r}")
    numbers = count(1)

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        width = maps // EXPANSION
        if bottleneck:
            convs = [conv(maps_in, width, 1, stride), conv(width, width, 3), conv(width, maps, 1)]
        else:
            convs = [conv(maps_in, maps, 3, stride), conv(maps, maps, 3)]
        pre, layers = branch(convs, order)
        if next(numbers) == 1:
            pre = {}  # stands in the stem
        if bottleneck and maps_in != maps:
            path: nn.Module = conv(maps_in, maps, 1, stride)
            if "bn" in ORDERS[order][1]:
                path = series(conv=path, bn=nn.BatchNorm2d(maps))
        else:
            path = shortcut_path("A", maps_in, maps, stride)
            pre, layers = {}, pre | layers  # only a projection shares the pre-activation
        total = joined(shortcut, series(**layers), path, (maps_in, maps, stride), scale)
        return series(**pre, sum=total, **activation(ORDERS[order][2], maps, ""))

    stages: dict[str, nn.Module] = {  # from (N, 3, 32, 32)
        "conv1": conv(in_channels, STEM, 3),  # (N, 16, 32, 32)
        "bn1": nn.BatchNorm2d(STEM),
        "relu1": nn.ReLU(inplace=True),
    }
    maps_in = STEM
    for number, width in enumerate(WIDTHS, 2):
        maps = EXPANSION * width if bottleneck else width
        stride = 1 if number == 2 else 2
        # (N, maps, 32, 32), (N, 2 * maps, 16, 16), (N, 4 * maps, 8, 8)
        stages[f"conv{number}_x"] = residual_stage(
            f"conv{number}", (depth - 2) // step, maps_in, maps, stride, unit
        )
        maps_in = maps
    stages |= activation(ORDERS[order][0], maps_in, "_last")
    stages |= classifier(maps_in, num_classes)

    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    init_he(net)
    for module in net.modules():
        if isinstance(module, Gated):
            assert module.gate.bias is not None
            nn.init.constant_(module.gate.bias, gate_bias)
    return net


def preact_resnet110(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    order: Order = "full_preactivation",
    shortcut: StudiedShortcut = "identity",
    gate_bias: float = -6.0,
    scale: tuple[float, float] = (0.5, 0.5),
) -> Net:
    """Pre-activation ResNet-110 of two-layer units (He et al. 2016, Tables 1 to 3); see `preact_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 1,727,962 parameters, 252,887,680 MACs, as `resnet110`.
    """
    return preact_resnet(
        num_classes,
        in_channels,
        depth=110,
        bottleneck=False,
        order=order,
        shortcut=shortcut,
        gate_bias=gate_bias,
        scale=scale,
    )


def preact_resnet164(num_classes: int = 10, in_channels: int = 3, *, order: Order = "full_preactivation") -> Net:
    """Pre-activation ResNet-164 of bottleneck units (He et al. 2016, Tables 2 to 4); see `preact_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 1,703,258 parameters, 244,500,992 MACs.
    """
    return preact_resnet(num_classes, in_channels, depth=164, order=order)


def preact_resnet1001(num_classes: int = 10, in_channels: int = 3, *, order: Order = "full_preactivation") -> Net:
    """Pre-activation ResNet-1001, 333 bottleneck units (He et al. 2016, Tables 3 and 4); see `preact_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 10,327,706 parameters, 1,487,849,984 MACs. The paper prints 10.2M.
    """
    return preact_resnet(num_classes, in_channels, depth=1001, order=order)
