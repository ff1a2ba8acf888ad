"""How much of the gradient reaches the first layer, for experiments whose claim is about that."""

from statistics import fmean
from typing import Any

import torch

from cs231n_arch.anatomy.gradients import weight_gradients
from cs231n_arch.experiments.trial import Trial
from cs231n_arch.training import Run

IMAGES = 256
DRAWS = 8  # of the batch; where layers are left out at random, also of the layers


def first_gradient(trial: Trial[Any], run: Run) -> float:
    """The first convolution's gradient, relative to the mean over all convolutions of the trained net.

    Both are lengths in units of the weights, in training mode, the mean over some batches of training images. So
    it does not matter how small the loss has become, which differs between the arms: 1 says that the first layer
    is told as much as the others.
    """
    split, shares = trial.split, []
    with torch.random.fork_rng():  # layers that are left out at random are drawn here too
        torch.manual_seed(trial.seed)
        for number in range(DRAWS):
            chosen = torch.randperm(len(split.train_images), generator=torch.Generator().manual_seed(number))[
                :IMAGES
            ]
            images, labels = split.train_images[chosen], split.train_labels[chosen]
            found = weight_gradients(run.model, images.to(run.device), labels.to(run.device))
            shares.append(float(found.iloc[0] / found.mean()))
    return fmean(shares)
