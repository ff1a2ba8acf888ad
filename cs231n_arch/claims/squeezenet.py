"""Claims of the chapter on SqueezeNet and deep compression."""

from cs231n_arch import published
from cs231n_arch.claims.counts import of_kind, parameters, stage_of
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, settle


@checks("squeezenet-fire")
def fire() -> Verdict:
    """Kernels of every fire module."""
    frame = of_kind("squeezenet1_0", "Conv2d")
    modules = [list(k) for name, k in frame.groupby(stage_of(frame))["kernel"] if str(name).startswith("fire")]
    return settle(
        f"so in all {len(modules)} fire modules",
        holds=len(modules) == 8 and all(kernels == [1, 1, 3] for kernels in modules),
    )


@checks("squeezenet-squeeze")
def squeeze() -> Verdict:
    """Filters of the squeeze and of the expand layers."""
    frame = of_kind("squeezenet1_0", "Conv2d")
    frame = frame[frame["name"].str.startswith("fire")]
    filters = frame["output_shape"].str[0]
    narrow = frame["name"].str.contains("squeeze")
    expand = filters[~narrow].groupby(stage_of(frame)[~narrow]).sum()
    ratio = (filters[narrow].to_numpy() / expand.to_numpy()).max()
    return settle(
        f"{filters[narrow].min()} to {filters[narrow].max()} of them, where the expand layers have "
        f"{expand.min()} to {expand.max()}: at most {ratio:.3g} of their number, and being few is the point",
        holds=ratio > 1,
    )


@checks("squeezenet-params")
def ratio() -> Verdict:
    """Parameters of AlexNet, in two towers as in its paper and in one, over those of SqueezeNet."""
    printed = published.load("SqueezeNet", "params_ratio_slide").iloc[0]
    ratios = [parameters(name) / parameters("squeezenet1_0") for name in ("alexnet_two_gpu", "alexnet")]
    return settle(
        f"{ratios[0]:.1f} times fewer than AlexNet in two towers, {ratios[1]:.1f} times fewer than in one",
        printed=f"{printed['value']} times fewer parameters than AlexNet",
        holds=abs(min(ratios) - printed["number"]) <= published.precision(printed["value"]),
    )


@checks("squeezenet-accuracy")
def accuracy() -> Verdict:
    """Accuracies of the paper's Table 2."""
    ours, alexnet = (
        published.value(name, "top1_accuracy") for name in ("SqueezeNet 32-bit", "AlexNet baseline 32-bit")
    )
    return settle(
        f"the paper: top-1 accuracy {ours} % against {alexnet} %",
        holds=ours >= alexnet,
    )


@checks("squeezenet-size")
def size() -> Verdict:
    """Bytes of the compressed file that we write."""
    bound = published.value("SqueezeNet", "size_bound_slide")
    paper = published.value("SqueezeNet deep compression 6-bit", "size")
    return by_run("squeezenet-size", f"below {bound} MB; the paper: {paper} MB")


@checks("squeezenet-ratio")
def size_ratio() -> Verdict:
    """The paper's file of AlexNet over its compressed file of SqueezeNet."""
    printed = published.value("SqueezeNet", "size_ratio_slide")
    alexnet, ours = (
        published.value(name, "size") for name in ("AlexNet baseline 32-bit", "SqueezeNet deep compression 6-bit")
    )
    return settle(
        f"the paper: {alexnet:g} MB over {ours:g} MB is {alexnet / ours:.0f}",
        printed=f"{printed:g} times smaller than AlexNet",
        holds=abs(alexnet / ours - printed) < 5,
    )


@checks("squeezenet-kept")
def kept() -> Verdict:
    """Test error before and after compression, which may be one point higher."""
    before, after = (
        published.value(f"SqueezeNet {what}", "top1_accuracy") for what in ("32-bit", "deep compression 6-bit")
    )
    return by_run(
        "squeezenet-kept", f"the paper: top-1 accuracy {before} % before and {after} % after compression"
    )
