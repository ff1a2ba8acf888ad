"""Claims of the chapter on stochastic depth."""

from cs231n_arch import published
from cs231n_arch.claims.counts import random_in_training
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks

DEPTHS = ("constant depth", "stochastic depth")


@checks("stochastic-drop")
def dropping() -> Verdict:
    """Outputs of one net for one image, several times, in training and at test time."""
    return random_in_training("stochastic_resnet", depth=20)


@checks("stochastic-time")
def time() -> Verdict:
    """Time of a training step with and without dropping."""
    hours = [published.value(f"ResNet {depth}", "training_time_C10+") / 60 for depth in DEPTHS]
    return by_run("stochastic-time", f"the paper: {hours[1]:.1f} instead of {hours[0]:.1f} hours on CIFAR-10")


@checks("stochastic-error")
def error() -> Verdict:
    """Test error with and without dropping."""
    errors = [published.value(f"ResNet-110 {depth}", "test_error_C10+") for depth in DEPTHS]
    return by_run("stochastic-error", f"the paper: {errors[1]} instead of {errors[0]} % test error on CIFAR-10")
