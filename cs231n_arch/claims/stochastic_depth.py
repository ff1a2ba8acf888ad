"""Claims of the chapter on stochastic depth."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, measured


def dropping() -> Verdict:
    """Error and time of an epoch with and without dropping."""
    depths = ("constant depth", "stochastic depth")
    error = [published.value(f"ResNet-110 {depth}", "test_error_C10+") for depth in depths]
    hours = [published.value(f"ResNet {depth}", "training_time_C10+") / 60 for depth in depths]
    return measured(
        "stochastic-drop",
        f"shorter nets, less time; the paper: {error[0]} to {error[1]} %, {hours[0]:.1f} to {hours[1]:.1f} h",
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"stochastic-drop": dropping}
