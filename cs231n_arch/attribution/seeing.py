"""What a net sees in an image, and where: its first classes, class activation maps and occlusion maps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image
from torch import Tensor, nn
from torch.nn import functional as F

from cs231n_arch.anatomy.modes import evaluating
from cs231n_arch.attribution.projections import in_series
from cs231n_arch.errors import check_whole

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 100  # largest ratio of the longer to the shorter side of an image


def class_names() -> list[str]:
    """The 1,000 classes of ImageNet (ILSVRC 2012) in the order in which published nets score them."""
    from torchvision.models import SqueezeNet1_1_Weights

    names: list[str] = SqueezeNet1_1_Weights.IMAGENET1K_V1.meta["categories"]
    return names


@torch.no_grad()
def top_classes(net: nn.Module, image: object, k: int = 5) -> "pd.DataFrame":
    """What a net with published weights sees in a photograph.

    Args:
        net: of `create_model(name, pretrained=True)`; it is left in its own mode.
        image: a PIL image, or a tensor (3, H, W) as in `data.photos()`.
        k: classes to list.

    Returns:
        A row for each of the `k` most probable classes, from the first: `class` (its number), `name` and
        `probability`.

    Raises:
        ValueError: a net without `preprocess`, or one that does not score the 1,000 classes of ImageNet, or `k`
            out of range, or an image of another kind or shape, or a strip, whose longer side is more than a
            hundred times the shorter one.
    """
    import pandas as pd

    preprocess, names = preprocessing(net), class_names()
    check_whole(1, len(names), k=k)
    if isinstance(image, Tensor) and image.ndim == 3 and len(image) == 3:
        height, width = image.shape[1:]
    elif isinstance(image, Image):
        width, height = image.size
    else:
        given = f"a tensor {tuple(image.shape)}" if isinstance(image, Tensor) else type(image).__name__
        raise ValueError(f"image must be a PIL image or a tensor (3, height, width); given {given}")
    if max(height, width) > LONGEST * min(height, width):  # its shorter side made 256, it would fill the memory
        raise ValueError(
            f"the longer side must be at most {LONGEST} times the shorter one; given {width}x{height} pixels"
        )
    inputs = preprocess(image)[None].to(next(net.parameters()).device)
    with evaluating(net):
        probabilities = net(inputs).softmax(dim=1)[0].cpu()
    if len(probabilities) != len(names):
        raise ValueError(f"the net scores {len(probabilities)} classes, not the {len(names)} of ImageNet")
    highest, classes = probabilities.topk(k)
    chosen = classes.tolist()
    return pd.DataFrame(
        {"class": chosen, "name": [names[number] for number in chosen], "probability": highest.tolist()}
    )


def as_seen(net: nn.Module, inputs: Tensor) -> Tensor:
    """The part of an image that a net with published weights sees, to show it.

    Args:
        net: of `create_model(name, pretrained=True)`.
        inputs: (..., 3, H, W), what `net.preprocess` made of images.

    Returns:
        The pixels before the mean was taken off, (..., 3, H, W), uint8, on the CPU.

    Raises:
        ValueError: a net without `preprocess`.
    """
    preprocess = preprocessing(net)
    std = getattr(preprocess, "std", None)  # torchvision's nets have one, and pixels from 0 to 1; Caffe's 0 to 255
    mean = torch.as_tensor(preprocess.mean)
    pixels = inputs.cpu() if std is None else inputs.cpu() * torch.tensor(std).view(3, 1, 1)
    pixels = pixels + (mean if mean.ndim == 3 else mean.view(3, 1, 1))
    return (pixels if std is None else 255 * pixels).round().clamp(0, 255).to(torch.uint8)


def preprocessing(net: nn.Module) -> Any:
    """The net's `preprocess`, or ValueError."""
    if not hasattr(net, "preprocess"):
        raise ValueError(
            f"this {type(net).__name__} has no preprocess; create_model(name, pretrained=True) gives one"
        )
    return net.preprocess


@torch.no_grad()
def class_activation_maps(
    net: nn.Sequential, images: Tensor, classes: Sequence[int] | Tensor | None = None
) -> Tensor:
    """Where a net that ends in global average pooling sees a class (Zhou et al. 2016, arXiv 1512.04150).

    The score of a class is the mean over all places of a weighted sum of the last maps, so before the mean is
    taken, that sum is a map of the class. In NiN and SqueezeNet the last maps are the classes themselves.

    Args:
        net: NiN, GoogLeNet, ResNet, DenseNet, SqueezeNet, ...; it is left in its own mode.
        images: (N, C, H, W), on the net's device, as `net.preprocess` makes them.
        classes: a class for each image; None takes the one with the highest score.

    Returns:
        (N, H', W'), as large as the last maps. Its mean is the score, less the bias of the class.
        `enlarged(maps, size)` makes it as large as the image.

    Raises:
        ValueError: a net with other layers after its last maps, or not one class of the net for each image.
    """
    layers = list(in_series(net))
    pools = [place for place, (_, module) in enumerate(layers) if isinstance(module, nn.AdaptiveAvgPool2d)]
    head = [module for _, module in layers[pools[-1] + 1 :]] if pools else []
    linear = [module for module in head if isinstance(module, nn.Linear)]
    known = all(isinstance(module, nn.Flatten | nn.Dropout | nn.Identity | nn.Linear) for module in head)
    if not pools or not known or len(linear) > 1:
        after = ", ".join(type(module).__name__ for module in head) or "no global average pooling"
        raise ValueError(
            "class activation maps are for nets that end in global average pooling and at most one fully "
            f"connected layer; this {type(net).__name__} has {after}"
        )
    seen: list[Tensor] = []
    with layers[pools[-1]][1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0])), evaluating(net):
        scores = net(images)
    wanted = scores.argmax(dim=1) if classes is None else torch.as_tensor(classes, device=scores.device)
    if wanted.shape != (len(images),) or not ((wanted >= 0) & (wanted < scores.shape[1])).all():
        raise ValueError(
            f"classes must be {len(images)} numbers from 0 to {scores.shape[1] - 1}, one for each image; "
            f"given {classes}"
        )
    (maps,) = seen
    if not linear:
        return maps[torch.arange(len(maps)), wanted]
    return torch.einsum("nchw,nc->nhw", maps, linear[0].weight[wanted])


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, h, w) at the size (height, width) of the image that they lie over, by bilinear interpolation."""
    return F.interpolate(maps[:, None].float(), size, mode="bilinear", align_corners=False)[:, 0]


def box_of(heat: Tensor, *, share: float = 0.2) -> tuple[int, int, int, int]:
    """The box around what a map shows (Zhou et al. 2016, Section 3.2).

    It encloses the largest connected region of values above a share of the map's highest.

    Args:
        heat: (H, W), such as one of `enlarged(class_activation_maps(...), size)`.
        share: of the highest value, from 0 to below 1; the paper takes 0.2.

    Returns:
        Left, top, right and bottom edge in pixels of the map; the right and bottom ones are beyond the region.

    Raises:
        ValueError: another shape, a share out of range, or a map without a positive value.
    """
    from scipy import ndimage

    if heat.ndim != 2 or not 0 <= share < 1:
        raise ValueError(f"give a map (H, W) and a share from 0 to below 1; given {tuple(heat.shape)} and {share}")
    highest = float(heat.max())
    if not highest > 0:
        raise ValueError(f"the map has no positive value; its highest is {highest}")
    regions, _ = ndimage.label((heat > share * highest).cpu().numpy())
    sizes = torch.bincount(torch.from_numpy(regions).flatten())
    sizes[0] = 0
    rows, columns = ndimage.find_objects(regions)[int(sizes.argmax()) - 1]
    return columns.start, rows.start, columns.stop, rows.stop


@torch.no_grad()
def occlusion_maps(net: nn.Module, images: Tensor, *, size: int, stride: int = 1, fill: float = 0.0) -> Tensor:
    """Class probabilities while a square covers one part of the image after the other (Section 4.2).

    Args:
        net: a classifier; it is left in its own mode.
        images: (N, C, H, W), on the net's device.
        size: side of the square in pixels.
        stride: pixels from one place of the square to the next.
        fill: value of the square. For normalized images 0 is the mean gray that the paper uses.

    Returns:
        (N, classes, rows, columns), a probability for each place of the square, first place top left. Where that
        of the true class is low, the net needs to see.

    Raises:
        ValueError: a square that does not fit into the image, or a stride below 1.
    """
    height, width = images.shape[2:]
    if not 1 <= size <= min(height, width) or stride < 1:
        raise ValueError(
            f"size must be from 1 to {min(height, width)} and stride at least 1; given {size} and {stride}"
        )
    rows, columns = (range(0, side - size + 1, stride) for side in (height, width))
    scores: list[Tensor] = []
    with evaluating(net):
        for top in rows:
            for left in columns:
                covered = images.clone()
                covered[:, :, top : top + size, left : left + size] = fill
                scores.append(net(covered))
    probabilities = torch.stack(scores, dim=2).softmax(dim=1)
    return probabilities.view(*probabilities.shape[:2], len(rows), len(columns))
