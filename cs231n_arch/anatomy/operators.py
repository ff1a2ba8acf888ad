"""What each of PyTorch's operators makes its output units see, from what the units of its inputs see."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cs231n_arch.anatomy import windows
from cs231n_arch.anatomy.calls import Call, Unknown
from cs231n_arch.anatomy.receptive import Axis, Seen, furthest, moved, squeezed, union
from cs231n_arch.anatomy.shapes import broadcast


def look(call: Call) -> list[Seen | None]:
    """What the units of each output see."""
    try:
        if call.pointwise:
            found: Seen | list[Seen] = pointwise(call)
        else:
            found = HANDLERS.get(call.name, unknown)(call)
    except Unknown:
        return [None] * len(call.outputs)
    return list(found) if isinstance(found, list) else [found] * len(call.outputs)


def unknown(call: Call) -> Seen:
    """An operator that is not known here."""
    raise Unknown


def pointwise(call: Call) -> Seen:
    """Each unit depends on the units at its own place."""
    parts = [call.of(tensor) for tensor in call.inputs if call.tracked(tensor)]
    seen = union(parts, call.outputs[0].ndim)
    return Seen(seen.axes, masked=True) if call.masks() else seen


def move(call: Call) -> list[Seen]:
    """Units are put elsewhere, as they are."""
    first, out_of_place = call.first, getattr(torch.ops.aten, call.name)
    seen, before = call.of(first), call.shapes[id(first)]
    others = dict(list(call.given.items())[1:])

    def put(number: int) -> Seen:
        after = tuple(call.outputs[number].shape)

        def change(tensor: Tensor) -> Tensor:
            if call.name in ("view", "_unsafe_view", "_reshape_alias"):
                return tensor.reshape(after)
            result = out_of_place(tensor, **others)
            return result if isinstance(result, Tensor) else result[number]

        return moved(seen, before, after, change)

    return [put(number) for number in range(len(call.outputs))]


def same_shape(call: Call) -> Seen:
    """Another layout in memory, if the shape is the same."""
    if call.shapes[id(call.first)] != tuple(call.outputs[0].shape):
        raise Unknown
    return call.of(call.first)


def concatenation(call: Call) -> Seen:
    """Tensors one after another along a dimension; one that does not depend on the image sees nothing."""
    tensors = [tensor for tensor in call.given["tensors"] if tensor.numel()]
    dim, new = call.given["dim"] % call.outputs[0].ndim, call.name == "stack"
    known = [call.of(tensor) for tensor in tensors if call.tracked(tensor)]
    blank = Seen(tuple(nothing(axis) for axis in known[0].axes))
    parts = [call.of(tensor) if call.tracked(tensor) else blank for tensor in tensors]
    sizes = [1 if new else tensor.shape[dim] for tensor in tensors]
    axes = []
    for several in zip(*(part.axes for part in parts), strict=True):
        reaches, places = (
            [companion.unsqueeze(dim + 1) if new else companion for companion in column]
            for column in ([axis.reach for axis in several], [axis.place for axis in several])
        )
        jumps = {axis.jump for axis in several}
        jump = jumps.pop() if len(jumps) == 1 else None
        most = max(places, key=Tensor.numel)
        beside = jump is not None and most.size(dim + 1) == 1  # branches side by side
        place = most if beside else joined(places, sizes, dim + 1)
        axes.append(Axis(joined(reaches, sizes, dim + 1), place, jump))
    return Seen(tuple(axes), any(part.masked for part in parts))


def nothing(axis: Axis) -> Axis:
    """What a tensor sees if it does not depend on the image."""
    place = axis.place
    for dim in range(1, place.ndim):
        place = place.narrow(dim, 0, 1)
    return Axis(torch.full_like(place, torch.inf).repeat(2, *[1] * (place.ndim - 1)), place, axis.jump)


def joined(companions: Sequence[Tensor], sizes: Sequence[int], dim: int) -> Tensor:
    """Join the companions of tensors of these sizes along a dimension."""
    rest = broadcast(*(c.select(dim, 0).shape for c in companions))
    assert rest is not None
    shapes = [(*rest[:dim], size, *rest[dim:]) for size in sizes]
    return squeezed(torch.cat([c.expand(shape) for c, shape in zip(companions, shapes, strict=True)], dim))


def choice(call: Call) -> Seen:
    """Some of the units along a dimension, or a sum of some: known only where all along it see the same."""
    seen, indices = call.of(call.first), call.given.get("indices")
    dim = call.given.get("dim") or 0
    if indices is not None:
        dims = [number for number, index in enumerate(indices) if index is not None]
        if len(dims) != 1 or indices[dims[0]].ndim != 1:
            raise Unknown
        dim = dims[0]
    if any(c.size(dim % (c.ndim - 1) + 1) > 1 for axis in seen.axes for c in axis[:2]):
        raise Unknown
    return seen


def reduction(call: Call) -> Seen:
    """All units along some dimensions, or all units."""
    dims = call.given.get("dim")
    ndim = len(call.shapes[id(call.first)])
    dims = [dims] if isinstance(dims, int) else list(dims or range(ndim))
    return furthest(call.of(call.first), dims, keepdim=bool(call.given.get("keepdim")))


def along(call: Call) -> Seen:
    """All units along a dimension, for each of them."""
    seen = call.of(call.first)
    if seen.masked and "softmax" in call.name:
        raise Unknown
    kept = furthest(seen, [call.given["dim"]])
    return Seen(tuple(Axis(a.reach, b.place, b.jump) for a, b in zip(kept.axes, seen.axes, strict=True)))


def normalisation(call: Call) -> list[Seen]:
    """Statistics over some dimensions, of the image itself or stored ones."""
    seen, ndim = call.of(call.first), call.first.ndim
    match call.name:
        case "native_layer_norm" | "_fused_rms_norm":
            dims = list(range(ndim - len(call.given["normalized_shape"]), ndim))
        case "native_group_norm":
            dims = list(range(2, ndim))
        case _:
            dims = [dim for dim in range(ndim) if dim != 1] if call.given.get("training") else []
    kept = furthest(seen, dims)
    whole = Seen(tuple(Axis(a.reach, b.place, b.jump) for a, b in zip(kept.axes, seen.axes, strict=True)))
    return [whole] * len(call.outputs)


def product(call: Call) -> Seen:
    """Rows of one matrix with columns of another, and perhaps a sum with a third."""
    *bias, left, right = [t for name, t in call.given.items() if name not in ("beta", "alpha", "out_dtype")][:3]
    parts = [call.of(tensor) for tensor in bias if call.tracked(tensor)]
    if call.tracked(left):
        rows = furthest(call.of(left), [-1])
        parts.append(rows if right.ndim > 1 else furthest(rows, [-1], keepdim=False))
    if call.tracked(right):
        parts.append(furthest(call.of(right), [-2 if right.ndim > 1 else -1]))
    return Seen(union(parts, call.outputs[0].ndim).axes)


def attention(call: Call) -> list[Seen]:
    """Each query sees all keys and values."""
    mask = call.given.get("attn_mask", call.given.get("attn_bias"))
    if call.given.get("is_causal") or (mask is not None and id(mask) not in call.weights):
        raise Unknown
    parts = [
        furthest(call.of(call.given[name]), dims)
        for name, dims in (("query", [-1]), ("key", [-2, -1]), ("value", [-2, -1]))
        if call.tracked(call.given[name])
    ]
    return [union(parts, 4)] * len(call.outputs)


def copy(call: Call) -> Seen:
    """A tensor is overwritten with another."""
    source = call.given["src"]
    if not call.tracked(source):
        raise Unknown
    return union([call.of(source)], call.outputs[0].ndim)


HANDLERS: dict[str, Callable[[Call], Seen | list[Seen]]] = {
    **dict.fromkeys(
        (
            "view", "_unsafe_view", "_reshape_alias", "permute", "transpose", "t", "expand", "squeeze",
            "unsqueeze", "select", "slice", "split", "split_with_sizes", "unsafe_split", "unbind", "unfold",
            "diagonal", "flip", "roll", "repeat", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
            "native_channel_shuffle", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
            "replication_pad1d", "replication_pad2d", "replication_pad3d",
        ),
        move,
    ),
    **dict.fromkeys(
        (
            "mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "prod", "var", "std", "var_mean",
            "std_mean", "norm", "linalg_vector_norm", "logsumexp", "any", "all", "median",
        ),
        reduction,
    ),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "sort", "argsort"), along),
    **dict.fromkeys(("index", "index_select", "glu", "cumsum", "gather"), choice),
    **dict.fromkeys(
        (
            "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
            "cudnn_batch_norm", "native_layer_norm", "native_group_norm", "_fused_rms_norm",
        ),
        normalisation,
    ),
    **dict.fromkeys(("mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "dot"), product),
    **dict.fromkeys(
        (
            "_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention",
            "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_cudnn_attention",
        ),
        attention,
    ),
    **dict.fromkeys(("cat", "stack"), concatenation),
    "as_strided": same_shape,
    "copy": copy,
    **windows.HANDLERS,
}  # fmt: skip
