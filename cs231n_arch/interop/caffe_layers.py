"""A net of PyTorch in Caffe's layers: what it runs, function by function, and which tensors each of them takes.

The net is run once on the meta device, where nothing is computed, and watched where PyTorch's functions are
called. So it does not matter whether a layer is a module or a line of a `forward`. `caffe_rules` has the
layers of Caffe for each function, and refuses a function for which Caffe has none.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.modes import copied, to_meta
from cs231n_arch.interop.caffe_rules import RULES, NotInCaffeError
from cs231n_arch.interop.caffemodel import Setting

DATA = "data"


class CaffeLayer(NamedTuple):
    """One of Caffe's layers in place of a function.

    Attributes:
        name: of the layer, and of the blob that it makes.
        kind: as Caffe calls it.
        settings: as in Caffe's prototxt, in full.
        weights: the net's own tensors in the order of Caffe's blobs; None for the factor that Caffe's batch norm
            divides its statistics by.
        bottoms: names of the blobs that it reads.
        sizes: shape of what the first of them holds.
    """

    name: str
    kind: str
    settings: Mapping[str, Setting]
    weights: tuple[Tensor | None, ...]
    bottoms: tuple[str, ...]
    sizes: tuple[int, ...]


def translate(net: nn.Module, input_size: tuple[int, int, int], *, training: bool = False) -> list[CaffeLayer]:
    """The layers of Caffe that compute what the net does, in the order in which it runs.

    Args:
        net: a net that takes one batch of images; it may live on the meta device. Its modes stay as they are.
        input_size: (channels, height, width).
        training: run what only runs in training, that is auxiliary classifiers.

    Raises:
        ValueError: a layer of the net that Caffe does not have; the message names it.
    """
    twin = copied(net, to_meta).train(training)
    own, twins = (
        {**dict(n.named_parameters(remove_duplicate=False)), **dict(n.named_buffers(remove_duplicate=False))}
        for n in (net, twin)
    )
    watch = _Watch(image := torch.empty(2, *input_size, device="meta"), {id(twins[key]): own[key] for key in own})
    with _watched(twin, watch), torch.inference_mode(False), torch.no_grad(), watch:
        twin(image)
    return watch.layers


class _Watch(TorchFunctionMode):
    """Turns the functions that a net calls into layers."""

    def __init__(self, image: Tensor, own: Mapping[int, Tensor]) -> None:
        super().__init__()
        self.layers: list[CaffeLayer] = []
        self.own = own
        self.blobs = {id(image): DATA}  # tensor -> the blob's name
        self.kept = [image]  # as long as they live, no other tensor gets their id
        self.modules: list[str] = []

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call the function; if its output depends on the net's input, add its layers."""
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        of_ours = any(id(leaf) in self.blobs for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor))
        if of_ours and any(isinstance(leaf, Tensor) for leaf in tree_leaves(result)):
            self.add(function.__name__, args, kwargs, result)
        return result

    def add(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Tensor) -> None:
        """Add the layers of Caffe that compute the call."""
        where = self.modules[-1] if self.modules else ""
        try:
            if function not in RULES:
                raise NotInCaffeError(f"Caffe has no layer for {function}")
            for rule in RULES[function](result, *args, **kwargs):
                name = self.free(where or function, rule.kind)
                bottoms = tuple(self.layers[-1].name if t is None else self.blob(t) for t in rule.inputs)
                weights = tuple(None if w is None else self.own[id(w)] for w in rule.weights)
                sizes = tuple(next((t for t in rule.inputs if t is not None), result).shape)
                self.layers.append(CaffeLayer(name, rule.kind, rule.settings, weights, bottoms, sizes))
                self.blobs[id(result)] = name
        except NotInCaffeError as why:
            raise ValueError(f"{where or 'the net'} cannot be expressed in Caffe: {why}") from None
        self.kept.append(result)

    def blob(self, tensor: Tensor) -> str:
        """The name of the blob that holds a tensor."""
        if id(tensor) not in self.blobs:
            raise NotInCaffeError("it computes with what does not come from the image")
        return self.blobs[id(tensor)]

    def free(self, name: str, kind: str) -> str:
        """A name that no layer has yet."""
        taken = {layer.name for layer in self.layers} | {DATA}
        if name in taken:
            name = f"{name}/{kind.lower()}"
        numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(other for other in numbered if other not in taken)


@contextmanager
def _watched(net: nn.Module, watch: _Watch) -> Iterator[None]:
    """Tell `watch` in which module it is."""
    with ExitStack() as hooks:
        for name, module in net.named_modules():
            begun = module.register_forward_pre_hook(lambda _, __, name=name: watch.modules.append(name))
            hooks.enter_context(begun)
            hooks.enter_context(module.register_forward_hook(lambda _, __, ___: watch.modules.pop() and None))
        yield
