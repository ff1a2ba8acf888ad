"""Every experiment by its id, and the order in which long runs are worth their time."""

from cs231n_arch.errors import unknown
from cs231n_arch.experiments import (
    alexnet,
    densenet,
    fractalnet,
    googlenet,
    lenet,
    localization,
    nin,
    preact_resnet,
    resnet,
    resnext,
    senet,
    squeezenet,
    stochastic_depth,
    transfer,
    vgg,
    wide_resnet,
    zfnet,
)
from cs231n_arch.experiments.design import Experiment

CHAPTERS = (
    lenet, alexnet, zfnet, vgg, googlenet, resnet, nin, preact_resnet, wide_resnet, resnext, stochastic_depth,
    fractalnet, densenet, squeezenet, senet, transfer, localization,
)  # fmt: skip
EXPERIMENTS: dict[str, Experiment] = {e.id: e for chapter in CHAPTERS for e in chapter.TABLE}


def get(name: str) -> Experiment:
    """The experiment of this id.

    Raises:
        ValueError: there is none; the message lists those with a similar one.
    """
    if name not in EXPERIMENTS:
        raise ValueError(unknown("experiment", name, EXPERIMENTS))
    return EXPERIMENTS[name]


# The order of value for long runs, and the hours that one process needs on a CPU core for the `long` budget with
# the first look's seeds: measured costs of a training image, times images, epochs, arms and seeds.
HOURS: dict[str, float] = {
    "depth": 19.0,
    "stochastic-depth": 18.0,
    "dropout": 1.0,
    "augmentation": 1.0,
    "fractal-paths": 5.5,
    "dense-residual": 7.5,
    "activation-order": 15.0,
    "mlpconv-and-heads": 9.0,
    "width-depth": 7.0,
    "squeeze-excitation": 6.0,
    "cardinality": 12.0,
    "relu-tanh": 2.5,
    "lrn": 2.5,
    "stacks": 10.0,
    "ensemble": 0.5,
    "transfer": 2.0,
    "squeezenet-alexnet": 22.0,
    "compression-squeezenet": 14.0,
    "shortcut-options": 6.0,
    "shortcut-types": 12.0,
    "first-layer": 2.0,
    "compression-lenet": 1.5,
    "auxiliary-classifiers": 0.1,
    "localization": 3.0,
    "lenet-digits": 0.2,
}
