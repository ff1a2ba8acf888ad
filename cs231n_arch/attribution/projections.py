"""What the units of a net look for: deconvnet projections and receptive fields by gradient."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_input

from cs231n_arch.anatomy.modes import evaluating

PASSED_OVER = (nn.LocalResponseNorm, nn.Dropout, nn.Identity)  # they have no part in a projection


def layers_until(net: nn.Sequential, layer: str) -> list[tuple[str, nn.Module]]:
    """The childless layers of a net in series, in order, up to `layer` and with it.

    Args:
        net: a series of layers, or of series of layers such as `conv_relu`.
        layer: name of a layer as in `layer_table`.

    Raises:
        ValueError: no such layer, or one that is reached by more ways than one.
    """
    found: list[tuple[str, nn.Module]] = []
    for name, module in in_series(net):
        found.append((name, module))
        if name == layer:
            return found
    names = ", ".join(name for name, _ in found)
    raise ValueError(f"no layer of the series is named {layer!r}; there are {names}")


def in_series(net: nn.Sequential, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The layers of nested series with their full names; a branching module counts as one layer."""
    for name, module in net.named_children():
        if isinstance(module, nn.Sequential):
            yield from in_series(module, f"{path}{name}.")
        else:
            yield f"{path}{name}", module


@torch.no_grad()
def peaks(net: nn.Sequential, images: Tensor, layer: str, *, batch_size: int = 256) -> Tensor:
    """The highest activation of each map of a layer in each image, (N, maps), for images (N, C, H, W).

    `peaks(net, images, "conv3")[:, 7].topk(9).indices` are the nine images that excite map 7 the most.

    Raises:
        ValueError: as `layers_until`.
    """
    steps = layers_until(net, layer)
    highest = []
    with evaluating(net):
        for batch in torch.split(images, batch_size):
            signal = batch.clone()  # a layer may work in place
            for _, module in steps:
                signal = module(signal)
            highest.append(signal.flatten(2).amax(dim=2))
    return torch.cat(highest)


@torch.no_grad()
def deconvnet(net: nn.Sequential, images: Tensor, layer: str, unit: int) -> Tensor:
    """Project the strongest activation of one map back to the pixels (Zeiler & Fergus 2013, Section 2.1).

    Everything else in the layer is set to zero, and what is left goes back through the layers: a maximum returns
    to the place that it came from (unpooling with switches), a ReLU is a ReLU again (rectification), and a
    convolution passes its input on through the same filters, transposed. Normalization and dropout play no part.

    Args:
        net: a series of convolutions, ReLUs and max poolings, up to the layer; what follows does not matter.
        images: (N, C, H, W), on the net's device. They are left as they are.
        layer: name of a layer.
        unit: number of the map.

    Returns:
        (N, C, H, W): what in each image excited the unit. It is zero outside the receptive field.

    Raises:
        ValueError: no such layer or map, or a layer on the way that the projection does not know.

    Differs from: the gradient of the activation, which stops where the ReLU was off on the way up. Convolution and
    pooling are treated as the gradient treats them (Simonyan et al. 2013, arXiv 1312.6034, Section 4).
    """
    steps = layers_until(net, layer)
    signal = images.clone()  # a layer may work in place
    way_back: list[tuple[str, nn.Module, torch.Size, Tensor | None]] = []
    with evaluating(net):
        for name, module in steps:
            before, switches = signal.shape, None
            if isinstance(module, nn.MaxPool2d):
                signal, switches = F.max_pool2d(
                    signal,
                    module.kernel_size,
                    module.stride,
                    module.padding,
                    module.dilation,
                    module.ceil_mode,
                    return_indices=True,
                )
            else:
                signal = module(signal)
            way_back.append((name, module, before, switches))
    if signal.ndim != 4:
        raise ValueError(f"{layer} has no maps: its output is {tuple(signal.shape[1:])} for one image")
    if not 0 <= unit < signal.shape[1]:
        raise ValueError(f"{layer} has maps 0 to {signal.shape[1] - 1}; given {unit}")

    chosen = signal[:, unit].flatten(1)
    place = chosen.argmax(dim=1, keepdim=True)
    alone = torch.zeros_like(chosen).scatter_(1, place, chosen.gather(1, place))
    back = torch.zeros_like(signal)
    back[:, unit] = alone.view_as(signal[:, unit])
    for name, module, before, switches in reversed(way_back):
        back = back_through(name, module, back, before, switches)
    return back


def back_through(
    name: str, module: nn.Module, signal: Tensor, before: torch.Size, switches: Tensor | None
) -> Tensor:
    """One layer of the way back; `before` is the shape of what the layer was given."""
    match module:
        case nn.MaxPool2d():
            assert switches is not None
            return unpool(signal, switches, before)
        case nn.ReLU():
            return signal.relu()
        case nn.Conv2d(padding_mode="zeros") if not isinstance(module.padding, str):
            # The transposed convolution, for a given size of its result.
            below: Tensor = conv2d_input(  # type: ignore[no-untyped-call]
                before, module.weight, signal, module.stride, module.padding, module.dilation, module.groups
            )
            return below
        case nn.ZeroPad2d():
            left, right, top, bottom = module.padding
            return signal[:, :, top : signal.shape[2] - bottom, left : signal.shape[3] - right]
        case _ if isinstance(module, PASSED_OVER):
            return signal
    raise ValueError(
        f"a projection goes through convolutions padded with zeros, ReLUs and max poolings; "
        f"{name} is {type(module).__name__}"
    )


def unpool(signal: Tensor, switches: Tensor, shape: torch.Size) -> Tensor:
    """Put each value back where the maximum came from; where windows overlap, values for one place are added.

    Args:
        signal: (N, C, H', W'), the pooled maps.
        switches: (N, C, H', W'), int64, the indices that `max_pool2d` returns.
        shape: (N, C, H, W), of the maps before pooling.
    """
    empty = signal.new_zeros(*shape[:2], shape[2] * shape[3])
    return empty.scatter_add(2, switches.flatten(2), signal.flatten(2)).view(shape)


def input_gradient(net: nn.Sequential, images: Tensor, layer: str) -> Tensor:
    """How strongly the unit in the middle of a layer depends on each pixel: its effective receptive field.

    Args:
        net: a series of layers.
        images: (N, C, H, W), on the net's device.
        layer: name of a layer that has maps.

    Returns:
        (H, W): the size of the gradient of the middle unit, summed over all its maps, with respect to the image;
        summed over the colors and averaged over the images (Luo et al. 2016, arXiv 1701.04128, Section 2).

    Raises:
        ValueError: as `layers_until`, or a layer without maps.
    """
    steps = layers_until(net, layer)
    pixels = images.detach().clone().requires_grad_()
    signal = pixels * 1  # a layer may work in place, which a leaf forbids
    with evaluating(net), torch.enable_grad():
        for _, module in steps:
            signal = module(signal)
        if signal.ndim != 4:
            raise ValueError(f"{layer} has no maps: its output is {tuple(signal.shape[1:])} for one image")
        row, column = (side // 2 for side in signal.shape[2:])
        (gradient,) = torch.autograd.grad(signal[:, :, row, column].sum(), pixels)
    return gradient.abs().sum(dim=1).mean(dim=0)
