"""Weights that can be had without a network: read as they are, or refused."""

import os
import pickle
import socket
import sys
import tomllib
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import functional as transforms

from cs231n_arch import create_model, data, interop
from cs231n_arch.attribution import class_names, top_classes
from cs231n_arch.compression import fidelity, log_probabilities
from cs231n_arch.interop import pretrained, pretrained_files
from cs231n_arch.interop.libraries import shapes

SHAPES = shapes(create_model("squeezenet1_1"))


@pytest.fixture
def nothing_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No downloaded weights, and no network."""

    def no_network(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", no_network)
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def ndf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The place of the pickle in a package `ndf` of ours, which fails when it is imported."""
    package = tmp_path / "packages" / "ndf"
    path = package / pretrained_files.PICKLE
    path.parent.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(str(package.parent))
    return path


def arrays() -> dict[str, list[np.ndarray]]:
    """Random weights as ndf names and shapes them."""
    state = create_model("squeezenet1_1").state_dict()
    made: dict[str, list[np.ndarray]] = {}
    for key, tensor in state.items():
        name = key.rsplit(".", 1)[0].removesuffix(".conv").replace(".expand.", ".").replace(".", "/")
        array = tensor.numpy()
        made.setdefault(name, []).append(array.transpose(2, 3, 1, 0).copy() if array.ndim == 4 else array)
    return made


def test_a_net_that_sees(nothing_cached: Path) -> None:
    net = create_model("squeezenet1_1", pretrained=True)
    assert "ndf" not in sys.modules
    assert "ndf" in net.weights
    assert net.training
    photos = data.photos()
    # The right class has 0.998, 0.99 for the three cats together, and 0.76; the next one is far behind.
    for photo, names in (("coffee", {"espresso"}), ("photographer", {"tripod"})):
        assert top_classes(net, photos[photo].image).name[0] in names
    cats = top_classes(net, photos["cat"].image, 3)
    assert set(cats.name) == {"tiger cat", "Egyptian cat", "tabby"}
    assert cats.probability.sum() > 0.9
    assert top_classes(net, photos["coffee"].image).probability[0] > 0.95
    assert not nothing_cached.exists(), "nothing is downloaded"
    assert torch.equal(pickle.loads(pickle.dumps(net)).conv1.weight, net.conv1.weight)


def test_the_first_layer_sees_red_green_blue(nothing_cached: Path) -> None:
    """With the colors exchanged the cup of coffee is no espresso: 0.13 for 0.998."""
    net = create_model("squeezenet1_1", pretrained=True)
    coffee = data.photos()["coffee"].image
    exchanged = top_classes(net, coffee.flip(0), len(class_names()))
    assert float(exchanged.probability[exchanged.name == "espresso"].iloc[0]) < 0.5


def test_weights_under_other_names_are_the_same() -> None:
    torch.manual_seed(0)
    net = create_model("squeezenet1_1")
    torch.manual_seed(0)
    state = pretrained_files.squeezenet_state(arrays(), SHAPES)
    assert state.keys() == SHAPES.keys()
    for key, tensor in net.state_dict().items():
        assert torch.equal(state[key], tensor.flip(1) if key == "conv1.weight" else tensor), key


def test_torchvisions_weights_where_they_are_cached(nothing_cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

    url = SqueezeNet1_1_Weights.IMAGENET1K_V1.url
    nothing_cached.mkdir(parents=True)
    torch.save(squeezenet1_1().state_dict(), nothing_cached / Path(url).name)
    net = create_model("squeezenet1_1", pretrained=True)
    assert "torchvision" in net.weights
    assert repr(net.preprocess) == repr(SqueezeNet1_1_Weights.IMAGENET1K_V1.transforms())


def test_the_shipped_file_is_faithful(nothing_cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a package and a network. The limits are about twice what was measured on these photographs."""
    original = create_model("squeezenet1_1", pretrained=True)
    monkeypatch.setattr(pretrained, "ndf_file", lambda: None)
    net = create_model("squeezenet1_1", pretrained=True)
    assert "7 bits" in net.weights
    assert repr(net.preprocess) == repr(original.preprocess)
    inputs = torch.stack([net.preprocess(photo.image) for photo in data.photos().values()])
    agreement = fidelity(log_probabilities(original, inputs), log_probabilities(net, inputs))
    assert agreement["kl"] < 0.03
    assert agreement["top5"] == 1
    assert top_classes(net, data.photos()["coffee"].image).name[0] == "espresso"
    assert pretrained_files.SHIPPED.stat().st_size < 1_000_000
    root = Path(__file__).parents[2]
    listed = tomllib.loads((root / "pyproject.toml").read_text())["project"][
        "license-files"
    ]  # they go into the wheel
    (licence,) = [text for text in ((root / name).read_text() for name in listed) if "SqueezeNet" in text]
    assert pretrained_files.SHIPPED.name in licence
    assert "BSD" in licence


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A connection that nothing comes from fails after a while, where PyTorch would wait for ever."""
    limits = []

    def silent(*_: object, **__: object) -> None:
        limits.append(socket.getdefaulttimeout())
        raise TimeoutError("timed out")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", silent)
    with pytest.raises(RuntimeError, match=r"could not download .*: timed out"):
        create_model("resnet18", pretrained=True)
    assert limits == [30.0]
    assert socket.getdefaulttimeout() is None


def test_no_weights_anywhere(nothing_cached: Path) -> None:
    with pytest.raises(RuntimeError, match=r"could not download .*Try again with a network.*squeezenet1_1'"):
        create_model("resnet18", pretrained=True)


def test_the_first_model_at_hand(nothing_cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    load = pretrained.load_pretrained
    monkeypatch.setattr(pretrained, "load_pretrained", lambda name: tried.append(name) or load(name))
    name, net = interop.first_pretrained("resnet50", "vgg16", "squeezenet1_1")
    assert name == "squeezenet1_1"
    assert not net.training
    assert tried == ["resnet50", "squeezenet1_1"], "one failed download is enough"
    with pytest.raises(RuntimeError, match=r"could not download ResNet50_Weights.*IMAGENET1K_V1"):
        interop.first_pretrained("resnet50", "vgg16")
    with pytest.raises(ValueError, match="at least one model"):
        interop.first_pretrained()


def test_another_size(ndf: Path, nothing_cached: Path) -> None:
    ndf.write_bytes(pickle.dumps(arrays()))
    with pytest.raises(
        ValueError, match=r"squeezenet_weights.pkl is not the file of ndf 0.1.4 .*bytes, not 4,945,361"
    ):
        create_model("squeezenet1_1", pretrained=True)


def test_another_content(ndf: Path, nothing_cached: Path) -> None:
    ndf.write_bytes(b"\x80\x03" + bytes(pretrained_files.BYTES - 2))
    with pytest.raises(ValueError, match=r"its SHA-256 is [0-9a-f]{64}, not f286bbf4"):
        create_model("squeezenet1_1", pretrained=True)


class Hostile:
    """A pickle that would make a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def as_ndf(path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a file that passes for the known one, so that the unpickler itself is asked."""
    import hashlib

    path.write_bytes(content)
    monkeypatch.setattr(pretrained_files, "BYTES", len(content))
    monkeypatch.setattr(pretrained_files, "SHA256", hashlib.sha256(content).hexdigest())


def test_a_hostile_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, trace = tmp_path / "weights.pkl", tmp_path / "trace"
    as_ndf(path, pickle.dumps(arrays() | {"conv1": Hostile(trace)}), monkeypatch)
    with pytest.raises(ValueError, match=r"it asks for (posix|nt)\.mkdir, which no file of weights needs"):
        pretrained_files.read_ndf(path, SHAPES)
    assert not trace.exists()


def test_a_pickle_is_read_by_arrays_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pkl"
    made = arrays()
    as_ndf(path, pickle.dumps(made, protocol=3), monkeypatch)
    read = pretrained_files.read_ndf(path, SHAPES)
    assert np.array_equal(read["conv10.bias"].numpy(), made["conv10"][1])


def changed(name: str, change: object) -> dict[str, list[np.ndarray]]:
    made = arrays()
    made[name] = change(made[name])  # type: ignore[operator]
    return made


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: changed("conv10", lambda pair: [pair[0][..., :10], pair[1]]), r"conv10 is float32 \(10, 512"),
        (lambda: changed("conv1", lambda pair: [pair[0].astype("f8"), pair[1]]), "conv1 is float64"),
        (lambda: changed("conv1", lambda pair: [pair[0] * np.float32("nan"), pair[1]]), "not finite"),
        (lambda: changed("conv1", lambda pair: pair[:1]), "not enough values to unpack"),
        (lambda: changed("fire2/squeeze1x1", lambda pair: None), "cannot unpack"),
        (lambda: arrays() | {"more": [np.zeros(1)]}, "it has 53 arrays, not 52"),
        (dict, "conv1"),
        (lambda: [1, 2], "list indices"),
    ],
)
def test_wrong_arrays(content: object, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pkl"
    as_ndf(path, pickle.dumps(content()), monkeypatch)  # type: ignore[operator]
    with pytest.raises(ValueError, match=rf"is not the file of ndf 0.1.4 \(install it anew\): .*{message}"):
        pretrained_files.read_ndf(path, SHAPES)


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x03}q\x00("])
def test_no_pickle(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pkl"
    as_ndf(path, content, monkeypatch)
    with pytest.raises(ValueError, match="is not the file of ndf"):
        pretrained_files.read_ndf(path, SHAPES)


def test_a_package_of_the_same_name_without_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_cached: Path
) -> None:
    (tmp_path / "packages" / "ndf").mkdir(parents=True)
    (tmp_path / "packages" / "ndf" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    assert pretrained_files.ndf_file() is None


def test_nets_without_a_preprocessing() -> None:
    image = torch.zeros(3, 64, 64, dtype=torch.uint8)
    with pytest.raises(ValueError, match="this Net has no preprocess; create_model"):
        top_classes(create_model("squeezenet1_1"), image)
    net = create_model("squeezenet1_1", num_classes=10)
    vars(net)["preprocess"] = lambda image: image.float()
    with pytest.raises(ValueError, match="the net scores 10 classes, not the 1000 of ImageNet"):
        top_classes(net, image)
    for k in (0, 1001, 2.5):
        with pytest.raises(ValueError, match="k must be a whole number from 1 to 1000; given"):
            top_classes(net, image, k)  # type: ignore[arg-type]
    assert isinstance(net, nn.Module)


@pytest.mark.parametrize("size", [(3, 2, 201), (3, 101, 1)])
def test_a_strip_is_refused_before_it_is_enlarged(size: tuple[int, int, int]) -> None:
    net = create_model("squeezenet1_1")
    vars(net)["preprocess"] = lambda image: pytest.fail("enlarged")
    strip = torch.zeros(size, dtype=torch.uint8)
    for image in (strip, transforms.to_pil_image(strip)):
        with pytest.raises(ValueError, match=rf"at most 100 times .* given {size[2]}x{size[1]} pixels"):
            top_classes(net, image)
