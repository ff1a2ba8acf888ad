"""After training: class probabilities, top-k errors, batch norm estimated anew, dense evaluation."""

import copy
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy import layer_table
from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.models.layers import Net

Model = TypeVar("Model", bound=nn.Module)


@torch.no_grad()
def probabilities(model: nn.Module, images: Tensor, *, batch_size: int = 256) -> Tensor:
    """Class probabilities (N, classes) of images (N, C, H, W), in evaluation mode and batch by batch."""
    with evaluating(model):
        return torch.cat([model(batch).float().softmax(dim=1) for batch in torch.split(images, batch_size)])


def error_of(probabilities: Tensor, labels: Tensor, *, top: int = 1) -> float:
    """Share of images whose label is not among the `top` highest of (N, classes).

    Raises:
        ValueError: `top` is more than all classes, or less than one.
    """
    if not 1 <= top <= probabilities.shape[1]:
        raise ValueError(f"top must be from 1 to the {probabilities.shape[1]} classes; given {top}")
    hits = probabilities.topk(top, dim=1).indices == labels.view(-1, 1)
    return 1 - float(hits.any(dim=1).float().mean())


@torch.no_grad()
def settled(model: Model, images: Tensor, *, batch_size: int = 200) -> Model:
    """A copy in evaluation mode, whose batch norms have the statistics that these images have in this very net.

    A layer that was trained in several nets needs it, as in FractalNet: it runs after a mean of columns, which
    varies little, and in one column alone. The running average mixes these statistics, and suits neither.

    Args:
        model: any net; it is left as it is.
        images: (N, C, H, W) on the net's device, those of training; no labels are needed.
        batch_size: images for one pass; the statistics are the mean over all passes.

    Differs from: `torch.optim.swa_utils.update_bn`, which works in training mode, with dropout and drop-path.
    """
    twin = copy.deepcopy(model).eval()
    norms = [module for module in twin.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.train().momentum = None  # the plain mean over all batches
    for batch in torch.split(images, batch_size):
        twin(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return twin.eval()


class DenselyScored(Net):
    """A net that scores every position of an image, and averages the scores; made by `fully_convolutional`."""

    def score_map(self, x: Tensor) -> Tensor:
        """Scores (N, classes, H', W') of every window of images (N, C, H, W) that are large enough."""
        return super().forward(x)

    def forward(self, x: Tensor) -> Tensor:
        """The mean of the score map: (N, classes)."""
        return self.score_map(x).mean(dim=(2, 3))


def fully_convolutional(net: Net) -> DenselyScored:
    """Turn a net's fully connected layers into convolutions, so that it scores every window of a larger image.

    Dense evaluation as Simonyan & Zisserman (2014), Section 3.2: the first fully connected layer becomes a
    convolution as large as the map it used to see, the others 1x1 convolutions.

    Args:
        net: a net in series whose maps are flattened for fully connected layers: AlexNet, ZFNet, VGG, LeNet's
            modern form. It is left as it was; the weights are copied.

    Returns:
        A net with the same scores on images of the old size, for images of that size and larger.

    Raises:
        ValueError: the net does not flatten its maps, or not for a fully connected layer.
    """
    names = [name for name, _ in net.named_children()]
    kinds = dict(net.named_children())
    flat = next((i for i, name in enumerate(names) if isinstance(kinds[name], nn.Flatten)), None)
    if flat is None or not any(isinstance(kinds[name], nn.Linear) for name in names[flat:]):
        raise ValueError(f"{type(net).__name__} has no flattened map before fully connected layers: {names}")
    shapes = layer_table(net).set_index("name")["output_shape"]
    channels, *side = shapes[names[flat - 1]]
    stages: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in copy.deepcopy(net).named_children():
        if isinstance(layer, nn.Linear):
            stages[name] = _as_convolution(layer, channels, side)
            channels, side = layer.out_features, [1, 1]
        elif not isinstance(layer, nn.Flatten):
            stages[name] = layer
    dense = DenselyScored(stages, input_size=net.input_size, smallest=min(net.input_size[1:]))
    return dense.train(net.training)


def _as_convolution(layer: nn.Linear, channels: int, side: Sequence[int]) -> nn.Conv2d:
    """The convolution with the weights of a fully connected layer that sees (channels, *side)."""
    height, width = side
    if layer.in_features != channels * height * width:
        raise ValueError(f"{layer} does not see the whole map of {channels}x{height}x{width}")
    conv = nn.Conv2d(channels, layer.out_features, (height, width), bias=layer.bias is not None)
    conv.to(layer.weight)
    conv.load_state_dict(
        {k: v.view(conv.weight.shape) if k == "weight" else v for k, v in layer.state_dict().items()}
    )
    return conv
