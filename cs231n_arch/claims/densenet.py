"""Claims of the chapter on DenseNet."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.counts import net, parameters
from cs231n_arch.claims.verdicts import Verdict, measured


def growing(block: str, first: int, growth: int) -> bool:
    """Whether each layer of a block sees all maps before it: `growth` more than the layer above."""
    seen = [
        layer.in_channels
        for name, layer in net("densenet_bc100_12").named_modules()
        if name.startswith(block) and getattr(layer, "out_channels", 0) == 4 * growth
    ]
    return len(seen) == 16 and seen == list(range(first, first + 16 * growth, growth))


def joined() -> Verdict:
    """Inputs of the layers and parameters are exact; gradient and reuse are measured."""
    dense = growing("dense_block1", first=24, growth=12)
    ours = [parameters(name) / 1e6 for name in ("densenet121", "resnet50")]
    errors = (
        published.value("DenseNet-121", "top1_error_1crop"),
        published.load("ResNet-50", "top1_error_1crop")["number"].max(),
    )
    return measured(
        "densenet-concat",
        "stronger gradient, reuse, fewer parameters",
        f"{'each' if dense else 'not each'} layer sees all before it; densenet121 {ours[0]:.1f}M parameters and "
        f"{errors[0]} % top-1 error, resnet50 {ours[1]:.1f}M and {errors[1]} %",
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"densenet-concat": joined}
