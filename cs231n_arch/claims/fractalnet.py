"""Claims of the chapter on FractalNet."""

from cs231n_arch import published
from cs231n_arch.claims.counts import count, net, random_in_training
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, settle
from cs231n_arch.models.layers import Sum


@checks("fractal-no-shortcuts")
def no_shortcuts() -> Verdict:
    """Shortcuts in the net."""
    shortcuts = count(net("fractalnet_cifar"), Sum)
    return settle(f"{shortcuts or 'no'} shortcuts in the net", holds=shortcuts == 0)


@checks("fractal-drop")
def drop_path() -> Verdict:
    """Test error with and without drop-path."""
    without, with_ = (
        published.value(f"FractalNet (21){what}", "test_error_C10") for what in ("", " + dropout/drop-path")
    )
    return by_run(
        "fractal-drop",
        f"the paper, CIFAR-10 without augmentation: {without} % without and {with_} % with drop-path and dropout",
    )


@checks("fractal-test")
def whole_at_test() -> Verdict:
    """Outputs of one net for one image, several times, in training and at test time."""
    return random_in_training("fractalnet_cifar", filters=(4, 4, 4, 4, 4), dropout=(0.0,) * 5)


@checks("fractal-good")
def good() -> Verdict:
    """Errors, compared with those of the residual nets of the same table."""
    fractal = published.value("FractalNet (21) + dropout/drop-path", "test_error_C10+")
    residual = published.value("ResNet-110 constant depth", "test_error_C10+")
    return settle(
        f"{fractal:.2f} % test error on CIFAR-10 with augmentation, a ResNet of 110 layers {residual} %",
        holds=fractal < residual,
    )
