"""Probabilities, top-k errors, statistics of batch norm estimated anew, and fully convolutional nets."""

import copy

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.fractalnet import column
from cs231n_arch.models.layers import Net
from cs231n_arch.training.evaluation import error_of, fully_convolutional, probabilities, settled


def test_probabilities_leave_the_mode_alone() -> None:
    net = create_model("alexnet", image_size=67, num_classes=5).train()
    p = probabilities(net, torch.randn(5, 3, 67, 67), batch_size=2)
    torch.testing.assert_close(p.sum(1), torch.ones(5))
    assert net.training
    assert net.dropout6.training


def test_top_k_error() -> None:
    p = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    labels = torch.tensor([1, 2])
    assert error_of(p, labels) == 1
    assert error_of(p, labels, top=2) == pytest.approx(0.5)
    assert error_of(p, labels, top=3) == 0


@pytest.mark.parametrize(
    ("name", "options", "larger"),
    [("vgg11", {"image_size": 32}, 64), ("alexnet", {"image_size": 67}, 99), ("lenet5", {"modern": True}, 36)],
)
def test_dense_nets_score_the_old_size_the_same(name: str, options: dict[str, object], larger: int) -> None:
    torch.manual_seed(0)
    net = create_model(name, num_classes=6, **options).eval()
    dense = fully_convolutional(net)
    channels, side, _ = net.input_size
    with torch.no_grad():
        x = torch.randn(2, channels, side, side)
        torch.testing.assert_close(dense(x), net(x), rtol=1e-4, atol=1e-5)
        scores = dense.score_map(torch.randn(2, channels, larger, larger))
        assert scores.shape == (2, 6, 2, 2)
    with pytest.raises(ValueError, match=f"{side}x{side}; given {side - 1}x{side}"):
        dense(torch.zeros(1, channels, side - 1, side))


def test_dense_scores_are_those_of_the_windows() -> None:
    torch.manual_seed(0)
    stages = {
        "conv": nn.Conv2d(1, 4, 3),
        "pool": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(4 * 3 * 3, 8),
        "relu": nn.ReLU(),
        "fc2": nn.Linear(8, 3),
    }
    net = Net(stages, input_size=(1, 8, 8), smallest=8, fixed=True)
    x = torch.randn(1, 1, 12, 10)
    scores = fully_convolutional(net).score_map(x)
    assert scores.shape == (1, 3, 3, 2)
    for row in range(3):
        for left in range(2):
            window = x[:, :, 2 * row : 2 * row + 8, 2 * left : 2 * left + 8]
            torch.testing.assert_close(scores[:, :, row, left], net(window))


def test_what_cannot_be_dense() -> None:
    convolutional = Net({"conv": nn.Conv2d(1, 1, 1)}, input_size=(1, 8, 8), smallest=1)
    with pytest.raises(ValueError, match="no flattened map before fully connected layers"):
        fully_convolutional(convolutional)


@pytest.mark.parametrize("index", [None, 0, 2])
def test_settled_has_the_statistics_of_its_own_net(index: int | None) -> None:
    torch.manual_seed(0)
    net = create_model("fractalnet_cifar", filters=(4, 6, 8, 10, 12), local_drop_path=0.5).train()
    images = torch.randn(64, 3, 32, 32)
    part = net if index is None else column(net, index)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    twin = settled(part, images, batch_size=32)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert net.training
    assert not twin.training
    assert all(m.momentum == 0.1 for m in twin.modules() if isinstance(m, nn.BatchNorm2d))

    quiet = copy.deepcopy(part).eval()  # neither drop-path nor dropout; batch norm by the batch
    seen: dict[str, list[Tensor]] = {}
    for name, module in quiet.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
            module.register_forward_hook(lambda m, x, _, n=name: seen.setdefault(n, []).append(x[0]))
    for batch in images.split(32):
        quiet(batch)
    norms = {name: m for name, m in twin.named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert norms.keys() == seen.keys()
    for name, inputs in seen.items():
        mean = torch.stack([x.mean((0, 2, 3)) for x in inputs]).mean(0)
        variance = torch.stack([x.var((0, 2, 3)) for x in inputs]).mean(0)
        torch.testing.assert_close(norms[name].running_mean, mean)
        torch.testing.assert_close(norms[name].running_var, variance)
