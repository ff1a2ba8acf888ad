"""Views, ensembles, and fully convolutional nets."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.data.transforms import ten_crops
from cs231n_arch.models.layers import Net
from cs231n_arch.training.evaluation import (
    ensemble_probabilities,
    error_of,
    fully_convolutional,
    probabilities,
    view_probabilities,
)


def test_probabilities_leave_the_mode_alone() -> None:
    net = create_model("alexnet", image_size=67, num_classes=5).train()
    p = probabilities(net, torch.randn(5, 3, 67, 67), batch_size=2)
    torch.testing.assert_close(p.sum(1), torch.ones(5))
    assert net.training
    assert net.dropout6.training


def test_views_and_ensembles_average_probabilities() -> None:
    torch.manual_seed(0)
    nets = [create_model("lenet5", modern=True) for _ in range(3)]
    x = torch.randn(4, 1, 40, 40)
    crops = ten_crops(x, 32)
    expected = torch.stack([nets[0](crop).softmax(1) for crop in crops]).mean(0)
    torch.testing.assert_close(view_probabilities(nets[0], crops), expected)
    centre = x[:, :, 4:36, 4:36]
    expected = sum(net(centre).softmax(1) for net in nets) / 3
    torch.testing.assert_close(ensemble_probabilities(nets, centre), expected)


def test_top_k_error() -> None:
    p = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    labels = torch.tensor([1, 2])
    assert error_of(p, labels) == 1
    assert error_of(p, labels, top=2) == pytest.approx(0.5)
    assert error_of(p, labels, top=3) == 0


@pytest.mark.parametrize(
    "act", [lambda: view_probabilities(nn.Identity(), []), lambda: ensemble_probabilities([], torch.zeros(1))]
)
def test_nothing_to_average(act: object) -> None:
    with pytest.raises(ValueError, match="at least one"):
        act()


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
        for column in range(2):
            window = x[:, :, 2 * row : 2 * row + 8, 2 * column : 2 * column + 8]
            torch.testing.assert_close(scores[:, :, row, column], net(window))


def test_what_cannot_be_dense() -> None:
    convolutional = Net({"conv": nn.Conv2d(1, 1, 1)}, input_size=(1, 8, 8), smallest=1)
    with pytest.raises(ValueError, match="no flattened map before fully connected layers"):
        fully_convolutional(convolutional)
