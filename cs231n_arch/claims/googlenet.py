"""Claims of the chapter on GoogLeNet: the net and its modules."""

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.anatomy import conv_output_size, layer_table
from cs231n_arch.claims import googlenet_training  # noqa: F401  (its checks belong to the same chapter)
from cs231n_arch.claims.counts import count, depth, millions, net, of_kind, parameters, percent, stage_of
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import Concat, Sum

NAIVE = "Inception naive 3x module (28x28x256 in)"
REDUCED = "Inception bottleneck module (28x28x256 in)"


@checks("googlenet-depth")
def layers() -> Verdict:
    """Layers with weights on the longest path, without auxiliary classifiers."""
    printed, ours = int(published.value("GoogLeNet", "depth")), depth(net("googlenet"))
    return settle(f"{ours} layers on the longest path", printed=f"{printed} layers", holds=ours == printed)


@checks("googlenet-layer-count")
def layer_count() -> Verdict:
    """Layers on the longest path against all layers."""
    longest, every = depth(net("googlenet")), len(of_kind("googlenet", "Conv2d", "Linear"))
    return settle(
        f"{longest} is the longest path through the net; with the parallel layers there are {every} layers with "
        "weights",
        holds=every == 22,
    )


@checks("googlenet-nofc")
def no_fully_connected() -> Verdict:
    """Fully connected layers that evaluation uses."""
    linear = of_kind("googlenet", "Linear")
    share = 1 - linear["params"].sum() / parameters("googlenet")
    return settle(
        f"one dense layer, the classifier of {millions(linear['params'].sum())} parameters; {percent(share)} of "
        "the parameters are in convolutions",
        holds=linear["name"].tolist() == ["linear"],
    )


@checks("googlenet-params")
def total_parameters() -> Verdict:
    """The sum of the layer table without the auxiliary classifiers."""
    slide, ours = published.load("GoogLeNet", "params_slide").iloc[0], parameters("googlenet")
    return settle(
        f"{millions(ours)} without the auxiliary classifiers",
        printed=f"{slide['value']} parameters",
        holds=abs(ours - slide["number"]) <= published.precision(slide["value"]),
    )


@checks("googlenet-ratio")
def ratio() -> Verdict:
    """Parameters of AlexNet, in two towers as in its paper and in one, over those of GoogLeNet."""
    printed = published.value("GoogLeNet", "params_ratio_slide")
    ratios = [parameters(name) / parameters("googlenet") for name in ("alexnet_two_gpu", "alexnet")]
    return settle(
        f"{ratios[0]:.1f} times fewer than AlexNet in two towers, {ratios[1]:.1f} times fewer than in one",
        printed=f"{printed:g} times fewer than AlexNet",
        holds=min(ratios) > printed - 0.5,
    )


@checks("googlenet-parallel")
def parallel() -> Verdict:
    """Each Inception module joins four branches."""
    modules = [m for n, m in net("googlenet").named_children() if n.startswith("inception")]
    joined = [m for m in modules if isinstance(m, Concat)]
    branches = {len(list(m.children())) for m in joined}
    return settle(
        f"{len(joined)} of {len(modules)} modules join {listed([str(b) for b in branches])} branches along the "
        "channels",
        holds=len(joined) == len(modules) == 9 and branches == {4},
    )


def module(architecture: str) -> tuple[str, int]:
    """Output and multiply-adds of one of the slides' modules."""
    with torch.device("meta"):
        model = create_model("inception_naive", bottleneck=architecture == REDUCED)
    frame = layer_table(model)
    inside = frame[frame["name"].str.startswith("inception")]
    channels, height, width = inside["output_shape"].iloc[-1]
    return f"{height}x{width}x{channels}", int(inside["macs"].sum())


def module_output(architecture: str) -> Verdict:
    """The module's output against the slide's."""
    printed = published.load(architecture, "layer_output:concatenation")["value"].item()
    output, _ = module(architecture)
    return settle(output, printed=printed, holds=output == printed)


def module_operations(architecture: str, remark: str = "") -> Verdict:
    """The module's multiply-adds against the slide's operations."""
    slide = published.load(architecture, "ops_slide").iloc[0]
    _, operations = module(architecture)
    return settle(
        f"{operations / 1e6:.0f}M multiply-adds{remark}",
        printed=f"{slide['value']} operations",
        holds=abs(operations - slide["number"]) <= published.precision(slide["value"]),
    )


@checks("googlenet-naive")
def naive_output() -> Verdict:
    """The module without reductions."""
    return module_output(NAIVE)


@checks("googlenet-naive-ops")
def naive_operations() -> Verdict:
    """The work of the module without reductions."""
    return module_operations(NAIVE)


@checks("googlenet-grows")
def grows() -> Verdict:
    """Channels of the pooling branch, which the naive module adds to those of its convolutions."""
    output, _ = module(NAIVE)
    after = int(output.split("x")[2])
    return settle(
        f"256 channels become {after}: pooling alone keeps all 256, and every convolution adds its own",
        holds=after > 256,
    )


@checks("googlenet-bottleneck")
def reduced_output() -> Verdict:
    """The module with 1x1 reductions."""
    return module_output(REDUCED)


@checks("googlenet-bottleneck-ops")
def reduced_operations() -> Verdict:
    """The work of the module with 1x1 reductions; the slide counts one of its convolutions twice."""
    return module_operations(
        REDUCED, ": the slide's sum counts the reduced 3x3 convolution twice, so the saving is larger"
    )


@checks("googlenet-padding")
def padding() -> Verdict:
    """Output sizes of the four branches on 28x28, with and without padding."""
    kernels = (1, 3, 5, 3)
    padded = [conv_output_size(28, kernel, 1, kernel // 2) for kernel in kernels]
    bare = [conv_output_size(28, kernel, 1) for kernel in kernels]
    return settle(
        f"with padding {listed([str(side) for side in padded])} pixels a side, without "
        f"{listed([str(side) for side in bare])}, which cannot be joined",
        holds=padded == [28] * 4 and len(set(bare)) > 1,
    )


@checks("googlenet-example")
def example() -> Verdict:
    """The example's widths against those of module 3b."""
    widths = [int(published.value("GoogLeNet", f"{n}:inception3b")) for n in ("n1x1", "n3x3", "n5x5")]
    reductions = [int(published.value("GoogLeNet", f"{n}:inception3b")) for n in ("n3x3reduce", "n5x5reduce")]
    return settle(
        f"module 3b of the paper has just these: {listed([str(w) for w in widths])} on the same input of "
        "28x28x256; only "
        f"its reductions are {listed([str(r) for r in reductions])} where the example has 64 and 64",
        holds=widths != [128, 192, 96] and sorted(widths) == [96, 128, 192],
    )


@checks("googlenet-1x1")
def one_by_one() -> Verdict:
    """A 1x1 convolution against a matrix product over the channels, in double precision."""
    torch.manual_seed(0)
    conv = nn.Conv2d(7, 4, 1, bias=False).to(torch.float64)
    image = torch.randn(1, 7, 6, 6, dtype=torch.float64)
    product = torch.einsum("oc,nchw->nohw", conv.weight[:, :, 0, 0], image)
    same = torch.allclose(conv(image), product, rtol=0, atol=1e-12)
    return settle(
        "on random images it equals a matrix product over the channels at each pixel, to rounding",
        holds=same and conv(image).shape[2:] == image.shape[2:],
    )


@checks("googlenet-places")
def places() -> Verdict:
    """Where the 1x1 convolutions stand in the branches of all nine modules."""
    frame = of_kind("googlenet", "Conv2d", "MaxPool2d")
    inside = frame[stage_of(frame).str.startswith("inception")]
    orders = {
        tuple(zip(rows["kind"], rows["kernel"], strict=True))
        for _, rows in inside.groupby(inside["name"].str.split(".").str[:2].str.join("."))
    }
    conv = "Conv2d"
    expected = {((conv, 1),), ((conv, 1), (conv, 3)), ((conv, 1), (conv, 5)), (("MaxPool2d", 3), (conv, 1))}
    return settle(
        "so in all nine modules; the first branch is a 1x1 convolution alone",
        holds=orders == expected,
    )


@checks("googlenet-plan")
def plan() -> Verdict:
    """Stages of the net in order."""
    stages = [name for name, _ in net("googlenet").named_children() if not name.startswith("aux")]
    start = stages[: stages.index("inception_3a")]
    return settle(
        f"{listed(start).replace('_', ' ')}: the plan is right, but for two layers of local response "
        "normalization that the lecture leaves out",
        holds=[name for name in start if not name.startswith("norm")]
        == ["conv1", "pool1", "conv2_reduce", "conv2", "pool2"],
    )


@checks("googlenet-separate")
def separate() -> Verdict:
    """Storages of all parameters."""
    tensors = list(net("googlenet").parameters())
    different = {id(tensor) for tensor in tensors}
    return settle(
        f"{len(tensors)} weights and biases, {len(different)} of them different tensors",
        holds=len(different)
        == len(tensors)
        == sum(1 for _ in net("googlenet").named_parameters(remove_duplicate=False)),
    )


@checks("inception-family")
def family() -> Verdict:
    """Shortcuts in Inception-v4 and in Inception-ResNet."""
    v4, joined = (count(net(name), Sum) for name in ("inception_v4", "inception_resnet_v2"))
    return settle(
        f"Inception-v4 has {v4 or 'no'} shortcuts; Inception-ResNet-v2, of the same paper, has {joined}",
        holds=v4 > 0,
        otherwise="refuted",
    )
