"""Claims of the chapter on DenseNet."""

from cs231n_arch import published
from cs231n_arch.claims.counts import millions, net, parameters
from cs231n_arch.claims.verdicts import Verdict, checks, settle


@checks("densenet-concat")
def joined() -> Verdict:
    """Input channels of the layers of a block: those of the block, and 12 more for each layer before."""
    seen = [
        layer.in_channels
        for name, layer in net("densenet_bc100_12").named_modules()
        if name.startswith("dense_block1") and getattr(layer, "out_channels", 0) == 4 * 12
    ]
    return settle(
        "in the first block of DenseNet-BC-100 the input grows by 12 channels from layer to layer, from "
        f"{seen[0]} to {seen[-1]}: each of the {len(seen)} layers sees the outputs of all before it",
        holds=seen == list(range(24, 24 + 16 * 12, 12)),
    )


@checks("densenet-shrink")
def reductions() -> Verdict:
    """Input and output channels of the layers that reduce them in DenseNet-121."""
    convolutions = {n: m for n, m in net("densenet121").named_modules() if hasattr(m, "in_channels")}
    transitions = [m for name, m in convolutions.items() if "transition" in name]
    halve = [m.out_channels * 2 == m.in_channels for m in transitions]
    bottlenecks = sum(m.kernel_size == (1, 1) and m.out_channels == 4 * 32 for m in convolutions.values())
    return settle(
        f"in DenseNet-121, {bottlenecks} 1x1 convolutions reduce what a layer sees to 128 channels, and "
        f"{len(transitions)} transitions keep half of the channels",
        holds=len(transitions) == 3 and all(halve),
    )


@checks("densenet-params")
def fewer_parameters() -> Verdict:
    """Parameters and errors of nets trained by the same recipe."""
    dense, residual = "DenseNet-201", "ResNet-101 (fb.resnet.torch)"
    errors = [published.load(name, "top1_error_1crop")["number"].min() for name in (dense, residual)]
    counts = [parameters(name) for name in ("densenet201", "resnet101")]
    return settle(
        f"DenseNet-201 {errors[0]:g} % top-1 error with {millions(counts[0])} parameters, ResNet-101 by the same "
        f"recipe {errors[1]:g} % with {millions(counts[1])}",
        holds=counts[0] < 0.6 * counts[1] and abs(errors[0] - errors[1]) < 0.5,
    )


@checks("densenet-vs-resnet")
def without_sums() -> Verdict:
    """Errors of FractalNet and DenseNet, compared with those of ResNet on CIFAR-10."""
    residual = published.value("ResNet-110 constant depth", "test_error_C10+")
    fractal = published.value("FractalNet (21) + dropout/drop-path", "test_error_C10+")
    dense = published.value("DenseNet-BC L=100 k=12", "test_error_C10+")
    return settle(
        f"test error on CIFAR-10 with augmentation: ResNet-110 {residual} %, FractalNet {fractal:.2f} %, "
        f"DenseNet-BC of 100 layers {dense} %",
        holds=max(fractal, dense) <= residual,
    )
