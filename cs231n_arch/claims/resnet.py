"""Claims of the chapter on ResNet."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.claims.counts import depth, net, table
from cs231n_arch.claims.verdicts import Verdict, measured, settle
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import Net


def degradation() -> Verdict:
    """Training and test error of plain nets of growing depth."""
    return measured("resnet-degradation", "the deeper plain net errs more in training, too")


def as_identity(unit: nn.Module) -> None:
    """Set a plain unit (convolution, batch norm, ReLU, twice) to the identity for inputs that are not negative."""
    for part in unit.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.dirac_(part.weight)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.constant_(part.weight, (1 + part.eps) ** 0.5)  # undoes the division by the fresh statistics


def deepened(shallow: Net, depth: int) -> Net:
    """A plain net of more layers that copies a shallower one and sets what is left to the identity."""
    deep = create_model("resnet_cifar", depth=depth, residual=False).to(torch.float64).eval()
    weights = shallow.state_dict()
    deep.load_state_dict(weights, strict=False)
    for name, unit in deep.named_modules():
        new = name.count(".") == 1 and not any(key.startswith(f"{name}.") for key in weights)
        if new and "_x." in name:
            as_identity(unit)
    return deep


def construction() -> Verdict:
    """A plain net of 32 layers built from one of 20, on random images in double precision."""
    torch.manual_seed(0)
    shallow = create_model("plain20").to(torch.float64).eval()
    deep = deepened(shallow, 32)
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        apart = float((shallow(images) - deep(images)).abs().max())
    return settle(
        "the deeper net can do what the shallower does",
        f"plain-32 built from plain-20 and identities gives the same scores within {apart:.0e}",
        holds=apart < 1e-9,
    )


def residual() -> Verdict:
    """Residual against plain nets of the same depth."""
    return measured("resnet-residual", "residuals make depth trainable")


def kernels(name: str) -> list[int]:
    """Kernels of the convolutions in the first unit of conv2_x, shortcut aside."""
    frame = table(name)
    inside = frame[
        frame["name"].str.startswith("conv2_x.conv2_1") & frame["name"].str.contains(".body.", regex=False)
    ]
    return [int(kernel) for kernel in inside.loc[inside["kind"] == "Conv2d", "kernel"]]


def bottlenecks() -> Verdict:
    """Which depths have 1x1, 3x3, 1x1 units."""
    units = {name: kernels(name) for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")}
    deep = [name for name, unit in units.items() if unit == [1, 3, 1]]
    shallow = [name for name, unit in units.items() if unit == [3, 3]]
    return settle(
        "bottlenecks for 50 layers and more",
        f"1x1, 3x3, 1x1 in {', '.join(deep)}; two 3x3 in {', '.join(shallow)}",
        holds=deep == ["resnet50", "resnet101", "resnet152"] and shallow == ["resnet18", "resnet34"],
    )


def resnet152() -> Verdict:
    """Depth, the stages' outputs and the fully connected layers."""
    frame = table("resnet152")
    stage = frame["name"].str.split(".").str[0]
    shapes = [tuple(frame.loc[stage == f"conv{n}_x", "output_shape"].iloc[-1]) for n in range(2, 6)]
    halves = all(
        after == (2 * before[0], *(side // 2 for side in before[1:])) for before, after in pairwise(shapes)
    )
    layers, linear = depth(net("resnet152")), int((frame["kind"] == "Linear").sum())
    return settle(
        "152 layers; filters double, maps halve; one FC",
        f"{layers} layers; {', '.join(f'{h}x{w}x{c}' for c, h, w in shapes)}; {linear} fully connected",
        holds=layers == 152 and halves and linear == 1,
    )


def recipe() -> Verdict:
    """Slide against paper, number by number."""
    names = ("batch_size", "lr", "momentum", "weight_decay")
    slide = {name: published.value("ResNet", f"{name}_slide") for name in names}
    paper = {name: published.value("ResNet (ImageNet)", name) for name in names}
    wrong = [name for name in names if slide[name] != paper[name]]
    text = [", ".join(f"{name} {value:g}" for name, value in side.items()) for side in (slide, paper)]
    return settle(text[0], f"the paper: {text[1]}; not the same: {', '.join(wrong) or 'none'}", holds=not wrong)


def human() -> Verdict:
    """The ensemble's error on the test set against a person's."""
    ours = published.value("ILSVRC2015 ResNet ensemble (6 models)", "top5_error_test")
    person = published.value("human (Russakovsky et al.)", "top5_error")
    return settle("better than a person", f"{ours} % against {person} %", holds=ours < person)


CHECKS: dict[str, Callable[[], Verdict]] = {
    "resnet-degradation": degradation,
    "resnet-construction": construction,
    "resnet-residual": residual,
    "resnet-bottleneck": bottlenecks,
    "resnet-152": resnet152,
    "resnet-recipe": recipe,
    "resnet-human": human,
}
