"""Nets of ours written for Caffe, run by OpenCV, and read again."""

import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cs231n_arch import create_model, interop
from cs231n_arch.interop import caffemodel
from cs231n_arch.interop.caffe_export import as_layer
from cs231n_arch.interop.caffe_layers import translate
from cs231n_arch.interop.caffe_releases import Preprocess
from cs231n_arch.interop.caffemodel import Layer
from cs231n_arch.models.layers import Concat, Net, Sum

# Nets in the form of their release, small where they allow it: (name, options).
RELEASED: list[tuple[str, dict[str, Any]]] = [
    ("alexnet_two_gpu", {"form": "caffe"}),
    ("alexnet_two_gpu", {"form": "caffenet"}),
    ("vgg16", {"image_size": 64}),
    ("nin_cifar", {"form": "released"}),
    ("nin_imagenet", {}),
    ("googlenet", {"form": "caffe", "aux": False}),
    ("resnet50", {"form": "released"}),
    ("squeezenet1_0", {"form": "released"}),
    ("squeezenet1_1", {}),
    ("squeezenet_simple_bypass", {"form": "released"}),
    ("densenet40_12", {}),
    ("se_resnet50", {"form": "released"}),
]
IDS = [f"{name}-{options.get('form', 'paper')}" for name, options in RELEASED]


def as_trained(net: Net) -> Net:
    """Weights that keep the scale of the signal, and statistics and shifts as after some training."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, tensor in net.state_dict().items():
            if tensor.ndim > 1:
                bound = (6 / tensor[0].numel()) ** 0.5
                tensor.uniform_(-bound, bound, generator=generator)
            elif tensor.ndim == 1:
                tensor.uniform_(-0.1, 0.1, generator=generator)
                tensor += key.endswith("running_var") + 0.5 * key.endswith("weight")  # so that sums do not grow
    return net.eval()


def image(net: Net) -> Tensor:
    """Large enough for local response normalization to matter."""
    return 30 * torch.randn(1, *net.input_size, generator=torch.Generator().manual_seed(1))


def scores(net: Net, x: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return net.eval()(x).numpy()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one - other).max() / np.abs(other).max())


def by_opencv(files: interop.CaffeFiles, x: Tensor) -> np.ndarray:
    """The scores of Caffe's net, which is given blue, green and red."""
    dnn = pytest.importorskip("cv2", reason="OpenCV runs Caffe's nets").dnn
    net = dnn.readNetFromCaffe(str(files.prototxt), str(files.caffemodel))
    net.setInput(x.flip(1).numpy() if x.shape[1] == 3 else x.numpy())
    return net.forward()


@pytest.mark.parametrize(("name", "options"), RELEASED, ids=IDS)
def test_released_forms(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    """OpenCV computes our scores, and what is read again is the very same net."""
    net = as_trained(create_model(name, num_classes=7, **options))
    x = image(net)
    files = interop.to_caffe(net, tmp_path)
    expected = scores(net, x)
    assert difference(by_opencv(files, x), expected) < 1e-5
    if "image_size" in options:
        return  # the name alone does not say that
    read = interop.from_caffe(name, files.caffemodel)
    assert not read.training
    state, again = net.state_dict(), read.state_dict()
    assert again.keys() == state.keys()
    assert all(torch.equal(again[key], tensor) for key, tensor in state.items() if "num_batches" not in key)
    assert np.array_equal(scores(read, x), expected), "of another form"


class Grey(Net):
    """Everything else that can be said: sigmoid, tanh, average pooling, sides that differ, joins, dilation."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__(
            {
                "conv": nn.Conv2d(channels, 8, (3, 5), stride=(1, 2), padding=(0, 2)),
                "tanh": nn.Tanh(),
                "join": Concat(
                    wide=nn.Conv2d(8, 4, 3, padding=2, dilation=2, groups=2),
                    pool=nn.AvgPool2d(3, stride=1, padding=1),
                    sum=Sum(body=nn.Conv2d(8, 8, 1), shortcut=nn.Identity()),
                ),
                "pool": nn.AvgPool2d((3, 2), stride=2, ceil_mode=True),
                "bn": nn.BatchNorm2d(20, eps=0.01),
                "plain": nn.BatchNorm2d(20, affine=False),
                "sigmoid": nn.Sigmoid(),
                "flatten": nn.Flatten(),
                "drop": nn.Dropout(0.3),
                "linear": nn.Linear(20 * 5 * 4, 6, bias=False),
            },
            input_size=(channels, 12, 16),
            smallest=12,
        )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_other_layers(channels: int, tmp_path: Path) -> None:
    net = as_trained(Grey(channels))
    files = interop.to_caffe(net, tmp_path / "a" / "folder")
    assert difference(by_opencv(files, image(net)), scores(net, image(net))) < 1e-5
    text = files.prototxt.read_text()
    assert "kernel_h: 3 kernel_w: 5" in text
    assert ("blue, green, red" in text) == (channels == 3)


def test_the_net_is_left_as_it_was(tmp_path: Path) -> None:
    net = Grey().train()
    net.bn.eval()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    interop.to_caffe(net, tmp_path)
    assert all(torch.equal(tensor, before[key]) for key, tensor in net.state_dict().items())
    assert net.training
    assert not net.bn.training
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


class Odd(Net):
    def __init__(self, layer: nn.Module, *, channels: int = 4) -> None:
        super().__init__({"odd": layer}, input_size=(channels, 9, 9), smallest=1)


class Does(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.forward = function  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            Odd(nn.MaxPool2d(2, 2)),
            "odd cannot be expressed in Caffe: its pooling rounds sizes up: 9x9 becomes 5x5, not 4x4",
        ),
        (Odd(nn.MaxPool2d(3, 2, padding=1, dilation=2)), "odd .*no dilation"),
        (Odd(nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)), "odd .*counts the pixels of the padding"),
        (Odd(nn.AdaptiveAvgPool2d(3)), "odd .*no adaptive pooling, here to 3x3"),
        (Odd(nn.ELU()), "odd cannot be expressed in Caffe: Caffe has no layer for elu"),
        (Odd(nn.ZeroPad2d((0, 1, 0, 1))), "odd .*no layer for pad"),
        (Odd(nn.Conv2d(4, 4, 3, padding="same")), "odd .*its padding is a number, not 'same'"),
        (Odd(nn.BatchNorm2d(4, track_running_stats=False)), "odd .*keeps statistics"),
        (Odd(nn.LocalResponseNorm(4)), "odd .*odd number of channels, not 4"),
        (Odd(nn.Linear(9, 3)), "odd .*InnerProduct takes all of an image"),
        (Odd(nn.Flatten(2)), "odd .*flattens all but the batch"),
        (Odd(Does(lambda x: x + 1)), "odd .*adds tensors of the same size"),
        (Odd(Does(lambda x: x * x)), "odd .*multiplies by numbers only one for every channel"),
        (Odd(Does(lambda x: torch.cat([x, x], 2))), "odd .*joined along the channels only"),
        (Odd(Does(lambda x: x + torch.ones_like(x))), "odd "),
        (Odd(nn.MaxPool2d(1), channels=3), "odd .*the image is read by something other than a convolution"),
        (create_model("resnet18"), "pool1 .*112x112 becomes 57x57, not 56x56"),
        (nn.ReLU(), "net must be a module with an input_size .*given ReLU"),
        ("alexnet", "net must be a module .*given str"),
    ],
)
def test_what_caffe_cannot_say(net: Net, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        interop.to_caffe(net, tmp_path / "new")
    assert not (tmp_path / "new").exists(), "nothing is half written"


def test_files_are_not_replaced_unasked(tmp_path: Path) -> None:
    net = Grey()
    (tmp_path / "net.caffemodel").write_text("mine")
    with pytest.raises(FileExistsError, match=r"net\.caffemodel is there already; overwrite=True replaces it"):
        interop.to_caffe(net, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["net.caffemodel"]
    assert (tmp_path / "net.caffemodel").read_text() == "mine"
    interop.to_caffe(net, tmp_path, overwrite=True)
    interop.to_caffe(net, tmp_path, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.caffemodel", "net.prototxt"]
    with torch.device("meta"), pytest.raises(ValueError, match="conv is on the meta device"):
        interop.to_caffe(Grey(), tmp_path / "meta")


@pytest.fixture
def squeezenet(tmp_path: Path) -> tuple[Net, list[Layer], Path]:
    """A small net, the layers of its file, and where another file may be."""
    net = as_trained(create_model("squeezenet1_1", num_classes=7))
    return net, caffemodel.read(interop.to_caffe(net, tmp_path).caffemodel), tmp_path / "other.caffemodel"


def old(layer: Layer) -> Layer:
    """With blobs of four sides, as all had until 2014."""
    return layer._replace(blobs=tuple(blob.reshape((1,) * (4 - blob.ndim) + blob.shape) for blob in layer.blobs))


def bare(layer: Layer) -> Layer:
    return layer._replace(settings={})


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: map(old, layers),
        lambda layers: map(bare, layers),
        lambda layers: (layer for layer in layers if layer.blobs),
        lambda layers: [Layer("data", "Data"), *layers, Layer("prob", "Softmax")],
    ],
    ids=["old shapes", "no settings", "weights alone", "data and softmax"],
)
def test_other_ways_to_write_the_same(change: Callable[..., Iterator[Layer]], squeezenet: Any) -> None:
    net, layers, path = squeezenet
    path.write_bytes(caffemodel.write("net", change(layers)))
    read = interop.from_caffe("squeezenet1_1", path)
    assert all(torch.equal(tensor, net.state_dict()[key]) for key, tensor in read.state_dict().items())


def changed(layers: list[Layer], name: str, **changes: Any) -> list[Layer]:
    assert name in [layer.name for layer in layers]
    settings = {key: value for key, value in changes.items() if key not in Layer._fields}
    fields = {key: value for key, value in changes.items() if key in Layer._fields}
    return [
        layer._replace(settings={**layer.settings, **settings}, **fields) if layer.name == name else layer
        for layer in layers
    ]


def last(layers: list[Layer]) -> Layer:
    return next(layer for layer in layers if layer.name == "conv10")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layers: layers[1:], r"its layer maxpool1 \(Pooling\) has the place of a Convolution in conv1 of "),
        (
            lambda layers: [one for one in layers if one.name != "maxpool5"],
            "has the place of a Pooling in maxpool5",
        ),
        (lambda layers: [one for one in layers if one.name != "conv10"], "ended|place of a Convolution in conv10"),
        (lambda layers: [*layers, layers[-1], last(layers)], r"has conv10 \(Convolution\), .*has ended"),
        (
            lambda layers: changed(layers, "conv1", stride=1),
            r"stride \(1, 1\) for \(2, 2\) in conv1 of create_model",
        ),
        (lambda layers: changed(layers, "conv1", pad=1), r"pad \(1, 1\) for \(0, 0\) in conv1"),
        (lambda layers: changed(layers, "maxpool3", pool="AVE"), "pool AVE for MAX in maxpool3"),
        (lambda layers: changed(layers, "maxpool3", kernel_size=2), r"kernel \(2, 2\) for \(3, 3\) in maxpool3"),
        (
            lambda layers: changed(layers, "conv1", blobs=(np.ones((64, 3, 5, 5)), np.ones(64))),
            r"\(64, 3, 5, 5\) for \(64, 3, 3, 3\) in conv1",
        ),
        (
            lambda layers: changed(layers, "conv1", blobs=(np.ones((64, 3, 3, 3)),)),
            r"nothing for \(64,\) in conv1",
        ),
        (lambda layers: changed(layers, "conv1", blobs=(np.ones(3),)), "its first weights are no convolution"),
    ],
)
def test_files_of_another_net(change: Callable[..., list[Layer]], message: str, squeezenet: Any) -> None:
    _, layers, path = squeezenet
    path.write_bytes(caffemodel.write("net", change(layers)))
    with pytest.raises(ValueError, match=f"other.caffemodel is no file of squeezenet1_1: .*{message}"):
        interop.from_caffe("squeezenet1_1", path)


def test_constants_of_normalization(tmp_path: Path) -> None:
    """They have no weights; the file's settings tell a form from another, and the paper's net from the release."""
    net = as_trained(create_model("googlenet", num_classes=2, form="paper", aux=False))
    file = interop.to_caffe(net, tmp_path).caffemodel
    assert interop.from_caffe("googlenet", file).norm1.k == net.norm1.k
    with pytest.raises(
        ValueError, match=r"its layer norm1 \(LRN\) has alpha .* for .* in norm1 of .*form='caffe'"
    ):
        interop.from_caffe("googlenet", file, form="caffe")
    with pytest.raises(ValueError, match="form must be"):
        interop.from_caffe("googlenet", file, form="other")


def test_auxiliary_classifiers(tmp_path: Path) -> None:
    """A file of a net in training has those too."""
    net = as_trained(create_model("googlenet", num_classes=2, form="caffe"))
    said = translate(net, net.input_size, training=True)
    layers = [as_layer(one, 3) for one in said]
    path = tmp_path / "train.caffemodel"
    path.write_bytes(caffemodel.write("net", layers))
    read = interop.from_caffe("googlenet", path)
    assert all(torch.equal(tensor, net.state_dict()[key]) for key, tensor in read.state_dict().items())
    assert "aux2.linear.weight" in read.state_dict()


def test_preprocessing(squeezenet: Any) -> None:
    *_, path = squeezenet
    file = path.with_name("net.caffemodel")
    read = interop.from_caffe("squeezenet1_1", file)
    pixels = torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    expected = pixels[:, 14:241, 14:241] - torch.tensor([123.0, 117.0, 104.0])[:, None, None]
    picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    for given in (pixels, picture, pixels / 255):
        assert torch.allclose(read.preprocess(given), expected, atol=1e-4)
    assert read.preprocess(Image.new("RGB", (300, 500))).shape == (3, 227, 227)
    assert read.preprocess(pixels[None].expand(2, -1, -1, -1)).shape == (2, 3, 227, 227)
    assert "crop 227" in repr(read.preprocess)
    assert torch.equal(pickle.loads(pickle.dumps(read)).preprocess(pixels), read.preprocess(pixels))
    assert not any("preprocess" in name for name, _ in read.named_modules())

    read = interop.from_caffe("squeezenet1_1", file, mean=(1.0, 2.0, 3.0))
    assert torch.allclose(
        read.preprocess(pixels)[:, 0, 0], pixels[:, 14, 14] - torch.tensor([3.0, 2.0, 1.0]), atol=1e-4
    )


@pytest.mark.parametrize(("side", "cut"), [(256, 14), (227, 0)])
def test_mean_image(side: int, cut: int, squeezenet: Any) -> None:
    """An image of the resized size is taken away before the crop, one of the crop's after it."""
    _, _, path = squeezenet
    mean = np.random.default_rng(0).uniform(0, 255, (3, side, side)).astype("f4")
    file = path.with_name("mean.binaryproto")
    sides = b"".join(bytes([8 * number]) + number_bytes(n) for number, n in enumerate((1, 3, side, side), 1))
    file.write_bytes(sides + b"\x2a" + number_bytes(mean.nbytes) + mean.tobytes())
    read = interop.from_caffe("squeezenet1_1", path.with_name("net.caffemodel"), mean=file)
    pixels = torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    rgb = torch.from_numpy(mean).flip(0)[:, cut : cut + 227, cut : cut + 227]
    assert torch.allclose(read.preprocess(pixels), pixels[:, 14:241, 14:241] - rgb, atol=1e-4)
    with pytest.raises(ValueError, match=r"the mean image must be 224x224 or 256x256; given"):
        Preprocess(interop.RELEASES["googlenet"], np.ones((3, 8, 8)))


def number_bytes(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + number_bytes(value // 128)


def test_bad_arguments(squeezenet: Any) -> None:
    _, _, path = squeezenet
    file = path.with_name("net.caffemodel")
    with pytest.raises(ValueError, match="no model is named 'squeezenet'"):
        interop.from_caffe("squeezenet", file)
    with pytest.raises(ValueError, match=r"squeezenet1_1 has no option form|form must be"):
        interop.from_caffe("squeezenet1_1", file, form="nobody's")
    with pytest.raises(ValueError, match="nin_cifar has no preprocessing for a mean; alexnet_two_gpu, "):
        interop.from_caffe("nin_cifar", file, mean=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="mean must be three numbers or an image of three channels; given"):
        interop.from_caffe("squeezenet1_1", file, mean=(1.0, 2.0))
    with pytest.raises(FileNotFoundError):
        interop.from_caffe("squeezenet1_1", path)
    with pytest.raises(ValueError, match="is no file of lenet5: "):
        interop.from_caffe("lenet5", file)


def as_he_wrote(layers: list[Layer]) -> Iterator[Layer]:
    """The order and the names of the released ResNets, and what else is theirs.

    A unit's projection is ahead of its body, and statistics are sums with their number beside them.
    """
    kinds = {"Convolution": "res", "BatchNorm": "bn", "Scale": "scale"}
    units: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.kind == "BatchNorm":
            mean, variance, _ = layer.blobs
            layer = layer._replace(blobs=(4 * mean, 4 * variance, np.array([4.0])))
        found = re.match(r"conv(\d)_x\.conv\d_(\d+)\.sum\.(body|shortcut)\.\D+(\d?)", layer.name)
        if not found or layer.kind not in kinds:
            units.setdefault(layer.name, []).append(layer)
            continue
        stage, number, path, part = found.groups()
        unit = stage + "abcdef"[int(number) - 1]
        branch = "1" if path == "shortcut" else f"2{'abc'[int(part) - 1]}"
        named = layer._replace(name=f"{kinds[layer.kind]}{unit}_branch{branch}")
        units.setdefault(unit, []).insert(len(units[unit]) if path == "body" else at(units[unit]), named)
    yield from (layer for unit in units.values() for layer in unit)


def at(unit: list[Layer]) -> int:
    """Behind what of the projection is there already."""
    return sum("branch1" in layer.name for layer in unit)


def test_the_released_resnets(tmp_path: Path) -> None:
    net = as_trained(create_model("resnet50", num_classes=7, form="released"))
    layers = caffemodel.read(interop.to_caffe(net, tmp_path).caffemodel)
    path = tmp_path / "ResNet-50-model.caffemodel"
    path.write_bytes(caffemodel.write("ResNet-50", as_he_wrote(layers)))
    names = [layer.name for layer in caffemodel.read(path)]
    assert names.index("res2a_branch1") < names.index("res2a_branch2a") < names.index("res2b_branch2a")
    read = interop.from_caffe("resnet50", path)
    for key, tensor in net.state_dict().items():
        assert "num_batches" in key or torch.equal(read.state_dict()[key], tensor)

    none = changed(layers, "bn1", blobs=(np.ones(64), np.ones(64), np.zeros(1)))
    path.write_bytes(caffemodel.write("ResNet-50", none))
    assert not interop.from_caffe("resnet50", path).bn1.running_mean.any(), "Caffe takes 0 for the mean of nothing"
