"""Claims of the chapter on LeNet."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, measured


def first() -> Verdict:
    """That it works on digits is measured on real ones; the paper's own error is printed beside it."""
    return measured(
        "lenet-first", f"LeNet-5 errs on {published.value('LeNet-5', 'test_error_mnist')} % of MNIST's test"
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"lenet-first": first}
