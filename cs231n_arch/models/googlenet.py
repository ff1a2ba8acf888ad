"""GoogLeNet: Szegedy et al. (2014), "Going deeper with convolutions", the net that won ILSVRC-2014."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor, nn

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import (
    AuxHead,
    AuxNet,
    Concat,
    Net,
    conv_bn_relu,
    conv_relu,
    halving_pool,
    init_glorot,
    local_response_norm,
    series,
    weighted,
)
from cs231n_arch.models.variants import Form, Totals, check_form

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
TOTALS: Totals = {
    "googlenet": {
        "paper": (13_378_280, 1_582_671_872),
        "caffe": (13_378_280, 1_582_671_872),
        "torchvision": (13_004_888, 1_498_376_192),
    },
    "inception_naive": {"paper": (1_762_952, 854_868_224)},
}

POOL_AFTER = {"inception_3b": "pool3", "inception_4e": "pool4"}
AUX_AFTER = {"inception_4a": "aux1", "inception_4d": "aux2"}
AUX_WEIGHT = 0.3  # Section 5

# The CS231n lecture's module, on an input of 28x28x256: #1x1, 3x3 reduce, #3x3, 5x5 reduce, #5x5, pool projection.
LECTURE = (128, 64, 192, 64, 96, 64)

Unit = Callable[..., nn.Sequential]


class GoogLeNetOutputs(NamedTuple):
    """The output in training mode: scores (N, num_classes) of the main and both auxiliary classifiers.

    torchvision's tuple has the two auxiliary fields in the opposite order.
    """

    logits: Tensor
    aux1: Tensor
    aux2: Tensor


def inception(
    in_channels: int,
    n1x1: int,
    n3x3_reduce: int,
    n3x3: int,
    n5x5_reduce: int,
    n5x5: int,
    pool_proj: int,
    *,
    conv: Unit = conv_relu,
    five: int = 5,
) -> Concat:
    """The Inception module with dimension reductions (Figure 2b).

    The filters are those of the columns of Table 1; (N, in_channels, H, W) gives (N, n1x1 + n3x3 + n5x5 +
    pool_proj, H, W). `conv` makes a convolution and what follows it; `five` is the kernel size of the third
    branch.
    """
    return Concat(
        branch1x1=conv(in_channels, n1x1, 1),
        branch3x3=series(reduce=conv(in_channels, n3x3_reduce, 1), conv=conv(n3x3_reduce, n3x3, 3, padding=1)),
        branch5x5=series(
            reduce=conv(in_channels, n5x5_reduce, 1), conv=conv(n5x5_reduce, n5x5, five, padding=five // 2)
        ),
        pool_proj=series(pool=nn.MaxPool2d(3, stride=1, padding=1), conv=conv(in_channels, pool_proj, 1)),
    )


def auxiliary(in_channels: int, num_classes: int, *, conv: Unit, pool: nn.Module) -> AuxHead:
    """An auxiliary classifier (Section 5): (N, in_channels, 14, 14), pooled to 4x4, to (N, num_classes)."""
    return AuxHead(
        avgpool=pool,  # (N, in_channels, 4, 4)
        conv=conv(in_channels, 128, 1),  # (N, 128, 4, 4)
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
    form: Form = "paper",
    aux: bool = True,
    dropout: float | None = None,
) -> AuxNet:
    """GoogLeNet, the first Inception net (Szegedy et al. 2014, Table 1, Figure 3 and Section 5).

    Input (N, 3, 224, 224), output (N, 1000), in training mode with auxiliary classifiers `GoogLeNetOutputs`.
    13,378,280 parameters, of them 6,998,552 without the auxiliary classifiers; 1,582,671,872 MACs without them.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        form: `paper`; `caffe`, BVLC's replication `bvlc_googlenet`, which differs in the constants of local
            response normalization; `torchvision`, after the authors' later TensorFlow code: 3x3 kernels in place
            of 5x5, batch norm (epsilon 0.001) in place of biases and local response normalization, pool4 of 2x2
            instead of 3x3, and an auxiliary pooling that adapts to the size of its input.
        aux: the two auxiliary classifiers, on 4a and 4d; each adds `net.aux_weight` = 0.3 times its loss. Their
            fully connected layer fits 224x224 images only; without them, or as `torchvision`, other sizes do.
        dropout: probability of dropping a unit before the last layer; None takes 0.4, as `torchvision` 0.2.

    Raises:
        ValueError: unknown form, or dropout outside 0 ... 1.

    The paper prints neither the initialization (see `init_weights`) nor the constants of local response
    normalization. AlexNet's are taken for it, with alpha as printed; `caffe` has k = 1 and alpha a fifth as large.

    Differs from: torchvision's `googlenet` has 6,624,904 parameters without auxiliary classifiers. Its 3x3 kernels
    are a slip of the TensorFlow code, which published weights have kept. The paper prints 2.7K parameters for
    the first layer, which 7x7 kernels on three channels cannot have (9,408); its other rows count MACs as here,
    but for 5a. The paper's parameters do not sum to 5 million, and the net is not 12 times smaller than AlexNet,
    as the lecture's slide says.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_form(form, ("paper", "caffe", "torchvision"))
    modern = form == "torchvision"
    conv: Unit = partial(conv_bn_relu, eps=0.001) if modern else conv_relu
    norm = (
        local_response_norm if form == "paper" else partial(nn.LocalResponseNorm, 5)
    )  # PyTorch's defaults are Caffe's
    stages: dict[str, nn.Module] = {  # from (N, 3, 224, 224)
        "conv1": conv(in_channels, 64, 7, stride=2, padding=3),  # (N, 64, 112, 112)
        "pool1": halving_pool(),  # (N, 64, 56, 56)
        "norm1": norm(),
        "conv2_reduce": conv(64, 64, 1),
        "conv2": conv(64, 192, 3, padding=1),  # (N, 192, 56, 56)
        "norm2": norm(),
        "pool2": halving_pool(),  # (N, 192, 28, 28)
    }
    if modern:
        del stages["norm1"], stages["norm2"]
    channels = 192
    for name, filters in MODULES.items():
        stages[name] = inception(channels, *filters, conv=conv, five=3 if modern else 5)
        n1x1, _, n3x3, _, n5x5, pool_proj = filters
        channels = n1x1 + n3x3 + n5x5 + pool_proj
        if aux and name in AUX_AFTER:
            pool = nn.AdaptiveAvgPool2d(4) if modern else nn.AvgPool2d(5, stride=3)
            stages[AUX_AFTER[name]] = auxiliary(channels, num_classes, conv=conv, pool=pool)
        if name in POOL_AFTER:
            stages[POOL_AFTER[name]] = halving_pool(2 if modern and name == "inception_4e" else 3)
    stages["avgpool"] = nn.AdaptiveAvgPool2d(1)  # (N, 1024, 1, 1)
    stages["dropout"] = nn.Dropout(dropout if dropout is not None else 0.2 if modern else 0.4)
    stages["flatten"] = nn.Flatten()
    stages["linear"] = nn.Linear(channels, num_classes)

    fixed = aux and not modern
    net = AuxNet(
        stages,
        outputs=GoogLeNetOutputs,
        aux_weight=AUX_WEIGHT,
        input_size=(in_channels, 224, 224),
        smallest=224 if fixed else 15 if modern else 31,
        fixed=fixed,
    )
    init_weights(net, form)
    return net


def init_weights(net: Net, form: Form = "paper") -> None:
    """Glorot's weights; biases 0.2, but zero in the classifiers.

    The paper prints nothing; the biases are those of `bvlc_googlenet`, whose "xavier" weights (form `caffe`) look
    at the fan-in alone. With zero biases the signal would fade: the features before the last layer would have a
    hundredth of the scale, for Glorot's rule does not make up for what ReLU and normalization take away.
    """
    init_glorot(net)
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None and not name.endswith("linear"):
            nn.init.constant_(layer.bias, 0.2)
    if form == "caffe":
        for layer in weighted(net):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")  # U(-a, a), a^2 = 3 / fan-in


def inception_naive(num_classes: int = 1000, in_channels: int = 256, *, bottleneck: bool = False) -> Net:
    """One Inception module without reductions (Figure 2a), with the lecture's sizes, under a linear classifier.

    Input (N, 256, 28, 28), output (N, num_classes). The module's output is (N, 672, 28, 28) and it costs
    854,196,224 MACs; with `bottleneck` (N, 480, 28, 28) and 271,351,808 MACs. With 1,000 classes the nets have
    1,762,952 and 827,720 parameters.

    There is no whole GoogLeNet of naive modules: the pooling branch keeps all channels of the input, so each
    module outputs more channels than the one before it, which is the lecture's point.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the module's input.
        bottleneck: 1x1 convolutions with 64 filters before the 3x3 and 5x5 convolutions and after the pooling
            (Figure 2b).

    Differs from: the lecture's slide says 358M operations with bottlenecks; the six convolutions it lists sum to
    271M. The difference is the 3x3 convolution, counted twice.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    n1x1, _, n3x3, _, n5x5, _ = LECTURE
    naive = Concat(
        branch1x1=conv_relu(in_channels, n1x1, 1),
        branch3x3=conv_relu(in_channels, n3x3, 3, padding=1),
        branch5x5=conv_relu(in_channels, n5x5, 5, padding=2),
        pool=nn.MaxPool2d(3, stride=1, padding=1),
    )
    channels = n1x1 + n3x3 + n5x5 + (LECTURE[-1] if bottleneck else in_channels)
    stages = {  # from (N, 256, 28, 28)
        "inception": inception(in_channels, *LECTURE) if bottleneck else naive,  # (N, 672, 28, 28)
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "linear": nn.Linear(channels, num_classes),
    }
    net = Net(stages, input_size=(in_channels, 28, 28), smallest=1)
    init_weights(net)
    return net
