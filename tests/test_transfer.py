"""Features of the last hidden layer, and the probe."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model, data
from cs231n_arch.transfer import features, linear_probe


def test_features_are_what_the_last_layer_reads() -> None:
    torch.manual_seed(0)
    net = create_model("lenet5", modern=True).train()
    x = torch.randn(5, 1, 32, 32)
    taken = features(net, x, batch_size=2)
    assert taken.shape == (5, 84)
    torch.testing.assert_close(net.output(taken), net.eval()(x))
    assert not net.output._forward_pre_hooks


def test_features_leave_the_net_in_its_mode() -> None:
    net = create_model("alexnet", image_size=67, num_classes=3).train()
    assert features(net, torch.randn(2, 3, 67, 67)).shape == (2, 4096)
    assert net.training
    assert net.dropout7.training


def test_features_of_a_net_that_ends_in_a_convolution() -> None:
    torch.manual_seed(0)
    net = create_model("squeezenet1_1", num_classes=10).train()
    x = torch.randn(3, 3, 64, 64)
    taken = features(net, x, batch_size=2)
    assert taken.shape == (3, 512)
    assert net.training
    with torch.no_grad():
        maps = net.eval()[: list(dict(net.named_children())).index("conv10")](x)
    torch.testing.assert_close(taken, maps.mean(dim=(2, 3)))


def test_a_net_without_a_head() -> None:
    with pytest.raises(ValueError, match="ReLU has no fully connected layer or convolution"):
        features(nn.ReLU(), torch.zeros(1, 1, 2, 2))


def test_probe_on_real_digits() -> None:
    split = data.load("digits")
    train, test = (split.train_images, split.train_labels), (split.test_images, split.test_labels)
    accuracy = linear_probe(train, test)
    assert 0.93 < accuracy < 1
    shuffled = split.train_labels[
        torch.randperm(len(split.train_labels), generator=torch.Generator().manual_seed(0))
    ]
    assert linear_probe((train[0][:300], shuffled[:300]), test) < 0.3


def test_probe_needs_matching_labels() -> None:
    x, y = torch.zeros(3, 2), torch.zeros(3)
    with pytest.raises(ValueError, match="test needs as many features as labels, and some; given 3 and 2"):
        linear_probe((x, y), (x, y[:2]))
