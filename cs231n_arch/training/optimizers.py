"""The optimisers of the recipes: PyTorch's where it has them, and the two that it lacks."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from cs231n_arch.training.recipe import Recipe


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser over the model's parameters, with weight decay on those that the paper decays."""
    groups = parameter_groups(model, recipe)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.nesterov)
    if recipe.optimizer == "rmsprop":
        assert recipe.rms_decay is not None
        assert recipe.rms_epsilon is not None
        return RMSProp(groups, recipe.lr, recipe.rms_decay, recipe.rms_epsilon)
    assert recipe.curvature_floor is not None
    return DiagonalLM(groups, recipe.lr, recipe.curvature_floor)


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


class RMSProp(torch.optim.Optimizer):
    """RMSProp with the epsilon below the root, as the Inception papers' TensorFlow has it.

    w -= lr * g / sqrt(mean of g^2 + epsilon). With their epsilon of 1 it matters: `torch.optim.RMSprop` adds it
    outside the root and begins the mean at zero, TensorFlow at one.
    """

    def __init__(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], lr: float, decay: float, epsilon: float
    ) -> None:
        super().__init__(params, {"lr": lr, "decay": decay, "epsilon": epsilon, "weight_decay": 0.0})

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
                p.addcdiv_(g, (mean + group["epsilon"]).sqrt_(), value=-group["lr"])


class DiagonalLM(torch.optim.Optimizer):
    """Stochastic diagonal Levenberg-Marquardt (LeCun et al. 1998, Appendix C): w -= lr / (mu + h) * g.

    h, the curvature of the loss along each single weight, is estimated by `estimate` before each pass.
    """

    def __init__(self, params: Iterable[Tensor] | Iterable[dict[str, Any]], lr: float, mu: float) -> None:
        super().__init__(params, {"lr": lr, "mu": mu, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update; `closure` is there for PyTorch's interface and not used."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad.add(p, alpha=group["weight_decay"])
                p.addcdiv_(g, self.state[p]["curvature"] + group["mu"], value=-group["lr"])

    def estimate(self, model: nn.Module, images: Tensor, generator: torch.Generator) -> None:
        """Estimate h on a few hundred images (N, C, H, W), with the Gauss-Newton form of Equation 24.

        h = J^T B J on the diagonal: J are the derivatives of the scores, B = (I - 11^T / K) / 2 is the least
        matrix never below the curvature of cross-entropy over K scores (Boehning 1992). The curvature itself
        vanishes where the net is sure of itself, right or wrong, and would let the step explode there. One random
        direction an image stands for the sum over the scores.
        """
        parameters = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}

        def along(parameters: dict[str, Tensor], image: Tensor, direction: Tensor) -> Tensor:
            return (cast(Tensor, functional_call(model, parameters, (image.unsqueeze(0),))) * direction).sum()

        with torch.no_grad():
            scores = model(images[:1]).shape[1]
        directions = torch.randn(len(images), scores, generator=generator)
        directions = (directions - directions.mean(dim=1, keepdim=True)).to(images.device) * 0.5**0.5
        gradients = vmap(grad(along), in_dims=(None, 0, 0))(parameters, images, directions)
        for name, p in model.named_parameters():
            if name in gradients:
                self.state[p]["curvature"] = gradients[name].square().mean(dim=0)
