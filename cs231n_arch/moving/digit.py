"""LeNet reads a digit that the reader draws."""

import base64

import torch
from torch import Tensor, nn

from cs231n_arch.data import load
from cs231n_arch.errors import unknown
from cs231n_arch.explorer import Page
from cs231n_arch.moving.piece import piece

# Pixels along a side of a set's images, along the box that a digit fills in them, and the width of a pen there.
FITS = {"digits": (8, 8, 1.2), "mnist": (28, 20, 2.5)}
LEVELS = 127  # 8 bits per weight, of either sign


def digit(net: nn.Sequential, name: str = "digits") -> Page:
    """A digit that the reader draws, read by a net layer by layer in the reader's browser.

    Args:
        net: for (N, 1, 32, 32) with background -0.1 and ink 1.175, such as `lenet5(modern=True)` after training.
            Its weights go into the page, rounded to 8 bits: about 80 kB for LeNet-5.
        name: of the set that it was trained on, `digits` or `mnist`. The drawing is fitted into its pixels, and
            its first test image of each class is offered.

    Raises:
        ValueError: a set of another name; a layer that the page does not know.
    """
    if name not in FITS:
        raise ValueError(unknown("set of digits", name, FITS))
    raw = load(name, normalise=None)
    samples = [raw.test_images[raw.test_labels == label][0, 0] for label in range(len(raw.classes))]
    weights, steps = bytearray(), []
    for part, layer in net.named_children():
        steps.append(step(part, layer, weights))
    cells, box, pen = FITS[name]
    return piece(
        "digit",
        {
            "steps": [one for one in steps if one["kind"] != "none"],
            "weights": base64.b64encode(weights).decode("ascii"),
            "classes": raw.classes,
            "samples": [sample.flatten().tolist() for sample in samples],
            "fit": {"cells": cells, "box": box, "pen": pen},
        },
        "A trained network in your browser. What you draw is fitted into the pixels of its training images and "
        "runs through all layers; each is scaled to its own brightest value. Notice how little of the drawing's "
        "places is left in C5.",
    )


def step(name: str, layer: nn.Module, weights: bytearray) -> dict[str, object]:
    """What the page does for a layer; its weights, 8 bits each, are put at the end of `weights`."""
    match layer:
        case nn.Conv2d(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=Tensor()):
            return {"kind": "weighted", "name": name, **rounded(layer, weights)}
        case nn.Linear(bias=Tensor()):
            return {"kind": "weighted", "name": name, **rounded(layer, weights)}
        case nn.MaxPool2d(kernel_size=2, stride=2, padding=0):
            return {"kind": "max_pool", "name": name}
        case nn.ReLU():
            return {"kind": "relu"}
        case nn.Flatten():
            return {"kind": "none"}  # the page keeps all values in one row
    raise ValueError(f"the page cannot run {name}: {layer}")


@torch.no_grad()
def rounded(layer: nn.Conv2d | nn.Linear, weights: bytearray) -> dict[str, object]:
    """Shape (outputs, inputs, kernel), size of one level, and biases of a layer."""
    values = layer.weight.detach().cpu().float()
    level = float(values.abs().max()) / LEVELS or 1.0
    weights += (values / level).round().to(torch.int8).numpy().tobytes()
    shape = [len(values), values.shape[1], values.shape[2] if values.dim() == 4 else 1]
    assert layer.bias is not None
    return {"shape": shape, "level": level, "bias": [round(float(b), 6) for b in layer.bias]}
