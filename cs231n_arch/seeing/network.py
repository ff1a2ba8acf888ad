"""SqueezeNet 1.1 for the page: its layers as steps, which `network.js` runs one after the other."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from cs231n_arch.create import create_model
from cs231n_arch.interop.caffe_releases import RELEASES
from cs231n_arch.models.layers import Concat

NAME = "squeezenet1_1"


def square(value: int | str | tuple[int, ...]) -> int:
    """The one number of a kernel, stride or padding that is the same in both directions."""
    numbers = set(value) if isinstance(value, tuple) else {value}
    number = numbers.pop()
    if numbers or not isinstance(number, int):
        raise ValueError(f"the page has square windows of a fixed size only; given {value}")
    return number


def convolutions(name: str, module: nn.Module) -> list[dict[str, Any]]:
    """The convolutions in a module, each followed by a ReLU: the name of its weight, stride and padding."""
    return [
        {
            "weight": ".".join(filter(None, (name, inner, "weight"))),
            "kernel": square(layer.kernel_size),
            "stride": square(layer.stride),
            "pad": square(layer.padding),
        }
        for inner, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d)
    ]


def steps(name: str, module: nn.Module) -> Iterator[dict[str, Any]]:
    """What the page runs one after the other, and can show the maps of.

    Raises:
        ValueError: a layer that the page does not know.
    """
    match module:
        case Concat() | nn.Conv2d():  # the two convolutions of a fire module write into one map
            yield {
                "name": name.removesuffix(".conv"),
                "kind": "convolutions",
                "convolutions": convolutions(name, module),
            }
        case nn.MaxPool2d(padding=0, ceil_mode=True):
            window = {"kernel": square(module.kernel_size), "stride": square(module.stride)}
            yield {"name": name, "kind": "max_pool", **window}
        case nn.AdaptiveAvgPool2d(output_size=1 | (1, 1)):
            yield {"name": name, "kind": "global_pool"}
        case nn.ReLU() | nn.Dropout() | nn.Flatten():
            return
        case nn.Sequential():
            for child, inner in module.named_children():
                yield from steps(f"{name}.{child}" if name else child, inner)
        case _:
            raise ValueError(f"the page cannot run {name}: {type(module).__name__}")


def grid(listed: list[dict[str, Any]]) -> dict[str, float]:
    """Where the positions of the last map stand: the pixel under the first, and pixels to the next."""
    first, jump = 0.0, 1
    for step in listed:
        if step["kind"] != "global_pool":
            window = {"pad": 0} | step.get("convolutions", [step])[0]
            first += jump * ((window["kernel"] - 1) / 2 - window["pad"])
            jump *= window["stride"]
    return {"first": first, "jump": jump}


def program() -> dict[str, Any]:
    """Everything of the network but its weights: steps, side of the image, mean color, `grid` of the last map."""
    with torch.device("meta"):
        net = create_model(NAME)
    listed = list(steps("", net))
    mean = RELEASES[NAME].mean[::-1]  # Caffe's order is blue, green, red
    return {"steps": listed, "side": net.input_size[-1], "mean": mean, "grid": grid(listed)}
