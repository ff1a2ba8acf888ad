"""Claims of the chapter on AlexNet."""

from collections.abc import Callable

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.anatomy import conv_output_size
from cs231n_arch.claims.counts import layer, net, size, table
from cs231n_arch.claims.verdicts import Verdict, measured, settle
from cs231n_arch.create import create_model


def first() -> Verdict:
    """Won if its official error is below that of the second entry."""
    ours = published.value("ILSVRC2012 SuperVision, no outside data", "top5_error_official")
    second = published.value("ILSVRC2012 second entry (SIFT+FV)", "top5_error_test")
    return settle(
        "winner of ILSVRC-2012", f"top-5 error {ours} %, the second entry's {second} %", holds=ours < second
    )


def image() -> Verdict:
    """The lecture's side must make the 55 of conv1 without a rest; the paper's does not."""
    slide, paper = (int(published.value("AlexNet", f"input_{where}")) for where in ("slide", "as_printed"))
    rest = (paper - 11) % 4
    fits = conv_output_size(slide, 11, 4, exact=True)
    holds = net("alexnet").input_size == (3, slide, slide) and fits == 55 and rest != 0
    return settle(
        f"{slide}x{slide}x3; the paper {paper}x{paper}x3",
        f"a window of 11 at stride 4 fits {fits} times into {slide} pixels; in {paper} it leaves {rest} over",
        holds=holds,
    )


def conv1_output() -> Verdict:
    """The output of conv1."""
    printed = published.load("AlexNet", "layer_output:conv1")["value"].item()
    return settle(printed, size("alexnet", "conv1"), holds=size("alexnet", "conv1") == printed)


def conv1_parameters() -> Verdict:
    """Weights to the precision printed; the biases are 96 more."""
    printed = published.load("AlexNet", "params:conv1_slide").iloc[0]
    conv1 = net("alexnet").get_submodule("conv1")
    assert isinstance(conv1, nn.Conv2d)
    weights = conv1.weight.numel()
    return settle(
        printed["value"],
        f"{weights:,} weights, {int(layer('alexnet', 'conv1')['params']):,} parameters with biases",
        holds=abs(weights - printed["number"]) <= published.precision(printed["value"]),
    )


def pool1_output() -> Verdict:
    """The output of pool1."""
    printed = published.load("AlexNet", "layer_output:pool1")["value"].item()
    return settle(printed, size("alexnet", "pool1"), holds=size("alexnet", "pool1") == printed)


def who_has_parameters() -> Verdict:
    """Exactly the convolutions and the fully connected layers."""
    have = table("alexnet").groupby("kind")["params"].agg(["min", "max"])
    with_some = sorted(have.index[have["min"] > 0])
    without = sorted(have.index[have["max"] == 0])
    holds = with_some == ["Conv2d", "Linear"] and {"MaxPool2d", "ReLU"} <= set(without)
    return settle(
        "pooling 0, ReLU 0", f"parameters in {', '.join(with_some)}; none in {', '.join(without)}", holds=holds
    )


def relu() -> Verdict:
    """Epochs to a given training error, ReLU against tanh."""
    return measured("alexnet-relu", "six times fewer epochs to 25 % training error than tanh")


def normalisation() -> Verdict:
    """Test error with and without local response normalisation."""
    with_, without = (
        published.value("AlexNet", f"test_error_cifar10_4_layers {how} LRN") for how in ("with", "without")
    )
    return measured(
        "alexnet-norm", f"the paper: {without:g} % without, {with_:g} % with, a four-layer net on CIFAR-10"
    )


def augmentation() -> Verdict:
    """Test error with and without."""
    return measured("alexnet-aug", "heavy augmentation")


def dropout() -> Verdict:
    """Test error with and without."""
    return measured("alexnet-dropout", f"dropout {published.value('AlexNet', 'dropout')}")


def recipe() -> Verdict:
    """Slide against paper, number by number."""
    names = ("batch_size", "momentum", "lr", "weight_decay", "dropout")
    slide, paper = (
        {name: published.value("AlexNet", name + suffix) for name in names} for suffix in ("_slide", "")
    )
    return settle(
        *(", ".join(f"{n} {v:g}" for n, v in side.items()) for side in (slide, paper)), holds=slide == paper
    )


def ensemble() -> Verdict:
    """Whether an ensemble of ours has a lower error; the slide's figures are of nets trained differently."""
    one, seven = (published.value("AlexNet", f"top5_error_{n}CNN_slide") for n in (1, 7))
    five, extra = (published.value("AlexNet", f"top5_error_val_{n}") for n in ("5CNN", "7CNN_pretrained"))
    return measured(
        "alexnet-ensemble",
        f"7 nets: {one} % to {seven} %",
        f"the paper: five alike give {five} %, {extra} % needs two more nets trained on extra data",
    )


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
        "half the kernels on each GPU",
        f"the channels of one GPU do not reach the other in {', '.join(apart)}; {', '.join(crossing)} crosses",
        holds=crossing == ["conv3"],
    )


CHECKS: dict[str, Callable[[], Verdict]] = {
    "alexnet-first": first,
    "alexnet-input": image,
    "alexnet-conv1-out": conv1_output,
    "alexnet-conv1-params": conv1_parameters,
    "alexnet-pool1-out": pool1_output,
    "alexnet-pool1-params": who_has_parameters,
    "alexnet-relu": relu,
    "alexnet-norm": normalisation,
    "alexnet-aug": augmentation,
    "alexnet-dropout": dropout,
    "alexnet-recipe": recipe,
    "alexnet-ensemble": ensemble,
    "alexnet-two-gpus": two_gpus,
}
