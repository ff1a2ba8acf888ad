"""The closed forms against PyTorch's own shapes, weights and flop counts on random configurations."""

import itertools
import random

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cs231n_arch.anatomy import (
    conv_macs,
    conv_output_size,
    conv_parameters,
    linear_parameters,
    receptive_field,
)
from cs231n_arch.anatomy.arithmetic import Receptive, receptive_step

rng = random.Random(9)


def random_convolution() -> dict[str, int]:
    groups = rng.choice([1, 1, 2, 3])
    return {
        "size": rng.randint(12, 40),
        "in_channels": groups * rng.randint(1, 4),
        "out_channels": groups * rng.randint(1, 4),
        "kernel": rng.randint(1, 5),
        "stride": rng.randint(1, 4),
        "padding": rng.randint(0, 3),
        "dilation": rng.randint(1, 2),
        "groups": groups,
    }


@pytest.mark.parametrize("c", [random_convolution() for _ in range(40)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_convolution_agrees_with_torch(c: dict[str, int], bias: bool) -> None:
    with torch.device("meta"):
        conv = nn.Conv2d(
            c["in_channels"],
            c["out_channels"],
            c["kernel"],
            c["stride"],
            c["padding"],
            c["dilation"],
            c["groups"],
            bias,
        )
        image = torch.empty(1, c["in_channels"], c["size"], c["size"])
    with FlopCounterMode(display=False) as counter:
        output = conv(image)

    side = conv_output_size(c["size"], c["kernel"], c["stride"], c["padding"], c["dilation"])
    assert output.shape[2:] == (side, side)
    channels = c["in_channels"], c["out_channels"], c["kernel"]
    weights = sum(p.numel() for p in conv.parameters())
    assert conv_parameters(*channels, groups=c["groups"], bias=bias) == weights
    assert 2 * conv_macs(*channels, side, groups=c["groups"]) == counter.get_total_flops()


@pytest.mark.parametrize("size", range(2, 20))
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 3, 1), (2, 3, 0), (3, 4, 1)]
)
def test_ceil_mode_agrees_with_torch(size: int, kernel: int, stride: int, padding: int) -> None:
    pooled = nn.MaxPool2d(kernel, stride, padding, ceil_mode=True)(torch.zeros(1, 1, size, size))
    assert conv_output_size(size, kernel, stride, padding, ceil_mode=True) == pooled.shape[-1]


def test_lecture_examples() -> None:
    assert conv_output_size(227, 11, 4, exact=True) == 55
    assert conv_output_size(55, 3, 2, exact=True) == 27
    assert conv_parameters(3, 96, 11, bias=False) == 34_848
    assert conv_parameters(3, 96, 11) == 34_944
    assert linear_parameters(4096, 1000) == 4_097_000
    assert conv_macs(3, 96, 11, 55) == 105_415_200


def test_paper_input_of_alexnet_does_not_divide() -> None:
    with pytest.raises(ValueError, match=r"1 left over; sizes 223 and 227 fit"):
        conv_output_size(224, 11, 4, exact=True)


def test_rectangles() -> None:
    conv = nn.Conv2d(8, 12, (1, 7), bias=False)
    assert conv_parameters(8, 12, (1, 7), bias=False) == conv.weight.numel()
    assert conv_macs(8, 12, (1, 7), (5, 9)) == conv.weight.numel() * 45


def measured_field(layers: list[tuple[int, int]]) -> int:
    """Input pixels that change one central output unit of an all-ones stack, by its gradient."""
    net = nn.Sequential(
        *(nn.Conv2d(1, 1, kernel, stride, bias=False, dtype=torch.float64) for kernel, stride in layers)
    )
    for parameter in net.parameters():
        nn.init.ones_(parameter)
    image = torch.zeros(1, 1, 1, 200, dtype=torch.float64).expand(1, 1, 200, 200).clone().requires_grad_()
    output = net(image)
    middle = output.shape[-1] // 2
    output[0, 0, middle, middle].backward()
    assert image.grad is not None
    return int((image.grad[0, 0].abs().sum(0) > 0).sum())


@pytest.mark.parametrize("seed", range(12))
def test_receptive_field_agrees_with_the_gradient(seed: int) -> None:
    draw = random.Random(seed)
    layers = []
    for _ in range(draw.randint(1, 4)):
        stride = draw.randint(1, 2)
        layers.append((draw.randint(stride, 5), stride))  # no pixel is skipped, so the field has no holes
    assert receptive_field(layers).field == measured_field(layers)


def test_receptive_field_of_stacks() -> None:
    assert receptive_field([(3, 1)] * 2).field == receptive_field([(5, 1)]).field == 5
    assert receptive_field([(3, 1)] * 3).field == receptive_field([(7, 1)]).field == 7
    assert receptive_field([(11, 4), (3, 2)]) == (19, 8)
    assert receptive_field([]) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0, "kernel": 3}, "size must be a whole number of at least 1; given 0"),
        ({"size": 5.0, "kernel": 3}, "size must be a whole number"),
        ({"size": 5, "kernel": 0}, "kernel must be a whole number of at least 1; given 0"),
        ({"size": 5, "kernel": 3, "stride": 0}, "stride must be a whole number of at least 1"),
        ({"size": 5, "kernel": 3, "padding": -1}, "padding must be a whole number of at least 0; given -1"),
        ({"size": 5, "kernel": 3, "dilation": True}, "dilation must be a whole number"),
        (
            {"size": 5, "kernel": 7},
            "window of 7 does not fit into 5 with padding 0; the smallest size that fits is 7",
        ),
        ({"size": 4, "kernel": 3, "dilation": 3, "padding": 1}, "window of 7 .* smallest size that fits is 5"),
    ],
)
def test_bad_sizes_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        conv_output_size(**arguments)


def fits(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> bool:
    try:
        return conv_output_size(size, kernel, stride, padding, ceil_mode=ceil_mode) >= 1
    except ValueError:
        return False


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_the_size_that_a_refusal_names_is_the_smallest(ceil_mode: bool) -> None:
    for kernel, stride in itertools.product(range(1, 7), range(1, 5)):
        for padding in range(kernel // 2 + 1):
            window = kernel, stride, padding
            smallest = next(size for size in itertools.count(1) if fits(size, *window, ceil_mode))
            if smallest > 1:
                with pytest.raises(ValueError, match=f"the smallest size that fits is {smallest}$"):
                    conv_output_size(smallest - 1, *window, ceil_mode=ceil_mode)


@pytest.mark.parametrize("layer", [3, (3,), (3, 1, 1)])
def test_a_layer_without_its_stride_is_refused(layer: object) -> None:
    with pytest.raises(ValueError, match=r"each layer must be \(kernel, stride\); given"):
        receptive_field([layer])  # type: ignore[list-item]


def test_bad_groups_and_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"groups must divide .* given groups=2, in_channels=3"):
        conv_parameters(3, 4, 3, groups=2)
    with pytest.raises(ValueError, match="stride must be a whole number of at least 1; given 0"):
        receptive_field([(3, 0)])


def test_the_usual_step_is_one() -> None:
    assert conv_output_size(7, 3) == conv_output_size(7, 3, stride=1) == 5
    assert receptive_step(Receptive(3, 2), 3) == receptive_step(Receptive(3, 2), 3, stride=1) == Receptive(7, 2)


def test_counts_are_whole_numbers() -> None:
    assert isinstance(conv_parameters(6, 4, kernel=3, groups=2), int)
