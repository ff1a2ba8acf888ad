"""Claims of the chapter on SqueezeNet and deep compression."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.counts import parameters, table
from cs231n_arch.claims.verdicts import Verdict, measured, settle


def fire() -> Verdict:
    """Kernels of every fire module, parameters against AlexNet's, and the paper's accuracies."""
    frame = table("squeezenet1_0")
    convs = frame[(frame["kind"] == "Conv2d") & frame["name"].str.startswith("fire")]
    modules = convs.groupby(convs["name"].str.split(".").str[0])["kernel"].apply(list)
    ratios = [parameters(name) / parameters("squeezenet1_0") for name in ("alexnet_two_gpu", "alexnet")]
    printed = published.load("SqueezeNet", "params_ratio_slide").iloc[0]
    ours, alexnet = (
        published.value(name, "top1_accuracy") for name in ("SqueezeNet 32-bit", "AlexNet baseline 32-bit")
    )
    return settle(
        f"fire modules; AlexNet's accuracy with {printed['value']} times fewer parameters",
        f"{len(modules)} modules of kernels {modules.iloc[0]}; {ratios[0]:.1f} to {ratios[1]:.1f} times fewer; "
        f"top-1 accuracy {ours} against {alexnet} %",
        holds=len(modules) == 8
        and all(kernels == [1, 1, 3] for kernels in modules)
        and abs(ratios[1] - printed["number"]) <= published.precision(printed["value"])
        and ours >= alexnet,
    )


def size() -> Verdict:
    """Bytes of the compressed file."""
    bound, ratio = (published.value("SqueezeNet", f"size_{what}_slide") for what in ("bound", "ratio"))
    return measured("squeezenet-size", f"below {bound} MB, {ratio:g} times smaller than AlexNet")


CHECKS: dict[str, Callable[[], Verdict]] = {"squeezenet-fire": fire, "squeezenet-size": size}
