"""Do a net's features serve another task? The last hidden layer, a linear probe, and what it is compared with."""

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy.modes import evaluating


def features(net: nn.Module, images: Tensor, *, batch_size: int = 256) -> Tensor:
    """The input of the layer that gives the scores: FC7 for AlexNet and VGG, the pooled channels for ResNet.

    In nets without a fully connected layer, such as SqueezeNet and NiN, that is the last convolution, of whose
    input the mean over all places is taken.

    Args:
        net: a classifier; it is left in its own mode.
        images: (N, C, H, W), on any device; they are moved to the net's.
        batch_size: images at a time.

    Returns:
        (N, features), float32, on the CPU.

    Raises:
        ValueError: the net has neither a fully connected layer nor a convolution.
    """
    heads: list[nn.Linear | nn.Conv2d] = [module for module in net.modules() if isinstance(module, nn.Linear)]
    heads = heads or [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    if not heads:
        raise ValueError(f"{type(net).__name__} has no fully connected layer or convolution to take the input of")
    seen: list[Tensor] = []
    hook = heads[-1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].float().cpu()))
    with hook, evaluating(net), torch.no_grad():
        for batch in torch.split(images, batch_size):
            net(batch.to(heads[-1].weight.device))
    return torch.cat([taken.mean(dim=(2, 3)) if taken.ndim == 4 else taken for taken in seen])


def linear_probe(train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], *, seed: int = 0) -> float:
    """Test accuracy of a linear classifier on given features, from 0 to 1: scikit-learn's logistic regression.

    Args:
        train: features (N, ...) and labels (N,) to fit; the features are flattened and standardized.
        test: as `train`, to score.
        seed: of the solver.

    Raises:
        ValueError: as many features as labels are needed, and two classes at least.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for name, (x, y) in {"train": train, "test": test}.items():
        if len(x) != len(y) or not len(x):
            raise ValueError(f"{name} needs as many features as labels, and some; given {len(x)} and {len(y)}")
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, random_state=seed))
    classifier.fit(train[0].flatten(1).numpy(), train[1].numpy())
    return float(classifier.score(test[0].flatten(1).numpy(), test[1].numpy()))
