"""The four-layer CIFAR-10 net beside AlexNet: Krizhevsky et al. (2012), Figure 1 and Section 3.3."""

from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from cs231n_arch.models.layers import Net, init_gaussian

# cuda-convnet, example-layers/layers-18pct.cfg: maps of each 5x5 convolution, and the standard deviation of its
# initial weights.
LAYERS = ((32, 0.0001), (32, 0.01), (64, 0.01))
FC10_STD = 0.01

Activation = Literal["relu", "tanh"]


class SameMapNorm(nn.Module):
    """cuda-convnet's response normalisation over a 3x3 neighbourhood in the same map (its layer type "rnorm").

    b = a / (1 + scale / 9 * sum of a^2 over the neighbourhood)^0.75 with scale=5e-5; beyond the border a is 0.
    """

    scale, power = 5e-5, 0.75

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        mean_of_squares = F.avg_pool2d(x * x, kernel_size=3, stride=1, padding=1)
        return x / (1 + self.scale * mean_of_squares) ** self.power


def alexnet_cifar10(
    num_classes: int = 10,
    in_channels: int = 3,
    *,
    activation: Activation = "relu",
    lrn: bool = True,
) -> Net:
    """The four-layer net of cuda-convnet's `layers-18pct` definition, to which the AlexNet paper refers.

    Input (N, 3, 32, 32), pixels from 0 to 255 less the mean image; output (N, 10); 89,578 parameters,
    12,298,240 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        activation: the two curves of Figure 1.
        lrn: normalisation after the first two poolings. Without it the net is cuda-convnet's `layers-19pct`:
            the files are named after their test errors.

    Raises:
        ValueError: unknown activation.

    The paper has no room for its CIFAR-10 net and refers to the files of cuda-convnet (its footnote to
    Section 3.3); it does not say which of them Figure 1 used. This is the one with four layers that are no more
    than convolutions and one fully connected layer. Initial weights from N(0, s^2), s=0.0001 in conv1 and 0.01
    elsewhere, biases zero. Both that and the normalisation count on pixels of 0 to 255: it divides by
    (1 + 5e-5 * mean square)^0.75, which is next to one for pixels scaled to unit variance.

    Differs from: the errors of Section 3.3, 13 % without and 11 % with normalisation, are those of two other
    files, `layers-conv-local-13pct` and `-11pct`: layers three and four are locally connected (no shared weights),
    and the normalisation runs across five maps, as in `alexnet`, not within one. Caffe's
    `cifar10_full` is this net.
    """
    if activation not in get_args(Activation):
        raise ValueError(f"activation must be 'relu' or 'tanh'; given {activation!r}")
    (first, std1), (second, std2), (third, std3) = LAYERS
    stages = {  # from (N, 3, 32, 32)
        "conv1": nn.Conv2d(in_channels, first, kernel_size=5, padding=2),
        "pool1": nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 32, 16, 16)
        "neuron1": neuron(activation),
        "norm1": SameMapNorm(),
        "conv2": nn.Conv2d(first, second, kernel_size=5, padding=2),
        "neuron2": neuron(activation),
        "pool2": nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 32, 8, 8)
        "norm2": SameMapNorm(),
        "conv3": nn.Conv2d(second, third, kernel_size=5, padding=2),
        "neuron3": neuron(activation),
        "pool3": nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 64, 4, 4)
        "flatten": nn.Flatten(),
        "fc10": nn.Linear(third * 4 * 4, num_classes),  # (N, 10)
    }
    if not lrn:
        del stages["norm1"], stages["norm2"]
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=32, fixed=True)
    for name, std in {"conv1": std1, "conv2": std2, "conv3": std3, "fc10": FC10_STD}.items():
        init_gaussian(net.get_submodule(name), std=std)
    return net


def neuron(activation: Activation) -> nn.Module:
    """One of the two non-linearities of Figure 1."""
    return nn.ReLU(inplace=True) if activation == "relu" else nn.Tanh()
