"""Shared by several papers: the three joins, the whole net, a few layers and the initializers.

Three joins build nearly every network of the book: modules in series (`series`), branches whose outputs
are added (`Sum`), and branches whose outputs are joined along the channels (`Concat`). Their children carry
the names that the paper's table uses, so a row of `layer_table`, a key of the state dict and a line of
the paper are the same word.
"""

import operator
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Self

import torch
from torch import Tensor, nn


def series(**layers: nn.Module) -> nn.Sequential:
    """The layers one after the other, under the given names."""
    return nn.Sequential(OrderedDict(layers))


class Branches(nn.Module):
    """Named modules that all see the same input; a subclass says how their outputs are joined."""

    def __init__(self, **branches: nn.Module) -> None:
        if len(branches) < 2:
            raise ValueError(f"{type(self).__name__} joins at least two branches; given {list(branches)}")
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def outputs(self, x: Tensor) -> Iterator[Tensor]:
        """The output of each branch for the input `x`, in the order of definition."""
        # `children()` would skip a module that is used twice.
        return (branch(x) for branch in self._modules.values() if branch is not None)


class Sum(Branches):
    """A body and a shortcut whose outputs are added: `Sum(body=F, shortcut=nn.Identity())` is `F(x) + x`."""

    body: nn.Module
    shortcut: nn.Module

    def __init__(self, *, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__(body=body, shortcut=shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the shape that body and shortcut both output."""
        return self.body(x) + self.shortcut(x)


class Concat(Branches):
    """Branches whose outputs are joined along the channels, in the order of definition."""

    def forward(self, x: Tensor) -> Tensor:
        """Every branch maps (N, C, H, W) to (N, C_b, H', W'); the result is (N, sum of C_b, H', W')."""
        return torch.cat(list(self.outputs(x)), dim=1)


class Net(nn.Sequential):
    """A whole network: named stages in series that refuse an input they cannot process.

    Args:
        stages: name -> module, in the order of the forward pass.
        input_size: (channels, height, width) of the input that the paper uses.
        smallest: smallest height and width that reach the last layer.
        fixed: the head is fully connected, so height and width must be those of `input_size`.
    """

    def __init__(
        self,
        stages: Mapping[str, nn.Module],
        *,
        input_size: tuple[int, int, int],
        smallest: int,
        fixed: bool = False,
    ) -> None:
        super().__init__(OrderedDict(stages))
        channels, height, width = map(operator.index, input_size)
        self.input_size = (channels, height, width)
        self.smallest = smallest
        self.fixed = fixed

    def __getitem__(self, index: int | slice) -> nn.Module:  # type: ignore[override]
        """A stage, or for a slice the stages in series without the check of the input."""
        if isinstance(index, slice):
            return nn.Sequential(OrderedDict(list(self._modules.items())[index]))
        return super().__getitem__(index)

    def check_input(self, x: Tensor) -> None:
        """Raise ValueError, saying what was given and what is allowed, unless `x` fits this net."""
        channels, height, width = self.input_size
        if not isinstance(x, Tensor) or not x.is_floating_point():
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise ValueError(f"the input must be a tensor (N, {channels}, height, width) of floats; given {kind}")
        given = tuple(x.shape)
        if x.ndim != 4 or given[1] != channels:
            raise ValueError(
                f"the input must be (N, {channels}, height, width): a batch of {channels}-channel images; "
                f"given shape {given}"
            )
        if self.fixed and given[2:] != (height, width):
            raise ValueError(
                f"the fully connected head fits inputs of {height}x{width} only, its smallest and largest size; "
                f"given {given[2]}x{given[3]}"
            )
        if min(given[2:]) < self.smallest:
            raise ValueError(
                f"the smallest input that reaches the last layer is {self.smallest}x{self.smallest}; "
                f"given {given[2]}x{given[3]}"
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) to class scores (N, num_classes)."""
        self.check_input(x)
        for stage in self:
            x = stage(x)
        return x


class AuxHead(nn.Sequential):
    """An auxiliary classifier: layers in series that read the output of the stage before them, and feed none."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__(OrderedDict(layers))


class AuxNet(Net):
    """A net whose auxiliary classifiers, its stages of the class `AuxHead`, add their losses in training.

    In evaluation mode the heads do not run.

    Args:
        stages: as for `Net`, the heads among them.
        outputs: a NamedTuple with the field `logits` and one more for each head, in order.
        aux_weight: weight of each head's loss; the main loss has weight one.
        input_size: as for `Net`.
        smallest: as for `Net`, in evaluation mode; the attribute follows the mode.
        smallest_training: smallest height and width that reach the end of the heads; None if they need no more.
        fixed: as for `Net`.
    """

    def __init__(
        self,
        stages: Mapping[str, nn.Module],
        *,
        outputs: Callable[..., tuple[Tensor, ...]],
        aux_weight: float,
        input_size: tuple[int, int, int],
        smallest: int,
        smallest_training: int | None = None,
        fixed: bool = False,
    ) -> None:
        super().__init__(stages, input_size=input_size, smallest=smallest, fixed=fixed)
        self.outputs = outputs
        self.aux_weight = aux_weight
        self.smallest_by_mode = {True: smallest_training or smallest, False: smallest}
        self.train()

    def train(self, mode: bool = True) -> Self:
        """Set training mode, in which the heads run and may need a larger image, or evaluation mode."""
        self.smallest = self.smallest_by_mode[mode]
        return super().train(mode)

    # The type depends on the mode, which a subtype of `Net.forward` cannot say.
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:  # type: ignore[override]
        """Map images (N, C, H, W) to scores (N, num_classes), in training mode to `outputs` of such scores."""
        self.check_input(x)
        heads = []
        for stage in self:
            if not isinstance(stage, AuxHead):
                x = stage(x)
            elif self.training:
                heads.append(stage(x))
        return self.outputs(x, *heads) if heads else x


class Scale(nn.Module):
    """Multiplication by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def extra_repr(self) -> str:
        """The factor, for printing."""
        return str(self.factor)

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise; any shape."""
        return self.factor * x


def halving_pool(kernel_size: int = 3) -> nn.MaxPool2d:
    """Max pooling at stride 2 that halves the side: as in Caffe, the last window may extend beyond the border."""
    return nn.MaxPool2d(kernel_size, stride=2, ceil_mode=True)


def conv_bn_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    *,
    groups: int = 1,
    eps: float = 1e-5,
) -> nn.Sequential:
    """Convolution without bias (the shift of batch norm takes its place), batch norm, ReLU."""
    return series(
        conv=nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False),
        bn=nn.BatchNorm2d(out_channels, eps=eps),
        relu=nn.ReLU(inplace=True),
    )


def conv_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    *,
    groups: int = 1,
) -> nn.Sequential:
    """Convolution with bias, ReLU: the unit of the papers before batch norm."""
    return series(
        conv=nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups),
        relu=nn.ReLU(inplace=True),
    )


def local_response_norm() -> nn.LocalResponseNorm:
    """Local response normalization as Krizhevsky et al. (2012), Section 3.3 prints it.

    b = a / (k + alpha * sum of a^2 over n neighboring channels)^beta with k=2, n=5, alpha=1e-4, beta=0.75.

    Differs from: the author's code divides alpha by n before it multiplies the sum, as Caffe and PyTorch do; so
    the usual call with alpha=1e-4 is what was run, and n * 1e-4, as here, is what is printed.
    """
    n, alpha, beta, k = 5, 1e-4, 0.75, 2.0
    return nn.LocalResponseNorm(n, alpha=n * alpha, beta=beta, k=k)


def weighted(module: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    """Every convolution and fully connected layer in `module`, in the order of definition."""
    return (m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear))


def init_gaussian(module: nn.Module, std: float, bias: float = 0.0) -> None:
    """Weights from N(0, std^2) and constant biases, in every convolution and fully connected layer."""
    for layer in weighted(module):
        nn.init.normal_(layer.weight, 0.0, std)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, bias)


def init_he(module: nn.Module) -> None:
    """Weights from N(0, 2 / fan-in), biases zero (He et al. 2015, arXiv 1502.01852, Eq. 10)."""
    for layer in weighted(module):
        nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def init_glorot(module: nn.Module) -> None:
    """Weights from U(-a, a) with a^2 = 6 / (fan-in + fan-out), biases zero (Glorot & Bengio 2010, Eq. 16)."""
    for layer in weighted(module):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
