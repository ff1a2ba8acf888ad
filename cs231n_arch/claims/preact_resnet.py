"""Claims of the chapter on identity mappings."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, measured


def path() -> Verdict:
    """The gradient's path is measured; the paper's errors are printed beside it."""
    errors = [
        f"{name} {published.value(name, 'test_error_cifar10 original')} to "
        f"{published.value(name, 'test_error_cifar10 pre-activation')} %"
        for name in ("ResNet-110", "ResNet-164", "ResNet-1001")
    ]
    return measured("preact-path", f"direct path, better results: {', '.join(errors)}")


CHECKS: dict[str, Callable[[], Verdict]] = {"preact-path": path}
