import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.transforms._presets import ImageClassification

from cs231n_arch import create_model, data, layer_table
from cs231n_arch.attribution import (
    as_seen,
    box_of,
    class_activation_maps,
    deconvnet,
    enlarged,
    input_gradient,
    layers_until,
    occlusion_maps,
    peaks,
)
from cs231n_arch.models.layers import Sum, conv_relu, series


def pictures(count: int, channels: int, side: int) -> torch.Tensor:
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(1))


def gradient_of_peak(net: nn.Sequential, images: torch.Tensor, layer: str, unit: int) -> torch.Tensor:
    """Gradient of half the squared peak: the peak itself goes back, as in the projection."""
    pixels = images.clone().requires_grad_()
    signal = pixels * 1
    for _, module in layers_until(net, layer):
        signal = module(signal)
    peak = signal[:, unit].flatten(1).amax(dim=1)
    (gradient,) = torch.autograd.grad((peak**2 / 2).sum(), pixels)
    return gradient


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding", "groups"), [(3, 1, 1, 1), (5, 2, 0, 1), (4, 3, 2, 2)])
def test_without_relu_the_projection_is_the_gradient(kernel, stride, padding, groups, ceil_mode):
    torch.manual_seed(0)
    net = series(
        conv1=nn.Conv2d(2, 4, kernel, stride, padding, groups=groups),
        pool1=nn.MaxPool2d(3, stride=2, ceil_mode=ceil_mode),  # overlapping windows share a maximum
        norm1=nn.Dropout(0.5),
        conv2=nn.Conv2d(4, 3, 3, padding=2, dilation=2),
        pool2=nn.AvgPool2d(2),
    ).eval()
    images = pictures(3, 2, 23)
    for unit in range(3):
        expected = gradient_of_peak(net, images, "conv2", unit)
        torch.testing.assert_close(deconvnet(net, images, "conv2", unit), expected)


def test_a_relu_rectifies_what_goes_back():
    """One pixel, two hidden units, worked by hand: up 2 -> (2, -4) -> (2, 0) -> 2 - 3*0 = 2."""
    net = series(conv1=nn.Conv2d(1, 2, 1, bias=False), relu1=nn.ReLU(), conv2=nn.Conv2d(2, 1, 1, bias=False))
    with torch.no_grad():
        net.conv1.weight.copy_(torch.tensor([1.0, -2.0]).view(2, 1, 1, 1))
        net.conv2.weight.copy_(torch.tensor([1.0, -3.0]).view(1, 2, 1, 1))
    image = torch.full((1, 1, 1, 1), 2.0)
    # Back 2 -> (2, -6) -> rectified (2, 0) -> 2. The gradient would be the same, for the second unit was off.
    assert deconvnet(net, image, "conv2", 0).item() == 2
    with torch.no_grad():
        net.conv2.weight.copy_(torch.tensor([1.0, 3.0]).view(1, 2, 1, 1))
    # Up (2, -4) -> (2, 0) -> 2. Back 2 -> (2, 6) -> 2 - 2 * 6 = -10: the second unit takes part though it was off.
    assert deconvnet(net, image, "conv2", 0).item() == -10
    assert gradient_of_peak(net, image, "conv2", 0).item() == 2


def test_a_maximum_returns_to_its_place_and_nothing_else_does():
    net = series(pool1=nn.MaxPool2d(2), relu1=nn.ReLU(inplace=True))
    image = torch.tensor([[1.0, 7.0, 0.0, 2.0], [3.0, 0.0, 5.0, 4.0]]).view(1, 1, 2, 4)
    kept = image.clone()
    expected = torch.zeros(1, 1, 2, 4)
    expected[0, 0, 0, 1] = 7.0
    assert torch.equal(deconvnet(net, image, "relu1", 0), expected)
    assert torch.equal(image, kept)


@pytest.mark.parametrize(("name", "side"), [("zfnet", 96), ("alexnet", 99)])
def test_projections_of_the_papers_nets_stay_within_the_receptive_field(name, side):
    torch.manual_seed(0)
    net = create_model(name, num_classes=10, image_size=side).train()
    images = pictures(2, 3, side)
    field = int(layer_table(net).set_index("name").receptive_field["relu2"])
    assert field < side
    for projection in deconvnet(net, images, "relu2", 5):
        rows, columns = (projection.abs().sum(dim=0).any(axis).nonzero() for axis in (1, 0))
        assert 0 < rows.max() - rows.min() < field
        assert 0 < columns.max() - columns.min() < field
    assert net.training


def test_peaks_are_the_highest_activations():
    torch.manual_seed(0)
    net = series(first=conv_relu(1, 4, 3), second=conv_relu(4, 5, 3))
    images = pictures(7, 1, 9)
    with torch.no_grad():
        expected = net(images).amax(dim=(2, 3))
    torch.testing.assert_close(peaks(net, images, "second.relu", batch_size=3), expected)


@pytest.mark.parametrize(
    ("net", "layer", "unit", "message"),
    [
        (series(conv1=nn.Conv2d(1, 2, 3)), "conv2", 0, "no layer of the series is named 'conv2'; there are conv1"),
        (series(conv1=nn.Conv2d(1, 2, 3)), "conv1", 2, "conv1 has maps 0 to 1; given 2"),
        (series(pool1=nn.AvgPool2d(2)), "pool1", 0, "pool1 is AvgPool2d"),
        (series(conv1=nn.Conv2d(1, 2, 3, padding="same")), "conv1", 0, "conv1 is Conv2d"),
        (series(conv1=nn.Conv2d(1, 2, 3, padding_mode="reflect")), "conv1", 0, "padded with zeros"),
        (series(block=Sum(body=nn.Conv2d(1, 1, 1), shortcut=nn.Identity())), "block", 0, "block is Sum"),
        (series(flatten=nn.Flatten()), "flatten", 0, "flatten has no maps"),
    ],
)
def test_what_cannot_be_projected_is_refused(net, layer, unit, message):
    with pytest.raises(ValueError, match=message):
        deconvnet(net, pictures(1, 1, 8), layer, unit)


class OnePixel(nn.Module):
    """A classifier that looks at a single pixel: the first score is the pixel, the second is zero."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pixel = x[:, 0, 3, 5]
        return torch.stack([pixel, torch.zeros_like(pixel)], dim=1)


def test_occlusion_finds_the_only_pixel_that_matters():
    images = torch.full((2, 1, 8, 9), 4.0)
    maps = occlusion_maps(OnePixel(), images, size=3, stride=2, fill=-4.0)
    assert maps.shape == (2, 2, 3, 4)
    seen = torch.tensor(4.0).sigmoid()
    # The square covers row 3 from top 2 alone, and column 5 from left 4 alone.
    expected = seen.repeat(3, 4)
    expected[1, 2] = 1 - seen
    torch.testing.assert_close(maps[0, 0], expected)
    torch.testing.assert_close(maps.sum(dim=1), torch.ones(2, 3, 4))
    assert images.min() == 4.0


@pytest.mark.parametrize(("size", "stride"), [(0, 1), (9, 1), (3, 0)])
def test_a_square_that_does_not_fit_is_refused(size, stride):
    with pytest.raises(ValueError, match="size must be from 1 to 8 and stride at least 1"):
        occlusion_maps(OnePixel(), torch.zeros(1, 1, 8, 9), size=size, stride=stride)


def test_the_gradient_fills_the_receptive_field_exactly():
    torch.manual_seed(0)
    net = series(a=nn.Conv2d(2, 3, 3), b=nn.Conv2d(3, 4, 5, stride=2), c=nn.Conv2d(4, 2, 3))
    field = int(layer_table(net, (2, 31, 31)).set_index("name").receptive_field["c"])
    assert field == 11
    seen = input_gradient(net, pictures(2, 2, 31), "c") > 0
    assert seen.sum() == field**2
    rows, columns = (seen.any(axis).nonzero().flatten() for axis in (1, 0))
    assert rows.tolist() == columns.tolist() == list(range(10, 10 + field))  # unit 5 of 11, at jump 2


def test_the_gradient_is_that_of_the_middle_unit():
    net = series(conv=nn.Conv2d(1, 2, 3, padding=1), relu=nn.ReLU(inplace=True))
    images = pictures(1, 1, 5)
    pixels = images.clone().requires_grad_()
    F.relu(net.conv(pixels))[0, :, 2, 2].sum().backward()
    torch.testing.assert_close(input_gradient(net, images, "relu"), pixels.grad[0, 0].abs())
    with pytest.raises(ValueError, match="flat has no maps"):
        input_gradient(series(flat=nn.Flatten()), images, "flat")


# name, options, size of an image
POOLED = [
    ("nin_cifar", {}, 32),
    ("googlenet", {"form": "torchvision"}, 64),
    ("resnet20", {}, 32),
    ("densenet40_12", {}, 32),
    ("squeezenet1_1", {}, 64),
]


@pytest.mark.parametrize(("name", "options", "side"), POOLED, ids=[name for name, *_ in POOLED])
def test_the_mean_of_a_class_activation_map_is_the_score(name, options, side):
    torch.manual_seed(0)
    net = create_model(name, num_classes=10, **options)
    images = pictures(3, 3, side)
    net.eval()
    with torch.no_grad():
        scores = net(images)
    net.train()
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
    classes = [7, 0, 9]
    maps = class_activation_maps(net, images, classes)
    assert net.training
    assert maps.ndim == 3
    bias = linear[-1].bias[classes] if linear else torch.zeros(3)
    torch.testing.assert_close(
        maps.mean(dim=(1, 2)) + bias, scores[torch.arange(3), classes], rtol=1e-3, atol=1e-5
    )
    best = class_activation_maps(net, images)
    torch.testing.assert_close(best, class_activation_maps(net, images, scores.argmax(dim=1)))


def test_a_class_activation_map_shows_the_place():
    """A net whose only feature is brightness sees the class where the image is bright."""
    net = series(conv=nn.Conv2d(1, 1, 1), pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(1, 2))
    with torch.no_grad():
        net.conv.weight.fill_(1)
        net.conv.bias.zero_()
        net.fc.weight.copy_(torch.tensor([[2.0], [-1.0]]))
    image = torch.zeros(1, 1, 8, 10)
    image[..., 2:5, 4:9] = 1
    image[..., 7, 0] = 1  # a smaller bright place elsewhere
    (heat,) = class_activation_maps(net, image)
    assert torch.equal(heat, 2 * image[0, 0])
    assert torch.equal(class_activation_maps(net, image, [1])[0], -image[0, 0])
    assert box_of(heat) == (4, 2, 9, 5)
    assert enlarged(heat[None], (16, 20)).shape == (1, 16, 20)
    left, top, right, bottom = box_of(enlarged(heat[None], (16, 20))[0], share=0.5)
    assert (left, top, right, bottom) == (8, 4, 18, 10)


def test_class_activation_maps_refuse():
    images = torch.zeros(2, 3, 224, 224)
    two = series(pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc1=nn.Linear(3, 4), fc2=nn.Linear(4, 2))
    with pytest.raises(ValueError, match="one fully connected layer; this Sequential has Flatten, Linear, Linear"):
        class_activation_maps(two, images)
    with pytest.raises(ValueError, match="this Net has no global average pooling"):
        class_activation_maps(create_model("lenet5"), torch.zeros(1, 1, 32, 32))
    net = create_model("squeezenet1_1", num_classes=10)
    for classes in ([1], [1, 10], [-1, 0], [[1, 2]]):
        with pytest.raises(ValueError, match="classes must be 2 numbers from 0 to 9, one for each image; given"):
            class_activation_maps(net, images[..., :64, :64], classes)


def test_boxes_refuse():
    for heat, share in ((torch.ones(1, 3, 3), 0.2), (torch.ones(3, 3), 1.0), (torch.ones(3, 3), -0.1)):
        with pytest.raises(ValueError, match=r"give a map \(H, W\) and a share from 0 to below 1"):
            box_of(heat, share=share)
    for value in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="the map has no positive value"):
            box_of(torch.full((3, 3), value))


def test_the_cat_and_the_coffee_are_where_they_are_seen():
    """The cup lies in the upper half of the photograph, the camera's tripod at its right."""
    net = create_model("squeezenet1_1", pretrained=True)
    photos = data.photos()
    inputs = torch.stack([net.preprocess(photos[name].image) for name in ("coffee", "photographer")])
    maps = class_activation_maps(net, inputs)
    heights, widths = (torch.linspace(0, 1, side) for side in maps.shape[1:])
    weight = maps / maps.sum(dim=(1, 2), keepdim=True)
    rows, columns = (weight.sum(dim=2) * heights).sum(dim=1), (weight.sum(dim=1) * widths).sum(dim=1)
    assert rows[0] < 0.5
    assert columns[1] > 0.5


def test_the_image_as_the_net_sees_it():
    net = create_model("squeezenet1_1", pretrained=True)
    photo = data.photos()["cat"].image
    seen = as_seen(net, net.preprocess(photo))
    expected = F.interpolate(photo[None].float(), (256, 256), mode="bilinear", antialias=True)[
        0, :, 14:241, 14:241
    ]
    assert seen.dtype == torch.uint8
    assert (seen - expected).abs().max() <= 1.01
    with pytest.raises(ValueError, match="this Net has no preprocess; create_model"):
        as_seen(create_model("squeezenet1_1"), seen)
    vars(net)["preprocess"] = ImageClassification(crop_size=224)
    seen = as_seen(net, net.preprocess(photo)[None])
    assert seen.shape == (1, 3, 224, 224)
    plain = ImageClassification(crop_size=224, mean=(0.0,) * 3, std=(1.0,) * 3)(photo)
    assert (seen[0] / 255 - plain).abs().max() < 0.003
