"""GoogLeNet against Table 1 of its paper, a functional twin, and torchvision's net."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.googlenet import GoogLeNetOutputs, googlenet

# Table 1: output size; weights and MACs worked out from its filter columns; operations in millions as printed.
TABLE_1 = {
    "conv1": ((64, 112, 112), 9_408, 118_013_952, 34),
    "pool1": ((64, 56, 56), 0, 0, None),
    "conv2": ((192, 56, 56), 114_688, 359_661_568, 360),
    "pool2": ((192, 28, 28), 0, 0, None),
    "inception_3a": ((256, 28, 28), 163_328, 128_049_152, 128),
    "inception_3b": ((480, 28, 28), 388_096, 304_267_264, 304),
    "pool3": ((480, 14, 14), 0, 0, None),
    "inception_4a": ((512, 14, 14), 375_552, 73_608_192, 73),
    "inception_4b": ((512, 14, 14), 448_512, 87_908_352, 88),
    "inception_4c": ((512, 14, 14), 509_440, 99_850_240, 100),
    "inception_4d": ((528, 14, 14), 604_672, 118_515_712, 119),
    "inception_4e": ((832, 14, 14), 867_328, 169_996_288, 170),
    "pool4": ((832, 7, 7), 0, 0, None),
    "inception_5a": ((832, 7, 7), 1_042_432, 51_079_168, 54),
    "inception_5b": ((1024, 7, 7), 1_442_816, 70_697_984, 71),
    "avgpool": ((1024, 1, 1), 0, 0, None),
    "linear": ((1000,), 1_024_000, 1_024_000, 1),
}


def meta(**options: object) -> nn.Module:
    with torch.device("meta"):
        return googlenet(**options)


@pytest.mark.parametrize(("form", "params"), [("paper", 6_998_552), ("torchvision", 6_624_904)])
def test_parameters_without_auxiliary_classifiers(form: str, params: int) -> None:
    assert sum(p.numel() for p in meta(form=form, aux=False).parameters()) == params


@pytest.mark.parametrize("row", TABLE_1)
def test_table_1(row: str) -> None:
    shape, weights, macs, printed = TABLE_1[row]
    net, table = meta(), layer_table(meta())
    # The table's row "convolution 3x3" is the reduction and the convolution.
    rows = table[table["name"].str.match(rf"{row}(_reduce)?(\.|$)")]
    assert rows["output_shape"].iloc[-1] == shape
    assert rows["macs"].sum() == macs
    modules = [module for name, module in net.named_children() if name in (row, f"{row}_reduce")]
    assert sum(p.numel() for m in modules for p in m.parameters() if p.ndim > 1) == weights
    if printed is not None and row not in ("conv1", "inception_5a"):  # these two are misprinted
        assert macs / 1e6 == pytest.approx(printed, abs=1)


def test_depth_is_22_layers_with_parameters() -> None:
    """The longest path, which in a module is a reduction and a convolution."""
    stages = [name for name, _ in meta().named_children()]
    convolutions = sum(name.startswith("conv") for name in stages)
    modules = sum(name.startswith("inception") for name in stages)
    assert convolutions + 2 * modules + stages.count("linear") == 22


def twin(state: dict[str, Tensor], x: Tensor, k: float, alpha: float) -> tuple[Tensor, Tensor, Tensor]:
    """The paper's figure, written out in functions; k and alpha as in the formula of AlexNet's paper."""

    def conv(name: str, x: Tensor, **sizes: int) -> Tensor:
        return F.relu(F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], **sizes))

    def norm(x: Tensor) -> Tensor:
        neighbours = F.pad(x.square().unsqueeze(1), (0, 0, 0, 0, 2, 2)).unfold(2, 5, 1).sum(-1).squeeze(1)
        return x / (k + alpha * neighbours) ** 0.75

    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    def module(name: str, x: Tensor) -> Tensor:
        three = conv(f"{name}.branch3x3.conv.conv", conv(f"{name}.branch3x3.reduce.conv", x), padding=1)
        five = conv(f"{name}.branch5x5.conv.conv", conv(f"{name}.branch5x5.reduce.conv", x), padding=2)
        pooled = conv(f"{name}.pool_proj.conv.conv", F.max_pool2d(x, 3, 1, padding=1))
        return torch.cat([conv(f"{name}.branch1x1.conv", x), three, five, pooled], 1)

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def head(name: str, x: Tensor) -> Tensor:
        x = conv(f"{name}.conv.conv", F.avg_pool2d(x, 5, 3)).flatten(1)
        return linear(f"{name}.linear", F.relu(linear(f"{name}.fc", x)))

    x = norm(pool(conv("conv1.conv", x, stride=2, padding=3)))
    x = pool(norm(conv("conv2.conv", conv("conv2_reduce.conv", x), padding=1)))
    x = pool(module("inception_3b", module("inception_3a", x)))
    x = module("inception_4a", x)
    aux1 = head("aux1", x)
    x = module("inception_4d", module("inception_4c", module("inception_4b", x)))
    aux2 = head("aux2", x)
    x = pool(module("inception_4e", x))
    x = module("inception_5b", module("inception_5a", x))
    return linear("linear", x.mean((2, 3))), aux1, aux2


def no_dropout(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return net


@pytest.mark.parametrize(("form", "k", "alpha"), [("paper", 2, 1e-4), ("caffe", 1, 1e-4 / 5)])
def test_outputs_equal_those_of_the_twin(form: str, k: float, alpha: float) -> None:
    torch.manual_seed(0)
    net, x = no_dropout(googlenet(num_classes=10, form=form)), 100 * torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.ndim == 1:  # the initial biases are alike, so that a swap would not be seen
                parameter.add_(0.1 * torch.randn_like(parameter))
        expected, outputs = twin(net.state_dict(), x, k, alpha), net.train()(x)
        assert isinstance(outputs, GoogLeNetOutputs)
        for given, wanted in zip(outputs, expected, strict=True):
            torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(net.eval()(x), expected[0], rtol=1e-4, atol=1e-4)


def test_torchvision_form_equals_torchvision() -> None:
    torch.manual_seed(0)
    theirs = no_dropout(torchvision.models.googlenet(weights=None, aux_logits=True, init_weights=False))
    ours = no_dropout(googlenet(form="torchvision"))
    state = theirs.state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.is_floating_point() and value.ndim == 1:
            value.add_(0.1 * torch.randn_like(value))
    # torchvision defines both heads after 5b; in order of execution they come where they read.
    order = [name for name in state if not name.startswith("aux")]
    for head, following in (("aux1.", "inception4b."), ("aux2.", "inception4e.")):
        at = next(i for i, name in enumerate(order) if name.startswith(following))
        order[at:at] = [name for name in state if name.startswith(head)]
    ours.load_state_dict(dict(zip(ours.state_dict(), (state[name] for name in order), strict=True)))

    x = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=0, atol=1e-4)
        given, wanted = ours.train()(x), theirs.train()(x)
    torch.testing.assert_close(given.logits, wanted.logits, rtol=0, atol=1e-4)
    torch.testing.assert_close(given.aux1, wanted.aux_logits1, rtol=0, atol=1e-4)
    torch.testing.assert_close(given.aux2, wanted.aux_logits2, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("head", "last", "beyond"), [("aux1", "4a", "4b"), ("aux2", "4d", "4e")])
def test_heads_read_4a_and_4d(head: str, last: str, beyond: str) -> None:
    net = meta()
    getattr(net(torch.empty(2, 3, 224, 224, device="meta")), head).sum().backward()
    reached = {name.split(".")[0] for name, p in net.named_parameters() if p.grad is not None}
    assert f"inception_{last}" in reached
    assert f"inception_{beyond}" not in reached
    assert net.aux_weight == 0.3


def test_without_heads_training_gives_the_scores_alone() -> None:
    net = meta(aux=False)
    assert net.training
    assert net(torch.empty(2, 3, 224, 224, device="meta")).shape == (2, 1000)


@pytest.mark.parametrize(
    ("options", "smallest"),
    [({"aux": False}, 31), ({"form": "torchvision"}, 15), ({"form": "torchvision", "aux": False}, 15)],
)
@pytest.mark.parametrize("training", [True, False])
def test_smallest_image_of_the_forms_without_fixed_size(
    options: dict[str, object], smallest: int, training: bool
) -> None:
    net = meta(**options).train(training)
    assert net.smallest == smallest
    net(torch.empty(2, 3, smallest, smallest, device="meta"))
    net.check_input = lambda x: None
    with pytest.raises(RuntimeError):
        net(torch.empty(2, 3, smallest - 1, smallest - 1, device="meta"))


@pytest.mark.parametrize("form", ["paper", "caffe"])
def test_initialization(form: str) -> None:
    torch.manual_seed(0)
    for name, layer in googlenet(form=form).named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan_out, fan_in = (
                layer.weight.flatten(1).shape[0] * layer.weight[0, 0].numel(),
                layer.weight[0].numel(),
            )
            bound = (6 / (fan_in + fan_out)) ** 0.5 if form == "paper" else (3 / fan_in) ** 0.5
            assert layer.weight.abs().max() <= bound
            assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
            assert layer.bias.eq(0.0 if name.endswith("linear") else 0.2).all()


def test_dropout_is_the_forms() -> None:
    assert [meta(form=form).dropout.p for form in ("paper", "caffe", "torchvision")] == [0.4, 0.4, 0.2]
    assert meta(form="torchvision", dropout=0.0).dropout.p == 0.0
    with pytest.raises(ValueError, match=r"1\.5"):
        googlenet(dropout=1.5)


@pytest.mark.parametrize(
    ("bottleneck", "channels", "macs", "params"),
    [(False, 672, 854_196_224, 1_762_952), (True, 480, 271_351_808, 827_720)],
)
def test_the_lectures_module(bottleneck: bool, channels: int, macs: int, params: int) -> None:
    with torch.device("meta"):
        net = create_model("inception_naive", bottleneck=bottleneck)
    table = layer_table(net)
    inside = table[table["name"].str.startswith("inception")]
    assert inside["output_shape"].iloc[-1] == (channels, 28, 28)
    assert inside["macs"].sum() == macs
    assert table["params"].sum() == params


def test_naive_module_only_grows() -> None:
    """The pooling branch keeps every map of the input: it passes through at the end of the output."""
    torch.manual_seed(0)
    module = create_model("inception_naive", in_channels=4).inception
    x = torch.randn(1, 4, 8, 8)
    torch.testing.assert_close(module(x)[:, -4:], F.max_pool2d(x, 3, 1, padding=1))
    assert module(x).shape[1] == 416 + 4
