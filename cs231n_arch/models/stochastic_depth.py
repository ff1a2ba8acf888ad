"""Stochastic depth: Huang, Sun, Liu, Sedra and Weinberger (2016), "Deep networks with stochastic depth".

arXiv 1603.09382.
"""

import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Net, Sum, series
from cs231n_arch.models.residual import cifar_stem, cifar_units, conv, pad_maps, residual_branch, residual_net

# Section 4: 16, 32 and 64 filters in three groups of equally many residual units, 18 each for 110 layers.
MAPS = (16, 32, 64)


class RandomSum(Sum):
    """A residual unit's sum whose branch, in training, is skipped with probability `death_rate`.

    One draw decides for the whole batch, and a skipped branch is not computed (Eq. 2). In evaluation the branch
    always runs and is weighted by its probability of survival, 1 - `death_rate` (Eq. 5). The draw is made by
    PyTorch's generator on the CPU, so that no other device has to be waited for.
    """

    body: nn.Module
    shortcut: nn.Module

    def __init__(self, death_rate: float, *, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__(body=body, shortcut=shortcut)
        self.death_rate = death_rate

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the shape that both branches put out."""
        passed: Tensor = self.shortcut(x)
        if self.training and torch.rand((), device="cpu").item() < self.death_rate:
            return passed
        residual: Tensor = self.body(x)
        return passed + (residual if self.training else (1 - self.death_rate) * residual)


def transition(maps_in: int, maps: int, stride: int) -> nn.Module:
    """The shortcut: identity or, where the shape changes, average pooling and maps of zeros (Section 4)."""
    if stride == 1:
        return nn.Identity()
    return series(pool=nn.AvgPool2d(stride, ceil_mode=True), zeros=pad_maps(maps - maps_in))


def stochastic_resnet(
    num_classes: int = 10, in_channels: int = 3, *, depth: int = 110, death_rate: float = 0.5
) -> Net:
    """ResNet with stochastic depth and linearly decaying survival (Huang et al. 2016, Sections 3 and 4).

    Input (N, 3, 32, 32), output (N, 10); by default 1,727,962 parameters and 252,887,680 MACs. In training a
    skipped unit costs no time, and its parameters get no gradient; with the default death rate (3L - 1) / 4 of the
    L units are expected to be active.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 6n+2 with n units in each of three groups.
        death_rate: probability that the last unit is skipped, 1 - p_L. Unit l of L survives with the probability
            p_l = 1 - (l / L) * death_rate (Eq. 4). Zero never skips: constant depth. Each unit's `RandomSum` keeps
            its own in an attribute of this name, which may be set at any time.

    Raises:
        ValueError: a depth that is not 6n+2, or a death rate that is not in [0, 1].

    Differs from: the paper's Torch code gives its convolutions a bias, which the batch norm behind them cancels.
    `resnet_cifar` subsamples a shortcut where this paper averages over 2x2 pixels. torchvision's and timm's
    "stochastic depth" or "drop path" draws for each image instead of the batch, divides by the probability of
    survival in training instead of multiplying in evaluation, and computes what it drops. Under
    `DistributedDataParallel` the skipped parameters need `find_unused_parameters=True`.
    """
    units = cifar_units(depth)
    if not 0 <= death_rate <= 1:
        raise ValueError(f"death_rate must be a probability, from 0 to 1; given {death_rate}")
    last = sum(units)
    death_rates = (number / last * death_rate for number in range(1, last + 1))

    def unit(maps_in: int, maps: int, stride: int) -> nn.Module:
        body = residual_branch(conv(maps_in, maps, 3, stride), conv(maps, maps, 3))
        total = RandomSum(next(death_rates), body=body, shortcut=transition(maps_in, maps, stride))
        # Not in place: a skipped unit's sum is its own input.
        return series(sum=total, relu=nn.ReLU())

    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stem, size = cifar_stem(in_channels), (in_channels, 32, 32)
    return residual_net(stem, 16, units, MAPS, unit, num_classes=num_classes, input_size=size)


def stochastic_resnet110(num_classes: int = 10, in_channels: int = 3, *, death_rate: float = 0.5) -> Net:
    """ResNet-110 with stochastic depth (Huang et al. 2016, Table 1); see `stochastic_resnet`.

    Input (N, 3, 32, 32), output (N, 10); 1,727,962 parameters, 252,887,680 MACs with every unit active.
    """
    return stochastic_resnet(num_classes, in_channels, depth=110, death_rate=death_rate)
