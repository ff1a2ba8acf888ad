"""Claims of the chapter on Wide ResNet."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.counts import macs
from cs231n_arch.claims.verdicts import Verdict, settle, with_run

TABLE_8 = "Zagoruyko & Komodakis 2016 (arXiv 1605.07146) Table 8"


def printed(architecture: str, quantity: str) -> float:
    """A number of the paper's Table 8."""
    rows = published.load(architecture, quantity)
    return float(rows.loc[rows["source"] == TABLE_8, "number"].item())


def width() -> Verdict:
    """Error and time of the paper's Table 8, at nearly equal operations."""
    names = ("WRN-50-2-bottleneck", "ResNet-152")
    error = [printed(name, "top1_error_1crop") for name in names]
    time = [printed(name, "time_per_batch_of_16") for name in names]
    operations = [macs(name) / 1e9 for name in ("wide_resnet50_2", "resnet152")]
    verdict = settle(
        "50 wide layers beat 152; width parallelises better",
        f"the paper: {error[0]} against {error[1]} % top-1 error, {time[0]:g} against {time[1]:g} ms a batch; "
        f"{operations[0]:.1f}G against {operations[1]:.1f}G multiply-adds",
        holds=error[0] < error[1] and time[0] < time[1],
    )
    return with_run("wrn-width", verdict)


CHECKS: dict[str, Callable[[], Verdict]] = {"wrn-width": width}
