"""What a net sees in an image and where, and what its units look for."""

from cs231n_arch.attribution.projections import (
    back_through,
    deconvnet,
    input_gradient,
    layers_until,
    peaks,
    unpool,
)
from cs231n_arch.attribution.seeing import (
    as_seen,
    box_of,
    class_activation_maps,
    class_names,
    enlarged,
    occlusion_maps,
    top_classes,
)

__all__ = [
    "as_seen",
    "back_through",
    "box_of",
    "class_activation_maps",
    "class_names",
    "deconvnet",
    "enlarged",
    "input_gradient",
    "layers_until",
    "occlusion_maps",
    "peaks",
    "top_classes",
    "unpool",
]
