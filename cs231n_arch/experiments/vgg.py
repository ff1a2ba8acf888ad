"""VGG: small kernels in stacks; and the lecture's answer on losses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Literal

from torch import Tensor
from torch.nn import functional as F

from cs231n_arch.experiments.alexnet import TRIAL_SEED
from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better, Same
from cs231n_arch.experiments.trial import Arm, BudgetName, Outcome, Trial, Work
from cs231n_arch.machine import find_device
from cs231n_arch.training import Run, fit, make_batches
from cs231n_arch.training.fitting import update
from cs231n_arch.training.optimizers import build_optimizer

RATE = {"lr": 0.02}
BUDGETS: dict[BudgetName, Work] = {
    "live": Work("digits", 8, epochs=8, batch_size=32, changes=RATE),
    "recorded": Work("fashion_mnist", 14, 5000, epochs=10, batch_size=64, changes=RATE),
    "long": Work("fashion_mnist", 28, 50_000, epochs=15, batch_size=64, changes=RATE, validation=5000),
    "gpu": Work("cifar10", 32, epochs=90, validation=5000),
}

STACKS = Experiment(
    id="stacks",
    question="Is a stack of 3x3 convolutions better than one convolution with the same receptive field?",
    arms={
        "one 7x7": Arm("workbench", {"kernels": (7,)}),
        "three 3x3": Arm("workbench", {"kernels": (3, 3, 3)}),
        "one 5x5": Arm("workbench", {"kernels": (5,)}),
        "two 3x3": Arm("workbench", {"kernels": (3, 3)}),
    },
    # Section 2.3 of the paper compares pairs of 3x3 with a shallow net of 5x5.
    comparisons=tuple(
        Comparison(
            large,
            stack,
            Better("lower"),
            claim="vgg-stacks",
            regime=(Condition(large, "train_error", 0.05, "the large kernel has been trained nearly to its end"),),
        )
        for large, stack in (("one 7x7", "three 3x3"), ("one 5x5", "two 3x3"))
    ),
    recipe="alexnet",
    budgets={
        **BUDGETS,
        "recorded": replace(BUDGETS["recorded"], images=4000, epochs=40, batch_size=32, validation=2000),
    },
)

RATES = (0.001, 0.005, 0.025)  # the two losses have gradients of different size: each takes the rate that suits it


@dataclass(frozen=True)
class Loss(Arm):
    """An arm with a loss of its own.

    Attributes:
        loss: `softmax` is the cross-entropy of the softmax; `svm` the hinge loss of a support vector machine.
    """

    loss: Literal["softmax", "svm"] = "softmax"


def svm_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """How far other scores come nearer than 1 to the label's: sum over the classes, mean over the images.

    It is the course's multiclass SVM loss (Weston & Watkins 1999), for scores (N, classes) and labels (N,).
    """
    return scores.size(1) * F.multi_margin_loss(scores, labels)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"softmax": F.cross_entropy, "svm": svm_loss}


def at_rate(trial: Trial[Loss], lr: float) -> Run:
    """Train an arm with its loss, at a constant rate."""
    step = partial(update, criterion=LOSSES[trial.arm.loss])
    net, recipe, split = trial.net(), trial.changed_recipe.replace(lr=lr), trial.watched
    device = find_device()
    batches = make_batches(split, trial.work.batch_size or recipe.batch_size, seed=trial.seed, device=device)
    optimizer = build_optimizer(net.to(device), recipe)
    history = fit(net, batches, optimizer, epochs=trial.work.epochs or recipe.epochs, step=step)
    return Run(net.eval(), history, recipe, trial.seed, str(device), "fp32", channels_last=False)


@lru_cache
def best_rate(trial: Trial[Loss]) -> float:
    """The rate with the lowest training error; test images have no part in the choice."""
    return min(RATES, key=lambda lr: float(at_rate(trial, lr).history["train_error"].iloc[-1]))


def with_losses(trials: Mapping[str, Trial[Any]]) -> Iterator[tuple[str, Outcome]]:
    """Train each arm with its loss, at the rate that suits it."""
    for name, trial in trials.items():
        lr = best_rate(replace(trial, seed=TRIAL_SEED))
        yield name, trial.outcome(at_rate(trial, lr), lr=lr)


LOSS = Experiment(
    id="svm-softmax",
    question="Does a net that is trained with the loss of a support vector machine do as well as with softmax?",
    arms={"SVM": Loss("workbench", loss="svm"), "softmax": Loss("workbench")},
    comparisons=(
        # The lecturer's answer to a question: either may be used. Two points of error count as no difference.
        Comparison("SVM", "softmax", Same(0.02), claim="vgg-softmax"),
    ),
    recipe="alexnet",
    budgets={name: replace(work, changes={}) for name, work in BUDGETS.items()},
    measure=with_losses,
)

TABLE = (STACKS, LOSS)
