"""What Python gives to the page that sees: the steps of the network, its weights, the photographs."""

import base64
import io
import json

import pytest
import torch
from PIL import Image
from torch import nn

from cs231n_arch import create_model, data, seeing
from cs231n_arch.compression import load_compressed
from cs231n_arch.interop.pretrained_files import SHIPPED
from cs231n_arch.seeing import network


@pytest.fixture(scope="module")
def compressed() -> nn.Module:
    net = create_model(network.NAME).eval()
    net.load_state_dict(load_compressed(SHIPPED))
    return net


def test_the_steps_use_every_weight_once_and_have_the_shapes_of_the_net() -> None:
    with torch.device("meta"):
        net = create_model(network.NAME)
    steps = seeing.program()["steps"]
    used = [part["weight"] for step in steps for part in step.get("convolutions", [])]
    assert sorted(used) == sorted(name for name, _ in net.named_parameters() if name.endswith("weight"))
    assert len({step["name"] for step in steps}) == len(steps)
    assert {step["name"] for step in steps} <= {name for name, _ in net.named_modules()}


@torch.no_grad()
def test_the_grid_says_which_pixel_each_position_stands_over() -> None:
    net = create_model(network.NAME).eval()
    for name, parameter in net.named_parameters():
        parameter.zero_()
        if name.endswith("weight"):  # every filter passes on the middle of its window
            middle = parameter.shape[-1] // 2
            parameter[:, :, middle, middle] = 1
    grid = seeing.program()["grid"]
    for position in range(14):
        images = torch.zeros(1, *net.input_size)
        pixel = int(grid["first"] + grid["jump"] * position)
        images[..., pixel, pixel] = 1
        maps = net[:-2](images)[0, 0]
        assert maps.nonzero().tolist() == [[position, position]]


def test_what_the_page_cannot_run_is_refused() -> None:
    with pytest.raises(ValueError, match="the page cannot run 1: Sigmoid"):
        list(network.steps("", nn.Sequential(nn.ReLU(), nn.Sigmoid())))
    with pytest.raises(ValueError, match=r"square windows of a fixed size only; given \(1, 3\)"):
        list(network.steps("", nn.Sequential(nn.Conv2d(1, 1, (1, 3)))))
    with pytest.raises(ValueError, match="square windows of a fixed size only; given same"):
        list(network.steps("", nn.Sequential(nn.Conv2d(1, 1, 3, padding="same"))))


@pytest.mark.parametrize("seed", range(2))
def test_the_compressed_weights_see_what_the_original_sees(compressed: nn.Module, seed: int) -> None:
    original = create_model(network.NAME, pretrained=True).eval()
    generator = torch.Generator().manual_seed(seed)

    def crop(image: torch.Tensor) -> torch.Tensor:
        side = min(image.shape[1:])
        side -= int(torch.randint(side // 3, (), generator=generator))
        top, left = (int(torch.randint(size - side + 1, (), generator=generator)) for size in image.shape[1:])
        return original.preprocess(image[:, top : top + side, left : left + side])  # type: ignore[operator]

    images = torch.stack([crop(photo.image) for photo in data.photos().values() for _ in range(8)])
    with torch.no_grad():
        wanted, found = original(images).softmax(1), compressed(images).softmax(1)
    # Measured on 300 crops: 0.94 of the first classes agree, and 0.16 is the largest difference.
    assert (wanted.argmax(1) == found.argmax(1)).float().mean() > 0.85
    assert (wanted - found).abs().max() < 0.3


def test_the_page_is_whole_and_its_parts_end_where_they_should() -> None:
    html = seeing.page().html
    assert html.count("<script") == html.count("</script>") == 3 + len(seeing.SCRIPTS)
    _, _, text = html.partition('id="seeing-data">')
    given = json.loads(text[: text.index("</script>")])
    assert len(given["names"]) == 1000
    for sample in given["samples"]:
        with Image.open(io.BytesIO(base64.b64decode(sample["jpeg"]))) as image:
            assert image.size == (seeing.SAMPLE_SIDE, seeing.SAMPLE_SIDE)
        assert "Photograph: " in sample["credit"]
