"""Claims of the chapter on LeNet."""

from cs231n_arch import published
from cs231n_arch.claims.counts import of_kind
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, settle


@checks("lenet-first")
def first() -> Verdict:
    """Use outside the laboratory, as the paper of 1998 reports it."""
    use = published.load("LeNet-5", "use")["value"].item()
    return settle(f"the paper of 1998: {use}", holds="in use" in use)


@checks("lenet-digits")
def digits() -> Verdict:
    """LeNet-5 against a linear classifier of the pixels, on real digits."""
    error = published.value("LeNet-5", "test_error_mnist")
    return by_run("lenet-digits", f"the paper: {error} % test error on MNIST")


@checks("lenet-layers")
def layers() -> Verdict:
    """Kernels and strides of the convolutions, and the pooling layers after them."""
    convolutions = of_kind("lenet5", "Conv2d")
    on_maps = convolutions[[shape[1:] != (1, 1) for shape in convolutions["output_shape"]]]
    stages = on_maps["name"].str.split(".").str[0].unique()
    pooling = list(of_kind("lenet5", "Subsampling")["name"])
    return settle(
        f"{len(stages)} convolutions (C1 and C3) of 5x5 at stride 1, each followed by 2x2 pooling; C5 is written "
        "as a convolution, but sees the whole 5x5 image and so is a dense layer",
        holds=list(stages) == ["c1", "c3"]
        and pooling == ["s2", "s4"]
        and {(row.kernel, row.stride) for row in convolutions.itertuples()} == {(5, 1)},
    )
