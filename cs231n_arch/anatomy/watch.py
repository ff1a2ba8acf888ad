"""One forward pass, watched where PyTorch dispatches its operators, and turned into rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.calls import Call
from cs231n_arch.anatomy.macs import count
from cs231n_arch.anatomy.operators import look
from cs231n_arch.anatomy.receptive import Seen, pixels
from cs231n_arch.anatomy.shapes import run

Side = int | tuple[int, ...] | None  # one number where all are equal, None without a window

# Operators that make a tensor like another one, whose numbers they do not read.
LIKE = {"empty_like", "full_like", "new_empty", "new_full", "new_ones", "new_zeros", "ones_like", "zeros_like"}
# In-place operators that change only how a tensor's numbers are looked at.
LOOKS = {"as_strided", "detach", "squeeze", "t", "transpose", "unsqueeze"}
NOT_COUNTED = " (MACs not counted)"


@dataclass
class Row:
    """One line of the table; the fields are its columns (see `layer_table`)."""

    name: str
    kind: str
    kernel: Side = None
    stride: Side = None
    padding: Side = None
    output_shape: tuple[int, ...] = ()
    params: int = 0
    macs: int = 0
    activation_bytes: int = 0
    receptive_field: int | None = None
    jump: int | None = None


def childless(module: nn.Module) -> bool:
    """Whether the module has no modules inside except those that compute its weights."""
    return all(name == "parametrizations" for name, _ in module.named_children())


def kind_of(module: nn.Module) -> str:
    """Name of a module's class, as it was before its weights were parametrized."""
    return parametrize.type_before_parametrizations(module).__name__


def storage(tensor: Tensor) -> int:
    """A key for the memory of a tensor, unique while it is alive."""
    return int(tensor.untyped_storage()._cdata) if tensor.layout == torch.strided else id(tensor)


class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Is called for every operator, in `__torch_dispatch__`."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """To skip the compiler here, PyTorch would load it, which takes seconds; nothing is compiled here."""
        return False


class Watch(Mode):
    """Sees every operator of a forward pass, and turns modules and loose operators into rows."""

    def __init__(self, net: nn.Module, inputs: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rows: list[Row] = []
        self.views: list[Seen | None] = []  # what the units of each row see
        self.path: list[str] = []  # names of the modules that are running, outermost first
        self.leaf: Row | None = None  # the row of the childless module that is running
        self.fresh: dict[int, int] = {}  # storages allocated by it, and their bytes
        self.loose: Counter[str] = Counter()  # rows of operators outside of such modules, by name
        self.alive: list[Tensor] = list(inputs)  # an id is a tensor's own only while the tensor lives
        self.sharing: defaultdict[int, list[Tensor]] = defaultdict(list)  # tensors by their storage

        parameters = list(net.parameters())
        self.sizes = {id(p): p.numel() for p in parameters}  # of parameters that no row has counted yet
        self.made_of = {id(p): {id(p)} for p in parameters}  # tensor -> parameters that it is made of
        self.weights = set(self.made_of)  # tensors made of parameters only

        image = next((t for t in inputs if t.is_floating_point() and t.ndim > 2), None)
        self.batch = inputs[0].shape[0] if inputs and inputs[0].ndim else 1
        self.rank = image.ndim - 2 if image is not None else 0
        # What the units of each tensor see that depends on the inputs; None if that is not known.
        self.seen: dict[int, Seen | None] = dict.fromkeys(map(id, inputs))
        if image is not None:
            same = [t for t in inputs if t.is_floating_point() and t.shape[2:] == image.shape[2:]]
            self.seen |= dict.fromkeys(map(id, same), pixels(image.shape))

    @contextmanager
    def hooked(self, net: nn.Module) -> Iterator[None]:
        """Note when a module begins and ends; the hooks are removed in any case."""
        names = {module: name for name, module in net.named_modules()}
        with ExitStack() as hooks:
            for module in names:
                hooks.enter_context(module.register_forward_pre_hook(lambda m, _: self.enter(m, names[m])))
                hooks.enter_context(module.register_forward_hook(lambda m, _, output: self.leave(m, output)))
            yield

    def enter(self, module: nn.Module, name: str) -> None:
        """A module begins."""
        self.path.append(name)
        if self.leaf is None and childless(module):
            self.leaf = Row(name, kind_of(module))
            self.fresh = {}

    def leave(self, module: nn.Module, output: object) -> None:
        """A module ends; one without children becomes a row, unless it gives back its input untouched."""
        name = self.path.pop()
        if self.leaf is not None and self.leaf.name == name:
            if not isinstance(module, nn.Identity):
                self.finish(self.leaf, output, self.fresh)
            self.leaf = None

    def finish(self, row: Row, output: object, fresh: dict[int, int]) -> None:
        """Complete a row with what its output shows."""
        tensors = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        if tensors:
            shape = tuple(tensors[0].shape)
            row.output_shape = shape[1:] if shape[:1] == (self.batch,) else shape
            row.activation_bytes = sum(fresh.get(key, 0) for key in {storage(tensor) for tensor in tensors})
            self.views.append(self.seen.get(id(tensors[0])))
        else:
            self.views.append(None)
        self.rows.append(row)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One operator runs."""
        call = Call(func, args, kwargs or {}, self.seen, self.weights)
        output = run(call, func, args, kwargs or {})
        call.outputs = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        self.alive += call.outputs
        depends = call.name not in LIKE and any(call.tracked(tensor) for tensor in call.inputs)
        in_place = call.writes and call.name not in LOOKS
        if depends:
            self.follow(call, in_place)
        elif any(id(t) in self.weights for t in call.inputs) and not (call.pointwise and call.masks()):
            self.weights |= {id(tensor) for tensor in call.outputs}

        old = {storage(tensor) for tensor in call.inputs}
        fresh = {storage(t): t.untyped_storage().nbytes() for t in call.outputs if storage(t) not in old}
        macs = count(func, args, kwargs or {}, output)
        row = self.leaf or Row("", func.overloadpacket.__name__)
        if self.leaf is not None:
            self.fresh |= fresh
        elif macs or (depends and (fresh or in_place)):
            row.name = self.loose_name(row.kind)
            self.finish(row, output, fresh)
        used = set().union(*(self.made_of.get(id(tensor), set()) for tensor in call.inputs))
        if used and row is not self.leaf and not row.name:  # a weight is made, whose use comes later
            self.made_of |= {id(tensor): used for tensor in call.outputs}
        row.params += sum(self.sizes.pop(parameter, 0) for parameter in used if self.leaf or row.name)
        row.macs += macs or 0
        if macs is None and depends and not row.kind.endswith(NOT_COUNTED):
            row.kind += NOT_COUNTED
        # A pooling of another rank works along the channels, as in local response normalization.
        whole = call.window and (call.name == "convolution" or len(call.window.kernel) == self.rank)
        if call.window and whole and row.kernel is None:
            row.kernel, row.stride, row.padding = map(shorten, call.window)
        return output

    def follow(self, call: Call, in_place: bool) -> None:
        """Note what the units of the outputs see."""
        for tensor, seen in zip(call.outputs, look(call), strict=True):
            sharing = self.sharing[storage(tensor)]
            if in_place:  # other views of the same memory have changed too, in part
                self.seen |= {id(other): None for other in sharing if other is not tensor}
            self.seen[id(tensor)] = seen
            sharing.append(tensor)

    def loose_name(self, operator: str) -> str:
        """A name for an operator outside of any childless module: the module's path and the operator."""
        path = self.path[-1] if self.path else ""
        name = f"{path}.{operator}".lstrip(".")
        self.loose[name] += 1
        return name if self.loose[name] == 1 else f"{name}_{self.loose[name]}"


def shorten(values: tuple[int, ...]) -> Side:
    """One number where all are equal."""
    return values[0] if len(set(values)) == 1 else values
