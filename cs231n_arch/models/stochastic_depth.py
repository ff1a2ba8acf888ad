"""Stochastic depth: Huang, Sun, Liu, Sedra and Weinberger (2016), "Deep networks with stochastic depth".

arXiv 1603.09382.
"""

import torch
from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, Sum, init_he, series
from cs231n_arch.models.residual import (
    cifar_stem,
    cifar_units,
    classifier,
    init_torch_defaults,
    pad_channels,
    residual_stages,
)
from cs231n_arch.models.resnet import basic
from cs231n_arch.models.variants import Form, Totals, check_form, variant

# Section 4: 16, 32 and 64 filters in three groups of equally many residual units, 18 each for 110 layers.
CHANNELS = (16, 32, 64)

# MACs with every unit active.
TOTALS: Totals = {
    "stochastic_resnet": {"paper": (1_727_962, 252_887_680), "released": (1_727_962, 252_887_680)},
    "stochastic_resnet110": {"paper": (1_727_962, 252_887_680), "released": (1_727_962, 252_887_680)},
}


class RandomSum(Sum):
    """A residual unit's sum whose branch, in training, is skipped with probability `death_rate`.

    One draw decides for the whole batch, and a skipped branch is not computed (Eq. 2). In evaluation the branch
    always runs and is weighted by its probability of survival, 1 - `death_rate` (Eq. 5). The draw is made by
    PyTorch's generator on the CPU, so that no other device has to be waited for.
    """

    def __init__(self, death_rate: float = 0.0, *, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__(body=body, shortcut=shortcut)
        self.death_rate = death_rate

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the shape that body and shortcut both output."""
        if not self.training:
            return self.shortcut(x) + (1 - self.death_rate) * self.body(x)
        if torch.rand((), device="cpu").item() < self.death_rate:
            return self.shortcut(x)
        return self.shortcut(x) + self.body(x)


def random_unit(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """relu(b F(x) + x) with b of 0 or 1 (Eq. 2); F is two 3x3 layers."""
    body = basic(in_channels, out_channels, stride, shortcut="A").get_submodule("sum.body")
    total = RandomSum(body=body, shortcut=transition(in_channels, out_channels, stride))
    return series(sum=total, relu=nn.ReLU())  # not in place: a skipped unit's sum is its own input


def transition(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The shortcut: identity or, where the shape changes, average pooling and channels of zeros (Section 4)."""
    if stride == 1:
        return nn.Identity()
    return series(pool=nn.AvgPool2d(stride, ceil_mode=True), zeros=pad_channels(out_channels - in_channels))


def stochastic_resnet(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    depth: int = 110,
    death_rate: float = 0.5,
    form: Form = "paper",
) -> Net:
    """ResNet with stochastic depth and linearly decaying survival (Huang et al. 2016, Sections 3 and 4).

    Input (N, 3, 32, 32), output (N, 10). In training a skipped unit costs no time, and its parameters get no
    gradient; with the default death rate (3L - 1) / 4 of the L units are expected to be active.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        depth: weighted layers, 6n+2 with n units in each of three groups.
        death_rate: probability that the last unit is skipped, 1 - p_L. Unit l of L survives with the probability
            p_l = 1 - (l / L) * death_rate (Eq. 4). Zero never skips: constant depth. Each unit's `RandomSum` keeps
            its own in an attribute of this name, which may be set at any time.
        form: the initial weights: `paper`, N(0, 2 / fan-in); `released`, the same but for the scales of batch
            norm (uniform from 0 to 1) and the fully connected layer (uniform), where the authors' code leaves what
            Torch draws.

    Raises:
        ValueError: a depth that is not 6n+2, a death rate that is not in [0, 1], or another form.

    Differs from: the authors' Torch code gives its convolutions a bias, which the batch norm that follows cancels.
    `resnet_cifar` subsamples a shortcut where this paper averages over 2x2 pixels. torchvision's and timm's
    "stochastic depth" or "drop path" draws for each image instead of the batch, divides by the probability of
    survival in training instead of multiplying in evaluation, and computes what it drops. Under
    `DistributedDataParallel` the skipped parameters need `find_unused_parameters=True`.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "released"))
    if not 0 <= death_rate <= 1:
        raise ValueError(f"death_rate must be a probability, from 0 to 1; given {death_rate}")
    stages = cifar_stem(in_channels)  # (N, 16, 32, 32)
    # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
    stages |= residual_stages(random_unit, cifar_units(depth), 16, CHANNELS)
    stages |= classifier(CHANNELS[-1], num_classes)
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=1)
    sums = [module for module in net.modules() if isinstance(module, RandomSum)]
    for number, unit in enumerate(sums, 1):
        unit.death_rate = number / len(sums) * death_rate  # Eq. 4
    init_he(net)
    if form == "released":
        init_torch_defaults(net, zero_bias=False)
    return net


stochastic_resnet110 = variant(
    stochastic_resnet, "stochastic_resnet110", "ResNet-110 with stochastic depth (Table 1).", depth=110
)
