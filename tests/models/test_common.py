"""What must hold for every registered model, whatever its paper.

Sizes and wiring are checked for every model and form, at the paper's own input size on the meta device. What needs
numbers runs for one net of each builder, on the smallest input that the net accepts, with few classes.
"""

import copy
import inspect
import io
import pickle
import shutil
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model, list_models
from cs231n_arch.models.registry import constructor
from tests.models.test_totals import TOTALS

CLASSES = 7
COMPILED = ["lenet5", "resnet20", "squeezenet1_1"]
# One name for each builder, and ResNet-50 for its bottlenecks.
BUILDERS = [*{inspect.unwrap(constructor(name)): name for name in reversed(list_models())}.values(), "resnet50"]
SMALL: dict[str, dict[str, object]] = {  # options for a small net of the builder
    "wide_resnet": {"depth": 16, "widen_factor": 2},
    "resnext_cifar": {"depth": 11, "cardinality": 4, "width": 8},
    "preact_resnet": {"depth": 20},
    "stochastic_resnet": {"depth": 14},
}
every_model = pytest.mark.parametrize("name", list_models())
every_form = pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, forms in TOTALS.items() for form in forms]
)


def accepts(name: str, option: str) -> bool:
    return option in inspect.signature(constructor(name)).parameters


def on_meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


@cache  # built once for all checks of it: the nets have thousands of layers
def in_form(name: str, form: str) -> nn.Module:
    """A net without memory for its weights; a test leaves it as it is."""
    return on_meta(name, **({"form": form} if accepts(name, "form") else {})).eval()


def reduced_options(name: str) -> dict[str, object]:
    """Options for a smaller net that is built the same way."""
    # A fully connected head is sized for the image.
    image_size = {"image_size": 96} if accepts(name, "image_size") else {}
    return {"num_classes": CLASSES, **image_size, **SMALL.get(name, {})}


def reduced(name: str) -> nn.Module:
    torch.manual_seed(0)
    net = create_model(name, **reduced_options(name))
    for module in net.modules():  # statistics as after some training, so that evaluation does something with them
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    return net.eval()


@pytest.fixture(scope="module", params=BUILDERS)  # of a module, so that the checks of one net follow each other
def built(request: pytest.FixtureRequest) -> tuple[str, nn.Module, Tensor]:
    """A builder's name, a net of it and images for it; a test leaves them as they are."""
    net = reduced(request.param)
    return request.param, net, images(net)


def images(net: nn.Module, batch: int = 2, *, at_least: int = 1) -> Tensor:
    channels, height, width = net.input_size
    if not net.fixed:
        height = width = max(net.smallest, at_least)
    return torch.randn(batch, channels, height, width, generator=torch.Generator().manual_seed(1))


def all_outputs(output: Tensor | tuple[Tensor, ...]) -> list[Tensor]:
    """The class scores, and those of auxiliary classifiers in training mode."""
    return [output] if isinstance(output, Tensor) else list(output)


@every_form
def test_paper_size_forward(name: str, form: str) -> None:
    net = in_form(name, form)
    classes = inspect.signature(constructor(name)).parameters["num_classes"].default
    assert net(torch.empty(2, *net.input_size, device="meta")).shape == (2, classes)
    assert all(p.is_meta for p in net.parameters())


@every_model
def test_other_classes_and_channels(name: str) -> None:
    net = on_meta(name, num_classes=CLASSES, in_channels=5).eval()
    assert net.input_size[0] == 5
    assert net(torch.empty(2, *net.input_size, device="meta")).shape == (2, CLASSES)


def test_every_parameter_gets_a_finite_gradient(built: tuple[str, nn.Module, Tensor]) -> None:
    net = copy.deepcopy(built[1]).train()
    switch_off_dropped_paths(net)
    # Maps of one pixel leave batch norm three numbers a channel, which hundreds of layers turn into infinities.
    for output in all_outputs(net(images(net, batch=3, at_least=8))):
        # Uneven weights: the plain sum of batch-normalized maps does not depend on their input.
        output.backward(torch.linspace(-1, 1, output.numel()).view_as(output), retain_graph=True)
    for parameter_name, parameter in net.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {parameter_name}"
        assert parameter.grad.isfinite().all(), f"the gradient of {parameter_name} is not finite"


def switch_off_dropped_paths(net: nn.Module) -> None:
    """A path that a training step drops at random rightly gets no gradient in it."""
    for module in net.modules():
        for rate in ("death_rate", "drop_path"):
            if isinstance(getattr(module, rate, None), float):
                setattr(module, rate, 0.0)


def test_evaluation_repeats_itself_and_knows_no_other_image(built: tuple[str, nn.Module, Tensor]) -> None:
    _, net, x = built
    with torch.no_grad():
        scores = net(x)
        assert torch.equal(net(x), scores)
        assert_close(net(x[1:]), scores[1:])


def assert_close(one: Tensor, other: Tensor, tolerance: float = 1e-4) -> None:
    """Equal up to rounding, measured against the largest score."""
    scale = max(1.0, other.abs().max().item())
    torch.testing.assert_close(one / scale, other / scale, rtol=0, atol=tolerance)


@every_form
def test_larger_and_oblong_images(name: str, form: str) -> None:
    net = in_form(name, form)
    channels, height, width = net.input_size
    x = torch.empty(2, channels, height + 32, width + 64, device="meta")
    if net.fixed:
        with pytest.raises(ValueError, match=f"{height}x{width} only, .* given {height + 32}x{width + 64}"):
            net(x)
    else:
        assert net(x).shape[0] == 2


@every_form
def test_the_smallest_image_is_the_smallest(name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = in_form(name, form)
    channels, side = net.input_size[0], net.smallest
    assert net(torch.empty(2, channels, side, side, device="meta")).shape[0] == 2
    if side == 1:
        return
    too_small = torch.empty(2, channels, side - 1, side - 1, device="meta")
    with pytest.raises(ValueError, match=rf"\b{side}x{side}\b"):
        net(too_small)
    if net.fixed:  # other sizes are refused although they may fit after rounding; `image_size` has the real limit
        return
    monkeypatch.setattr(net, "check_input", lambda x: None)
    with pytest.raises(RuntimeError):  # PyTorch itself cannot go smaller, so the limit is the net's own
        net(too_small)


@every_model
@pytest.mark.parametrize("shape", ["channels", "dimensions"])
def test_wrong_input_is_refused(name: str, shape: str) -> None:
    net = on_meta(name)
    channels, height, width = net.input_size
    given = (2, channels + 1, height, width) if shape == "channels" else (channels, height, width)
    with pytest.raises(ValueError, match=r"the input must be \(N, \d+, height, width\)"):
        net(torch.empty(given, device="meta"))


def test_channels_last_gives_the_same(built: tuple[str, nn.Module, Tensor]) -> None:
    _, net, x = built
    turned = copy.deepcopy(net).to(memory_format=torch.channels_last)
    with torch.no_grad():
        assert_close(turned(x.to(memory_format=torch.channels_last)), net(x))


def test_bfloat16_autocast(built: tuple[str, nn.Module, Tensor]) -> None:
    _, net, x = built
    with torch.no_grad():
        full = net(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = net(x)
    assert half.isfinite().all()
    assert_close(half.float(), full, tolerance=0.25)


def test_export(built: tuple[str, nn.Module, Tensor]) -> None:
    _, net, x = built
    exported = torch.export.export(net, (x,)).module()
    with torch.no_grad():
        assert_close(exported(x), net(x))


def test_deepcopy_and_pickle(built: tuple[str, nn.Module, Tensor]) -> None:
    _, net, x = built
    with torch.no_grad():
        expected = net(x)
        assert torch.equal(copy.deepcopy(net)(x), expected)
        assert torch.equal(pickle.loads(pickle.dumps(net))(x), expected)


def test_state_dict_round_trip(built: tuple[str, nn.Module, Tensor]) -> None:
    name, net, x = built
    stored = io.BytesIO()
    torch.save(net.state_dict(), stored)
    stored.seek(0)
    fresh = on_meta(name, **reduced_options(name)).eval()
    fresh.load_state_dict(torch.load(stored, weights_only=True), strict=True, assign=True)
    with torch.no_grad():
        assert torch.equal(fresh(x), net(x))


@every_model
def test_misuse_of_the_constructor(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} has no option hue"):
        create_model(name, hue="red")
    for option, parameter in inspect.signature(constructor(name)).parameters.items():
        if parameter.annotation is int:
            for given in (0, "3"):
                with pytest.raises(ValueError, match=rf"{option} must be .*; given {given!r}"):
                    constructor(name)(**{option: given})
    with pytest.raises(TypeError):
        constructor(name)(10, 3, 5)  # the papers' own terms are given by name


@every_model
def test_the_docstring_tells_the_shapes(name: str) -> None:
    assert inspect.getdoc(constructor(name))
    assert "(N, " in inspect.getdoc(inspect.unwrap(constructor(name)))


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
def test_compile(name: str) -> None:
    net, x = copy.deepcopy(reduced(name)), images(reduced(name))
    with torch.no_grad():
        assert_close(torch.compile(net)(x), net(x))
    torch.compiler.reset()
