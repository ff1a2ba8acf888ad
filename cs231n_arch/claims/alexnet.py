"""Claims of the chapter on AlexNet: the net."""

import math

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.anatomy import conv_output_size
from cs231n_arch.anatomy.memory import training_memory
from cs231n_arch.claims import alexnet_training  # noqa: F401  (its checks belong to the same chapter)
from cs231n_arch.claims.counts import layer, millions, net, of_kind, parameters, size, table
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.create import create_model


@checks("alexnet-first")
def first() -> Verdict:
    """The earlier winners on the lecture's chart are not deep nets."""
    frame = published.imagenet_winners()
    before = frame[frame["year"] < 2012]
    return settle(
        f"the winners of {listed([str(year) for year in before['year']])} are listed as shallow, AlexNet with 8 "
        "layers",
        holds=bool(before["depth"].isna().all()) and frame.loc[frame["year"] == 2012, "depth"].item() == 8,
    )


@checks("alexnet-winner")
def winner() -> Verdict:
    """Won if its official error is below that of the second entry."""
    ours = published.value("ILSVRC2012 SuperVision, no outside data", "top5_error_official")
    second = published.value("ILSVRC2012 second entry (SIFT+FV)", "top5_error_test")
    return settle(f"top-5 error {ours:.1f} %, the second entry {second:.1f} %", holds=ours < second)


@checks("alexnet-margin")
def margin() -> Verdict:
    """Its lead over the second entry, compared with the progress of the year before."""
    ours = published.value("ILSVRC2012 SuperVision, no outside data", "top5_error_official")
    second = published.value("ILSVRC2012 second entry (SIFT+FV)", "top5_error_test")
    earlier = published.value("ILSVRC2011 XRCE", "top5_error_official")
    return settle(
        f"{second - ours:.1f} points below the second entry ({second:.1f} %), which is no better than the winner "
        f"of 2011 ({earlier:.1f} %)",
        holds=second - ours > 5,
    )


@checks("alexnet-order")
def order() -> Verdict:
    """Which layer comes first after conv1 and conv2 in the paper's net."""
    names = list(table("alexnet")["name"])
    convolutions, dense = len(of_kind("alexnet", "Conv2d")), len(of_kind("alexnet", "Linear"))
    pooled_first = [names.index(f"pool{n}") < names.index(f"norm{n}") for n in (1, 2)]
    return settle(
        f"{convolutions} convolutions and {dense} dense layers; in the paper normalization stands before "
        "pooling, the spoken order is that of a later copy (CaffeNet)",
        holds=(convolutions, dense) == (5, 3) and all(pooled_first),
    )


@checks("alexnet-input")
def image() -> Verdict:
    """The lecture's side and the paper's, and the size of conv1's output from each."""
    slide, paper = (int(published.value("AlexNet", f"input_{where}")) for where in ("slide", "as_printed"))
    up = math.ceil((paper - 11) / 4) + 1
    return settle(
        f"the paper prints {paper}x{paper}x3; both sides give 55x55 in conv1, {paper} because the authors' "
        "program rounds up",
        printed=f"{slide}x{slide}x3",
        holds=paper == slide and up == 55,
    )


@checks("alexnet-224")
def side() -> Verdict:
    """Output size of conv1 from 224 and from 227 pixels, rounded down and rounded up."""
    exact = (224 - 11) / 4 + 1
    up = math.ceil(exact)
    down = conv_output_size(227, 11, 4, exact=True)
    return settle(
        f"from 224 pixels (224 − 11) / 4 + 1 = {exact:.2f}, which the authors' program rounds up to {up}: the "
        f"last window hangs over; 227 gives {down} without rounding",
        holds=up != 55,
    )


@checks("alexnet-conv1-out")
def conv1_output() -> Verdict:
    """The output of conv1."""
    printed = published.load("AlexNet", "layer_output:conv1")["value"].item()
    return settle(size("alexnet", "conv1"), printed=printed, holds=size("alexnet", "conv1") == printed)


@checks("alexnet-conv1-params")
def conv1_parameters() -> Verdict:
    """Weights to the precision printed; the biases are 96 more."""
    printed = published.load("AlexNet", "params:conv1_slide").iloc[0]
    conv1 = net("alexnet").get_submodule("conv1")
    assert isinstance(conv1, nn.Conv2d)
    weights = conv1.weight.numel()
    return settle(
        f"{weights:,} weights, {int(layer('alexnet', 'conv1')['params']):,} parameters with the biases",
        printed=f"{printed['value']} parameters",
        holds=abs(weights - printed["number"]) <= published.precision(printed["value"]),
    )


@checks("alexnet-pool1-out")
def pool1_output() -> Verdict:
    """The output of pool1."""
    printed = published.load("AlexNet", "layer_output:pool1")["value"].item()
    return settle(size("alexnet", "pool1"), printed=printed, holds=size("alexnet", "pool1") == printed)


@checks("alexnet-pool1-params")
def pooling_parameters() -> Verdict:
    """Parameters of every max pooling of AlexNet."""
    layers = of_kind("alexnet", "MaxPool2d")
    return settle(
        f"the {len(layers)} pooling layers of AlexNet have no parameters",
        holds=len(layers) == 3 and layers["params"].sum() == 0,
    )


@checks("alexnet-pool-depth")
def pooling_depth() -> Verdict:
    """Channels before and after every pooling layer of four nets."""
    kept = []
    for name in ("alexnet", "zfnet", "vgg16", "vgg19"):
        channels = [shape[0] for shape in table(name)["output_shape"]]
        kept += [channels[i] == channels[i - 1] for i in of_kind(name, "MaxPool2d").index]
    return settle(
        f"so in all {sum(kept)} pooling layers of AlexNet, ZFNet, VGG-16 and VGG-19",
        holds=all(kept),
    )


@checks("alexnet-sizes")
def sizes() -> Verdict:
    """Kernels of the convolutions and widths of the dense layers."""
    kernels = [int(kernel) for kernel in of_kind("alexnet", "Conv2d")["kernel"]]
    widths = [shape[0] for shape in of_kind("alexnet", "Linear")["output_shape"]]
    return settle(
        f"filters of {listed([f'{k}x{k}' for k in kernels])}; dense layers of {listed([str(w) for w in widths])} "
        "units",
        holds=kernels == [11, 5, 3, 3, 3] and widths == [4096, 4096, 1000],
    )


@checks("alexnet-60m")
def sixty_million() -> Verdict:
    """Sum of the layer tables, in two towers as in the paper."""
    ours, vgg = parameters("alexnet_two_gpu"), parameters("vgg16")
    return settle(
        f"{millions(ours)} in two towers, {millions(parameters('alexnet'))} in one; VGG-16 {millions(vgg)}",
        holds=abs(ours - 60e6) < 1e6 and abs(vgg - 138e6) < 5e5,
    )


@checks("alexnet-two-gpus")
def two_gpus() -> Verdict:
    """Whether the second GPU's channels reach the first GPU: a change of them, layer by layer."""
    torch.manual_seed(0)
    two = create_model("alexnet_two_gpu", image_size=67)
    channels = {"norm1": 96, "conv2": 96, "norm2": 256, "conv3": 256, "conv4": 384, "conv5": 384}
    apart: list[str] = []
    crossing: list[str] = []
    for name, seen in channels.items():
        x = 10 * torch.rand(2, seen, 9, 9)
        changed = x.clone()
        changed[:, seen // 2 :] += 10
        layer = two.get_submodule(name)
        first = [layer(given).chunk(2, dim=1)[0] for given in (x, changed)]
        (apart if torch.equal(*first) else crossing).append(name)
    return settle(
        f"the channels of one GPU do not reach the other in {listed(apart)}; in {listed(crossing)} they do",
        holds=crossing == ["conv3"],
    )


@checks("alexnet-memory")
def memory() -> Verdict:
    """Weights, momentum, activations and gradients of a batch of 128, in single precision."""
    peak = training_memory(net("alexnet_two_gpu"), 128)
    total = peak + 2 * 4 * parameters("alexnet_two_gpu")
    return settle(
        f"activations and gradients of a batch of 128 take {peak / 1e9:.1f} GB, with weights and momentum "
        f"{total / 1e9:.1f} GB: below 3 GB, so buffers of the programs of 2012 must have taken the rest",
        holds=total > 3e9,
    )


@checks("alexnet-links")
def links() -> Verdict:
    """Groups of each convolution in the net of two towers: with two, a kernel reads one tower only."""
    two = net("alexnet_two_gpu")
    groups = {f"conv{n}": getattr(two.get_submodule(f"conv{n}"), "groups", 0) for n in range(1, 6)}
    alone = [name for name, count in groups.items() if count == 2]
    return settle(
        f"{listed(alone)} read one half of the channels, conv3 all of them; conv1 reads the image, which both "
        "GPUs have",
        holds=alone == ["conv2", "conv4", "conv5"],
    )
