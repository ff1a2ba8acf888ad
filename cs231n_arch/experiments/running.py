"""Running an experiment: every arm with every seed, then the verdicts."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from torch import nn
from tqdm import tqdm

from cs231n_arch import data
from cs231n_arch.data import Split
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.experiments.design import Arm, BudgetName, Experiment, Outcome, Work
from cs231n_arch.experiments.records import Record, make_record
from cs231n_arch.experiments.workbench import build
from cs231n_arch.models.layers import Net, init_he
from cs231n_arch.training import Run, error_rate, recipes, train

WATCHED = 2000  # test images of the curve; the metric at its end takes all of them


@lru_cache(maxsize=1)
def load(work: Work) -> Split:
    """The images of a budget, as many as it says."""
    if work.scale == "pixels":
        split = data.load(work.data, image_size=work.image_size, normalise=None)
        mean = split.train_images.float().mean(dim=0)
        train, test = split.train_images.float() - mean, split.test_images.float() - mean
    else:
        split = data.load(work.data, image_size=work.image_size, normalise=work.scale)
        train, test = split.train_images, split.test_images
    return dataclasses.replace(
        split, train_images=train[: work.images], train_labels=split.train_labels[: work.images], test_images=test
    )


def fresh(arm: Arm, split: Split, seed: int) -> Net:
    """The untrained net of an arm; the setting `init="he"` replaces its paper's first weights by He's."""
    torch.manual_seed(seed)
    net = build(arm.model, split, **arm.options)
    if arm.setting.get("init") == "he":
        init_he(net)
    return net


def fit(experiment: Experiment, arm: Arm, work: Work, split: Split, seed: int) -> Run:
    """Train the net of an arm from the beginning."""
    return continued(fresh(arm, split, seed), experiment, arm, work, split, seed)


def continued(net: nn.Module, experiment: Experiment, arm: Arm, work: Work, split: Split, seed: int) -> Run:
    """Train a net that is there already."""
    watched = dataclasses.replace(
        split, test_images=split.test_images[:WATCHED], test_labels=split.test_labels[:WATCHED]
    )
    recipe = recipes.get(experiment.recipe).replace(**{**work.recipe, **arm.recipe})
    return train(
        net,
        watched,
        recipe,
        epochs=work.epochs,
        batch_size=work.batch_size,
        augment=crop_and_flip(work, split) if arm.setting.get("augmented") else None,
        seed=seed,
        progress=False,
    )


def crop_and_flip(work: Work, split: Split) -> CropAndFlip:
    """The augmentation of the setting `augmented`: 4 pixels at 32x32, less below; writing is not mirrored.

    Grey sets have a dark background, which goes on beyond the border; elsewhere the mean is there.
    """
    fill = float(split.train_images.min()) if split.image_size[0] == 1 else 0.0
    return CropAndFlip(padding=work.image_size // 8, flip=work.data not in ("digits", "mnist"), fill=fill)


def outcome(run: Run, split: Split) -> Outcome:
    """The usual metrics of a training: errors at its end, as shares."""
    last = run.history.iloc[-1]
    device = torch.device(run.device)
    test_error = error_rate(run.model, split.test_images.to(device), split.test_labels.to(device))
    metrics = {"test_error": test_error, "train_error": float(last["train_error"])}
    return Outcome(metrics | {"train_loss": float(last["train_loss"])}, run.history)


def trained(experiment: Experiment, work: Work, seed: int) -> Iterator[tuple[str, Outcome]]:
    """The usual measure: train every arm."""
    split = load(work)
    for name, arm in experiment.arms.items():
        yield name, outcome(fit(experiment, arm, work, split, seed), split)


def run(
    experiment: Experiment,
    budget: BudgetName = "live",
    *,
    seeds: Sequence[int] | None = None,
    progress: bool = True,
) -> Record:
    """Run every arm with every seed and judge the comparisons.

    Args:
        experiment: one of `EXPERIMENTS`.
        budget: how much is done: `live`, `recorded` or `gpu`.
        seeds: of weights, order and dropout; None takes the experiment's.
        progress: show a bar.

    Returns:
        The record; see `records`.

    Raises:
        ValueError: the experiment has no such budget, or fewer than two seeds.
        DataUnavailableError: the images are not there.
    """
    if budget not in experiment.budgets:
        raise ValueError(f"{experiment.id} has the budgets {', '.join(experiment.budgets)}; given {budget!r}")
    seeds = experiment.seeds if seeds is None else tuple(seeds)
    if len(seeds) < 2:
        raise ValueError(f"a verdict needs at least two seeds; given {seeds}")
    work = experiment.budgets[budget]
    outcomes: dict[str, list[Outcome]] = {name: [] for name in experiment.arms}
    begun = time.perf_counter()
    with tqdm(total=len(seeds) * len(outcomes), disable=not progress, unit="run", desc=experiment.id) as bar:
        for seed in seeds:
            for name, result in experiment.measure(experiment, work, seed):
                outcomes[name].append(result)
                bar.update()
    return make_record(experiment, budget, seeds, outcomes, time.perf_counter() - begun)
