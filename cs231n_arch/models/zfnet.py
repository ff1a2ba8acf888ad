"""ZFNet: Zeiler and Fergus (2013), "Visualizing and understanding convolutional networks", arXiv 1311.2901."""

from torch import nn

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net, halving_pool, init_gaussian, local_response_norm
from cs231n_arch.models.variants import Totals

TOTALS: Totals = {"zfnet": {"paper": (62_357_608, 1_168_032_896)}}

SMALLEST = 48  # leaves one pixel at pool5


def zfnet(
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    image_size: int = 224,
    layers_3_4_5: tuple[int, int, int] = (384, 384, 256),
    dropout: float = 0.5,
) -> Net:
    """The net of Zeiler & Fergus (2013), Figure 3.

    Input (N, 3, 224, 224), output (N, 1000); 62,357,608 parameters, 1,168,032,896 MACs.
    With `layers_3_4_5=(512, 1024, 512)`, net (b) of Table 2: 107,627,624 parameters, 2,476,704,896 MACs.

    Args:
        num_classes: classes of the last layer.
        in_channels: channels of the images.
        image_size: height and width of the images; layer 6 is sized for it, so it is fixed for the net.
        layers_3_4_5: filters of layers 3, 4 and 5 (Tables 2 and 3).
        dropout: probability of dropping a hidden unit of layers 6 and 7 (Section 3.1).

    Raises:
        ValueError: an image too small for the three poolings, or `layers_3_4_5` not three positive numbers.

    The paper prints the sizes 110, 55, 26, 13 and 6 but no padding. They follow without any from the rule of
    cuda-convnet, AlexNet's code: the number of window positions is rounded up, in convolutions and poolings, so
    that the last window may extend beyond the border (in layer 1 by one pixel, on the right and below). Zeiler and
    Fergus released no code. Their "contrast normalization across feature maps" is printed without constants:
    AlexNet's are taken, after pooling, as Figure 3 draws it. "All weights are initialized to 1e-2" is read as that
    standard deviation, for equal weights would stay equal. The renormalization of filters is part of the recipe.

    Differs from: the lecture's slide shows net (b), with 512, 1024 and 512 filters, and the 11.7 % error of
    Clarifai's later entry; Figure 3 keeps AlexNet's widths. torchvision and timm have no ZFNet; popular copies pad
    layer 1 by one pixel all around, which gives the same sizes.
    """
    check_whole(num_classes=num_classes, in_channels=in_channels)
    check_whole(SMALLEST, image_size=image_size)
    if len(layers_3_4_5) != 3 or min(layers_3_4_5) < 1:
        raise ValueError(f"layers_3_4_5 must be three positive numbers of filters; given {layers_3_4_5}")
    third, fourth, fifth = layers_3_4_5
    overhang = (image_size - 7) % 2
    side = conv_output_size(image_size + overhang, 7, 2) // 2  # after pool1
    side = conv_output_size(side, 5, 2) // 2 // 2  # after pool5
    stages = {  # from (N, 3, 224, 224)
        "overhang": nn.ZeroPad2d((0, overhang, 0, overhang)),
        "conv1": nn.Conv2d(in_channels, 96, kernel_size=7, stride=2),  # (N, 96, 110, 110)
        "relu1": nn.ReLU(inplace=True),
        "pool1": halving_pool(),  # (N, 96, 55, 55)
        "norm1": local_response_norm(),
        "conv2": nn.Conv2d(96, 256, kernel_size=5, stride=2),  # (N, 256, 26, 26)
        "relu2": nn.ReLU(inplace=True),
        "pool2": halving_pool(),  # (N, 256, 13, 13)
        "norm2": local_response_norm(),
        "conv3": nn.Conv2d(256, third, kernel_size=3, padding=1),  # (N, 384, 13, 13)
        "relu3": nn.ReLU(inplace=True),
        "conv4": nn.Conv2d(third, fourth, kernel_size=3, padding=1),  # (N, 384, 13, 13)
        "relu4": nn.ReLU(inplace=True),
        "conv5": nn.Conv2d(fourth, fifth, kernel_size=3, padding=1),  # (N, 256, 13, 13)
        "relu5": nn.ReLU(inplace=True),
        "pool5": halving_pool(),  # (N, 256, 6, 6)
        "flatten": nn.Flatten(),
        "fc6": nn.Linear(fifth * side * side, 4096),
        "relu6": nn.ReLU(inplace=True),
        "dropout6": nn.Dropout(dropout),
        "fc7": nn.Linear(4096, 4096),
        "relu7": nn.ReLU(inplace=True),
        "dropout7": nn.Dropout(dropout),
        "fc8": nn.Linear(4096, num_classes),
    }
    net = Net(stages, input_size=(in_channels, image_size, image_size), smallest=image_size, fixed=True)
    init_gaussian(net, std=1e-2)
    return net
