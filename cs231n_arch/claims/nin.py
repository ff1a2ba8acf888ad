"""Claims of the chapter on Network in Network."""

import torch
from torch import nn

from cs231n_arch import published
from cs231n_arch.claims.counts import net, of_kind, stage_of
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle


@checks("nin-mlpconv")
def mlpconv() -> Verdict:
    """Kernels of the convolutions of each mlpconv layer."""
    frame = of_kind("nin_cifar", "Conv2d")
    layers = [list(kernels) for _, kernels in frame.groupby(stage_of(frame))["kernel"]]
    return settle(
        f"each of the {len(layers)} mlpconv layers is a convolution of "
        f"{listed([f'{k[0]}x{k[0]}' for k in layers])} with two 1x1 convolutions after it",
        holds=all(kernels[0] > 1 and kernels[1:] == [1, 1] for kernels in layers),
    )


@checks("nin-fc-is-1x1")
def dense_is_1x1() -> Verdict:
    """A linear layer at each position against the 1x1 convolution of the same weights."""
    torch.manual_seed(0)
    conv, linear = nn.Conv2d(6, 4, 1), nn.Linear(6, 4)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.copy_(linear.weight[:, :, None, None])
        conv.bias.copy_(linear.bias)
    image = torch.randn(2, 6, 5, 5)
    same = torch.allclose(linear(image.movedim(1, -1)).movedim(-1, 1), conv(image), atol=1e-5)
    return settle(
        "with the same weights both give the same outputs on random images, to rounding",
        holds=same,
    )


@checks("nin-gap")
def global_average() -> Verdict:
    """Last layers of the net, and of the nets that came later."""
    linear = len(of_kind("nin_cifar", "Linear"))
    last = next(name for name, _ in reversed(list(net("nin_cifar").named_children())) if name != "flatten")
    return settle(
        f"the last layer is a {last.replace('_', ' ')} of the class maps; {linear or 'no'} dense layers",
        holds=(last, linear) == ("global_average", 0),
    )


@checks("nin-forerunner")
def forerunner() -> Verdict:
    """1x1 convolutions in nets before and after it."""
    counts = {
        name: int((of_kind(model, "Conv2d")["kernel"] == 1).sum())
        for name, model in {"AlexNet": "alexnet", "GoogLeNet": "googlenet", "ResNet-50": "resnet50"}.items()
    }
    words = [f"{count or 'none'} in {name}" for name, count in counts.items()]
    return settle(
        f"1x1 convolutions: {listed(words)}",
        holds=counts["AlexNet"] == 0 and min(counts["GoogLeNet"], counts["ResNet-50"]) > 0,
    )


@checks("nin-googlenet")
def googlenet() -> Verdict:
    """The sentence of GoogLeNet's paper on its source."""
    told = published.load("GoogLeNet", "source_of_1x1")["value"].item()
    return settle(f"GoogLeNet's paper: {told}", holds="Network in Network" in told)


@checks("nin-effect")
def effect() -> Verdict:
    """Test error with and without 1x1 convolutions after the others."""
    error = published.value("NiN", "test_error_cifar10_dropout")
    return by_run("nin-effect", f"the paper: {error} % test error on CIFAR-10")
