"""`layer_table`: every layer of any net with its size, parameters and operations, read off one forward pass.

The pass runs on the meta device, so nothing is computed and no weight is allocated or copied. It is watched where
PyTorch dispatches its operators: whatever a `forward` does is seen, be it a module or a function, and is counted
by PyTorch's own formulas (`torch.utils.flop_counter`), which count no bias as an operation.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from cs231n_arch.anatomy.arithmetic import Receptive
from cs231n_arch.anatomy.modes import evaluating, on_meta
from cs231n_arch.anatomy.receptive import WINDOWS, Seen, Side, look, shorten, together

if TYPE_CHECKING:
    import pandas as pd


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


def layer_table(model: nn.Module, input_size: Sequence[int] | None = None) -> "pd.DataFrame":
    """Every layer of a net, in the order in which it runs, for one image in evaluation mode.

    Args:
        model: any module that takes one batch of images; it may live on the meta device. It is left as it was.
        input_size: (channels, height, width); by default `model.input_size`.

    Returns:
        A frame with one row for each module without children, and for each operation that a `forward` does
        outside of those (an addition, a concatenation, ...). Columns: `name` (as in the state dict), `kind`,
        `kernel`, `stride`, `padding` (one number, or (vertical, horizontal) where they differ; None without a
        window), `output_shape` (without the batch), `params` (at first use, so a shared weight counts once),
        `macs` (multiply-accumulates of convolutions and matrix products; biases, batch norm, activations and
        pooling have none), `activation_bytes` (of a newly allocated output; 0 in place), `receptive_field` and
        `jump` (input pixels, along the longer side; a map reduced to one position counts as one window).

    Raises:
        ValueError: no module, no usable `input_size`, or one that the net refuses.

    Differs from: torchinfo counts each bias as an operation, and sees no function called in a `forward`;
    `FlopCounterMode` counts the same operations, as two flops a MAC. Parameters that evaluation does not use, such
    as those of auxiliary classifiers, have no row.
    """
    import pandas as pd  # here, so that building a model does not pay for it

    if not isinstance(model, nn.Module):
        raise ValueError(f"model must be a torch.nn.Module; given {model!r}")
    size = input_size if input_size is not None else getattr(model, "input_size", None)
    if size is None:
        raise ValueError(f"{type(model).__name__} has no input_size of its own; give (channels, height, width)")
    if (
        not isinstance(size, Sequence)
        or len(size) != 3
        or any(not isinstance(side, int) or side < 1 for side in size)
    ):
        raise ValueError(
            f"input_size must be three positive whole numbers (channels, height, width); given {size}"
        )
    weights = on_meta(model)
    dtype = next((w.dtype for w in weights.values() if w.is_floating_point()), torch.float32)
    image = torch.empty(1, *size, dtype=dtype, device="meta")

    watch = Watch(image, parameters={id(weights[n]): p.numel() for n, p in model.named_parameters()})
    # Inference mode, if we are called inside of it, would hide the operators behind their composite forms.
    with torch.inference_mode(False), evaluating(model), watched(model, watch), torch.no_grad(), watch:
        torch.func.functional_call(model, weights, (image,), tie_weights=False)
    frame = pd.DataFrame([vars(row) for row in watch.rows], columns=list(Row.__dataclass_fields__), dtype=object)
    return frame.astype(
        {
            "name": "str",
            "kind": "str",
            "params": "int64",
            "macs": "int64",
            "activation_bytes": "int64",
            "receptive_field": "Int64",
            "jump": "Int64",
        }
    )


@contextmanager
def watched(model: nn.Module, watch: "Watch") -> Iterator[None]:
    """Tell `watch` when a module begins and ends; the hooks are removed whatever happens."""
    names = {module: name for name, module in model.named_modules()}
    hooks = []
    try:
        for module in model.modules():
            hooks.append(module.register_forward_pre_hook(lambda m, _: watch.enter(m, names[m])))
            hooks.append(module.register_forward_hook(lambda m, _, output: watch.leave(m, output)))
        yield
    finally:
        for hook in hooks:
            hook.remove()


@dataclass(eq=False)
class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operator of a forward pass, and turns modules and loose operators into rows."""

    image: Tensor
    parameters: dict[int, int]  # id of each parameter that no row has counted yet, and its size
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """PyTorch loads its compiler, which takes seconds, to keep it out of here; nothing is compiled here."""
        return False

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.path: list[str] = []  # names of the modules that are running, outermost first
        self.leaf: Row | None = None  # the row of the childless module that is running
        self.fresh: set[int] = set()  # tensors allocated by it
        self.loose: Counter[str] = Counter()  # rows of operators outside of such modules, by name
        self.seen: dict[int, Seen] = {id(self.image): Seen(Receptive(1, 1), Receptive(1, 1))}
        self.alive: list[Tensor] = []  # an id is a tensor's own only while the tensor lives

    def enter(self, module: nn.Module, name: str) -> None:
        """A module begins."""
        self.path.append(name)
        if self.leaf is None and not any(module.children()):
            self.leaf = Row(name, type(module).__name__)
            self.fresh = set()

    def leave(self, module: nn.Module, output: object) -> None:
        """A module ends; one without children becomes a row, unless it handed on its input untouched."""
        name = self.path.pop()
        if self.leaf is not None and self.leaf.name == name:
            if not isinstance(module, nn.Identity):
                self.finish(self.leaf, output, self.fresh)
            self.leaf = None

    def finish(self, row: Row, output: object, fresh: set[int]) -> None:
        """Complete a row with what its output tells."""
        tensors = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        if tensors:
            row.output_shape = tuple(tensors[0].shape[1:])
            row.activation_bytes = sum(t.numel() * t.element_size() for t in tensors if id(t) in fresh)
            if id(tensors[0]) in self.seen:
                row.receptive_field, row.jump = max(self.seen[id(tensors[0])][:2])
        self.rows.append(row)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One operator runs."""
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        inputs = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        outputs = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        self.alive += outputs
        operator = func.overloadpacket
        window = WINDOWS[operator](*args, **kwargs) if operator in WINDOWS else None

        known = [tensor for tensor in inputs if id(tensor) in self.seen]
        if known and outputs:
            before = together([(self.seen[id(tensor)], tensor) for tensor in known])
            after = look(before, window, known[0], outputs[0])
            self.seen |= {id(tensor): after for tensor in outputs}

        aliases = any(result.alias_info is not None for result in func._schema.returns)  # in place, or a view
        fresh = set() if aliases else {id(tensor) for tensor in outputs}
        row = self.leaf or Row("", operator.__name__)
        counts = [self.parameters.pop(id(tensor)) for tensor in inputs if id(tensor) in self.parameters]
        if counts and aliases and self.leaf is None:
            self.parameters[id(outputs[0])] = sum(
                counts
            )  # only looked at, such as transposed: its use comes later
        else:
            row.params += sum(counts)
        if operator in flop_registry:
            row.macs += flop_registry[operator](*args, **kwargs, out_val=output) // 2
        if window is not None and row.kernel is None:
            row.kernel, row.stride, row.padding = map(shorten, window)
        if self.leaf is not None:
            self.fresh |= fresh
        elif known and fresh:
            row.name = self.loose_name(operator.__name__)
            self.finish(row, output, fresh)
        return output

    def loose_name(self, operator: str) -> str:
        """A name for an operator outside of any childless module: the module's path and the operator."""
        path = self.path[-1] if self.path else ""
        name = f"{path}.{operator}".lstrip(".")
        self.loose[name] += 1
        return name if self.loose[name] == 1 else f"{name}_{self.loose[name]}"
