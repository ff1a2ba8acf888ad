"""AlexNet: Krizhevsky, Sutskever and Hinton (2012), the net that won ILSVRC-2012; and its CIFAR-10 net."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, init_gaussian
from cs231n_arch.models.variants import Form, Totals, check_form

TOTALS: Totals = {
    "alexnet": {
        "paper": (62_378_344, 1_135_256_096),
        "released": (61_100_840, 714_188_480),
        "torchvision": (61_100_840, 714_188_480),
    },
    "alexnet_two_gpu": dict.fromkeys(("paper", "released", "caffe", "caffenet"), (60_965_224, 724_406_816)),
    "alexnet_cifar": {"paper": (89_578, 12_298_240)},
}


class TowerNorm(nn.LocalResponseNorm):
    """Local response normalization of each GPU's half of the channels: no window reaches into the other half."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W), C even."""
        normalise = super().forward
        return torch.cat([normalise(tower) for tower in x.chunk(2, dim=1)], dim=1)


class SameMapNorm(nn.Module):
    """cuda-convnet's response normalization over a neighborhood in the same channel (its layer type "rnorm").

    b = a / (1 + scale / size^2 * sum of a^2 over size x size pixels)^0.75; beyond the border a is 0.
    """

    def __init__(self, size: int, scale: float) -> None:
        super().__init__()
        self.size = size
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        mean_of_squares = F.avg_pool2d(x * x, self.size, stride=1, padding=self.size // 2)
        return x / (1 + self.scale * mean_of_squares) ** 0.75


class Layout(NamedTuple):
    """The sizes, the order and the constants of one form of AlexNet."""

    image_size: int
    kernels: tuple[int, int, int, int, int]  # of conv1 to conv5
    order: str  # the layers as they run
    padding: int = 0  # of conv1
    towers: int = 1  # groups of conv2, conv4 and conv5
    norm: type[nn.LocalResponseNorm] = nn.LocalResponseNorm
    lrn: tuple[float, float] = (2.0, 5e-4)  # its k and alpha, before PyTorch divides alpha by n = 5
    std: tuple[float, float] = (0.01, 0.01)  # initial weights of conv3 to conv5, of fc6 and fc7; elsewhere 0.01
    bias: tuple[float, float] = (1.0, 0.0)  # initial, of conv2, conv4, conv5, fc6 and fc7, of fc8; elsewhere 0


UPPER = "conv3 relu3 conv4 relu4 conv5 relu5 pool5 "
HEAD = "flatten fc6 relu6 dropout6 fc7 relu7 dropout7 fc8"
PAPER = Layout(  # Section 3.5
    227, (96, 256, 384, 384, 256), f"conv1 relu1 norm1 pool1 conv2 relu2 norm2 pool2 {UPPER}{HEAD}"
)
# cuda-convnet2, layers-imagenet-1gpu.cfg and layers-imagenet-2gpu-model.cfg. The files have the first and the last
# ReLU after the pooling, which makes no difference: the maximum of rectified numbers is the rectified maximum.
RELEASED = Layout(
    224,
    (64, 192, 384, 256, 256),
    f"overhang conv1 norm1 relu1 pool1 conv2 relu2 norm2 pool2 {UPPER}{HEAD}",
    lrn=(2.0, 1e-4),
    std=(0.03, 0.01),
    bias=(1.0, -7.0),
)
RELEASED_TWO_GPU = RELEASED._replace(
    kernels=PAPER.kernels, order=RELEASED.order.replace("norm2", "norm2 cnorm2"), bias=(1.0, 0.0)
)
TORCHVISION = Layout(
    224,
    RELEASED.kernels,
    f"conv1 relu1 pool1 conv2 relu2 pool2 {UPPER}flatten dropout6 fc6 relu6 dropout7 fc7 relu7 fc8",
    padding=2,
)
# bvlc_alexnet and bvlc_reference_caffenet
CAFFE = PAPER._replace(towers=2, lrn=(1.0, 1e-4), std=(0.01, 0.005), bias=(0.1, 0.0))
CAFFENET = CAFFE._replace(order=f"conv1 relu1 pool1 norm1 conv2 relu2 pool2 norm2 {UPPER}{HEAD}", bias=(1.0, 0.0))

ONE_TOWER: Mapping[Form, Layout] = {"paper": PAPER, "released": RELEASED, "torchvision": TORCHVISION}
TWO_GPU: Mapping[Form, Layout] = {
    "paper": PAPER._replace(towers=2, norm=TowerNorm),
    "released": RELEASED_TWO_GPU._replace(towers=2, norm=TowerNorm),
    "caffe": CAFFE,
    "caffenet": CAFFENET,
}


def alexnet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    form: Form = "paper",
    image_size: int | None = None,
    lrn: bool = True,
    dropout: float = 0.5,
) -> Net:
    """AlexNet with both towers joined into one (Krizhevsky et al. 2012, Section 3.5 and Figure 2).

    Input (N, 3, 227, 227), output (N, 1000); 62,378,344 parameters, 1,135,256,096 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        form: `paper`; `released`, the author's own net in one tower (cuda-convnet2, `layers-imagenet-1gpu.cfg`);
            `torchvision`, that library's `alexnet`. Both others take 224x224 images and have 61,100,840
            parameters and 714,188,480 MACs.
        image_size: height and width of the images; fc6 is sized for it, so it is fixed for the net. None takes
            the form's own.
        lrn: local response normalization after conv1 and conv2 (Section 3.3); `torchvision` has none.
        dropout: probability of dropping a hidden unit of fc6 and fc7 (Section 4.2).

    Raises:
        ValueError: unknown form, or an image too small for the three poolings.

    Differs from the author's code: the paper prints an input of 224x224 pixels and an output of 55x55 for conv1.
    That is no misprint: cuda-convnet rounds the number of window positions up, so the last windows extend beyond
    the image by three pixels on the right and below, and see zeros there (`released`). The lecture's 227 has
    the same 55 positions without an overhang. The code also divides alpha of the normalization by n = 5, as Caffe
    and PyTorch do; here it is as printed. And it normalizes conv1 before its ReLU.

    Differs from other nets of this name: footnote 1 of Krizhevsky (2014), "One weird trick", prints one tower with
    64, 192, 384, 384 and 256 kernels; the author's file for one GPU has 256 in conv4. torchvision's net has the
    sizes of that file, but no normalization, conv1 padded by two pixels, and dropout before fc6 and fc7 instead
    of after them. The lecture's slide puts pooling before normalization, as Caffe's reference net does
    (`alexnet_two_gpu(form="caffenet")`); the paper and its author's code normalize first.
    """
    check_form(form, tuple(ONE_TOWER))
    return _alexnet(ONE_TOWER[form], num_classes, in_channels, image_size, lrn, dropout)


def alexnet_two_gpu(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    form: Form = "paper",
    image_size: int | None = None,
    lrn: bool = True,
    dropout: float = 0.5,
) -> Net:
    """AlexNet as trained for the paper: half the kernels on each of two GPUs (Section 3.2 and Figure 2).

    Input (N, 3, 227, 227), output (N, 1000); 60,965,224 parameters, 724,406,816 MACs in every form.

    The GPUs meet in conv3 and in the fully connected layers only: conv2, conv4 and conv5 are grouped
    convolutions, and no window of the normalization reaches from one half of the channels into the other.

    The forms are `paper`; `released`, the author's own net (cuda-convnet2, `layers-imagenet-2gpu-model.cfg`), for
    224x224 images; `caffe`, BVLC's `bvlc_alexnet`; and `caffenet`, their `bvlc_reference_caffenet`, which pools
    before it normalizes. The other arguments are those of `alexnet`.

    Raises:
        ValueError: unknown form, or an image too small for the three poolings.

    Differs from: both Caffe nets normalize across all channels, so there the towers meet in conv1 and conv2 too,
    with k = 1 and a fifth of the printed alpha. The author's file has one more normalization, `cnorm2`, over 5x5
    pixels of the same channel; see `alexnet` for the rest. torchvision and timm have no net with two towers.
    """
    check_form(form, tuple(TWO_GPU))
    return _alexnet(TWO_GPU[form], num_classes, in_channels, image_size, lrn, dropout)


def _alexnet(
    layout: Layout, num_classes: int, in_channels: int, image_size: int | None, lrn: bool, dropout: float
) -> Net:
    """The layers of a layout in its order."""
    check_whole(num_classes=num_classes, in_channels=in_channels)
    size = image_size if image_size is not None else layout.image_size
    overhang = "overhang" in layout.order
    check_whole(67 - 2 * layout.padding - 3 * overhang, image_size=size)  # leaves one pixel at pool5
    hanging = -(size - 11) % 4 if overhang else 0
    side = conv_output_size(size + hanging, 11, 4, layout.padding)
    for _ in range(3):
        side = conv_output_size(side, 3, 2)

    one, two, three, four, five = layout.kernels
    (k, alpha), towers = layout.lrn, layout.towers
    layers = {  # from (N, 3, 227, 227)
        "overhang": nn.ZeroPad2d((0, hanging, 0, hanging)),
        "conv1": nn.Conv2d(in_channels, one, kernel_size=11, stride=4, padding=layout.padding),  # (N, 96, 55, 55)
        "relu1": nn.ReLU(inplace=True),
        "norm1": layout.norm(5, alpha, 0.75, k),
        "pool1": nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 96, 27, 27)
        "conv2": nn.Conv2d(one, two, kernel_size=5, padding=2, groups=towers),  # (N, 256, 27, 27)
        "relu2": nn.ReLU(inplace=True),
        "norm2": layout.norm(5, alpha, 0.75, k),
        "cnorm2": SameMapNorm(5, 1e-3),
        "pool2": nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 256, 13, 13)
        "conv3": nn.Conv2d(two, three, kernel_size=3, padding=1),  # (N, 384, 13, 13)
        "relu3": nn.ReLU(inplace=True),
        "conv4": nn.Conv2d(three, four, kernel_size=3, padding=1, groups=towers),  # (N, 384, 13, 13)
        "relu4": nn.ReLU(inplace=True),
        "conv5": nn.Conv2d(four, five, kernel_size=3, padding=1, groups=towers),  # (N, 256, 13, 13)
        "relu5": nn.ReLU(inplace=True),
        "pool5": nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 256, 6, 6)
        "flatten": nn.Flatten(),
        "fc6": nn.Linear(five * side * side, 4096),
        "relu6": nn.ReLU(inplace=True),
        "dropout6": nn.Dropout(dropout),
        "fc7": nn.Linear(4096, 4096),
        "relu7": nn.ReLU(inplace=True),
        "dropout7": nn.Dropout(dropout),
        "fc8": nn.Linear(4096, num_classes),
    }
    left_out = () if lrn else ("norm1", "norm2", "cnorm2")
    stages = {name: layers[name] for name in layout.order.split() if name not in left_out}
    net = Net(stages, input_size=(in_channels, size, size), smallest=size, fixed=True)
    init_weights(net, layout)
    return net


def init_weights(net: Net, layout: Layout = PAPER) -> None:
    """Section 5: weights from N(0, 0.01^2); biases one in conv2, conv4, conv5, fc6 and fc7, otherwise zero.

    The author's files and Caffe's have other numbers in some layers; they stand in the layouts.
    """
    std = dict.fromkeys(("conv3", "conv4", "conv5"), layout.std[0]) | dict.fromkeys(("fc6", "fc7"), layout.std[1])
    bias = dict.fromkeys(("conv2", "conv4", "conv5", "fc6", "fc7"), layout.bias[0]) | {"fc8": layout.bias[1]}
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
        init_gaussian(net.get_submodule(name), std.get(name, 0.01), bias.get(name, 0.0))


Activation = Literal["relu", "tanh"]


def alexnet_cifar(
    num_classes: int = 10, in_channels: int = 3, *, activation: Activation = "relu", lrn: bool = True
) -> Net:
    """The four-layer net for CIFAR-10 to which the paper refers: cuda-convnet's `layers-18pct.cfg`.

    Input (N, 3, 32, 32), pixels from 0 to 255 less the mean image; output (N, 10); 89,578 parameters,
    12,298,240 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        activation: the two curves of Figure 1.
        lrn: normalization after the first two poolings. Without it the net is cuda-convnet's `layers-19pct`:
            the files are named after their test errors.

    Raises:
        ValueError: unknown activation.

    The paper refers to the files of cuda-convnet (its footnote to Section 3.3) and does not say which of
    them Figure 1 used. This is the one with four layers that are no more than convolutions and one fully
    connected layer. Its initial weights and its normalization expect pixels of 0 to 255: the normalization
    divides by (1 + 5e-5 * mean square)^0.75, which is nearly one for pixels scaled to unit variance.

    Differs from: the errors of Section 3.3, 13 % without and 11 % with normalization, are those of two other
    files, `layers-conv-local-13pct` and `-11pct`: layers three and four are locally connected (no shared weights),
    and the normalization runs across five channels, as in `alexnet`. Caffe's `cifar10_full` is this net.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    if activation not in get_args(Activation):
        raise ValueError(f"activation must be 'relu' or 'tanh'; given {activation!r}")

    def neuron() -> nn.Module:
        return nn.ReLU(inplace=True) if activation == "relu" else nn.Tanh()

    stages = {  # from (N, 3, 32, 32)
        "conv1": nn.Conv2d(in_channels, 32, kernel_size=5, padding=2),
        "pool1": nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 32, 16, 16)
        "neuron1": neuron(),
        "norm1": SameMapNorm(3, 5e-5),
        "conv2": nn.Conv2d(32, 32, kernel_size=5, padding=2),
        "neuron2": neuron(),
        "pool2": nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 32, 8, 8)
        "norm2": SameMapNorm(3, 5e-5),
        "conv3": nn.Conv2d(32, 64, kernel_size=5, padding=2),
        "neuron3": neuron(),
        "pool3": nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True),  # (N, 64, 4, 4)
        "flatten": nn.Flatten(),
        "fc10": nn.Linear(64 * 4 * 4, num_classes),  # (N, 10)
    }
    if not lrn:
        del stages["norm1"], stages["norm2"]
    net = Net(stages, input_size=(in_channels, 32, 32), smallest=32, fixed=True)
    for name, std in {"conv1": 0.0001, "conv2": 0.01, "conv3": 0.01, "fc10": 0.01}.items():
        init_gaussian(net.get_submodule(name), std)
    return net
