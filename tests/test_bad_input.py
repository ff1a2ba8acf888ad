"""Bad inputs, one a row: the call, the error, and what the message must say: what was given, and what is allowed.

Nothing is lost in any of them: what was on the disk before is there afterwards (`test_nothing_is_lost`, and
`tests/reliability` with a disk that is really full and a process that is really killed).
"""

import errno
import hashlib
import json
import os
import pickle
import signal
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import (
    attribution,
    claims,
    cli,
    compression,
    conv_output_size,
    create_model,
    data,
    experiments,
    interop,
    layer_table,
    plots,
    profile,
    published,
    receptive_field,
    transfer,
)
from cs231n_arch.anatomy import arithmetic
from cs231n_arch.anatomy.gradients import gradient_flow
from cs231n_arch.anatomy.memory import training_memory
from cs231n_arch.compression import codec
from cs231n_arch.data import DataUnavailableError, Split, augment
from cs231n_arch.data.boxes import load_boxed, load_pets
from cs231n_arch.data.loaders import folders, one_by_one
from cs231n_arch.profiling import records, timing
from cs231n_arch.records import write_atomically
from cs231n_arch.training import Budget, Compute, Files, NonFiniteLossError, checkpoint, evaluation, recipes, train
from cs231n_arch.training.checkpoint import CheckpointError
from cs231n_arch.training.fitting import error_rate

RUN = {"recipe": "r", "seed": "0"}


def split(images: Tensor | None = None, labels: Tensor | None = None) -> Split:
    """Eight images of two classes; those of training may be others."""
    generator = torch.Generator().manual_seed(0)
    good, numbers = torch.randn(8, 1, 8, 8, generator=generator), torch.arange(8) % 2
    images, labels = good if images is None else images, numbers if labels is None else labels
    return Split("tiny", images, labels, good, numbers, ("no", "yes"), (0.0,), (1.0,), "here")


def net(classes: int = 2) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, classes))


def meta(name: str, **options: object) -> Any:
    with torch.device("meta"):
        return create_model(name, **options)


def see(name: str, *shape: int, **kind: Any) -> object:
    """Show a batch to a net."""
    return meta(name)(torch.empty(*shape, device="meta", **kind))


def trained(images: Tensor | None = None, labels: Tensor | None = None, **options: Any) -> object:
    chosen: dict[str, Any] = {"batch_size": 4, "steps": 1, "device": "cpu", "progress": False} | options
    model = chosen.pop("model", None) or net()
    recipe = chosen.pop("recipe", None) or recipes.get("resnet_cifar").replace(lr=0.01)
    return train(model, chosen.pop("data", None) or split(images, labels), recipe, **chosen)


def seen(image: object) -> object:
    """What a net says of an image that it never gets."""
    model = net()
    vars(model)["preprocess"] = lambda image: pytest.fail("the image came through")
    return attribution.top_classes(model, image)


def quantized() -> nn.Module:
    model = net()
    compression.quantize(model, 4)
    return model


class Hostile:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch hostile-was-here",)


@dataclass
class Place:
    """An empty folder to be in, and what bad files may lie in it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def checkpoint(self, change: Callable[[bytes], bytes] = bytes) -> Path:
        checkpoint.save(self.folder / "c.pt", RUN, {"step": 3})
        return self.file("c.pt", change((self.folder / "c.pt").read_bytes()))

    def compressed(self, change: Callable[[bytes], bytes]) -> Path:
        return self.file("net", change(compression.compressed_bytes(quantized())))

    def header(self, entries: object) -> Path:
        """A compressed net whose checksum is right and whose header is not ours."""
        packed = zlib.compress(json.dumps(entries).encode())
        body = len(packed).to_bytes(4, "little") + packed
        return self.file("net", codec.MAGIC + hashlib.sha256(body).digest() + body)

    def images(self, **parts: str) -> Path:
        """A folder of image files: part -> class, one file each, which holds no image."""
        for part, name in parts.items():
            self.file(f"images/{part}/{name}/1.png", b"no image")
        return self.folder / "images"

    def offline(self) -> None:
        def no_network(*_: object, **__: object) -> None:
            raise urllib.error.URLError("no network")

        self.monkeypatch.setenv("TORCH_HOME", str(self.folder))
        self.monkeypatch.setattr(torch.hub, "urlopen", no_network)
        self.monkeypatch.setattr(urllib.request, "urlopen", no_network)
        self.monkeypatch.setattr(data.sources, "DEBIAN_FASHION", self.folder / "nowhere")

    def full(self) -> None:
        def no_space(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.monkeypatch.setattr(os, "fsync", no_space)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, monkeypatch)


def after(prepare: object, call: Callable[[], object]) -> object:
    """The call, once something has been prepared (its result does not matter)."""
    return call()


Row = tuple[Callable[[Place], object], type[BaseException], str]
VGG = recipes.get("vgg").augmentation
PIXELS = torch.rand(8, 1, 8, 8)

LIBRARY: dict[str, Row] = {
    # Models.
    "model": (lambda p: create_model("resnet51"), ValueError, "'resnet51'; did you mean resnet"),
    "model of no name": (lambda p: create_model(None), ValueError, "no model is named None. list_models() gives"),
    "no classes": (
        lambda p: meta("vgg11", num_classes=0),
        ValueError, "num_classes must be a whole number of at least 1; given 0"),
    "half a channel": (
        lambda p: meta("vgg11", in_channels=0.5),
        ValueError, "in_channels must be a whole number of at least 1; given 0.5"),
    "option": (lambda p: meta("lenet5", depht=3), ValueError, "lenet5 has no option depht; it has num_classes, "),
    "depth": (
        lambda p: meta("resnet_cifar", depth=21),
        ValueError, "depth must be 6n+2 with n of at least 1 for units of 2 layers: 8, 14, 20"),
    "depth as text": (lambda p: meta("resnet_cifar", depth="20"), ValueError, "given '20'"),
    "depth as text, dense": (lambda p: meta("densenet_cifar", depth="40"), ValueError, "given '40'"),
    "growth": (
        lambda p: meta("densenet121", growth_rate=-1),
        ValueError, "growth_rate must be a whole number of at least 1; given -1"),
    "form": (lambda p: meta("alexnet", form="two"), ValueError, "given 'two'"),
    "form of a net": (
        lambda p: meta("resnet18", form="released"), ValueError, "'paper' or 'torchvision'; given 'released'"),
    "weights that nobody has": (
        lambda p: create_model("lenet5", pretrained=True), ValueError, "no weights for lenet5, but for alexnet, "),
    "weights without a network": (
        lambda p: after(p.offline(), lambda: create_model("resnet18", pretrained=True)),
        RuntimeError, "could not download ResNet18_Weights.IMAGENET1K_V1 from https://"),
    "gray image": (lambda p: see("vgg11", 2, 1, 224, 224), ValueError, "(N, 3, height, width)"),
    "image without a batch": (lambda p: see("vgg11", 3, 224, 224), ValueError, "given shape (3, 224, 224)"),
    "small image": (lambda p: see("alexnet", 2, 3, 32, 32), ValueError, "227x227"),
    "tiny image": (
        lambda p: see("resnet50", 2, 3, 0, 224), ValueError, "the smallest input that reaches the last"),
    "list": (lambda p: create_model("lenet5")([[1.0]]), ValueError, "(N, 1, height, width) of floats; given list"),
    "bytes": (
        lambda p: see("resnet50", 2, 3, 224, 224, dtype=torch.uint8), ValueError,
        "(N, 3, height, width) of floats; given torch.uint8"),
    # Anatomy.
    "table of an unknown name": (lambda p: layer_table("alxnet"), ValueError, "did you mean alexnet"),
    "table of no net": (lambda p: layer_table(3), ValueError, "or the name of a model; given 3"),
    "table of two inputs": (
        lambda p: layer_table(net(), (3, 8, 8), inputs=PIXELS), ValueError, "input_size or inputs, not both"),
    "table without a size": (lambda p: layer_table(nn.ReLU()), ValueError, "give (channels, height, width)"),
    "table of two numbers": (lambda p: layer_table(meta("vgg11"), (224, 224)), ValueError, "given (224, 224)"),
    "table of one number": (lambda p: layer_table(meta("vgg11"), 224), ValueError, "three positive whole numbers"),
    "window too large": (lambda p: conv_output_size(5, 7), ValueError, "the smallest size that fits is 7"),
    "no window": (
        lambda p: conv_output_size(5, 0), ValueError, "kernel must be a whole number of at least 1; given 0"),
    "size as text": (
        lambda p: conv_output_size("5", 3), ValueError, "size must be a whole number of at least 1; giv"),
    "stride that leaves some over": (
        lambda p: conv_output_size(224, 11, 4, exact=True), ValueError, "sizes 223 and 227 fit"),
    "groups": (
        lambda p: arithmetic.conv_parameters(3, 96, 11, groups=2), ValueError, "groups must divide in_channels"),
    "kernels without strides": (
        lambda p: receptive_field([3, 3]), ValueError, "each layer must be (kernel, stride); given 3"),
    "stride of no step": (
        lambda p: receptive_field([(3, 0)]), ValueError, "stride must be a whole number of at lea"),
    "memory of no batch": (
        lambda p: training_memory(meta("vgg11"), 0), ValueError, "batch_size must be a whole number"),
    "gradient of no module": (
        lambda p: gradient_flow(net(), PIXELS, torch.zeros(8).long(), ["conv9"]), ValueError, "given conv9"),
    # Data.
    "set": (lambda p: data.load("cifar11"), ValueError, "'cifar11'; did you mean cifar10? There are digits, "),
    "set of no name": (
        lambda p: data.load(3), ValueError, "no data set is named 3. There are digits, faces, fashion_mnist"),
    "side of no pixel": (lambda p: data.load("digits", image_size=0), ValueError, "of at least 1; given 0"),
    "channels": (lambda p: data.load("digits", channels=2), ValueError, "channels must be 1 or 3; given 2"),
    "scale": (
        lambda p: data.load("digits", normalise="unit"), ValueError, "'standard', 'lenet' or None; given 'unit'"),
    "set without a network": (
        lambda p: after(p.offline(), lambda: data.load("mnist", root=p.folder)),
        DataUnavailableError, "use 'digits', which needs no network, or place train-images-idx3-ubyte.gz"),
    "set that is damaged": (
        lambda p: after(
            (p.offline(), p.file("FashionMNIST/raw/train-images-idx3-ubyte.gz", b"\x1f\x8b cut short")),
            lambda: data.load("fashion_mnist", root=p.folder)),
        DataUnavailableError, "train-images-idx3-ubyte.gz has a wrong checksum"),
    "folder of sets that is a file": (
        lambda p: after(p.offline(), lambda: data.load("cifar10", root=p.file("data", b""))),
        DataUnavailableError, "Name another folder with root=... or the environment variable CS231N_ARCH_DATA"),
    "no folder of images": (lambda p: folders(p.folder / "none", VGG), FileNotFoundError, "none/train"),
    "other classes": (
        lambda p: folders(p.images(train="cat", val="dog"), VGG),
        ValueError, "the same classes; only one of them has cat, dog"),
    "file without an image": (
        lambda p: folders(p.images(train="cat", val="cat"), VGG).test[0], OSError, "val/cat/1.png"),
    "object larger than its canvas": (
        lambda p: load_boxed(canvas=32), ValueError, "grow from 1 to at most the canvas, 32; given (20, 44)"),
    "pets of no pixel": (lambda p: load_pets(image_size=0), ValueError, "image_size must be a whole number"),
    "padding": (lambda p: augment.CropAndFlip(-1), ValueError, "padding must be at least 0; given -1"),
    "way of padding": (
        lambda p: augment.CropAndFlip(mode="mirror"), ValueError, "'constant' or 'reflect'; given 'mirror'"),
    "step of no augmentation": (
        lambda p: augment.for_images(["blur"]), ValueError, "no augmentation is called 'blur'; there are"),
    "step for one image": (
        lambda p: augment.for_batches(["shorter side 256"]),
        ValueError, "'shorter side 256' is not done to whole"),
    # Training.
    "recipe": (lambda p: recipes.get("resnett"), ValueError, "'resnett'; did you mean resnet or "),
    "recipe like no other": (
        lambda p: recipes.get("qqq"), ValueError, "no recipe is named 'qqq'. There are lenet, "),
    "rule for the rate": (
        lambda p: recipes.get("vgg").for_batch_size(8, "cube"), ValueError, "'linear' or 'sqrt'; given 'cube'"),
    "model by name": (
        lambda p: trained(model="lenet5"), ValueError, "what create_model(...) gives; given 'lenet5'"),
    "data by name": (lambda p: trained(data="digits"), ValueError, "what data.load(...) gives; given 'digits'"),
    "recipe by name": (lambda p: trained(recipe="vgg"), ValueError, "what recipes.get(...) gives; given 'vgg'"),
    "no epoch": (
        lambda p: trained(epochs=0, steps=None), ValueError, "epochs must be a whole number of at least 1; g"),
    "epochs and steps": (lambda p: trained(epochs=1, steps=1), ValueError, "give epochs or steps, not both"),
    "batch of none": (lambda p: trained(batch_size=0), ValueError, "from 1 to the 8 training images; given 0"),
    "batch of too many": (lambda p: trained(batch_size=9), ValueError, "from 1 to the 8 training images; given 9"),
    "seed below zero": (
        lambda p: trained(seed=-1), ValueError, "a whole number from 0 to 9223372036854775807; given -1"),
    "batch in too many parts": (
        lambda p: trained(compute=Compute(accumulate=5)), ValueError, "a batch of 4 has no 5 parts"),
    "batch in no part": (lambda p: Compute(accumulate=0), ValueError, "accumulate must be a whole number of at l"),
    "precision": (
        lambda p: Compute("fp64"), ValueError, "precision must be auto, fp32, bf16, fp16; given 'fp64'"),
    "checkpoint after no update": (
        lambda p: Files("c.pt", checkpoint_every=0), ValueError, "checkpoint_every must be a whole number of at"),
    "going on from no checkpoint": (
        lambda p: Files(resume=True), ValueError, "resume needs the path of a checkpoint: Files(check"),
    "checkpoints in no file": (
        lambda p: Files(checkpoint_every=9), ValueError, "checkpoint_every needs the path of a checkpoint"),
    "precision for options": (
        lambda p: trained(compute="bf16"), ValueError, "what Compute(...) gives; given 'bf16'"),
    "options as a dict": (
        lambda p: trained(files={"log": "x"}), ValueError, "what Files(...) gives; given {'log': 'x'}"),
    "device": (lambda p: trained(device="gpu"), ValueError, "there is no device 'gpu' here, but cpu"),
    "images that are not numbers": (
        lambda p: trained(torch.where(PIXELS > 0.9, torch.nan, PIXELS)), ValueError, "infinite or not a number"),
    "images of bytes": (
        lambda p: trained((PIXELS * 255).byte()), ValueError, "given torch.uint8: load with normalise='standard'"),
    "no images": (
        lambda p: trained(PIXELS[:0], torch.zeros(0).long()), ValueError, "there are no training images"),
    "labels too few": (
        lambda p: trained(labels=torch.zeros(5).long()), ValueError, "8 training images and 5 labels"),
    "labels too high": (
        lambda p: trained(labels=torch.arange(8)),
        ValueError, "labels must be from 0 to 1; those of training are from 0 to 7"),
    "scores too few": (lambda p: trained(model=net(1)), ValueError, "gives 1 scores, but the data has 2 classes"),
    "augmentation of image files": (
        lambda p: trained(data=one_by_one(split()), augment=augment.CropAndFlip()),
        ValueError, "augment is for a Split"),
    "loss without end": (
        lambda p: trained(recipe=recipes.get("resnet_cifar").replace(lr=1e30), steps=9),
        NonFiniteLossError, "A lower learning rate, a warm-up or clipping usually helps"),
    "error of no images": (
        lambda p: error_rate(net(), PIXELS[:0], torch.zeros(0)), ValueError, "there are no test images"),
    "error among more than all": (
        lambda p: evaluation.error_of(torch.rand(3, 10), torch.zeros(3).long(), top=11),
        ValueError, "top must be from 1 to the 10 classes; given 11"),
    "dense evaluation of a net without maps to flatten": (
        lambda p: evaluation.fully_convolutional(create_model("squeezenet1_1")),
        ValueError, "has no flattened map"),
    "budget": (
        lambda p: after(p.monkeypatch.setenv("CS231N_ARCH_BUDGET", "tpu"), Budget.auto),
        ValueError, "CS231N_ARCH_BUDGET must be 'cpu' or 'gpu'; given 'tpu'"),
    # Files.
    "checkpoint that is none": (
        lambda p: checkpoint.load(p.file("c.pt", b"notes"), RUN),
        CheckpointError, "c.pt is refused: it holds more"),
    "empty checkpoint": (
        lambda p: checkpoint.load(p.file("c.pt", b""), RUN),
        CheckpointError, "c.pt is damaged or not a checkpoint"),
    "checkpoint cut short": (
        lambda p: checkpoint.load(p.checkpoint(lambda b: b[:-200]), RUN), CheckpointError, "c.pt is damaged"),
    "checkpoint of another program": (
        lambda p: after(torch.save({"x": 1}, p.folder / "c.pt"), lambda: checkpoint.load(p.folder / "c.pt", RUN)),
        CheckpointError, "is not a checkpoint of this library"),
    "hostile checkpoint": (
        lambda p: checkpoint.load(p.file("c.pt", pickle.dumps(Hostile(), 2)), RUN), CheckpointError, "is refused"),
    "checkpoint of another run": (
        lambda p: checkpoint.load(p.checkpoint(), {**RUN, "seed": "1"}),
        CheckpointError, "its seed is 0, this run's"),
    "compressed net that is none": (
        lambda p: compression.load_compressed(p.file("net", b"GIF89a")),
        ValueError, "not a compressed net: it begins"),
    "compressed net cut short": (
        lambda p: compression.load_compressed(p.compressed(lambda b: b[:-9])),
        ValueError, "do not match its checksum"),
    "compressed net of no list": (
        lambda p: compression.load_compressed(p.header(7)), ValueError, "net is damaged: "),
    "compressed net without sizes": (
        lambda p: compression.load_compressed(p.header([{"name": "x"}])), ValueError, "net is damaged: "),
    "compressed net of objects": (
        lambda p: compression.load_compressed(p.header([{"name": "x", "shape": [1], "dtype": "O", "sizes": [0]}])),
        ValueError, "net is damaged: "),
    "compressed net that would fill the memory": (
        lambda p: compression.load_compressed(
            p.header([{"name": "x", "shape": [10**6] * 3, "dtype": "float32", "sizes": [0, 0, 0]}])),
        ValueError, "net is damaged: x claims 1,000,000,000,000,000,000 values; a net has no more"),
    "record of another version": (
        lambda p: experiments.load_record(p.file("r.json", b'{"experiment": "depth"}')),
        ValueError, "r.json is a record of version 1; this package reads version 2. Make it again"),
    "record of no experiment": (
        lambda p: experiments.load_record(p.file("r.json", b"{}")),
        ValueError, "r.json is no record of an experiment"),
    "record cut short": (
        lambda p: experiments.load_record(p.file("r.json", b'{"experiment": ')),
        ValueError, "r.json is no record"),
    "record that is nowhere": (
        lambda p: experiments.load_record("dpeth"), ValueError, "no record is named 'dpeth'"),
    "measurements of bytes": (
        lambda p: records.load(p.file("m.json", b"\xff\xfe")),
        ValueError, "m.json holds no measurements: 'utf-8' codec"),
    "weights of another net": (
        lambda p: interop.from_torchvision("resnet18", {"x": torch.zeros(1)}), ValueError, "it lacks "),
    "weights of no library": (
        lambda p: interop.from_torchvision("lenet5", {}),
        ValueError, "torchvision has no lenet5; both have alexnet"),
    # Compression.
    "density": (
        lambda p: compression.prune(net(), 0), ValueError, "density must be above 0 and at most 1; given 0"),
    "density that grows": (
        lambda p: after(compression.prune(model := net(), 0.1), lambda: compression.prune(model, 0.5)),
        ValueError, "density 0.5 is above the 0.1"),
    "nothing to prune": (
        lambda p: compression.prune(nn.ReLU(), 0.5), ValueError, "ReLU has no convolution or fully"),
    "weight that something else computes": (
        lambda p: compression.prune(nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))), 0.5),
        ValueError, "the weight of 0 is computed by _WeightNorm; make it a parameter again"),
    "bits": (lambda p: compression.quantize(net(), 9), ValueError, "from 2 to 8; given 9"),
    "bits twice": (lambda p: compression.quantize(quantized(), 4), ValueError, "the net is quantized already"),
    "net that is not quantized": (
        lambda p: compression.compressed_bytes(net()), ValueError, "call quantize(model, bi"),
    # Measuring.
    "batches of none": (lambda p: profile("lenet5", batch_sizes=(0,)), ValueError, "of at least 1; given 0"),
    "no batches": (lambda p: profile("lenet5", batch_sizes=()), ValueError, "give at least one batch size"),
    "no time": (
        lambda p: timing.latency(net(), PIXELS, seconds=-1), ValueError, "seconds must be above 0; given -1"),
    "no pass": (
        lambda p: timing.layer_times(net(), PIXELS, passes=0), ValueError, "passes must be at least 1; given 0"),
    "device to measure": (
        lambda p: profile("lenet5", device="npu9"), ValueError, "there is no device 'npu9' here"),
    # Published figures, claims, experiments.
    "architecture": (lambda p: published.load("ResNet-51"), ValueError, "'ResNet-51'; did you mean ResNet-5"),
    "architecture by number": (
        lambda p: published.load(50), ValueError, "shell pattern such as 'ResNet-*'; given 50"),
    "figure that is none": (lambda p: published.precision("about 5"), ValueError, "'about 5' is no plain number"),
    "claim": (lambda p: claims.check("vgg-memry"), ValueError, "'vgg-memry'; did you mean vgg-memory"),
    "chapter": (
        lambda p: claims.check(chapter="vggg"), ValueError, "no chapter is named 'vggg'; did you mean vgg"),
    "experiment": (lambda p: experiments.get("dpeth"), ValueError, "'dpeth'; did you mean depth"),
    "experiment like no other": (lambda p: experiments.get("qqq"), ValueError, "'qqq'. There are "),
    "budget of an experiment": (
        lambda p: experiments.run(experiments.get("depth"), "tpu"),
        ValueError, "live, recorded, long, gpu; given 'tpu'"),
    "verdict from one seed": (
        lambda p: experiments.run(experiments.get("depth"), seeds=[0]),
        ValueError, "at least two seeds, all different; given (0,)"),
    # Features, figures.
    "features of a net without any": (
        lambda p: transfer.features(nn.Flatten(), PIXELS), ValueError, "Flatten has no fully connected layer"),
    "probe of nothing": (
        lambda p: transfer.linear_probe((PIXELS[:0], torch.zeros(0)), (PIXELS, torch.zeros(8))),
        ValueError, "train needs as many features as labels, and some; given 0 and 0"),
    "layer to look into": (
        lambda p: attribution.deconvnet(net(), PIXELS, "conv9", 0),
        ValueError, "named 'conv9'; there are 0, 1, 2, 3"),
    "map to look into": (
        lambda p: attribution.deconvnet(net(), PIXELS, "0", 4), ValueError, "maps 0 to 3; given 4"),
    "array for a photograph": (
        lambda p: seen(np.zeros((64, 64, 3), np.uint8)),
        ValueError, "a PIL image or a tensor (3, height, width); given ndarray"),
    "photograph of one row": (lambda p: seen(torch.zeros(3)), ValueError, "given a tensor (3,)"),
    "batch of photographs": (lambda p: seen(torch.zeros(1, 3, 9, 9)), ValueError, "given a tensor (1, 3, 9, 9)"),
    "figure of nothing": (
        lambda p: plots.training_curves({}, plt.figure().subplots(), y="lr"),
        ValueError, "there is nothing to draw"),
    "figure of other columns": (
        lambda p: plots.imagenet_winners(pd.DataFrame({"a": [1]}), plt.figure().subplots()),
        ValueError, "the frame has no column year, entry, error, depth; it has a"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIBRARY)
def test_library(name: str, place: Place) -> None:
    call, kind, says = LIBRARY[name]
    with pytest.raises(kind) as caught:
        call(place)
    plt.close("all")
    assert caught.type is kind or issubclass(caught.type, OSError)
    assert says in str(caught.value)
    assert not (place.folder / "hostile-was-here").exists()


TRAIN = [
    "train",
    "--model",
    "lenet5",
    "--recipe",
    "resnet_cifar",
    "--steps",
    "1",
    "--out",
    "out",
    "--device",
    "cpu",
]

# Arguments, exit status, and what standard error must say.
COMMANDS: dict[str, tuple[list[str], int, str]] = {
    "nothing": ([], 2, "required: SUBCOMMAND"),
    "subcommand": (["bake"], 2, "invalid choice: 'bake'"),
    "option": (["summary", "vgg11", "--hue"], 2, "unrecognized arguments: --hue"),
    "models": (["list", "zzz*"], 1, "cs231n-arch list: no model matches 'zzz*'"),
    "model": (["summary", "vgg12"], 1, "cs231n-arch summary: no model is named 'vgg12'; did you mean vgg1"),
    "claims": (["claims", "nothing-*"], 1, "no claim is named 'nothing-*'"),
    "chapter": (["claims", "--chapter", "vggg"], 1, "did you mean vgg?"),
    "experiment": (["experiment", "dpeth"], 1, "did you mean depth"),
    "one seed": (
        ["experiment", "depth", "--seeds", "0"],
        1,
        "a verdict needs at least two seeds, all different; given (0,)",
    ),
    "budget": (["experiment", "depth", "--budget", "cpu"], 2, "invalid choice: 'cpu'"),
    "no folder": (TRAIN[:5], 2, "the following arguments are required: --out"),
    "net": ([*TRAIN, "--model", "lenet6"], 1, "no model is named 'lenet6'; did you mean lenet5"),
    "data": ([*TRAIN, "--data", "cifar11"], 1, "no data set is named 'cifar11'; did you mean cifar10"),
    "empty folder": ([*TRAIN, "--data", "."], 1, "train"),
    "recipe": ([*TRAIN, "--recipe", "resnett"], 1, "no recipe is named 'resnett'; did you mean resnet"),
    "batch": ([*TRAIN, "--batch-size", "0"], 1, "batch_size must be at least 1; given 0"),
    "batch as text": ([*TRAIN, "--batch-size", "many"], 2, "argument --batch-size: invalid int value: 'many'"),
    "rate that is no number": ([*TRAIN, "--lr", "nan"], 1, "lr must be a finite number of at least 0; given nan"),
    "seed too large": ([*TRAIN, "--seed", str(10**20)], 1, "from 0 to 9223372036854775807; given 1000"),
    "folder of another run": ([*TRAIN, "--out", "damaged"], 1, "--resume goes on with that run, --overwrite"),
    "recipe that trains no new net": (
        [*TRAIN, "--recipe", "lenet"],
        1,
        "the recipe lenet_sgd trains the same net",
    ),
    "no folder of images": ([*TRAIN, "--data", "no/folder"], 1, "there is no folder no/folder"),
    "run to evaluate": (["evaluate", "damaged"], 1, "damaged/run.json"),
    "depth of a summary": (["summary", "vgg11", "--depth", "0"], 1, "--depth must be at least 1; given 0"),
    "size of a summary": (["summary", "vgg11", "--input-size", "9"], 2, "invalid size value: '9'"),
    "steps": ([*TRAIN, "--steps", "-3"], 1, "steps must be a whole number of at least 1; given -3"),
    "size": ([*TRAIN, "--image-size", "9"], 1, "fits inputs of 32x32 only"),
    "workers": ([*TRAIN, "--workers", "-1"], 1, "workers must be a whole number of at least 0; given -1"),
    "precision": ([*TRAIN, "--precision", "fp64"], 2, "invalid choice: 'fp64'"),
    "device": ([*TRAIN, "--device", "gpu"], 1, "there is no device 'gpu' here, but cpu"),
    "file for a folder": ([*TRAIN, "--out", "a-file"], 1, "a-file"),
    "damaged checkpoint": ([*TRAIN, "--out", "damaged", "--resume"], 1, "checkpoint.pt is refused"),
    "set without a network": ([*TRAIN, "--data", "mnist"], 1, "Either use 'digits', which needs no network"),
    "full disk": ([*TRAIN, "--out", "full"], 1, "No space left on device"),
    "net to measure": (["profile", "vgg12"], 1, "cs231n-arch profile: no model is named 'vgg12'"),
    "batch to measure": (["profile", "lenet5", "--batch-size", "0"], 1, "of at least 1; given 0"),
    "device to measure": (["profile", "lenet5", "--device", "gpu"], 1, "there is no device 'gpu' here, but cpu"),
    "nets to compare": (["compare", "lenet5", "vgg12"], 1, "cs231n-arch compare: no model is named 'vgg12'"),
    "time to measure": (["profile", "lenet5", "--seconds", "0"], 1, "seconds must be above 0; given 0"),
    "file that is measured already": (
        ["profile", "lenet5", "--out", "old"],
        1,
        "old.csv is there already: --overwrite replaces it",
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_line(name: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    words, status, says = COMMANDS[name]
    place.file("a-file", b"kept")
    place.file("damaged/checkpoint.pt", b"kept")
    place.file("old.csv", b"kept")
    place.monkeypatch.setenv("CS231N_ARCH_DATA", str(place.folder / "sets"))
    place.offline()
    if name == "full disk":
        place.full()
    try:
        found = cli.main(words)
    except SystemExit as usage:
        found = usage.code
    assert found == status
    printed = capsys.readouterr()
    assert says in printed.err
    assert not printed.out
    assert "Traceback" not in printed.err
    assert (
        (place.folder / "a-file").read_bytes() == (place.folder / "damaged/checkpoint.pt").read_bytes() == b"kept"
    )


def test_nothing_is_lost(place: Place) -> None:
    """A disk that is full leaves the old file, and no half of the new one; an interruption leaves a checkpoint."""
    old = write_atomically(place.folder / "file", "old")
    with place.monkeypatch.context() as patch:
        replace(place, monkeypatch=patch).full()
        with pytest.raises(OSError, match="No space left on device"):
            write_atomically(old, "new")
    assert old.read_text() == "old"
    assert [path.name for path in place.folder.iterdir()] == ["file"]

    def press(images: Tensor, generator: torch.Generator) -> Tensor:
        os.kill(os.getpid(), signal.SIGINT)
        return images

    with pytest.raises(KeyboardInterrupt):
        trained(augment=press, steps=9, files=Files(place.folder / "c.pt"))
    kept = torch.load(place.folder / "c.pt", weights_only=True)["state"]
    assert kept["now"]["step"] == 1
    again = trained(steps=9, files=Files(place.folder / "c.pt", resume=True))
    assert again.history["step"].iloc[-1] == 9  # type: ignore[attr-defined]


def test_the_table_is_long() -> None:
    assert len(LIBRARY) + len(COMMANDS) >= 50
