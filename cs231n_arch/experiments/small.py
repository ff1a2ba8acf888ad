"""SqueezeNet and Deep Compression: the same accuracy from fewer parameters, and from a smaller file."""

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch

from cs231n_arch.compression import density, load_compressed, prune, quantize, save_compressed
from cs231n_arch.experiments.design import Arm, Comparison, Experiment, Outcome, Settings, Work
from cs231n_arch.experiments.rules import Below, Better
from cs231n_arch.experiments.running import continued, fit, fresh, load, outcome, trained

HE = {"init": "he"}  # neither paper's first weights leave their plateau in a training as short as ours

SQUEEZE = Experiment(
    id="squeezenet-alexnet",
    question="Is SqueezeNet as accurate as AlexNet after as many images?",
    arms={"AlexNet": Arm("alexnet", setting=HE), "SqueezeNet": Arm("squeezenet1_1", setting=HE)},
    comparisons=(Comparison("AlexNet", "SqueezeNet", Better("lower", margin=0.01)),),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 67, 200, epochs=2, batch_size=32, recipe={"lr": 0.005}),
        "recorded": Work("fashion_mnist", 67, 2000, epochs=10, batch_size=32, recipe={"lr": 0.005}),
        "gpu": Work("cifar10", 67, epochs=90),
    },
    measure=trained,
)

DENSITIES = (0.6, 0.45, 0.33)  # of the weights, round by round; the last is that of SqueezeNet's paper (Table 2)
AGAIN = {"lr": 0.001}  # a tenth of AlexNet's, as Han et al. (2015), Section 4.1, retrain LeNet


def compressed(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """A net pruned in rounds, quantized, and trained again after each; the control is trained as often without."""
    split = load(work)
    first, *others = experiment.arms
    control = experiment.arms[first]
    again = Arm(control.model, control.options, AGAIN)
    net = fit(experiment, control, work, split, seed).model
    uncompressed = copy.deepcopy(net)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net"
        for _ in (*DENSITIES, "quantization"):
            run = continued(uncompressed, experiment, again, work, split, seed)
        usual = outcome(run, split)
        torch.save(run.model.state_dict(), path)
        yield first, Outcome({**usual.metrics, "bytes": path.stat().st_size, "density": 1.0}, usual.curve)
        for share in DENSITIES:
            prune(net, share)
            net = continued(net, experiment, again, work, split, seed).model
        for name in others:
            shared = copy.deepcopy(net)
            quantize(shared, cast(int, experiment.arms[name].setting["bits"]))
            run = continued(shared, experiment, again, work, split, seed)
            usual = outcome(run, split)
            size = save_compressed(run.model, path)
            read = fresh(control, split, seed)
            read.load_state_dict(load_compressed(path))
            yield name, Outcome({**usual.metrics, "bytes": size, "density": density(read)}, usual.curve)


def widths(model: str, options: Settings, setting: Settings) -> dict[str, Arm]:
    """The net as trained, and at a third of its weights with codes of 8 and of 6 bits."""
    return {
        "as trained": Arm(model, options, setting={**setting, "bits": None}),
        "8 bits": Arm(model, options, setting={**setting, "bits": 8}),
        "6 bits": Arm(model, options, setting={**setting, "bits": 6}),
    }


LENET = Experiment(
    id="compression-lenet",
    question="Does LeNet keep its accuracy at a third of its weights, and how small is its file?",
    arms=widths("lenet5", {"modern": True}, {}),
    comparisons=(
        Comparison("as trained", "8 bits", Better("lower", margin=0.01)),
        Comparison("as trained", "6 bits", Better("lower", margin=0.01)),
        Comparison("8 bits", "6 bits", Better("lower"), "bytes"),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, epochs=5, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 5000, epochs=6, batch_size=64),
        "gpu": Work("cifar10", 32, epochs=30),
    },
    measure=compressed,
)

SQUEEZENET = Experiment(
    id="compression-squeezenet",
    question="Is SqueezeNet's file below half a megabyte at a third of its weights, and as accurate as before?",
    # With its 1,000 scores, of which our data use ten: the file is that of the paper's whole net.
    arms=widths("squeezenet1_0", {"num_classes": 1000}, HE),
    comparisons=(
        Comparison("as trained", "6 bits", Below(500_000), "bytes", "squeezenet-size"),
        Comparison("as trained", "6 bits", Better("lower", margin=0.01), claim="squeezenet-size"),
        Comparison("as trained", "8 bits", Better("lower", margin=0.01)),
    ),
    recipe="alexnet",
    budgets={
        "live": Work("digits", 32, 400, epochs=2, batch_size=32, recipe={"lr": 0.005}),
        "recorded": Work("fashion_mnist", 32, 3000, epochs=6, batch_size=32, recipe={"lr": 0.005}),
        "gpu": Work("cifar10", 67, epochs=60),
    },
    measure=compressed,
)

TABLE = (SQUEEZE, LENET, SQUEEZENET)
