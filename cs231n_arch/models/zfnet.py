"""ZFNet: Zeiler and Fergus (2013), "Visualizing and understanding convolutional networks", arXiv 1311.2901."""

from torch import nn

from cs231n_arch.anatomy.arithmetic import conv_output_size
from cs231n_arch.models.layers import Net, init_gaussian, local_response_norm

# Figure 3 of the paper: maps, kernel size, stride, padding; where pooled, a max over 3x3 at stride 2 follows.
#          layer 1         layer 2         layer 3         layer 4         layer 5
FIGURE_3 = ((96, 7, 2, 1), (256, 5, 2, 0), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1))
POOLED = (1, 2, 5)
NORMALISED = (1, 2)
TABLE_2B = (512, 1024, 512)  # maps of layers 3, 4 and 5 in the net (b) of Table 2
HIDDEN = 4096
SMALLEST = 47  # leaves one pixel at pool5


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
        layers_3_4_5: maps of layers 3, 4 and 5 (Tables 2 and 3).
        dropout: probability of dropping a hidden unit of layers 6 and 7 (Section 3.1).

    Raises:
        ValueError: an image too small for the three poolings, or `layers_3_4_5` not three positive numbers.

    The paper prints the sizes 110, 55, 26, 13 and 6 but no padding. They follow if layer 1 is padded by one
    pixel, layer 2 not at all, and pooling lets its last window hang over the border, as the code of the time did.
    Its "contrast normalisation across feature maps" is given without constants: AlexNet's are taken, after
    pooling, as Figure 3 draws it. "All weights are initialised to 1e-2" is read as that standard deviation,
    for equal weights would stay equal. The renormalisation of filters after each step is part of the recipe.

    Differs from: the lecture's slide shows net (b), with 512, 1024 and 512 maps, and the 11.7 % error of
    Clarifai's later entry; Figure 3 keeps AlexNet's widths. torchvision and timm have no ZFNet.
    """
    if len(layers_3_4_5) != 3 or min(layers_3_4_5) < 1:
        raise ValueError(f"layers_3_4_5 must be three positive numbers of maps; given {layers_3_4_5}")
    if image_size < SMALLEST:
        raise ValueError(
            f"image_size must be at least {SMALLEST}, which leaves one pixel at pool5; given {image_size}"
        )

    stages: dict[str, nn.Module] = {}
    maps, side = in_channels, image_size
    widths = (*(kernels for kernels, *_ in FIGURE_3[:2]), *layers_3_4_5)
    for number, (kernels, (_, kernel, stride, padding)) in enumerate(zip(widths, FIGURE_3, strict=True), 1):
        stages[f"conv{number}"] = nn.Conv2d(maps, kernels, kernel, stride, padding)  # 110, 26, 13, 13, 13
        stages[f"relu{number}"] = nn.ReLU(inplace=True)
        maps, side = kernels, conv_output_size(side, kernel, stride, padding)
        if number in POOLED:
            stages[f"pool{number}"] = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)  # 55, 13, 6
            side //= 2  # 3x3 windows at stride 2 that may hang over halve the side
        if number in NORMALISED:
            stages[f"norm{number}"] = local_response_norm()

    stages["flatten"] = nn.Flatten()
    for number, inputs in {6: maps * side**2, 7: HIDDEN}.items():
        stages[f"fc{number}"] = nn.Linear(inputs, HIDDEN)
        stages[f"relu{number}"] = nn.ReLU(inplace=True)
        stages[f"dropout{number}"] = nn.Dropout(dropout)
    stages["fc8"] = nn.Linear(HIDDEN, num_classes)

    net = Net(stages, input_size=(in_channels, image_size, image_size), smallest=image_size, fixed=True)
    init_gaussian(net, std=1e-2)
    return net
