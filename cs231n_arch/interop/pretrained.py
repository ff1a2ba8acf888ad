"""Our nets with torchvision's published ImageNet weights, and the preprocessing that belongs to them."""

import torch
import torchvision

from cs231n_arch.interop.libraries import (
    REFERENCE,
    call,
    from_torchvision,
    library_net,
    shapes,
    torchvision_has,
)
from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import MODELS, constructor


def load_pretrained(name: str, **options: object) -> Net:
    """Build our model with torchvision's published ImageNet weights.

    Those are the first that were published (IMAGENET1K_V1), whose training is closest to the papers'. The file is
    checked against its hash. GoogLeNet's auxiliary classifiers come untrained.

    Args:
        name: a model that torchvision has weights for.
        options: options of the model's constructor that leave the form of the weights as it is, like `dropout`.

    Returns:
        The net in training mode, like every new one, in the form in which the weights were trained (`REFERENCE`).
        Its `preprocess` turns an image (PIL, or a tensor (..., 3, H, W)) into an input.

    Raises:
        ValueError: no weights are published for the model, or the options ask for another form.
        RuntimeError: the download failed; the message says from where, and what can be done.
    """
    build = constructor(name)
    published = [model for model in MODELS if torchvision_has(model)]
    if name not in published:
        raise ValueError(f"torchvision publishes no weights for {name}, but for {', '.join(published)}")
    form = REFERENCE.get(name, {})
    with torch.device("meta"):
        wanted, trained = (shapes(build(**{**form, **more})) for more in (options, {}))
    other_form = any(options.get(option, value) != value for option, value in form.items())
    if other_form or wanted.items() - trained.items():
        raise ValueError(
            f"the published weights fit {call(name, form)}, not {call(name, options)}; "
            "for other classes, load them and replace the last layer"
        )
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    state = from_torchvision(name, weights)
    net = build(**{**form, **options})
    net.load_state_dict({key: state[key] for key in wanted})
    preprocess = weights.transforms()
    if hasattr(library_net("torchvision", name), "transform_input"):
        # These weights see pixels from -1 to 1; torchvision's net itself turns its usual normalisation into that.
        preprocess.mean = preprocess.std = [0.5, 0.5, 0.5]
    vars(net)["preprocess"] = preprocess  # assigned as usual it would become a stage of the net
    return net
