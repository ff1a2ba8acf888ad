"""Claims of the chapter on Wide ResNet."""

from cs231n_arch import published
from cs231n_arch.claims.counts import billions, macs, millions, of_kind, parameters, percent
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, settle

TABLE_8 = "Zagoruyko & Komodakis 2016 (arXiv 1605.07146) Table 8"
WIDE, DEEP = "WRN-50-2-bottleneck", "ResNet-152"


def printed(architecture: str, quantity: str) -> float:
    """A number of the paper's Table 8."""
    rows = published.load(architecture, quantity)
    return float(rows.loc[rows["source"] == TABLE_8, "number"].item())


@checks("wrn-width")
def width() -> Verdict:
    """Errors of the paper's Table 8."""
    wide, deep = (printed(name, "top1_error_1crop") for name in (WIDE, DEEP))
    return settle(
        f"the paper: {wide} % top-1 error with 50 wide layers, {deep} % with 152",
        holds=wide < deep,
    )


@checks("wrn-same-params")
def same_parameters() -> Verdict:
    """Parameters and times of the paper's Table 8; multiply-adds of our nets."""
    wide, deep = (parameters(name) for name in ("wide_resnet50_2", "resnet152"))
    times = [printed(name, "time_per_batch_of_16") for name in (WIDE, DEEP)]
    work = [billions(macs(name)) for name in ("wide_resnet50_2", "resnet152")]
    return settle(
        f"{millions(wide)} parameters against {millions(deep)}, so {percent(wide / deep - 1)} more; {times[0]:g} "
        f"against {times[1]:g} ms per batch at {work[0]} and {work[1]} multiply-adds",
        holds=abs(wide / deep - 1) < 0.05 and times[0] < times[1],
    )


@checks("wrn-every-layer")
def every_layer() -> Verdict:
    """Channels of each convolution in the wide nets, over those of the nets that they widen."""
    narrow, wide = (of_kind(name, "Conv2d")["output_shape"].str[0] for name in ("resnet50", "wide_resnet50_2"))
    wider = int((wide.to_numpy() == 2 * narrow.to_numpy()).sum())
    return settle(
        f"in the wide ResNet-50, {wider} of {len(wide)} convolutions are doubled: the inner ones of each "
        "bottleneck, while the outputs of the blocks stay as they are",
        holds=wider == len(wide),
    )


@checks("wrn-time")
def time() -> Verdict:
    """Time of a training step of a wide shallow and a thin deep net of as many multiply-adds."""
    times = [printed(name, "time_per_batch_of_16") for name in (WIDE, DEEP)]
    return by_run("wrn-time", f"the paper: {times[0]:g} against {times[1]:g} ms per batch of 16 images on a GPU")
