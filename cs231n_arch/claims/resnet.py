"""Claims of the chapter on ResNet: the net and its blocks."""

from itertools import pairwise

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.claims import resnet_training  # noqa: F401  (its checks belong to the same chapter)
from cs231n_arch.claims.counts import count, depth, net, of_kind, stage_of, table
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import Net, Sum

NETS = {"resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152}


def as_identity(unit: nn.Module) -> None:
    """Set a plain unit (convolution, batch norm, ReLU, twice) to the identity for inputs that are not negative."""
    for part in unit.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.dirac_(part.weight)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.constant_(part.weight, (1 + part.eps) ** 0.5)  # undoes the division by the fresh statistics


def deepened(shallow: Net, depth: int) -> Net:
    """A plain net of more layers that copies a shallower one and sets its other units to the identity."""
    deep = create_model("resnet_cifar", depth=depth, residual=False).to(torch.float64).eval()
    weights = shallow.state_dict()
    deep.load_state_dict(weights, strict=False)
    for name, unit in deep.named_modules():
        new = name.count(".") == 1 and not any(key.startswith(f"{name}.") for key in weights)
        if new and "_x." in name:
            as_identity(unit)
    return deep


@checks("resnet-construction")
def construction() -> Verdict:
    """A plain net of 32 layers built from one of 20, on random images in double precision."""
    torch.manual_seed(0)
    shallow = create_model("plain20").to(torch.float64).eval()
    deep = deepened(shallow, 32)
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        apart = float((shallow(images) - deep(images)).abs().max())
    return settle(
        "a plain net of 32 layers, built from one of 20 and identities, gives the same scores on random images, "
        "to rounding",
        holds=apart < 1e-9,
    )


@checks("resnet-zero")
def zero() -> Verdict:
    """A basic block whose convolutions are zero, on images that are not negative and on images that are."""
    torch.manual_seed(0)
    block = create_model("resnet20").get_submodule("conv2_x.conv2_2").eval()
    for part in block.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.zeros_(part.weight)
    image = torch.randn(1, 16, 6, 6)
    with torch.no_grad():
        positive = torch.equal(block(image.relu()), image.relu())
        negative = torch.equal(block(image), image.relu())
    return settle(
        "so it is for inputs that are not negative, as those inside the net are; the ReLU after the sum sets "
        "negative ones to zero",
        holds=positive and negative,
    )


@checks("resnet-shortcuts")
def shortcuts() -> Verdict:
    """Shapes at every sum of ResNet-34 with padding (A) and with projections (B)."""
    ours = {}
    for option in "AB":
        model = create_model("resnet34", shortcut=option)
        ours[option] = sum(p.numel() for p in model.parameters())
    errors = {option: published.value(f"ResNet-34 {option}", "top1_error_10crop") for option in "AB"}
    return settle(
        f"ResNet-34 exists with both: padded {errors['A']} % top-1 error, with projections {errors['B']} % and "
        f"{ours['B'] - ours['A']:,} more parameters",
        holds=ours["B"] > ours["A"],
    )


@checks("resnet-plain-sum")
def plain_sum() -> Verdict:
    """Parameters of the sums themselves, and of the shortcuts where the shape does not change."""
    sums = [part for part in net("resnet34").modules() if isinstance(part, Sum)]
    own = sum(p.numel() for part in sums for p in part.parameters(recurse=False))
    plain = sum(not list(part.get_submodule("shortcut").parameters()) for part in sums)
    return settle(
        f"the {len(sums)} sums of ResNet-34 have {own or 'no'} parameters of their own; {plain} shortcuts have "
        "none either, the others project to a new size",
        holds=own == 0,
    )


def kernels(name: str) -> list[int]:
    """Kernels of the convolutions in the first unit of conv2_x, without the shortcut."""
    frame = of_kind(name, "Conv2d")
    inside = frame["name"].str.startswith("conv2_x.conv2_1") & frame["name"].str.contains(".body.", regex=False)
    return [int(kernel) for kernel in frame.loc[inside, "kernel"]]


@checks("resnet-bottleneck")
def bottlenecks() -> Verdict:
    """Which depths have 1x1, 3x3, 1x1 units."""
    units = {layers: kernels(name) for name, layers in NETS.items()}
    deep = [layers for layers, unit in units.items() if unit == [1, 3, 1]]
    shallow = [layers for layers, unit in units.items() if unit == [3, 3]]
    return settle(
        f"1x1, 3x3 and 1x1 in the nets of {listed([str(n) for n in deep])} layers; two 3x3 in those of "
        f"{listed([str(n) for n in shallow])}",
        holds=deep == [50, 101, 152] and shallow == [18, 34],
    )


@checks("resnet-bottleneck-cost")
def bottleneck_cost() -> Verdict:
    """Multiply-adds at one position of the slide's block and of two 3x3 on 256 channels."""
    reduced, full = 256 * 64 + 9 * 64 * 64 + 64 * 256, 2 * 9 * 256 * 256
    shape = table("resnet50").set_index("name").T["conv2_x.conv2_1.sum.body.conv2"]["output_shape"]
    return settle(
        f"at each position {reduced:,} multiply-adds instead of {full:,}, {full / reduced:.0f} times fewer; in "
        f"ResNet-50 these widths stand at {shape[1]}x{shape[2]}, not at 28x28",
        holds=full > 10 * reduced and tuple(shape[1:]) == (28, 28),
    )


@checks("resnet-two-convs")
def two_convolutions() -> Verdict:
    """Errors of blocks with one to four convolutions, at equal parameters."""
    errors = {convs: published.value("WRN-40-2", f"test_error_cifar10_l={convs}") for convs in (1, 2, 3, 4)}
    return settle(
        "Wide ResNet's paper, one to four in a block: "
        + listed([f"{error:g} %" for error in errors.values()])
        + " test error on CIFAR-10",
        holds=min(errors, key=lambda convs: errors[convs]) == 2,
    )


@checks("resnet-152")
def resnet152() -> Verdict:
    """Layers with weights on the longest path."""
    layers = depth(net("resnet152"))
    return settle(f"{layers} layers", holds=layers == 152)


@checks("resnet-depths")
def depths() -> Verdict:
    """Depths of the nets of the paper's Table 1."""
    ours = {name: depth(net(name)) for name in NETS}
    return settle(
        f"layers: {listed([str(layers) for layers in ours.values()])}; the paper has one of 18 as well",
        holds=ours == NETS,
    )


@checks("resnet-stages")
def stages() -> Verdict:
    """Outputs of the four stages of ResNet-152."""
    frame = table("resnet152")
    shapes = [tuple(frame.loc[stage_of(frame) == f"conv{n}_x", "output_shape"].iloc[-1]) for n in range(2, 6)]
    halves = all(
        after == (2 * before[0], *(side // 2 for side in before[1:])) for before, after in pairwise(shapes)
    )
    return settle(
        f"outputs of the stages: {listed([f'{h}x{w}x{c}' for c, h, w in shapes])}",
        holds=halves,
    )


@checks("resnet-one-fc")
def one_dense() -> Verdict:
    """Fully connected layers of ResNet-152."""
    dense = of_kind("resnet152", "Linear")
    return settle(
        f"{len(dense)} dense layer, of {dense['output_shape'].iloc[0][0]} outputs",
        holds=len(dense) == 1,
    )


@checks("resnet-ends")
def ends() -> Verdict:
    """First and last layers of ResNet-34."""
    frame = table("resnet34")
    first, pool = frame.iloc[0], of_kind("resnet34", "MaxPool2d").iloc[0]
    last = list(frame["kind"])[-3:]
    return settle(
        f"a {first['kernel']}x{first['kernel']} convolution at stride {first['stride']}, with {pool['kernel']}x"
        f"{pool['kernel']} max pooling after it; global average pooling and a dense layer of 1000 outputs",
        holds=(first["kernel"], first["stride"]) == (7, 2) and last == ["AdaptiveAvgPool2d", "Flatten", "Linear"],
    )


@checks("resnet-bn")
def batch_norm() -> Verdict:
    """Layers after the convolutions of ResNet-152."""
    convolutions, norms = (len(of_kind("resnet152", kind)) for kind in ("Conv2d", "BatchNorm2d"))
    kinds = list(table("resnet152")["kind"])
    followed = all(kinds[i + 1] == "BatchNorm2d" for i, kind in enumerate(kinds) if kind == "Conv2d")
    return settle(
        f"ResNet-152 has {convolutions} convolutions, each followed by one of its {norms} batch norms",
        holds=followed and convolutions == norms,
    )


@checks("resnet-no-dropout")
def no_dropout() -> Verdict:
    """Dropout layers in the ResNets of the paper."""
    layers = sum(count(net(name), nn.Dropout) for name in NETS)
    return settle(f"{layers or 'no'} dropout layers in the five nets of the paper", holds=not layers)
