"""Wide ResNet, ResNeXt, stochastic depth, FractalNet, DenseNet: width, paths, and layers that are left out."""

import copy
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch.data import Split
from cs231n_arch.experiments.depth import BUDGETS
from cs231n_arch.experiments.design import Arm, Comparison, Experiment, Outcome, Work
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import continued, fit, fresh, load, outcome, trained
from cs231n_arch.models.densenet import DenseBlock
from cs231n_arch.models.fractalnet import FractalNet, column
from cs231n_arch.profiling.timing import between, processor_time, stamp, wait
from cs231n_arch.training import Budget, error_rate
from cs231n_arch.training.evaluation import settled

ROUNDS = 20  # steps of each arm that are timed, after two more to warm up


def step_seconds(nets: Mapping[str, nn.Module], split: Split, batch_size: int) -> dict[str, float]:
    """Mean time of a training step (forward, backward, update), the nets taking turns step by step.

    On a CPU that is the processor time of one thread, which other programs hardly disturb.
    """
    device = torch.device(Budget.auto().device)
    images = split.train_images[:batch_size].to(device, memory_format=torch.channels_last)
    labels = split.train_labels[:batch_size].to(device)
    optimizers = {name: torch.optim.SGD(net.parameters(), lr=0.0, momentum=0.9) for name, net in nets.items()}
    for net in nets.values():
        net.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    seconds = dict.fromkeys(nets, 0.0)
    with processor_time():
        for number in range(-2, ROUNDS):
            for name, net in nets.items():
                begun = stamp(device)
                optimizers[name].zero_grad(set_to_none=True)
                F.cross_entropy(net(images), labels).backward()  # type: ignore[no-untyped-call]
                optimizers[name].step()
                ended = stamp(device)
                wait(device)
                seconds[name] += between(begun, ended) * (number >= 0)
    return {name: total / ROUNDS for name, total in seconds.items()}


def trained_and_timed(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, and the time of a step."""
    split = load(work)
    nets = {name: fresh(arm, split, seed) for name, arm in experiment.arms.items()}
    seconds = step_seconds(nets, split, work.batch_size or 128)
    for name, arm in experiment.arms.items():
        usual = outcome(fit(experiment, arm, work, split, seed), split)
        yield name, Outcome({**usual.metrics, "step_seconds": seconds[name]}, usual.curve)


WIDTH = Experiment(
    id="width-depth",
    question="At equal multiply-adds, is a wide shallow net as good as a thin deep one, and faster?",
    arms={
        "46 layers, width 1": Arm("wide_resnet", {"depth": 46, "widen_factor": 1}),
        "16 layers, width 2": Arm("wide_resnet", {"depth": 16, "widen_factor": 2}),
    },
    comparisons=(
        Comparison(
            "46 layers, width 1", "16 layers, width 2", Better("lower"), "step_seconds", "wrn-width", equal="macs"
        ),
        Comparison(
            "46 layers, width 1", "16 layers, width 2", Better("lower", 0.01), claim="wrn-width", equal="macs"
        ),
    ),
    recipe="wide_resnet",
    budgets=BUDGETS,
    measure=trained_and_timed,
)

CARDINALITY = Experiment(
    id="cardinality",
    question="At equal multiply-adds, are many narrow paths in a block better than one wide path?",
    arms={
        "1 path of 64": Arm("resnext_cifar", {"depth": 11, "cardinality": 1, "width": 64}),
        "32 paths of 4": Arm("resnext_cifar", {"depth": 11, "cardinality": 32, "width": 4}),
    },
    comparisons=(Comparison("1 path of 64", "32 paths of 4", Better("lower"), equal="macs"),),
    recipe="resnext_cifar",
    budgets={
        "live": Work("digits", 8, 400, epochs=2, batch_size=32),
        "recorded": Work("fashion_mnist", 12, 2500, epochs=6, batch_size=64),
        "gpu": Work("cifar10", 32),
    },
    measure=trained,
)

STOCHASTIC = Experiment(
    id="stochastic-depth",
    question="Does leaving out random layers in training lower the error, and save time?",
    arms={
        "constant depth": Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.0}),
        "stochastic depth": Arm("stochastic_resnet", {"depth": 56, "death_rate": 0.5}),
    },
    comparisons=(
        Comparison("constant depth", "stochastic depth", Better("lower"), "step_seconds", "stochastic-drop"),
        Comparison("constant depth", "stochastic depth", Better("lower"), claim="stochastic-drop"),
    ),
    recipe="stochastic_depth",
    budgets=BUDGETS,
    measure=trained_and_timed,
)

FILTERS = (8, 16, 32, 64, 64)  # an eighth of the paper's, so that a CPU can
SMALL = {"filters": FILTERS, "dropout": (0.0,) * len(FILTERS)}
RATES = {
    "on": {"local_drop_path": 0.15, "global_drop_path": 0.5},
    "off": dict.fromkeys(("local_drop_path", "global_drop_path"), 0.0),
}


def fractal_columns(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """The error of the whole net and of each column cut out of it; and of the deepest column trained alone.

    Batch norm has the statistics of the net that is tested: drop-path mixes those of several (`mixed_error`).
    """
    split = load(work)
    for name, arm in experiment.arms.items():
        whole = fresh(Arm(arm.model, {**arm.options, **RATES[str(arm.setting["drop_path"])]}), split, seed)
        assert isinstance(whole, FractalNet)
        deepest = whole.columns - 1
        alone = copy.deepcopy(column(whole, deepest)) if arm.setting["trained"] == "deepest column" else None
        run = continued(alone or whole, experiment, arm, work, split, seed)
        usual = outcome(run, split)
        metrics = {**usual.metrics, "mixed_error": usual.metrics["test_error"]}
        parts = {deepest: alone} if alone else {index: column(whole, index) for index in range(whole.columns)}
        tested = {"test_error": run.model, **{f"column_{index}_error": part for index, part in parts.items()}}
        images, labels = split.test_images.to(run.device), split.test_labels.to(run.device)
        for metric, part in tested.items():
            metrics[metric] = error_rate(settled(part, split.train_images.to(run.device)), images, labels)
        yield name, Outcome(metrics, usual.curve)


FRACTAL = Experiment(
    id="fractal-paths",
    question="Does drop-path lower the error, and make columns work alone, better than if they are trained alone?",
    arms={
        "no drop-path": Arm("fractalnet_cifar", SMALL, setting={"drop_path": "off", "trained": "whole"}),
        "drop-path": Arm("fractalnet_cifar", SMALL, setting={"drop_path": "on", "trained": "whole"}),
        "deepest column alone": Arm(
            "fractalnet_cifar", SMALL, setting={"drop_path": "on", "trained": "deepest column"}
        ),
    },
    comparisons=(
        Comparison("no drop-path", "drop-path", Better("lower"), claim="fractal-paths"),
        Comparison("no drop-path", "drop-path", Better("lower"), "column_0_error", "fractal-paths"),
        Comparison("deepest column alone", "drop-path", Better("lower"), "column_2_error", "fractal-paths"),
    ),
    recipe="fractalnet",
    budgets={
        "live": Work("digits", 32, 600, epochs=4, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 3000, epochs=8, batch_size=50),
        "gpu": Work("cifar10", 32),
    },
    measure=fractal_columns,
)


def reuse(block: DenseBlock) -> list[list[float]]:
    """How much each layer of a dense block uses the input of the block and each layer before it (Figure 5).

    Returns:
        A row a layer: the mean absolute weight on each source, divided by the largest of the row.
    """
    rows = []
    for index, layer in enumerate(block):
        conv = layer.get_submodule("body.conv")
        assert isinstance(conv, nn.Conv2d)
        by_map: Tensor = conv.weight.detach().abs().mean(dim=(0, 2, 3))
        growth = conv.out_channels
        first = len(by_map) - index * growth  # maps of the block's input
        means = torch.stack([part.mean() for part in torch.split(by_map, [first, *([growth] * index)])])
        rows.append([round(float(value), 4) for value in means / means.max()])
    return rows


def trained_with_reuse(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """The usual metrics, and for a DenseNet the map of who uses whom."""
    split = load(work)
    for name, arm in experiment.arms.items():
        run = fit(experiment, arm, work, split, seed)
        usual = outcome(run, split)
        blocks = {key: reuse(block) for key, block in run.model.named_children() if isinstance(block, DenseBlock)}
        yield name, Outcome(usual.metrics, usual.curve, {"reuse": blocks} if blocks else {})


DENSE = Experiment(
    id="dense-residual",
    question="Is a DenseNet better than a ResNet of as many parameters, and as good with half of them?",
    arms={
        "ResNet-20": Arm("resnet_cifar", {"depth": 20}),
        "DenseNet-22, k = 12": Arm("densenet40_12", {"depth": 22, "growth_rate": 12}),
        "DenseNet-22, k = 8": Arm("densenet40_12", {"depth": 22, "growth_rate": 8}),
    },
    comparisons=(
        Comparison(
            "ResNet-20", "DenseNet-22, k = 12", Better("lower"), claim="densenet-concat", equal="parameters"
        ),
        # Half the parameters is the claim itself, so nothing is held equal but data and training.
        Comparison("ResNet-20", "DenseNet-22, k = 8", Better("lower", 0.01), claim="densenet-concat"),
    ),
    recipe="densenet_cifar",
    budgets=BUDGETS,
    measure=trained_with_reuse,
)

TABLE = (WIDTH, CARDINALITY, STOCHASTIC, FRACTAL, DENSE)
