"""The optimizers of the recipes, PyTorch's and the one that it lacks, and their rate."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Plateau


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over the model's parameters, with weight decay on those that the paper decays.

    Raises:
        ValueError: LeNet's `diagonal_lm`, or a model without trainable parameters.
    """
    groups = parameter_groups(model, recipe)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.nesterov)
    if recipe.optimizer == "rmsprop":
        assert recipe.rms_decay is not None
        assert recipe.rms_epsilon is not None
        return RMSProp(groups, recipe.lr, recipe.rms_decay, recipe.rms_epsilon, recipe.momentum)
    raise ValueError(
        f"the recipe {recipe.name!r} is printed for {recipe.optimizer}, which is not built here; "
        f"the recipe '{recipe.name}_sgd' trains the same net by plain gradient descent"
    )


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """The trainable parameters, those that decay first. With `decays="weights"` biases and batch norm do not."""
    trained = [p for p in model.parameters() if p.requires_grad]
    if not trained:
        raise ValueError("the model has no trainable parameter")
    if recipe.decays == "all":
        return [{"params": trained, "weight_decay": recipe.weight_decay}]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def set_rate(optimizer: torch.optim.Optimizer, recipe: Recipe, step: int, total: int) -> None:
    """Give the optimizer its rate after `step` of `total` updates, by every schedule but `Plateau`."""
    assert not isinstance(recipe.schedule, Plateau)
    warm = recipe.warmup.factor if recipe.warmup and step < recipe.warmup.iterations else 1.0
    for group in optimizer.param_groups:
        group["lr"] = recipe.lr * warm * recipe.schedule.factor(step, total)


def build_plateau(optimizer: torch.optim.Optimizer, recipe: Recipe) -> ReduceLROnPlateau | None:
    """PyTorch's scheduler for a `Plateau`, which stops after the printed number of reductions."""
    if not isinstance(recipe.schedule, Plateau):
        return None
    least = recipe.lr * recipe.schedule.by**recipe.schedule.times
    return ReduceLROnPlateau(
        optimizer, factor=recipe.schedule.by, patience=recipe.schedule.patience, min_lr=least, eps=0.0
    )


class RMSProp(torch.optim.Optimizer):
    """RMSProp as the Inception papers' TensorFlow has it: epsilon below the root, momentum of the steps.

    step = momentum * step + lr * g / sqrt(mean of g^2 + epsilon), and w -= step. With their epsilon of 1 it
    matters: `torch.optim.RMSprop` adds it outside the root, begins the mean at zero and not at one, and leaves the
    rate out of the momentum.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float,
        decay: float,
        epsilon: float,
        momentum: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "decay": decay, "epsilon": epsilon, "momentum": momentum, "weight_decay": 0.0}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update; `closure` is there for PyTorch's interface and not used."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad.add(p, alpha=group["weight_decay"])
                mean = self.state[p].setdefault("mean_square", torch.ones_like(p))
                mean.mul_(group["decay"]).addcmul_(g, g, value=1 - group["decay"])
                step = self.state[p].setdefault("step", torch.zeros_like(p))
                step.mul_(group["momentum"]).addcdiv_(g, (mean + group["epsilon"]).sqrt_(), value=group["lr"])
                p.sub_(step)


def build_average(model: nn.Module, recipe: Recipe) -> AveragedModel | None:
    """The running average of the weights, and of the statistics of batch norm, if the recipe has one."""
    if recipe.ema_decay is None:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)  # type: ignore[no-untyped-call]
