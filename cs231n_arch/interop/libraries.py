"""Weights from and to torchvision, timm and pytorchcv, without a table of names; see `matching`."""

import http.client
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Literal, cast

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from cs231n_arch.data.sources import patience
from cs231n_arch.interop.matching import Pair, defined_order, first_difference, pairs, running_order
from cs231n_arch.models.registry import MODELS, constructor

Library = Literal["torchvision", "timm", "pytorchcv"]
State = dict[str, Tensor]
Options = Mapping[str, object]

# Our nets are the papers'. With these options they are what torchvision and timm have under the same name.
REFERENCE: dict[str, dict[str, object]] = {
    "alexnet": {"form": "torchvision"},
    "googlenet": {"form": "torchvision"},
    "inception_v3": {"form": "torchvision"},
    **{f"resnet{depth}": {"form": "torchvision"} for depth in (50, 101, 152)},
}
# pytorchcv's name of a net of ours, and the options that make ours the same.
PYTORCHCV: dict[str, tuple[str, dict[str, object]]] = {
    "alexnet": ("alexnet", {}),
    **{f"vgg{depth}": (f"vgg{depth}", {}) for depth in (11, 13, 16, 19)},
    **{f"vgg{depth}_bn": (f"bn_vgg{depth}b", {}) for depth in (11, 13, 16, 19)},
    "inception_v3": ("inceptionv3", {"form": "torchvision"}),
    "inception_v4": ("inceptionv4", {}),
    "inception_resnet_v2": ("inceptionresnetv2", {}),
    **{f"resnet{depth}": (f"resnet{depth}", {}) for depth in (18, 34, 50, 101, 152)},
    **{f"resnet{depth}": (f"resnet{depth}_cifar10", {"shortcut": "B"}) for depth in (20, 56, 110, 1202)},
    "wide_resnet28_10": ("wrn28_10_cifar10", {}),
    "resnext50_32x4d": ("resnext50_32x4d", {}),
    "resnext101_64x4d": ("resnext101_64x4d", {}),
    **{f"densenet{depth}": (f"densenet{depth}", {}) for depth in (121, 169, 201, 161)},
    "densenet_bc100_12": ("densenet100_k12_bc_cifar10", {}),
    "squeezenet1_0": ("squeezenet_v1_0", {}),
    "squeezenet1_1": ("squeezenet_v1_1", {}),
    "squeezenet_simple_bypass": ("squeezeresnet_v1_0", {}),
    "se_resnet50": ("seresnet50", {"bias": True}),
}
# pytorchcv's AlexNet sums a fifth of alpha times each square, ours alpha times each, as printed. That is the same
# for numbers that are 5^0.5 times smaller; ReLU and pooling keep the scale, and conv3 undoes it.
RESCALED: dict[tuple[str, str], dict[str, float]] = {
    ("pytorchcv", "alexnet"): {
        "conv1.weight": 5**-0.5,
        "conv1.bias": 5**-0.5,
        "conv2.bias": 5**-0.5,
        "conv3.weight": 5**0.5,
    }
}
# torchvision's DenseNet weights were saved when its layers were called "norm.1"; today they are "norm1".
OLD_NAME = re.compile(r"(?<=\.)(norm|conv)\.(?=[12]\.)")
# What wrappers put before every name: DataParallel and DistributedDataParallel, torch.compile.
WRAPPED = re.compile(r"^((module|_orig_mod)\.)+")
# Under which keys checkpoints of training programs keep the weights.
CHECKPOINT = ("state_dict", "model", "model_state_dict")


def from_torchvision(name: str, state_dict_or_weights: Mapping[str, Tensor] | WeightsEnum | str) -> State:
    """Turn weights of torchvision's model into a state dict for ours.

    Args:
        name: a model that both have.
        state_dict_or_weights: a state dict of torchvision's model, for any number of classes and input channels,
            with or without auxiliary classifiers; or its published weights to download, as a member of
            torchvision's enumeration or by name ("IMAGENET1K_V1"). The state dict may be a checkpoint's
            (`{"state_dict": ...}`) and that of a wrapped model (keys that begin with `module.` or `_orig_mod.`).

    Returns:
        A state dict for `create_model(name, **REFERENCE.get(name, {}))` with as many classes and channels; its
        tensors share their memory with the given ones.

    Raises:
        ValueError: unknown model, one that torchvision lacks, or weights of another model.
        RuntimeError: the download failed.
    """
    return _convert("torchvision", name, _state_dict(name, state_dict_or_weights), to_ours=True)


def to_torchvision(name: str, state_dict: Mapping[str, Tensor]) -> State:
    """Turn a state dict of ours into one for `torchvision.models.get_model(name)`; see `from_torchvision`.

    It must be of the form in `REFERENCE`. Where the paper's form has the same tensors (ResNet-50's stride in the
    other layer) nothing tells the two apart, and torchvision's net will compute something else.
    """
    return _convert("torchvision", name, state_dict, to_ours=False)


def from_timm(name: str, state_dict: Mapping[str, Tensor]) -> State:
    """Turn a state dict of `timm.create_model(name)` into one for ours; see `from_torchvision`.

    Raises:
        ValueError: unknown model, one that timm lacks, or weights of another model.
        ModuleNotFoundError: timm is not installed.
    """
    return _convert("timm", name, state_dict, to_ours=True)


def to_timm(name: str, state_dict: Mapping[str, Tensor]) -> State:
    """Turn a state dict of ours into one for `timm.create_model(name)`; see `from_timm` and `to_torchvision`."""
    return _convert("timm", name, state_dict, to_ours=False)


def from_pytorchcv(name: str, state_dict: Mapping[str, Tensor]) -> State:
    """Turn a state dict of pytorchcv's model into one for ours; see `from_torchvision`.

    Args:
        name: our name; `PYTORCHCV` says what the model is called in pytorchcv's `get_model`. Those for CIFAR-10
            are there for CIFAR-100 and SVHN too, and differ in the number of classes alone.
        state_dict: of that model.

    Returns:
        A state dict for `create_model(name, **PYTORCHCV[name][1])`. Its tensors share their memory with the given
        ones, except the four of AlexNet that correct for another constant of the normalization.

    Raises:
        ValueError: unknown model, one that pytorchcv lacks or has in another form (its NiN and ZFNet pool and
            normalize otherwise), or weights of another model.
        ModuleNotFoundError: pytorchcv is not installed.
    """
    return _convert("pytorchcv", name, state_dict, to_ours=True)


def _state_dict(name: str, weights: Mapping[str, Tensor] | WeightsEnum | str) -> Mapping[str, Tensor]:
    """The given state dict, or the downloaded one."""
    if isinstance(weights, Mapping):
        return weights
    library_net("torchvision", name)  # refuses a wrong name before anything is downloaded
    known = torchvision.models.get_model_weights(name).__members__
    weights = known.get(weights, weights) if isinstance(weights, str) else weights
    if weights not in known.values():
        raise ValueError(f"the weights of torchvision's {name} are {', '.join(known)}; given {weights}")
    try:
        with patience():
            return cast(Mapping[str, Tensor], weights.get_state_dict(progress=True, check_hash=True))
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(
            f"could not download {weights} from {weights.url}: {error}. Try again with a network, or put that "
            f"file into {torch.hub.get_dir()}/checkpoints; {call(name, {})}, untrained, needs none. "
            "create_model('squeezenet1_1', pretrained=True) needs none either"
        ) from error


def _unwrapped(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict itself, out of a checkpoint and without the prefixes of wrappers."""
    for key in CHECKPOINT:
        if isinstance(inner := given.get(key), Mapping):
            given = inner
    return {WRAPPED.sub("", key): tensor for key, tensor in given.items()}


def _convert(library: Library, name: str, given: Mapping[str, Tensor], *, to_ours: bool) -> State:
    """The tensors of one net's state dict under the names, and in the shapes, of the other net."""
    given = _unwrapped(given)
    matched = [pair for pair in _pairs(library, name) if has_aux(given) or not has_aux([pair.theirs])]
    keys = [(pair.theirs, pair.ours) if to_ours else (pair.ours, pair.theirs) for pair in matched]
    known = {source for source, _ in keys}
    given = {key if key in known else OLD_NAME.sub(r"\1", key): tensor for key, tensor in given.items()}
    for key in known:
        if key.endswith("num_batches_tracked"):
            given.setdefault(key, torch.tensor(0))  # weights older than PyTorch 0.4.1 have none

    form = our_form(library, name)
    source_net = f"{library}'s {name}" if to_ours else call(name, form)
    refusal = f"this is no state dict of {source_net}"
    for what, wrong in (("lacks", known - given.keys()), ("has besides", given.keys() - known)):
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise ValueError(f"{refusal}: it {what} {', '.join(sorted(wrong)[:3])}{more}")

    # The first and the last layer tell how many channels and classes the net is for.
    weights = [given[source] for source, _ in keys if source.endswith("weight")]
    channels, classes = max(weights[0].shape[1:2], default=1), max(weights[-1].shape[:1], default=1)
    with torch.device("meta"):
        ours = shapes(constructor(name)(classes, channels, **form))
    converted = {}
    for (source, target), pair in zip(keys, matched, strict=True):
        our_shape = ours[pair.ours]
        # Where one net has a convolution for the other's linear layer, the number of dimensions differs.
        same = len(our_shape) == len(pair.shape)
        their_shape = our_shape if same else (our_shape[0], *pair.shape[1:])
        before, after = (their_shape, our_shape) if to_ours else (our_shape, their_shape)
        if given[source].shape != before:
            raise ValueError(f"{refusal}: {source} must be {before}, given {tuple(given[source].shape)}")
        converted[target] = given[source].reshape(after)
    for key, factor in RESCALED.get((library, name), {}).items():
        converted[key] = factor * converted[key]
    return converted


@cache
def _pairs(library: Library, name: str) -> tuple[Pair, ...]:
    """The tensors of both nets pair by pair.

    They are in the order in which the layers that hold them run. pytorchcv's units run the shortcut first, but
    define it last, where ours run it: its layers are taken in the order of their definition.
    """
    theirs = library_net(library, name)
    build, options = constructor(name), dict(our_form(library, name))
    if "aux" in inspect.signature(build).parameters:
        options["aux"] = has_aux(theirs.state_dict())
    with torch.device("meta"):
        ours = build(**options)
    order = defined_order if library == "pytorchcv" else running_order
    layers = order(theirs, ours.input_size), running_order(ours, ours.input_size)
    if difference := first_difference(*layers):
        their, our = difference
        raise ValueError(
            f"{library}'s {name} is another net than {call(name, options)}: "
            f"where it runs {their or 'nothing'}, ours runs {our or 'nothing'}"
        )
    return pairs(*layers)


def our_form(library: Library, name: str) -> Options:
    """The options that make our net the library's."""
    if library == "pytorchcv":
        return PYTORCHCV[name][1] if name in PYTORCHCV else {}
    return REFERENCE.get(name, {})


def library_net(library: Library, name: str) -> nn.Module:
    """The library's net on the meta device.

    Raises:
        ValueError: no model of ours is called so, or none of the library's.
        ModuleNotFoundError: the library is not installed.
    """
    constructor(name)
    has: Callable[[str], bool]
    build: Callable[[str], nn.Module]
    if library == "torchvision":
        has, build = torchvision_has, torchvision.models.get_model
    elif library == "timm":
        import timm  # imported here: only conversions from timm need it

        has, build = timm.is_model, timm.create_model
    else:
        from pytorchcv.model_provider import get_model

        has, build = PYTORCHCV.__contains__, lambda ours: get_model(PYTORCHCV[ours][0])
    if not has(name):
        raise ValueError(f"{library} has no {name}; both have {', '.join(filter(has, MODELS))}")
    with torch.device("meta"), warnings.catch_warnings():
        # torchvision warns that an initialization may change, which does not matter here.
        warnings.simplefilter("ignore", FutureWarning)
        return build(name)


def torchvision_has(name: str) -> bool:
    """Whether torchvision has a classifier of this name; it publishes ImageNet weights for all."""
    return name in torchvision.models.list_models(module=torchvision.models)


def has_aux(keys: Iterable[str]) -> bool:
    """Whether some of the keys belong to an auxiliary classifier; both libraries and we call it "aux..."."""
    return any(key.lower().startswith("aux") for key in keys)


def shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of the state dict."""
    return {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}


def call(name: str, options: Mapping[str, object]) -> str:
    """The call of `create_model` as one types it."""
    arguments = [repr(name), *(f"{option}={value!r}" for option, value in options.items())]
    return f"create_model({', '.join(arguments)})"
