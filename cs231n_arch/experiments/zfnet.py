"""ZFNet: the first layer's kernel and stride, and what they do to an image that moves by a pixel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cs231n_arch.experiments.design import Comparison, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work
from cs231n_arch.models.layers import Net, conv_relu, init_he

Windows = tuple[tuple[int, int], ...]  # kernel and stride of the first and the second convolution
SHIFTS = (1, 2, 3)  # pixels; a stride of 4 comes round again at 4


@torch.no_grad()
def unstable(net: nn.Module, images: Tensor) -> float:
    """Share of predictions that change when the image moves to the right by one to three pixels.

    What leaves at the right edge comes in at the left one: that is background in the sets used here.
    """
    device = next(net.parameters()).device

    def predicted(moved: Tensor) -> Tensor:
        return torch.cat([net(part.to(device)).argmax(dim=1) for part in torch.split(moved, 1000)])

    still = predicted(images)
    changed = [(predicted(images.roll(shift, dims=3)) != still).float().mean() for shift in SHIFTS]
    return float(torch.stack(changed).mean())


def with_windows(net: Net, windows: Windows) -> Net:
    """The workbench with other windows in its first two convolutions, weights drawn as in He et al. (2015)."""
    for layer, (kernel, stride) in zip(("conv1", "conv2_1"), windows, strict=True):
        old = net.get_submodule(f"{layer}.conv")
        assert isinstance(old, nn.Conv2d)
        new = conv_relu(old.in_channels, old.out_channels, kernel, stride, padding=kernel // 2)
        init_he(new)
        setattr(net, layer, new)
    return net


@dataclass(frozen=True)
class FirstLayers(Arm):
    """The workbench with other `windows` in its first two convolutions."""

    windows: Windows = ()


def first_layers(trials: Mapping[str, Trial[FirstLayers]]) -> Iterator[tuple[str, Outcome]]:
    """Train the same net after each pair of first windows."""
    for name, trial in trials.items():
        run = trial.train(with_windows(trial.net(), trial.arm.windows))
        yield name, trial.outcome(run, unstable=unstable(run.model, trial.split.test_images))


FIRST_LAYER = Experiment(
    id="first-layer",
    question="Is 7x7 at stride 2, and stride 2 again, better than AlexNet's 11x11 at stride 4?",
    arms={
        # Kernel and stride of the first two convolutions. After them all arms have equally large feature maps.
        "11x11, stride 4": FirstLayers("workbench", {"channels": 16}, windows=((11, 4), (3, 1))),
        "7x7, stride 4": FirstLayers("workbench", {"channels": 16}, windows=((7, 4), (3, 1))),
        "7x7, stride 2": FirstLayers("workbench", {"channels": 16}, windows=((7, 2), (3, 2))),
    },
    comparisons=(
        Comparison("11x11, stride 4", "7x7, stride 2", Better("lower")),
        Comparison("11x11, stride 4", "7x7, stride 4", Better("lower")),
        Comparison("7x7, stride 4", "7x7, stride 2", Better("lower")),
        Comparison("11x11, stride 4", "7x7, stride 2", Better("lower"), metric="unstable"),
    ),
    recipe="zfnet",
    budgets={
        "live": Work("digits", 32, 400, epochs=6, batch_size=32, changes={"lr": 0.02}),
        "recorded": Work(
            "fashion_mnist", 32, 5000, epochs=30, batch_size=64, changes={"lr": 0.02}, validation=2000
        ),
        "long": Work("fashion_mnist", 32, 50_000, epochs=15, batch_size=64, changes={"lr": 0.02}, validation=5000),
        "gpu": Work("cifar10", 32, epochs=40, changes={"lr": 0.02}, validation=5000),
    },
    measure=first_layers,
)

TABLE = (FIRST_LAYER,)
