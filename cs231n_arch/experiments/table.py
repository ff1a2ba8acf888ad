"""Every experiment by its id, and the order in which long runs are worth their time."""

from importlib import import_module

from cs231n_arch.errors import unknown
from cs231n_arch.experiments.design import Experiment

NAMES = (
    "lenet", "alexnet", "zfnet", "vgg", "googlenet", "batch_norm", "resnet", "nin", "preact_resnet", "wide_resnet",
    "resnext", "stochastic_depth", "fractalnet", "densenet", "squeezenet", "senet", "transfer", "localization",
)  # fmt: skip
CHAPTERS = [import_module(f"cs231n_arch.experiments.{name}") for name in NAMES]
EXPERIMENTS: dict[str, Experiment] = {e.id: e for chapter in CHAPTERS for e in chapter.TABLE}


def get(name: str) -> Experiment:
    """The experiment of this id.

    Raises:
        ValueError: there is none; the message lists those with a similar one.
    """
    if name not in EXPERIMENTS:
        raise ValueError(unknown("experiment", name, EXPERIMENTS))
    return EXPERIMENTS[name]


# The order of value for long runs, and the hours that they need on one core of a server's CPU (AVX-512) with the
# seeds of the first look: processor time of a training image, times images, epochs, arms and seeds.
HOURS: dict[str, float] = {
    "depth": 7.8,
    "stochastic-depth": 2.3,
    "dropout": 0.7,
    "augmentation": 0.7,
    "fractal-paths": 1.9,
    "dense-residual": 3.6,
    "activation-order": 5.6,
    "mlpconv-and-heads": 3.1,
    "width-depth": 2.8,
    "squeeze-excitation": 2.4,
    "cardinality": 1.9,
    "relu-tanh": 1.3,
    "batch-norm": 2.0,
    "lrn": 0.6,
    "stacks": 4.8,
    "ensemble": 0.3,
    "transfer": 0.5,
    "imagenet-features": 0.2,
    "digits-and-patches": 0.1,
    "squeezenet-alexnet": 3.0,
    "compression-squeezenet": 2.2,
    "shortcut-options": 2.2,
    "shortcut-types": 5.0,
    "first-layer": 1.2,
    "compression-lenet": 0.7,
    "auxiliary-classifiers": 0.1,
    "localization": 1.4,
    "lenet-digits": 0.1,
    "svm-softmax": 1.9,
    "inception-reductions": 2.9,
}
