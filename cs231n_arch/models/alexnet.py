"""AlexNet: Krizhevsky, Sutskever and Hinton (2012), the net that won ILSVRC-2012."""

from typing import Literal

from torch import nn

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.models.layers import Net, init_gaussian, local_response_norm

# Section 3.5 of the paper: kernels, kernel size, stride, padding, input maps that one kernel sees / all maps.
#                conv1            conv2            conv3            conv4            conv5
PAPER = ((96, 11, 4, 0), (256, 5, 1, 2), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1))
# Krizhevsky (2014), "One weird trick for parallelizing convolutional neural networks", footnote 1.
ONE_WEIRD_TRICK = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
TWO_GPU_GROUPS = (1, 2, 1, 2, 2)  # conv2, conv4 and conv5 see only the maps on their own GPU
HIDDEN = 4096

Variant = Literal["one_tower", "two_gpu", "one_weird_trick"]


def alexnet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int | None = None,
    variant: Variant = "one_tower",
    lrn: bool = True,
    dropout: float = 0.5,
) -> Net:
    """AlexNet with both towers joined into one (Krizhevsky et al. 2012, Section 3.5 and Figure 2).

    Input (N, 3, 227, 227), output (N, 1000); 62,378,344 parameters, 1,135,256,096 MACs.
    With `variant="two_gpu"`: 60,965,224 parameters, 724,406,816 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        image_size: height and width of the images; fc6 is sized for it, so it is fixed for the net.
            None takes 227, or 224 with `variant="one_weird_trick"`.
        variant: `one_tower` lets every kernel see all maps; `two_gpu` is the net as trained for the paper, half
            the kernels on each of two GPUs, which only conv3 and the fully connected layers cross (Figure 2);
            `one_weird_trick` is the net of Krizhevsky (2014) that torchvision calls AlexNet.
        lrn: local response normalisation after conv1 and conv2 (Section 3.3).
        dropout: probability of dropping a hidden unit of fc6 and fc7 (Section 4.2).

    Raises:
        ValueError: unknown variant, or an image too small for the three poolings.

    Differs from: the paper prints a 224x224 input, from which an 11x11 kernel at stride 4 cannot make a 55x55
    map; 227 can, as the lecture says. The lecture's slide puts pooling before normalisation, the paper
    after (Section 3.5), as here. torchvision's `alexnet` is the `one_weird_trick` variant.
    """
    if variant not in ("one_tower", "two_gpu", "one_weird_trick"):
        raise ValueError(f"variant must be 'one_tower', 'two_gpu' or 'one_weird_trick'; given {variant!r}")
    trick = variant == "one_weird_trick"
    table = ONE_WEIRD_TRICK if trick else PAPER
    groups = TWO_GPU_GROUPS if variant == "two_gpu" else (1,) * 5
    size = image_size if image_size is not None else 224 if trick else 227
    smallest = 63 if trick else 67
    if size < smallest:
        raise ValueError(f"image_size must be at least {smallest}, which leaves one pixel at pool5; given {size}")

    stages: dict[str, nn.Module] = {}
    maps, side = in_channels, size
    for number, ((kernels, kernel, stride, padding), group) in enumerate(zip(table, groups, strict=True), 1):
        stages[f"conv{number}"] = nn.Conv2d(maps, kernels, kernel, stride, padding, groups=group)
        stages[f"relu{number}"] = nn.ReLU(inplace=True)
        maps, side = kernels, conv_output_size(side, kernel, stride, padding)
        if number <= 2 and lrn and not trick:
            stages[f"norm{number}"] = local_response_norm()
        if number in (1, 2, 5):
            stages[f"pool{number}"] = nn.MaxPool2d(kernel_size=3, stride=2)  # 55 -> 27 -> 13 -> 6
            side = conv_output_size(side, 3, 2)

    stages["flatten"] = nn.Flatten()
    for number, (inputs, outputs) in {6: (maps * side**2, HIDDEN), 7: (HIDDEN, HIDDEN)}.items():
        # The trick's code drops the inputs of fc6 and fc7, the paper their outputs.
        layers = {f"fc{number}": nn.Linear(inputs, outputs), f"relu{number}": nn.ReLU(inplace=True)}
        drop = {f"dropout{number}": nn.Dropout(dropout)}
        stages |= drop | layers if trick else layers | drop
    stages["fc8"] = nn.Linear(HIDDEN, num_classes)

    net = Net(stages, input_size=(in_channels, size, size), smallest=size, fixed=True)
    init_paper(net)
    return net


def alexnet_two_gpu(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int | None = None,
    lrn: bool = True,
    dropout: float = 0.5,
) -> Net:
    """The net as trained for the paper, split over two GPUs: `alexnet(variant="two_gpu")`, which see.

    Input (N, 3, 227, 227), output (N, 1000); 60,965,224 parameters, 724,406,816 MACs.
    """
    return alexnet(num_classes, in_channels, image_size=image_size, variant="two_gpu", lrn=lrn, dropout=dropout)


def init_paper(net: Net) -> None:
    """Section 5: weights from N(0, 0.01^2); biases one in conv2, conv4, conv5, fc6 and fc7, otherwise zero."""
    init_gaussian(net, std=0.01)
    for name in ("conv2", "conv4", "conv5", "fc6", "fc7"):
        bias = net.get_submodule(name).bias
        assert isinstance(bias, nn.Parameter)
        nn.init.ones_(bias)
