"""LeNet-5: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition"."""

import math

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Concat, Net, init_he, series, weighted
from cs231n_arch.models.variants import Totals

TOTALS: Totals = {"lenet5": {"paper": (60_000, 325_680)}}

# Table I of the paper: the channels of S2 that each of the sixteen channels of C3 is connected to.
C3_SOURCES: tuple[tuple[int, ...], ...] = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip

# The target codes of the ten digits, 12 rows of 7 pixels, drawn after Figure 3 of the paper ("#" is +1, "." -1).
# The figure is a picture: single pixels of ours may differ, no size or count does.
DIGITS = (
    "..###.. .##.##. ##...## ##...## ##...## ##...## ##...## ##...## .##.##. ..###.. ....... .......",
    "...##.. ..###.. .####.. ...##.. ...##.. ...##.. ...##.. ...##.. ...##.. .###### ....... .......",
    ".#####. ##...## #....## .....## ....##. ...##.. ..##... .##.... ##..... ####### ....... .......",
    "####### .....## ....##. ...##.. ..####. .....## .....## .....## ##...## .#####. ....... .......",
    "....##. ...###. ..####. .##.##. ##..##. ####### ....##. ....##. ....##. ....##. ....... .......",
    "####### ##..... ##..... ##..... .####.. ..####. .....## .....## ##...## .#####. ....... .......",
    "..####. .##.... ##..... ##..... ######. ###..## ##...## ##...## ###..## .#####. ....... .......",
    "####### .....## .....## ....##. ...##.. ...##.. ..##... ..##... ..##... ..##... ....... .......",
    ".#####. ##...## ##...## ##...## .#####. ##...## ##...## ##...## ##...## .#####. ....... .......",
    ".#####. ##..### ##...## ##...## ##..### .###### .....## .....## ....##. .####.. ....... .......",
)
F6 = 84  # 7 x 12 pixels


class ScaledTanh(nn.Module):
    """The squashing function f(a) = 1.7159 tanh(2a/3), which maps 1 to 1 and -1 to -1 (Appendix A)."""

    def forward(self, a: Tensor) -> Tensor:
        """Elementwise; any shape."""
        return 1.7159 * torch.tanh(2 / 3 * a)


class Subsampling(nn.Module):
    """S2 and S4: four neighbors added, times a trainable coefficient, plus a trainable bias (Section II.B)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H/2, W/2)."""
        added = 4 * nn.functional.avg_pool2d(x, kernel_size=2)
        return added * self.coefficient.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


class Select(nn.Module):
    """The numbered input channels, in order and with repetition: the connections of Table I."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, len(channels), H, W)."""
        return x[:, self.channels]


class RadialBasis(nn.Module):
    """The output layer: minus the squared distance between F6 and each class's code (Equation 7).

    The paper's units give the distance, and the nearest code wins. The sign is turned here so that the largest
    output wins, as in every other net; cross-entropy of these scores is then the paper's MAP criterion
    (Equation 9) with its constant j at infinity. The codes are fixed, so they are a buffer and no parameter.
    """

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes)
        self.codes: Tensor

    def forward(self, f6: Tensor) -> Tensor:
        """Map (N, 84) to (N, classes)."""
        return -(f6.unsqueeze(1) - self.codes).square().sum(dim=2)


def target_codes(num_classes: int) -> Tensor:
    """Codes of +1 and -1, shape (num_classes, 84): the digits' bitmaps for ten classes, otherwise random.

    Section II.C names random codes as the other choice. They come from a generator of their own, always the same.
    """
    if num_classes == len(DIGITS):
        bits = [[pixel == "#" for pixel in digit.replace(" ", "")] for digit in DIGITS]
        codes = torch.tensor(bits, device="cpu") * 2.0 - 1.0
    else:
        generator = torch.Generator(device="cpu").manual_seed(1998)
        codes = torch.randint(0, 2, (num_classes, F6), generator=generator, device="cpu") * 2.0 - 1.0
    return codes.to(torch.get_default_device())


def partial_connections() -> Concat:
    """C3: each of sixteen 5x5 filters sees its channels of S2 (Table I); 1,516 parameters, 150,000 MACs.

    Filters that see equally many channels are one grouped convolution: six see 3, nine see 4, one sees all 6.
    """
    branches: dict[str, nn.Module] = {}
    for seen, label in ((3, "three"), (4, "four"), (6, "six")):
        rows = [row for row in C3_SOURCES if len(row) == seen]
        branches[label] = series(
            select=Select([source for row in rows for source in row]),
            conv=nn.Conv2d(seen * len(rows), len(rows), kernel_size=5, groups=len(rows)),
        )
    return Concat(**branches)


def lenet5(num_classes: int = 10, in_channels: int = 1, *, modern: bool = False) -> Net:
    """LeNet-5 (LeCun et al. 1998, Section II.B and Figure 2).

    Input (N, 1, 32, 32), background -0.1 and ink 1.175; output (N, 10), minus the squared distances to the ten
    codes. 60,000 trainable parameters, 340,908 connections (each with its bias, and 840 of the fixed codes),
    325,680 MACs.

    Args:
        num_classes: classes; with ten the codes are the paper's digit bitmaps.
        in_channels: channels of the images.
        modern: the form that later courses and libraries call LeNet: C3 sees all channels, subsampling is max
            pooling without parameters, ReLU instead of tanh, a linear layer instead of the codes. 61,706
            parameters.

    Differs from: nearly every library's "LeNet-5" is some `modern` form; none has Table I's connections.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    if modern:
        net = _modern(num_classes, in_channels)
        init_he(net)
        return net
    stages = {  # from (N, 1, 32, 32)
        "c1": nn.Conv2d(in_channels, 6, kernel_size=5),  # (N, 6, 28, 28)
        "c1_squash": ScaledTanh(),
        "s2": Subsampling(6),  # (N, 6, 14, 14)
        "s2_squash": ScaledTanh(),
        "c3": partial_connections(),  # (N, 16, 10, 10)
        "c3_squash": ScaledTanh(),
        "s4": Subsampling(16),  # (N, 16, 5, 5)
        "s4_squash": ScaledTanh(),
        "c5": nn.Conv2d(16, 120, kernel_size=5),  # (N, 120, 1, 1)
        "c5_squash": ScaledTanh(),
        "flatten": nn.Flatten(),
        "f6": nn.Linear(120, F6),  # (N, 84)
        "f6_squash": ScaledTanh(),
        "output": RadialBasis(target_codes(num_classes)),  # (N, 10)
    }
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=32, fixed=True)
    init_weights(net)
    return net


def _modern(num_classes: int, in_channels: int) -> Net:
    """The simplified net; see `lenet5(modern=True)`."""
    stages = {  # from (N, 1, 32, 32)
        "c1": nn.Conv2d(in_channels, 6, kernel_size=5),  # (N, 6, 28, 28)
        "relu1": nn.ReLU(inplace=True),
        "s2": nn.MaxPool2d(kernel_size=2),  # (N, 6, 14, 14)
        "c3": nn.Conv2d(6, 16, kernel_size=5),  # (N, 16, 10, 10)
        "relu3": nn.ReLU(inplace=True),
        "s4": nn.MaxPool2d(kernel_size=2),  # (N, 16, 5, 5)
        "c5": nn.Conv2d(16, 120, kernel_size=5),  # (N, 120, 1, 1)
        "relu5": nn.ReLU(inplace=True),
        "flatten": nn.Flatten(),
        "f6": nn.Linear(120, F6),  # (N, 84)
        "relu6": nn.ReLU(inplace=True),
        "output": nn.Linear(F6, num_classes),  # (N, 10)
    }
    return Net(stages, input_size=(in_channels, 32, 32), smallest=32, fixed=True)


def init_weights(net: Net) -> None:
    """Appendix A: weights and biases from U(-2.4/F, 2.4/F), F the inputs of the unit; S2 and S4 have four."""
    for layer in weighted(net):
        bound = 2.4 / math.prod(layer.weight.shape[1:])
        for parameter in layer.parameters(recurse=False):
            nn.init.uniform_(parameter, -bound, bound)
    for module in net.modules():
        if isinstance(module, Subsampling):
            for parameter in module.parameters():
                nn.init.uniform_(parameter, -2.4 / 4, 2.4 / 4)
