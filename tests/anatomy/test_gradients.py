import math

import pytest
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.anatomy.gradients import gradient_flow, weight_gradients
from cs231n_arch.models.layers import Sum, series
from cs231n_arch.models.preact_resnet import Scale


def batch(*shape, classes=4):
    torch.manual_seed(0)
    return torch.randn(*shape), torch.arange(shape[0]) % classes


def test_a_chain_of_halves_halves_the_gradient():
    net = series(**{f"unit{n}": Scale(0.5) for n in range(1, 6)}, head=nn.Linear(8, 4))
    flow = gradient_flow(net, *batch(6, 8), [f"unit{n}" for n in range(1, 6)])
    assert flow["share"].tolist() == pytest.approx([0.0625, 0.125, 0.25, 0.5, 1.0])
    assert (flow["norm"] / flow["norm"].iloc[-1]).tolist() == pytest.approx(flow["share"].tolist())


def test_an_identity_hands_on_all_of_it():
    silent = nn.Linear(8, 8)
    nn.init.zeros_(silent.weight)
    net = series(one=nn.Linear(8, 8), two=Sum(body=silent, shortcut=nn.Identity()), head=nn.Linear(8, 4))
    flow = gradient_flow(net, *batch(6, 8), ["one", "two"])
    assert flow["share"].tolist() == pytest.approx([1.0, 1.0])


def test_the_norm_is_that_of_autograd_although_a_relu_overwrites_the_output():
    first, head = nn.Linear(8, 8), nn.Linear(8, 4)
    images, labels = batch(6, 8)
    hidden = first(images)
    loss = nn.functional.cross_entropy(head(hidden.relu()), labels)
    (expected,) = torch.autograd.grad(loss, hidden)
    net = series(first=first, relu=nn.ReLU(inplace=True), head=head)
    assert gradient_flow(net, images, labels, ["first"])["norm"].item() == pytest.approx(float(expected.norm()))


def test_the_model_is_left_alone_and_other_shapes_have_no_share():
    net = create_model("resnet20").eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    flow = gradient_flow(net, *batch(4, 3, 8, 8), ["conv2_x.conv2_1", "conv4_x.conv4_3"])
    assert not net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert math.isnan(flow["share"][0])
    assert flow["share"][1] == pytest.approx(1.0)
    assert (flow["norm"] > 0).all()


@pytest.mark.parametrize("names", [[], ["conv9"]])
def test_unknown_modules_are_refused(names):
    with pytest.raises(ValueError, match="names of the model's modules"):
        gradient_flow(series(conv=nn.Linear(8, 4)), *batch(2, 8), names)


def test_gradients_of_weights_are_those_of_backward_in_units_of_the_weights():
    net = series(one=nn.Conv2d(3, 4, 3), bn=nn.BatchNorm2d(4), two=nn.Conv2d(4, 4, 3), flatten=nn.Flatten())
    net.add_module("idle", Sum(body=series(off=nn.Conv2d(1, 1, 1)), shortcut=nn.Identity()))
    net.idle.forward = net.idle.shortcut.forward  # a convolution that has no part in the loss
    images, labels = batch(6, 3, 5, 5)
    found = weight_gradients(net, images, labels)
    assert all(p.grad is None for p in net.parameters())
    assert net.bn.num_batches_tracked == 0
    nn.functional.cross_entropy(net(images), labels).backward()
    expected = {name: float(net.get_submodule(name).weight.grad.norm()) for name in ("one", "two")}
    assert list(found.index) == ["one", "two", "idle.body.off"]
    for name, size in expected.items():
        assert found[name] == pytest.approx(size / float(net.get_submodule(name).weight.detach().norm()))
    assert found["idle.body.off"] == 0


def test_a_net_without_convolutions_has_no_such_gradients():
    with pytest.raises(ValueError, match="Linear has no convolution"):
        weight_gradients(nn.Linear(3, 2), *batch(4, 3, classes=2))
