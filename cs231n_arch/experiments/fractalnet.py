"""FractalNet: drop-path, and columns that work alone."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Outcome, Trial, Work
from cs231n_arch.models.fractalnet import FractalNet, column
from cs231n_arch.training import error_rate
from cs231n_arch.training.evaluation import settled

FILTERS = (8, 16, 32, 64, 64)  # an eighth of the paper's, so that a CPU can train it
SMALL = {"filters": FILTERS, "dropout": (0.0,) * len(FILTERS)}
RATES = {
    "on": {"local_drop_path": 0.15, "global_drop_path": 0.5},
    "off": dict.fromkeys(("local_drop_path", "global_drop_path"), 0.0),
}


@dataclass(frozen=True)
class Fractal(Arm):
    """A FractalNet with or without drop-path, of which the whole or only the deepest column is trained."""

    drop_path: Literal["on", "off"] = "on"
    trained: Literal["whole", "deepest column"] = "whole"


def fractal_columns(trials: Mapping[str, Trial[Fractal]]) -> Iterator[tuple[str, Outcome]]:
    """The error of the whole net and of each column cut out of it; and of the deepest column trained alone.

    Batch norm has the statistics of the net that is tested: drop-path mixes those of several (`mixed_error`).
    """
    for name, trial in trials.items():
        arm, split = trial.arm, trial.split
        whole = replace(trial, arm=replace(arm, options={**arm.options, **RATES[arm.drop_path]})).net()
        assert isinstance(whole, FractalNet)
        deepest = whole.columns - 1
        alone = copy.deepcopy(column(whole, deepest)) if arm.trained == "deepest column" else None
        run = trial.train(alone or whole)
        usual = trial.outcome(run)
        metrics = {**usual.metrics, "mixed_error": usual.metrics["test_error"]}
        parts = {deepest: alone} if alone else {index: column(whole, index) for index in range(whole.columns)}
        tested = {"test_error": run.model, **{f"column_{index}_error": part for index, part in parts.items()}}
        images, labels = split.test_images.to(run.device), split.test_labels.to(run.device)
        for metric, part in tested.items():
            metrics[metric] = error_rate(settled(part, split.train_images.to(run.device)), images, labels)
        yield name, Outcome(metrics, usual.curve)


WITHOUT, WITH, ALONE = "no drop-path", "drop-path", "deepest column alone"
FITTED = Condition(WITHOUT, "train_error", 0.01, "the control fits its training images")

FRACTAL = Experiment(
    id="fractal-paths",
    question="Does drop-path lower the error, and make columns work alone, better than if they are trained alone?",
    arms={
        WITHOUT: Fractal("fractalnet_cifar", SMALL, drop_path="off"),
        WITH: Fractal("fractalnet_cifar", SMALL),
        ALONE: Fractal("fractalnet_cifar", SMALL, drop_path="off", trained="deepest column"),
    },
    comparisons=(
        Comparison(ALONE, WITHOUT, Better("lower"), claim="fractal-nores"),
        Comparison(WITHOUT, WITH, Better("lower"), claim="fractal-drop", regime=(FITTED,)),
        Comparison(WITHOUT, WITH, Better("lower"), "column_0_error", "fractal-paths"),
        Comparison(ALONE, WITH, Better("lower"), "column_2_error"),
    ),
    recipe="fractalnet",
    budgets={
        "live": Work("digits", 32, 600, epochs=4, batch_size=32),
        "recorded": Work("fashion_mnist", 32, 1000, epochs=80, batch_size=32, validation=2000),
        "long": Work("fashion_mnist", 32, 2000, epochs=250, batch_size=50, validation=5000),
        "gpu": Work("cifar10", 32, validation=5000, precision="auto"),
    },
    measure=fractal_columns,
)

TABLE = (FRACTAL,)
