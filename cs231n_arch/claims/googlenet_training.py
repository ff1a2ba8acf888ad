"""Claims of the chapter on GoogLeNet: its results, its auxiliary classifiers and its gradients."""

import torch
from torch import nn
from torch.nn import functional as F

from cs231n_arch import published
from cs231n_arch.claims.counts import net
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle
from cs231n_arch.create import create_model
from cs231n_arch.models.layers import AuxNet


@checks("googlenet-error")
def error() -> Verdict:
    """The official result, and the number of nets and crops that it needs."""
    official = published.value("ILSVRC2014 GoogLeNet", "top5_error_official")
    second = published.value("ILSVRC2014 VGG", "top5_error_paper")
    one = published.value("GoogLeNet", "top5_error_1model_1crop")
    return settle(
        f"{official:.1f} %, the second {second:.1f} %; it takes seven nets and 144 crops, one net and one crop "
        f"have {one:.1f} %",
        holds=round(official, 1) == 6.7 and official < second,
    )


@checks("googlenet-search")
def search() -> Verdict:
    """The paper's account of its choices."""
    told = published.load("GoogLeNet", "design_search")["value"].item()
    return settle(f"the paper: {told}", holds=not told.startswith("no "))


@checks("googlenet-fc-spared")
def spared() -> Verdict:
    """Gain from average pooling instead of dense layers, and the parameters that such a layer would add."""
    gain = published.value("GoogLeNet", "gap_vs_fc_gain")
    dense = 7 * 7 * 1024 * 1024 + 1024
    return settle(
        f"the paper gains {gain} points of top-1 accuracy by leaving them out; a dense layer of 1024 units in "
        f"their place would have {dense / 1e6:.0f} million parameters",
        holds=gain >= 0,
    )


@checks("googlenet-aux-layers")
def heads() -> Verdict:
    """Layers of both auxiliary classifiers, in order."""
    model = net("googlenet")
    kinds = [
        [type(part).__name__ for part in head.modules() if not list(part.children())]
        for head in (model.get_submodule("aux1"), model.get_submodule("aux2"))
    ]
    dense = [layers.count("Linear") for layers in kinds]
    return settle(
        f"two auxiliary classifiers, each with average pooling, a 1x1 convolution and {dense[0]} dense layers: "
        "with the output three losses",
        holds=kinds[0] == kinds[1] and kinds[0][:2] == ["AvgPool2d", "Conv2d"] and dense == [2, 2],
    )


@checks("googlenet-aux-final")
def final() -> Verdict:
    """The auxiliary classifiers at inference, by the paper."""
    told = published.load("GoogLeNet", "aux_at_inference")["value"].item()
    return settle(f"the paper: {told}", holds="discarded" not in told)


@checks("googlenet-fading")
def fading() -> Verdict:
    """Gradient of the first layer in plain nets of growing depth, before the first step, on the same images."""
    first = {depth: gradients(depth) for depth in (8, 32)}
    text = listed(
        [f"{100 * v[0] / v[-1]:.2g} % of the last one's with {depth} layers" for depth, v in first.items()]
    )
    return settle(
        "in plain nets of 3x3 convolutions without batch norm (Xavier's weights, random images) the gradient "
        f"that reaches the first layer is, {text}",
        holds=first[32][0] / first[32][-1] < 0.1 * first[8][0] / first[8][-1],
    )


def gradients(depth: int) -> list[float]:
    """Norms of the loss gradient at the output of each layer of a plain net, the first layer first."""
    torch.manual_seed(0)
    x = torch.randn(8, 16, 8, 8)
    outputs = []
    for _ in range(depth):
        conv = nn.Conv2d(16, 16, 3, padding=1)
        nn.init.xavier_normal_(conv.weight)
        x = F.relu(conv(x))
        x.retain_grad()
        outputs.append(x)
    F.cross_entropy(x.mean(dim=(2, 3)), torch.arange(8)).backward()  # type: ignore[no-untyped-call]
    return [float(output.grad.norm()) for output in outputs if output.grad is not None]


@checks("googlenet-one-backward")
def one_backward() -> Verdict:
    """Gradients of the weighted sum in one pass against the weighted sum of three passes, in double precision."""
    torch.manual_seed(0)
    model = create_model("googlenet", num_classes=3, form="torchvision", dropout=0.0).to(torch.float64)
    assert isinstance(model, AuxNet)
    for head in ("aux1", "aux2"):
        model.get_submodule(f"{head}.dropout").p = 0.0  # type: ignore[assignment]
    images, labels = torch.randn(2, 3, 32, 32, dtype=torch.float64), torch.tensor([0, 2])
    weights = (1.0, model.aux_weight, model.aux_weight)
    layer = model.get_submodule("conv1.conv").weight
    assert isinstance(layer, nn.Parameter)
    losses = [
        w * F.cross_entropy(scores, labels) for w, scores in zip(weights, model.train()(images), strict=True)
    ]
    (together,) = torch.autograd.grad(sum(losses), layer, retain_graph=True)  # type: ignore[arg-type]
    apart = [torch.autograd.grad(loss, layer, retain_graph=True)[0] for loss in losses]
    same = torch.allclose(together, torch.stack(apart).sum(dim=0), rtol=1e-9, atol=1e-12)
    return settle(
        "the gradient of the summed loss equals the sum of the gradients of three passes, to rounding",
        holds=same,
    )
