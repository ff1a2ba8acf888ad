"""`layer_table`: every layer of any net with its size, parameters and operations, read off one forward pass.

`watch` sees the pass where PyTorch dispatches its operators, so it sees modules and functions alike.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from cs231n_arch.anatomy.modes import check_shapes, copied, evaluating, to_meta
from cs231n_arch.anatomy.watch import Row, Watch
from cs231n_arch.errors import input_size as checked

if TYPE_CHECKING:
    import pandas as pd

Inputs = Tensor | Sequence[Any] | Mapping[str, Any]


def layer_table(
    model: nn.Module | str, input_size: Sequence[int] | None = None, *, inputs: Inputs | None = None
) -> "pd.DataFrame":
    """Every layer of a net, in the order in which it runs, for one image in evaluation mode.

    A copy of the net runs on the meta device, so nothing is computed and no memory is allocated. Where that is
    impossible, because the net looks at numbers (`.item()`, NumPy, the boxes of a detector) or cannot be copied,
    the net itself makes one forward pass with random numbers. It is left exactly as it was in both cases.

    Args:
        model: any module, on any device, or the name of one of ours.
        input_size: (channels, height, width) of an image; by default `model.input_size`.
        inputs: what the net takes, if that is not one batch of images: a tensor, a sequence of positional
            arguments, or a mapping of keyword arguments. On the meta device only shapes and types matter.

    Returns:
        A frame with one row for each module without children, and for each operation that a `forward` does
        outside of those (an addition, also in place, a concatenation, ...). Columns: `name` (as in the state
        dict), `kind` (with a remark where an operation has multiply-accumulates that no formula counts), `kernel`,
        `stride`, `padding` (one number, or one for each side where they differ; None without a window),
        `output_shape` (without the batch), `params` (at first use, so a shared weight counts once),
        `macs` (multiply-accumulates of convolutions and matrix products; biases, batch norm, activations and
        pooling have none), `activation_bytes` (of newly allocated outputs; 0 in place or for a view),
        `receptive_field` and `jump` (pixels of the first input, `(N, C, *sides)`, along the longer side; a
        map reduced to one position counts as one window; missing where they cannot be known, as after a masked
        attention).

    Raises:
        ValueError: no module, an unknown name, no usable `input_size`, or a net that refuses its input; the
            message has the net's own reason.

    Differs from: torchinfo counts each bias as an operation, and sees no function called in a `forward`;
    `FlopCounterMode` counts the same operations, as two flops per MAC, but neither products of matrix and vector
    nor deformable convolutions. Parameters that evaluation does not use, such as those of auxiliary classifiers,
    have no row.
    """
    import pandas as pd  # here, so that building a model does not pay for it

    net = inner(model)
    given = arguments(net, input_size, inputs)
    rows = forward(net, *given)
    frame = pd.DataFrame([vars(row) for row in rows], columns=list(Row.__dataclass_fields__), dtype=object)
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


def inner(model: nn.Module | str) -> nn.Module:
    """The net itself, without what wraps it to run on several devices or to be compiled.

    Raises:
        ValueError: no module, an unknown name, or a net that cannot be watched.
    """
    if isinstance(model, str):
        from cs231n_arch.models.registry import build  # here, as models use `arithmetic`

        with torch.device("meta"):
            return build(model)
    if not isinstance(model, nn.Module):
        more = "; an exported program has one: program.module()" if hasattr(model, "module") else ""
        raise ValueError(f"model must be a torch.nn.Module or the name of a model; given {model!r}"[:300] + more)
    net: nn.Module = model
    while True:
        if isinstance(net, nn.DataParallel | nn.parallel.DistributedDataParallel):
            net = net.module
        elif type(net).__name__ == "OptimizedModule":  # of torch.compile, whose import takes seconds
            net = net.get_submodule("_orig_mod")
        elif isinstance(net, torch.jit.ScriptModule):
            raise ValueError(
                "a module compiled by torch.jit.script hides its layers; give the one it was made from"
            )
        else:
            check_shapes(net)
            return net


def arguments(
    net: nn.Module, input_size: Sequence[int] | None, inputs: Inputs | None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments of the net; an image has random numbers that are always the same."""
    if inputs is None:
        size = checked(net, input_size)
        weights = [*net.parameters(), *net.buffers()]
        dtype = next((w.dtype for w in weights if w.is_floating_point()), torch.float32)
        image = torch.rand(1, *size, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
        return (image.to(dtype),), {}
    if input_size is not None:
        raise ValueError("give input_size or inputs, not both")
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return ((inputs,) if isinstance(inputs, Tensor) else tuple(inputs)), {}


def forward(net: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Row]:
    """The rows of one forward pass: of a copy on the meta device, or else of the net itself.

    Raises:
        ValueError: both ways fail.
    """
    places = {tensor.device for tensor in (*net.parameters(), *net.buffers())}
    meta = torch.device("meta")
    # Within the second context a tensor made by the net itself without a device, such as a grid, is on meta too.
    for context in (nullcontext(), meta):
        try:
            with context:
                return watched(copied(net, to_meta).eval(), meta, args, kwargs)
        except Exception as error:
            reason = error
    try:
        if meta in places:
            raise reason
        place = next(iter(places), torch.device("cpu"))
        with evaluating(net), place:
            return watched(net, place, args, kwargs)
    except Exception as error:
        if type(error) is ValueError:
            raise
        what = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        shapes = [tuple(leaf.shape) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        how = "; its weights are on the meta device, which has no numbers" if error is reason else ""
        raise ValueError(
            f"{type(net).__name__} cannot run on inputs of shape {', '.join(map(str, shapes))}: {what}{how}. "
            "What it takes instead can be given as inputs="
        ) from error


def watched(net: nn.Module, device: torch.device, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Row]:
    """The rows of a forward pass on a device."""
    args, kwargs = tree_map_only(Tensor, lambda tensor: tensor.detach().to(device), (args, kwargs))
    watch = Watch(net, [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)])
    # Inference mode, if we are called inside of it, would hide the operators behind their composite forms.
    with watch.hooked(net), torch.inference_mode(False), torch.no_grad(), watch:
        net(*args, **kwargs)
    numbers = {id(seen): seen.numbers() for seen in watch.views if seen is not None}
    for row, seen in zip(watch.rows, watch.views, strict=True):
        row.receptive_field, row.jump = numbers.get(id(seen), (None, None))
    return watch.rows
