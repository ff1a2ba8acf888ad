"""SqueezeNet and Deep Compression: the same accuracy from fewer parameters, and from a smaller file."""

import copy
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from cs231n_arch.compression import density, load_compressed, prune, quantize, save_compressed
from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Below, Better
from cs231n_arch.experiments.trial import Arm, Options, Outcome, Trial, Work

LOW_RATE = {"lr": 0.005}
STARTED = Condition("SqueezeNet", "train_error", 0.05, "both nets have been trained nearly to their end")

# He's weights: neither paper's first weights leave their plateau in a training as short as ours.
SQUEEZE = Experiment(
    id="squeezenet-alexnet",
    question="Is SqueezeNet as accurate as AlexNet after as many images?",
    arms={"AlexNet": Arm("alexnet", init="he"), "SqueezeNet": Arm("squeezenet1_1", init="he")},
    comparisons=(
        Comparison(
            "AlexNet", "SqueezeNet", Better("lower", margin=0.01), claim="squeezenet-trained", regime=(STARTED,)
        ),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 67, 200, epochs=2, batch_size=32, changes=LOW_RATE),
        "recorded": Work("fashion_mnist", 67, 2000, epochs=10, batch_size=32, changes=LOW_RATE),
        "long": Work("fashion_mnist", 67, 20_000, epochs=15, batch_size=64, changes=LOW_RATE, validation=5000),
        "gpu": Work("cifar10", 67, epochs=90, validation=5000),
    },
)

DENSITIES = (0.6, 0.45, 0.33)  # of the weights, round by round; the last is that of SqueezeNet's paper (Table 2)
AGAIN = {"lr": 0.001}  # a tenth of AlexNet's, as Han et al. (2015), Section 4.1, retrain LeNet


@dataclass(frozen=True)
class Coded(Arm):
    """A net as trained, or pruned and with codes of `bits` bits for its weights."""

    bits: int | None = None


def compressed(trials: Mapping[str, Trial[Coded]]) -> Iterator[tuple[str, Outcome]]:
    """A net pruned in rounds, quantized, and trained again after each; the control is trained as often without."""
    first, *others = trials
    control = trials[first]
    again = replace(control, arm=replace(control.arm, changes=AGAIN, init="paper"))
    net = control.train().model
    uncompressed = copy.deepcopy(net)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net"
        for _ in (*DENSITIES, "quantization"):
            run = again.train(uncompressed)
        torch.save(run.model.state_dict(), path)
        yield first, control.outcome(run, bytes=path.stat().st_size, density=1.0)
        for share in DENSITIES:
            prune(net, share)
            net = again.train(net).model
        for name in others:
            shared, bits = copy.deepcopy(net), trials[name].arm.bits
            assert bits is not None
            quantize(shared, bits)
            run = again.train(shared)
            size = save_compressed(run.model, path)
            read = control.net()
            read.load_state_dict(load_compressed(path))
            yield name, control.outcome(run, bytes=size, density=density(read))


def widths(model: str, options: Options, init: Literal["paper", "he"] = "paper") -> dict[str, Coded]:
    """The net as trained, and at a third of its weights with codes of 8 and of 6 bits."""
    return {
        "as trained": Coded(model, options, init=init),
        "8 bits": Coded(model, options, init=init, bits=8),
        "6 bits": Coded(model, options, init=init, bits=6),
    }


LENET = Experiment(
    id="compression-lenet",
    question="Does LeNet keep its accuracy at a third of its weights, and how small is its file?",
    arms=widths("lenet5", {"modern": True}),
    comparisons=(
        Comparison("as trained", "8 bits", Better("lower", margin=0.01)),
        Comparison("as trained", "6 bits", Better("lower", margin=0.01)),
        Comparison("8 bits", "6 bits", Better("lower"), "bytes"),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=5, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=8, batch_size=64, validation=2000),
        "long": Work("fashion_mnist", 32, 50_000, epochs=8, batch_size=64, validation=5000),
        "gpu": Work("cifar10", 32, epochs=30, validation=5000),
    },
    measure=compressed,
    whole=True,
)

SQUEEZENET = Experiment(
    id="compression-squeezenet",
    question="Is SqueezeNet's file below half a megabyte at a third of its weights, and as accurate as before?",
    # With its 1,000 scores, of which our data use ten: the file is that of the paper's whole net.
    arms=widths("squeezenet1_0", {"num_classes": 1000}, init="he"),
    comparisons=(
        Comparison("as trained", "6 bits", Below(500_000), "bytes", "squeezenet-size"),
        Comparison("as trained", "6 bits", Better("lower", margin=0.01), claim="squeezenet-kept"),
        Comparison("as trained", "8 bits", Better("lower", margin=0.01)),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 400, epochs=2, batch_size=32, changes=LOW_RATE),
        "recorded": Work("fashion_mnist", 32, 3000, epochs=6, batch_size=32, changes=LOW_RATE),
        "long": Work("fashion_mnist", 32, 20_000, epochs=10, batch_size=64, changes=LOW_RATE, validation=5000),
        "gpu": Work("cifar10", 67, epochs=60, validation=5000),
    },
    measure=compressed,
    whole=True,
)

TABLE = (SQUEEZE, LENET, SQUEEZENET)
