"""Weights from and to torchvision and timm, matched by what runs, not by what it is called.

Two nets that are the same run the same layers one after the other. So both are run once on the meta device, where
nothing is computed, the layers that hold tensors are noted in the order in which they run, and the two lists
must agree pair by pair in kind and size. That is the whole conversion; it knows no model's layers by name.
"""

import http.client
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import zip_longest
from typing import Literal, NamedTuple, cast

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import MODELS, constructor

Library = Literal["torchvision", "timm"]
State = dict[str, Tensor]

# The options that make our net, which is the paper's, the one that the libraries have under its name.
REFERENCE: dict[str, dict[str, object]] = {
    "alexnet": {"variant": "one_weird_trick"},
    "googlenet": {"five_by_five": False, "batch_norm": True},
    "inception_v3": {"count_include_pad": True},
    **{f"resnet{depth}": {"stride_in": "3x3"} for depth in (50, 101, 152)},
}
# torchvision's DenseNet weights were saved when its layers were called "norm.1"; today they are "norm1".
OLD_NAME = re.compile(r"(?<=\.)(norm|conv)\.(?=[12]\.)")


def from_torchvision(name: str, state_dict_or_weights: Mapping[str, Tensor] | WeightsEnum | str) -> State:
    """Turn weights of torchvision's model into a state dict for ours.

    Args:
        name: a model that both have.
        state_dict_or_weights: a state dict of torchvision's model, for any number of classes and input channels,
            with or without auxiliary classifiers; or its published weights to download, as a member of
            torchvision's enumeration or by name ("IMAGENET1K_V1").

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


def load_pretrained(name: str, **options: object) -> Net:
    """Build our model with torchvision's published ImageNet weights.

    Those are the first that were published (IMAGENET1K_V1), whose training is closest to the papers'. The file is
    checked against its hash. GoogLeNet's auxiliary classifiers come untrained.

    Args:
        name: a model that torchvision has weights for.
        options: options of the model's constructor that leave the form of the weights as it is, like `dropout`.

    Returns:
        The net in training mode, like every new one, in the form in which the weights were trained (`REFERENCE`).
        Its `preprocess` turns an image (PIL, or a tensor (..., 3, H, W)) into an input.

    Raises:
        ValueError: no weights are published for the model, or the options ask for another form.
        RuntimeError: the download failed; the message says from where, and what can be done.
    """
    build = constructor(name)
    published = [model for model in MODELS if _torchvision_has(model)]
    if name not in published:
        raise ValueError(f"torchvision publishes no weights for {name}, but for {', '.join(published)}")
    form = REFERENCE.get(name, {})
    with torch.device("meta"):
        wanted, trained = (_shapes(build(**{**form, **more})) for more in (options, {}))
    other_form = any(options.get(option, value) != value for option, value in form.items())
    if other_form or wanted.items() - trained.items():
        raise ValueError(
            f"the published weights fit {_call(name, form)}, not {_call(name, options)}; "
            "for other classes, load them and replace the last layer"
        )
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    state = from_torchvision(name, weights)
    net = build(**{**form, **options})
    net.load_state_dict({key: state[key] for key in wanted})
    preprocess = weights.transforms()
    if hasattr(_library_net("torchvision", name), "transform_input"):
        # These weights see pixels from -1 to 1; torchvision's net itself turns its usual normalisation into that.
        preprocess.mean = preprocess.std = [0.5, 0.5, 0.5]
    vars(net)["preprocess"] = preprocess  # assigned as usual it would become a stage of the net
    return net


def _state_dict(name: str, weights: Mapping[str, Tensor] | WeightsEnum | str) -> Mapping[str, Tensor]:
    """The given state dict, or the downloaded one."""
    if isinstance(weights, Mapping):
        return weights
    _library_net("torchvision", name)  # refuses a wrong name before anything is downloaded
    known = torchvision.models.get_model_weights(name).__members__
    weights = known.get(weights, weights) if isinstance(weights, str) else weights
    if weights not in known.values():
        raise ValueError(f"the weights of torchvision's {name} are {', '.join(known)}; given {weights}")
    try:
        return cast(Mapping[str, Tensor], weights.get_state_dict(progress=True, check_hash=True))
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(
            f"could not download {weights} from {weights.url}: {error}. Try again with a network, or put that "
            f"file into {torch.hub.get_dir()}/checkpoints; {_call(name, {})}, untrained, needs none"
        ) from error


class Pair(NamedTuple):
    """One tensor that both nets have.

    Attributes:
        theirs: its key in the library's state dict.
        ours: its key in ours.
        shape: its shape in the library's net with the usual number of classes.
    """

    theirs: str
    ours: str
    shape: tuple[int, ...]


def _convert(library: Library, name: str, given: Mapping[str, Tensor], *, to_ours: bool) -> State:
    """The tensors of one net's state dict under the names, and in the shapes, of the other net."""
    pairs = [pair for pair in _pairs(library, name) if _has_aux(given) or not _has_aux([pair.theirs])]
    keys = [(pair.theirs, pair.ours) if to_ours else (pair.ours, pair.theirs) for pair in pairs]
    known = {source for source, _ in keys}
    given = {key if key in known else OLD_NAME.sub(r"\1", key): tensor for key, tensor in given.items()}
    for key in known:
        if key.endswith("num_batches_tracked"):
            given.setdefault(key, torch.tensor(0))  # weights older than PyTorch 0.4.1 have none

    form = REFERENCE.get(name, {})
    source_net = f"{library}'s {name}" if to_ours else _call(name, form)
    refusal = f"this is no state dict of {source_net}"
    for what, wrong in (("lacks", known - given.keys()), ("has besides", given.keys() - known)):
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise ValueError(f"{refusal}: it {what} {', '.join(sorted(wrong)[:3])}{more}")

    # The first and the last layer tell how many channels and classes the net is for.
    weights = [given[source] for source, _ in keys if source.endswith("weight")]
    channels, classes = max(weights[0].shape[1:2], default=1), max(weights[-1].shape[:1], default=1)
    with torch.device("meta"):
        ours = _shapes(constructor(name)(classes, channels, **form))
    converted = {}
    for (source, target), pair in zip(keys, pairs, strict=True):
        our_shape = ours[pair.ours]
        # Where one net has a convolution for the other's linear layer, the number of dimensions differs.
        same = len(our_shape) == len(pair.shape)
        their_shape = our_shape if same else (our_shape[0], *pair.shape[1:])
        before, after = (their_shape, our_shape) if to_ours else (our_shape, their_shape)
        if given[source].shape != before:
            raise ValueError(f"{refusal}: {source} must be {before}, given {tuple(given[source].shape)}")
        converted[target] = given[source].reshape(after)
    return converted


@cache
def _pairs(library: Library, name: str) -> tuple[Pair, ...]:
    """The tensors of both nets pair by pair, in the order in which the layers that hold them run."""
    theirs = _library_net(library, name)
    build, options = constructor(name), dict(REFERENCE.get(name, {}))
    if "aux" in inspect.signature(build).parameters:
        options["aux"] = _has_aux(theirs.state_dict())
    with torch.device("meta"):
        ours = build(**options)
    pairs = []
    for their, our in zip_longest(_layers(theirs, ours.input_size), _layers(ours, ours.input_size)):
        if their is None or our is None or not _alike(their.module, our.module):
            raise ValueError(
                f"{library}'s {name} is another net than {_call(name, options)}: "
                f"where it runs {their or 'nothing'}, ours runs {our or 'nothing'}"
            )
        for key, tensor in _own_tensors(their.module):
            pairs.append(Pair(f"{their.name}.{key}", f"{our.name}.{key}", tuple(tensor.shape)))
    return tuple(pairs)


def _library_net(library: Library, name: str) -> nn.Module:
    """The library's net on the meta device.

    Raises:
        ValueError: no model of ours is called so, or none of the library's.
    """
    constructor(name)
    has: Callable[[str], bool]
    build: Callable[[str], nn.Module]
    if library == "timm":
        import timm  # here, because whoever does not convert from timm need not have it

        has, build = timm.is_model, timm.create_model
    else:
        has, build = _torchvision_has, torchvision.models.get_model
    if not has(name):
        raise ValueError(f"{library} has no {name}; both have {', '.join(filter(has, MODELS))}")
    with torch.device("meta"), warnings.catch_warnings():
        # torchvision warns that an initialisation may change, which does not matter here.
        warnings.simplefilter("ignore", FutureWarning)
        return build(name)


def _torchvision_has(name: str) -> bool:
    """Whether torchvision has a classifier of this name; it publishes ImageNet weights for all."""
    return name in torchvision.models.list_models(module=torchvision.models)


class Layer(NamedTuple):
    """A module that holds tensors of its own, and its name in the net."""

    name: str
    module: nn.Module

    def __str__(self) -> str:
        return f"{self.name}, {_kind(self.module).__name__}({_kind(self.module).extra_repr(self.module)})"


def _layers(net: nn.Module, input_size: tuple[int, int, int]) -> list[Layer]:
    """The layers that hold tensors, in the order in which a training pass first runs them."""
    layers: dict[nn.Module, Layer] = {}
    for name, module in net.named_modules():
        if _own_tensors(module):
            layer = Layer(name, module)
            module.register_forward_pre_hook(
                lambda module, _, layer=layer: layers.setdefault(module, layer) and None
            )
    with torch.no_grad():
        net.train()(torch.empty(2, *input_size, device="meta"))
    return list(layers.values())


def _own_tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Parameters and buffers of the module itself, by name."""
    return [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]


def _kind(module: nn.Module) -> type[nn.Module]:
    """The layer of PyTorch that the module is, or is derived from."""
    return next(kind for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn."))


def _alike(one: nn.Module, other: nn.Module) -> bool:
    """Whether two layers do the same with tensors of the same size."""
    kind, other_kind = _kind(one), _kind(other)
    if kind is other_kind:
        return kind.extra_repr(one) == kind.extra_repr(other)
    # On a map of its own size a convolution is a linear layer.
    sizes = [[(t.shape[:1], t.numel()) for _, t in _own_tensors(module)] for module in (one, other)]
    return {kind, other_kind} == {nn.Conv2d, nn.Linear} and sizes[0] == sizes[1]


def _has_aux(keys: Iterable[str]) -> bool:
    """Whether some of the keys belong to an auxiliary classifier; both libraries and we call it "aux..."."""
    return any(key.lower().startswith("aux") for key in keys)


def _shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of the state dict."""
    return {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}


def _call(name: str, options: Mapping[str, object]) -> str:
    """The call of `create_model` as one types it."""
    arguments = [repr(name), *(f"{option}={value!r}" for option, value in options.items())]
    return f"create_model({', '.join(arguments)})"
