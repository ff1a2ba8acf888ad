"""VGG's localization: the last layer predicts a bounding box instead of class scores (1409.1556, Appendix A)."""

import copy

import torch
from torch import Tensor, nn
from torchvision.ops import box_convert, box_iou

from cs231n_arch.errors import check_whole
from cs231n_arch.models.layers import Net

COORDINATES = 4  # the paper's form: center, width and height


def box_regressor(classifier: Net, num_classes: int, *, per_class: bool = True) -> Net:
    """A net that predicts boxes, from one that classifies.

    Args:
        classifier: any net whose last layer is fully connected; its weights are copied, as Appendix A.1 starts
            from the trained classifiers. It is left as it was.
        num_classes: classes of the objects.
        per_class: one box for each class (per-class regression), or one box shared by all (single-class).

    Returns:
        A net that maps images (N, C, H, W) to boxes: (N, num_classes, 4) or (N, 1, 4), each box its horizontal and
        vertical center, width and height, as shares of the image.

    Raises:
        ValueError: the last layer is not fully connected, or no class.
    """
    check_whole(num_classes=num_classes)
    name, last = list(classifier.named_children())[-1]
    if not isinstance(last, nn.Linear):
        raise ValueError(f"the last layer must be fully connected; {name} is {type(last).__name__}")
    net = copy.deepcopy(classifier)
    boxes = num_classes if per_class else 1
    regression = nn.Linear(last.in_features, boxes * COORDINATES, device=last.weight.device)
    nn.init.normal_(regression.weight, 0, 0.01)  # "initialized randomly" (Appendix A.1); the scale is not printed
    nn.init.constant_(regression.bias, 0.5)  # every box begins as the center quarter of the image
    setattr(net, name, regression)
    net.append(nn.Unflatten(1, (boxes, COORDINATES)))
    return net


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
    true: Tensor = box_convert(edges, "xyxy", "cxcywh")
    return (of_class(boxes, labels) - true).square().sum(dim=-1).mean()


def intersection_over_union(one: Tensor, other: Tensor) -> Tensor:
    """Area that two boxes share over the area that they cover, (N,), for edges (N, 4); 0 if both are empty."""
    overlap: Tensor = torch.vmap(box_iou)(one[:, None], other[:, None])
    return overlap.flatten().nan_to_num()


def localization_error(boxes: Tensor, labels: Tensor, edges: Tensor, threshold: float = 0.5) -> float:
    """Share of images whose predicted box overlaps the true one by less than the ILSVRC threshold, IoU 0.5."""
    overlap = intersection_over_union(box_convert(of_class(boxes, labels), "cxcywh", "xyxy"), edges)
    return float((overlap < threshold).float().mean())
