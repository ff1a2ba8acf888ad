"""GoogLeNet: Szegedy et al. (2014), "Going deeper with convolutions", the net that won ILSVRC-2014."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor, nn

from cs231n_arch.models.layers import (
    AuxHead,
    AuxNet,
    Concat,
    Net,
    conv_bn_relu,
    conv_relu,
    init_glorot,
    local_response_norm,
    series,
)

# Table 1 of the paper, the rows with Inception modules; the sizes are those of the output for a 224x224 image.
#                 #1x1 3x3red #3x3 5x5red #5x5 pool proj
MODULES = {
    "inception_3a": (64, 96, 128, 16, 32, 32),  # (N, 256, 28, 28)
    "inception_3b": (128, 128, 192, 32, 96, 64),  # (N, 480, 28, 28)
    "inception_4a": (192, 96, 208, 16, 48, 64),  # (N, 512, 14, 14)
    "inception_4b": (160, 112, 224, 24, 64, 64),
    "inception_4c": (128, 128, 256, 24, 64, 64),
    "inception_4d": (112, 144, 288, 32, 64, 64),  # (N, 528, 14, 14)
    "inception_4e": (256, 160, 320, 32, 128, 128),  # (N, 832, 14, 14)
    "inception_5a": (256, 160, 320, 32, 128, 128),  # (N, 832, 7, 7)
    "inception_5b": (384, 192, 384, 48, 128, 128),  # (N, 1024, 7, 7)
}
POOL_AFTER = {"inception_3b": "pool3", "inception_4e": "pool4"}
AUX_AFTER = {"inception_4a": "aux1", "inception_4d": "aux2"}
AUX_WEIGHT = 0.3  # Section 5

# The CS231n lecture's module, on a map of 28x28x256: #1x1, 3x3 reduce, #3x3, 5x5 reduce, #5x5, pool projection.
LECTURE = (128, 64, 192, 64, 96, 64)

Unit = Callable[..., nn.Sequential]


class GoogLeNetOutputs(NamedTuple):
    """What the net returns in training mode: scores (N, num_classes) of the main and both auxiliary classifiers.

    torchvision's tuple has the two auxiliary fields in the opposite order.
    """

    logits: Tensor
    aux1: Tensor
    aux2: Tensor


def inception(
    maps: int,
    n1x1: int,
    n3x3_reduce: int,
    n3x3: int,
    n5x5_reduce: int,
    n5x5: int,
    pool_proj: int,
    *,
    unit: Unit = conv_relu,
    five: int = 5,
) -> Concat:
    """The Inception module with dimension reductions (Figure 2b); the arguments are the columns of Table 1.

    Maps (N, maps, H, W) to (N, n1x1 + n3x3 + n5x5 + pool_proj, H, W).

    Args:
        maps: channels of the input.
        n1x1: filters of the 1x1 branch.
        n3x3_reduce: 1x1 filters before the 3x3 convolution.
        n3x3: filters of the 3x3 convolution.
        n5x5_reduce: 1x1 filters before the 5x5 convolution.
        n5x5: filters of the 5x5 convolution.
        pool_proj: 1x1 filters after the pooling.
        unit: convolution and what follows it; reductions and projections have it too.
        five: kernel size of the 5x5 branch.
    """
    return Concat(
        branch1x1=unit(maps, n1x1, 1),
        branch3x3=series(reduce=unit(maps, n3x3_reduce, 1), conv=unit(n3x3_reduce, n3x3, 3, padding=1)),
        branch5x5=series(reduce=unit(maps, n5x5_reduce, 1), conv=unit(n5x5_reduce, n5x5, five, padding=five // 2)),
        pool_proj=series(pool=nn.MaxPool2d(3, stride=1, padding=1), conv=unit(maps, pool_proj, 1)),
    )


def auxiliary(maps: int, num_classes: int, *, unit: Unit, pool: nn.Module) -> AuxHead:
    """A side head (Section 5); `pool` leaves 4x4 pixels of (N, maps, 14, 14), the scores are (N, num_classes)."""
    return AuxHead(
        avgpool=pool,  # (N, maps, 4, 4)
        conv=unit(maps, 128, 1),  # (N, 128, 4, 4)
        flatten=nn.Flatten(),
        fc=nn.Linear(128 * 4 * 4, 1024),
        relu=nn.ReLU(inplace=True),
        dropout=nn.Dropout(0.7),
        linear=nn.Linear(1024, num_classes),
    )


def googlenet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    aux: bool = True,
    five_by_five: bool = True,
    batch_norm: bool = False,
    dropout: float = 0.4,
) -> AuxNet:
    """GoogLeNet, the first Inception net (Szegedy et al. 2014, Table 1, Figure 3 and Section 5).

    Input (N, 3, 224, 224), output (N, 1000), in training mode with auxiliary classifiers `GoogLeNetOutputs`.
    13,378,280 parameters, of them 6,998,552 without the auxiliary classifiers; 1,582,671,872 MACs without them.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        aux: the two auxiliary classifiers, on 4a and 4d; each adds `net.aux_weight` = 0.3 times its loss. Their
            fully connected layer fits 224x224 images only; without them, or with `batch_norm`, larger ones do.
        five_by_five: 5x5 kernels in the third branch. False takes 3x3, a slip in the authors' later TensorFlow
            code, which torchvision keeps because published weights have that shape.
        batch_norm: the form of that code: batch norm (epsilon 0.001) in place of the biases and of local response
            normalisation, pool4 of 2x2 instead of 3x3, and an auxiliary pooling that adapts to the map.
        dropout: probability of dropping a unit before the last layer.

    Raises:
        ValueError: dropout outside 0 ... 1.

    Differs from: torchvision's `googlenet` is `googlenet(five_by_five=False, batch_norm=True, dropout=0.2)`, with
    6,624,904 parameters without auxiliary classifiers. The paper prints 2.7K parameters for the first layer, which
    7x7 kernels on three channels cannot have (9,408); its other rows count MACs as here, but for 5a. Neither the
    paper's parameters sum to 5 million, nor is the net 12 times smaller than AlexNet, as the lecture's slide says.
    The paper tells no initialisation; see `init_caffe`. Nor does it give the constants of local response
    normalisation; AlexNet's are taken.
    """
    unit: Unit = partial(conv_bn_relu, eps=0.001) if batch_norm else conv_relu
    five = 5 if five_by_five else 3
    stages: dict[str, nn.Module] = {  # from (N, 3, 224, 224)
        "conv1": unit(in_channels, 64, 7, stride=2, padding=3),  # (N, 64, 112, 112)
        "pool1": _pool(),  # (N, 64, 56, 56)
        "norm1": local_response_norm(),
        "conv2_reduce": unit(64, 64, 1),
        "conv2": unit(64, 192, 3, padding=1),  # (N, 192, 56, 56)
        "norm2": local_response_norm(),
        "pool2": _pool(),  # (N, 192, 28, 28)
    }
    if batch_norm:
        del stages["norm1"], stages["norm2"]
    maps = 192
    for name, widths in MODULES.items():
        stages[name] = inception(maps, *widths, unit=unit, five=five)
        n1x1, _, n3x3, _, n5x5, pool_proj = widths
        maps = n1x1 + n3x3 + n5x5 + pool_proj
        if aux and name in AUX_AFTER:
            pool = nn.AdaptiveAvgPool2d(4) if batch_norm else nn.AvgPool2d(5, stride=3)
            stages[AUX_AFTER[name]] = auxiliary(maps, num_classes, unit=unit, pool=pool)
        if name in POOL_AFTER:
            stages[POOL_AFTER[name]] = _pool(2 if batch_norm and name == "inception_4e" else 3)
    stages["avgpool"] = nn.AdaptiveAvgPool2d(1)  # (N, 1024, 1, 1)
    stages["dropout"] = nn.Dropout(dropout)
    stages["flatten"] = nn.Flatten()
    stages["linear"] = nn.Linear(maps, num_classes)

    net = AuxNet(
        stages,
        outputs=GoogLeNetOutputs,
        aux_weight=AUX_WEIGHT,
        input_size=(in_channels, 224, 224),
        smallest=15 if batch_norm else 224 if aux else 31,
        fixed=aux and not batch_norm,
    )
    init_caffe(net)
    return net


def _pool(kernel: int = 3) -> nn.MaxPool2d:
    """Max pooling at stride 2. It rounds up: 112 to 56, not 55, as Table 1 prints it."""
    return nn.MaxPool2d(kernel, stride=2, ceil_mode=True)


def init_caffe(net: Net) -> None:
    """Glorot's weights; biases 0.2, but zero in the classifiers.

    The paper prints nothing; this is the choice of Caffe's BVLC GoogLeNet, whose "xavier" filler looks at the
    fan-in alone. With zero biases the signal would fade: the features before the last layer have a hundredth of
    the scale, for Glorot's rule does not make up for what ReLU and normalisation take away.
    """
    init_glorot(net)
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None and not name.endswith("linear"):
            nn.init.constant_(layer.bias, 0.2)


def inception_naive(num_classes: int = 1000, in_channels: int = 256, *, bottleneck: bool = False) -> Net:
    """One Inception module without reductions (Figure 2a), with the lecture's sizes, under a linear classifier.

    Input (N, 256, 28, 28), output (N, num_classes). The module's output is (N, 672, 28, 28) and it costs
    854,196,224 MACs; with `bottleneck` (N, 480, 28, 28) and 271,351,808 MACs. With 1,000 classes the nets have
    1,762,952 and 827,720 parameters.

    A whole GoogLeNet of naive modules cannot be had: the pooling branch keeps all maps of the input, so that each
    module is wider than the one before it, which is the lecture's point.

    Args:
        num_classes: classes of the last layer.
        in_channels: maps that the module sees.
        bottleneck: 1x1 convolutions with 64 filters before the 3x3 and 5x5 convolutions and after the pooling
            (Figure 2b).

    Differs from: the lecture's slide says 358M operations with bottlenecks; the six convolutions it lists sum to
    271M. The difference is the 3x3 convolution, counted twice.
    """
    n1x1, _, n3x3, _, n5x5, _ = LECTURE
    naive = Concat(
        branch1x1=conv_relu(in_channels, n1x1, 1),
        branch3x3=conv_relu(in_channels, n3x3, 3, padding=1),
        branch5x5=conv_relu(in_channels, n5x5, 5, padding=2),
        pool=nn.MaxPool2d(3, stride=1, padding=1),
    )
    maps = n1x1 + n3x3 + n5x5 + (LECTURE[-1] if bottleneck else in_channels)
    stages = {  # from (N, 256, 28, 28)
        "inception": inception(in_channels, *LECTURE) if bottleneck else naive,  # (N, 672, 28, 28)
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "linear": nn.Linear(maps, num_classes),
    }
    net = Net(stages, input_size=(in_channels, 28, 28), smallest=1)
    init_caffe(net)
    return net
