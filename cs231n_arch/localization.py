"""VGG's localization: the last layer predicts a bounding box instead of class scores (1409.1556, Appendix A)."""

import copy

import torch
from torch import Tensor, nn

from cs231n_arch.models.layers import Net

COORDINATES = 4  # the paper's form: centre, width and height


def box_regressor(classifier: Net, num_classes: int, *, per_class: bool = True) -> Net:
    """A net that predicts boxes, from one that classifies.

    Args:
        classifier: any net whose last layer is fully connected; its weights are copied, as Appendix A.1 starts
            from the trained classifiers. It is left as it was.
        num_classes: classes of the objects.
        per_class: one box for each class (per-class regression), or one box shared by all (single-class).

    Returns:
        A net that maps images (N, C, H, W) to boxes: (N, num_classes, 4) or (N, 1, 4), each box its horizontal and
        vertical centre, width and height, as shares of the image.

    Raises:
        ValueError: the last layer is not fully connected, or no class.
    """
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1; given {num_classes}")
    name, last = list(classifier.named_children())[-1]
    if not isinstance(last, nn.Linear):
        raise ValueError(f"the last layer must be fully connected; {name} is {type(last).__name__}")
    net = copy.deepcopy(classifier)
    boxes = num_classes if per_class else 1
    regression = nn.Linear(last.in_features, boxes * COORDINATES, device=last.weight.device)
    nn.init.normal_(regression.weight, 0, 0.01)  # "initialised randomly" (Appendix A.1); the scale is not printed
    nn.init.constant_(regression.bias, 0.5)  # every box begins as the centre quarter of the image
    setattr(net, name, regression)
    net.append(nn.Unflatten(1, (boxes, COORDINATES)))
    return net


def corners(boxes: Tensor) -> Tensor:
    """From centre, width and height, shape (..., 4), to left, top, right and bottom, the same shape."""
    centre, size = boxes[..., :2], boxes[..., 2:]
    return torch.cat([centre - size / 2, centre + size / 2], dim=-1)


def centres(edges: Tensor) -> Tensor:
    """From left, top, right and bottom, shape (..., 4), to centre, width and height, the same shape."""
    low, high = edges[..., :2], edges[..., 2:]
    return torch.cat([(low + high) / 2, high - low], dim=-1)


def of_class(boxes: Tensor, labels: Tensor) -> Tensor:
    """The box of each image's class, shape (N, 4), from boxes (N, num_classes, 4) or, shared, (N, 1, 4)."""
    if boxes.shape[1] == 1:
        return boxes[:, 0]
    return boxes[torch.arange(len(labels), device=boxes.device), labels]


def box_loss(boxes: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    """The Euclidean loss of Appendix A: mean squared distance between predicted and true box of the true class.

    Args:
        boxes: the net's output, (N, num_classes or 1, 4).
        labels: (N,), the classes.
        edges: (N, 4), the true boxes as left, top, right, bottom.
    """
    return (of_class(boxes, labels) - centres(edges)).square().sum(dim=-1).mean()


def intersection_over_union(one: Tensor, other: Tensor) -> Tensor:
    """Area that two boxes share over the area that they cover, (N,), for edges (N, 4); 0 if both are empty."""
    low, high = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    areas = [(box[:, 2:] - box[:, :2]).clamp(min=0).prod(dim=1) for box in (one, other)]
    together = areas[0] + areas[1] - shared
    return torch.where(together > 0, shared / together, torch.zeros_like(shared))


def localization_error(boxes: Tensor, labels: Tensor, edges: Tensor, threshold: float = 0.5) -> float:
    """Share of images whose predicted box overlaps the true one by less than the ILSVRC threshold, IoU 0.5."""
    overlap = intersection_over_union(corners(of_class(boxes, labels)), edges)
    return float((overlap < threshold).float().mean())
