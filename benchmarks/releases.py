"""Our nets beside the definitions that their authors released for Caffe.

    python -m benchmarks.releases FOLDER

FOLDER holds the repositories of `RELEASED` as OWNER/NAME, at the commits that are named there. Each definition is
read, gets random weights under its own names and in its own order, and is run by OpenCV; the reader behind
`interop.from_caffe` takes the same file of weights. `cs231n_arch/interop/releases.csv` gets the largest
difference of the scores, divided by the largest score.
"""

import argparse
import csv
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

from cs231n_arch.interop import caffemodel
from cs231n_arch.interop.caffe_export import prototxt
from cs231n_arch.interop.caffe_import import fitting
from cs231n_arch.interop.caffe_layers import DATA
from cs231n_arch.interop.caffemodel import SETTINGS, V1_KINDS, Layer

FILE = Path(__file__).parents[1] / "cs231n_arch" / "interop" / "releases.csv"


class Release(NamedTuple):
    """A definition: our model, the side of its images, and where it is."""

    model: str
    side: int
    repository: str
    commit: str
    file: str


BVLC, HE = ("BVLC/caffe", "9b89154"), ("KaimingHe/deep-residual-networks", "a7026cb")
MIRROR = ("natanielruiz/net-archive", "4015675")  # of the author's gists
VGG = ("davidgengenbach/vgg-caffe", "704e4d8")  # of the author's gists
RELEASED = (
    Release("alexnet_two_gpu", 227, *BVLC, "models/bvlc_alexnet/deploy.prototxt"),
    Release("alexnet_two_gpu", 227, *BVLC, "models/bvlc_reference_caffenet/deploy.prototxt"),
    Release("vgg16", 224, *VGG, "model/VGG_ILSVRC_16_layers_deploy.prototxt"),
    Release("vgg19", 224, *VGG, "model/VGG_ILSVRC_19_layers_deploy.prototxt"),
    Release("nin_cifar", 32, *MIRROR, "nin-cifar10/train_val.prototxt"),
    Release("nin_imagenet", 224, *MIRROR, "nin_imagenet/train_val.prototxt"),
    Release("googlenet", 224, *BVLC, "models/bvlc_googlenet/deploy.prototxt"),
    Release("resnet50", 224, *HE, "prototxt/ResNet-50-deploy.prototxt"),
    Release("resnet101", 224, *HE, "prototxt/ResNet-101-deploy.prototxt"),
    Release("resnet152", 224, *HE, "prototxt/ResNet-152-deploy.prototxt"),
    Release("densenet40_12", 32, "liuzhuang13/DenseNetCaffe", "06e6da1", "train_densenet.prototxt"),
    Release("squeezenet1_0", 227, "forresti/SqueezeNet", "51147dc", "SqueezeNet_v1.0/deploy.prototxt"),
    Release("squeezenet1_1", 227, "forresti/SqueezeNet", "51147dc", "SqueezeNet_v1.1/deploy.prototxt"),
    Release("squeezenet_simple_bypass", 227, "songhan/SqueezeNet-Residual", "f8dc320", "trainval.prototxt"),
    Release("se_resnet50", 224, "hujie-frank/SENet", "0262d43", "models/SE-ResNet-50.prototxt"),
)
Message = list[tuple[str, Any]]  # names and values, in order; a value may be a message
ENUM = {kind.upper(): kind for kind in V1_KINDS.values()} | {
    "INNER_PRODUCT": "InnerProduct",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
}
SKIPPED = {"Data", "DATA", "Input", "Accuracy", "ACCURACY", "Softmax", "SoftmaxWithLoss", "Split"}


def parse(tokens: Iterator[str]) -> Message:
    """A message of protobuf's text format, up to its closing brace."""
    message: Message = []
    for name in tokens:
        if name == "}":
            break
        token = next(tokens)
        if token == ":":
            token = next(tokens)
        message.append((name, parse(tokens) if token == "{" else scalar(token)))
    return message


def scalar(token: str) -> Any:
    if token[0] in "\"'":
        return token[1:-1]
    if token in ("true", "false"):
        return token == "true"
    for kind in (int, float):
        try:
            return kind(token)
        except ValueError:
            continue
    return token


def definition(text: str) -> Message:
    text = re.sub(r"#.*", "", text)
    return parse(iter(re.findall(r"\"[^\"]*\"|'[^']*'|[{}:]|[^\s{}:\"']+", text)))


def every(message: Message, *names: str) -> list[Any]:
    return [value for name, value in message if name in names]


def layers(net: Message, side: int) -> list[Layer]:
    """The layers that a net in evaluation mode runs, with random weights; sizes follow Caffe's rules."""
    generator = np.random.default_rng(0)
    sizes, image = {DATA: (3, side, side)}, DATA
    found: list[Layer] = []
    for message in every(net, "layer", "layers"):
        kind = ENUM.get(every(message, "type")[0], every(message, "type")[0])
        phases = [phase for include in every(message, "include") for phase in every(include, "phase")]
        (name,), bottoms, tops = every(message, "name"), every(message, "bottom"), every(message, "top")
        if kind in ("Data", "DATA", "Input"):
            image = tops[0]
        if kind in SKIPPED or "TRAIN" in phases:
            continue
        bottoms = [DATA if bottom == image else bottom for bottom in bottoms]
        settings = {}
        if kind in SETTINGS:
            given = [pair for block in every(message, SETTINGS[kind].name) for pair in block]
            floats = {"alpha", "beta", "k", "eps", "dropout_ratio"}
            settings = {
                what: float(value) if what in floats else value
                for what, value in given
                if what in SETTINGS[kind].fields
            }
        blobs, size = random_blobs(kind, settings, [sizes[bottom] for bottom in bottoms], generator)
        sizes |= dict.fromkeys(tops, size)
        found.append(Layer(name, kind, settings, blobs, tuple(bottoms), tuple(tops)))
    return found


def random_blobs(
    kind: str, settings: dict[str, Any], inputs: list[tuple[int, ...]], generator: np.random.Generator
) -> tuple[tuple[caffemodel.Numbers, ...], tuple[int, ...]]:
    """A layer's weights, which keep the scale of the signal, and the size of what it makes."""

    def uniform(low: float, high: float, *shape: int) -> caffemodel.Numbers:
        return generator.uniform(low, high, shape).astype("f4")

    channels, *sides = inputs[0]
    kernel, stride = settings.get("kernel_size", 1), settings.get("stride", 1)
    room = [side + 2 * settings.get("pad", 0) - kernel for side in sides]
    if kind in ("Convolution", "InnerProduct"):
        outputs = settings["num_output"]
        whole = kind == "InnerProduct"
        seen = (int(np.prod(inputs[0])),) if whole else (channels // settings.get("group", 1), kernel, kernel)
        bound = (6 / np.prod(seen)) ** 0.5
        biases = (uniform(-0.1, 0.1, outputs),) if settings.get("bias_term", True) else ()
        made = (outputs,) if whole else (outputs, *(space // stride + 1 for space in room))
        return (uniform(-bound, bound, outputs, *seen), *biases), made
    if kind == "Pooling":
        if settings.get("global_pooling"):
            return (), (channels, 1, 1)
        return (), (channels, *(-(-space // stride) + 1 for space in room))
    if kind == "BatchNorm":
        factor = np.array([3], "f4")  # by which Caffe divides the statistics
        return (3 * uniform(-0.1, 0.1, channels), 3 * uniform(0.8, 1.2, channels), factor), inputs[0]
    if kind == "Scale":
        return (uniform(0.4, 0.6, channels), uniform(-0.1, 0.1, channels)), inputs[0]  # sums shall not grow much
    if kind == "Concat":
        return (), (sum(size[0] for size in inputs), *sides)
    return (), inputs[1] if kind == "Axpy" else inputs[0]


def spelled_out(found: Sequence[Layer]) -> Iterator[Layer]:
    """SENet's Axpy, a * x + y, as a Scale and an Eltwise: OpenCV computes a * y + x."""
    for layer in found:
        if layer.kind != "Axpy":
            yield layer
            continue
        a, x, y = layer.bottoms
        flat, scaled = f"{layer.name}/flat", f"{layer.name}/scaled"
        yield Layer(flat, "Flatten", bottoms=(a,), tops=(flat,))
        yield Layer(scaled, "Scale", {"axis": 0}, bottoms=(x, flat), tops=(scaled,))
        yield Layer(layer.name, "Eltwise", {"operation": "SUM"}, bottoms=(scaled, y), tops=layer.tops)


def compare(release: Release, folder: Path) -> dict[str, str]:
    """A row of the file."""
    text = (folder / release.repository / release.file).read_text()
    found = layers(definition(text), release.side)
    size = (3, release.side, release.side)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "net.caffemodel"
        file.write_bytes(caffemodel.write(release.model, found))
        (Path(place) / "net.prototxt").write_text(prototxt(release.model, list(spelled_out(found)), size))
        ours, options = fitting(release.model, caffemodel.read(file), None)
        theirs = cv2.dnn.readNetFromCaffe(f"{place}/net.prototxt", str(file))
    image = torch.randn(1, *size, generator=torch.Generator().manual_seed(0))
    theirs.setInput(image.flip(1).numpy())
    expected = theirs.forward().reshape(1, -1)
    with torch.inference_mode():
        difference = np.abs(ours.eval()(image).numpy() - expected).max() / np.abs(expected).max()
    return {
        "model": release.model,
        "form": str(options.get("form", "paper")),
        "repository": release.repository,
        "commit": release.commit,
        "file": release.file,
        "layers": str(sum(bool(layer.blobs) for layer in found)),
        "difference": f"{difference:.0e}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rows = []
    for release in RELEASED:
        rows.append(compare(release, folder))
        print(*rows[-1].values(), sep=" | ", flush=True)
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
