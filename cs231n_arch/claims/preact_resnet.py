"""Claims of the chapter on identity mappings."""

from cs231n_arch import published
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, listed


@checks("preact-better")
def better() -> Verdict:
    """Test error with batch norm and ReLU before each convolution, and after it."""
    errors = [
        f"{layers} layers {published.value(f'ResNet-{layers}', 'test_error_cifar10 original')} to "
        f"{published.value(f'ResNet-{layers}', 'test_error_cifar10 pre-activation')} %"
        for layers in (110, 164, 1001)
    ]
    return by_run("preact-better", f"the paper, test error on CIFAR-10: {listed(errors)}")
