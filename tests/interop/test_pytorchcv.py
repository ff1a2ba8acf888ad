"""pytorchcv's nets with random weights, and ours with the converted ones."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model, interop

pytest.importorskip("pytorchcv")
from pytorchcv.model_provider import get_model

# Nets of every way in which pytorchcv writes a unit; their last pooling fits one size of image only.
RUN = [
    ("alexnet", 227),
    ("resnet20", 32),
    ("densenet_bc100_12", 32),
    ("resnet18", 224),
    ("se_resnet50", 224),
    ("squeezenet1_0", 227),
    ("squeezenet_simple_bypass", 227),
    ("inception_v4", 299),
]


def theirs(name: str, num_classes: int = 10) -> nn.Module:
    return get_model(interop.PYTORCHCV[name][0], num_classes=num_classes)


def ours(name: str, num_classes: int = 10) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, num_classes=num_classes, **interop.PYTORCHCV[name][1])


def as_trained(net: nn.Module) -> dict[str, Tensor]:
    """Its state dict, with statistics and shifts as after some training."""
    torch.manual_seed(0)
    state = net.state_dict()
    for key, tensor in state.items():
        if tensor.ndim == 1:
            low, high = (0.8, 1.2) if key.endswith(("weight", "running_var")) else (-0.1, 0.1)
            tensor.uniform_(low, high)
    return state


@pytest.mark.parametrize(("name", "side"), RUN)
def test_same_scores(name: str, side: int) -> None:
    torch.manual_seed(0)
    their, our = theirs(name).eval(), ours(name)
    our.load_state_dict(interop.from_pytorchcv(name, as_trained(their)), assign=True)
    image = 30 * torch.randn(1, 3, side, side)  # large enough for AlexNet's normalization to matter
    with torch.inference_mode():
        expected = their(image)
        difference = (our.eval()(image) - expected).abs().max() / expected.abs().max()
    assert difference < 1e-5, f"{difference:.1e}"


@pytest.mark.parametrize(
    "name", ["vgg11_bn", "inception_v3", "resnet50", "resnet110", "resnext50_32x4d", "densenet121"]
)
def test_every_tensor_arrives(name: str) -> None:
    with torch.device("meta"):
        state = theirs(name).state_dict()
    converted = interop.from_pytorchcv(name, state)
    expected = {key: t.shape for key, t in ours(name).state_dict().items()}
    assert {key: t.shape for key, t in converted.items() if "aux" not in key} == {
        key: shape for key, shape in expected.items() if "aux" not in key
    }


def test_nets_that_pytorchcv_has_in_another_form() -> None:
    with pytest.raises(ValueError, match="pytorchcv has no plain18; both have alexnet, "):
        interop.from_pytorchcv("plain18", {})
    with pytest.raises(ValueError, match="this is no state dict of pytorchcv's resnet18: it lacks "):
        interop.from_pytorchcv("resnet18", {})


def test_what_can_be_converted_is_what_is_equal() -> None:
    """By the table of all nets, whose program computes with both.

    AlexNet's weights are changed on the way, and pytorchcv's SqueezeNet 1.1 takes images of 224x224 pixels only.
    """
    table = interop.reproduction()
    equal = table[(table.library == "pytorchcv") & (table.equal_form != "")]
    assert set(interop.PYTORCHCV) - {"alexnet", "squeezenet1_1"} <= set(equal.model)
    missing = set(equal.model) - set(interop.PYTORCHCV)
    assert not missing, "nets that could be converted too"
