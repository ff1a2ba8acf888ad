"""ZFNet: the first layer's kernel and stride, and what they do to an image that moves by a pixel."""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn

from cs231n_arch.experiments.design import Arm, Comparison, Experiment, Outcome, Work
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import continued, load, outcome
from cs231n_arch.experiments.workbench import build
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


def first_layers(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """Train the same net behind each pair of first windows."""
    split = load(work)
    for name, arm in experiment.arms.items():
        torch.manual_seed(seed)
        net = with_windows(build(arm.model, split, **arm.options), cast(Windows, arm.setting["windows"]))
        run = continued(net, experiment, arm, work, split, seed)
        usual = outcome(run, split)
        moved = {"unstable": unstable(run.model, split.test_images)}
        yield name, Outcome({**usual.metrics, **moved}, usual.curve)


FIRST_LAYER = Experiment(
    id="first-layer",
    question="Is 7x7 at stride 2, and stride 2 again, better than AlexNet's 11x11 at stride 4?",
    arms={
        # Kernel and stride of the first two convolutions. Behind them the maps are equally large in all arms.
        "11x11, stride 4": Arm("workbench", {"maps": 16}, setting={"windows": ((11, 4), (3, 1))}),
        "7x7, stride 4": Arm("workbench", {"maps": 16}, setting={"windows": ((7, 4), (3, 1))}),
        "7x7, stride 2": Arm("workbench", {"maps": 16}, setting={"windows": ((7, 2), (3, 2))}),
    },
    comparisons=(
        Comparison("11x11, stride 4", "7x7, stride 2", Better("lower")),
        Comparison("11x11, stride 4", "7x7, stride 4", Better("lower")),
        Comparison("7x7, stride 4", "7x7, stride 2", Better("lower")),
        Comparison("11x11, stride 4", "7x7, stride 2", Better("lower"), metric="unstable"),
    ),
    recipe="zfnet",
    budgets={
        "live": Work("digits", 32, 400, epochs=6, batch_size=32, recipe={"lr": 0.02}),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=12, batch_size=64, recipe={"lr": 0.02}),
        "gpu": Work("cifar10", 32, epochs=40, recipe={"lr": 0.02}),
    },
    measure=first_layers,
)

TABLE = (FIRST_LAYER,)
