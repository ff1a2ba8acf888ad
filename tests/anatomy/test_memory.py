"""The peak of a training step against sums by hand, and on a device that really computes."""

import pytest
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.anatomy.memory import training_memory

FLOAT = 4


def test_a_chain_of_sigmoids_keeps_every_output() -> None:
    """Each sigmoid keeps its output for the backward pass; nothing is in place."""
    first, last = nn.Conv2d(3, 3, 1, bias=False), nn.Linear(12, 1, bias=False)
    image = 12 * FLOAT
    for layers in (5, 50):
        peak = training_memory(
            nn.Sequential(first, *(nn.Sigmoid() for _ in range(layers)), nn.Flatten(), last), 1, (3, 2, 2)
        )
        # Beside the outputs: scores, sum, and the gradients of these, last weights and an output or two.
        assert layers * image < peak <= layers * image + 4 * FLOAT + 3 * image


def test_memory_grows_with_the_batch_and_the_model_is_left_as_it_is() -> None:
    net = create_model("resnet20").eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    few, more, most = (training_memory(net, size) for size in (100, 200, 400))  # so many that weights hardly count
    assert most - more == pytest.approx(2 * (more - few), rel=0.01)
    assert few == pytest.approx(more - few, rel=0.02)
    assert not net.training
    assert all(p.grad is None for p in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("checkpoint", [False, True])
def test_meta_counts_what_the_cpu_counts(checkpoint: bool) -> None:
    net = create_model("densenet_cifar", depth=16, checkpoint=checkpoint)
    planned, real = (training_memory(net, 2, (3, 16, 16), device=device) for device in ("meta", "cpu"))
    assert planned == pytest.approx(real, rel=0.01)


def test_checkpoints_make_the_memory_of_a_dense_block_linear_in_its_depth() -> None:
    def peaks(checkpoint: bool) -> list[int]:
        with torch.device("meta"):
            nets = [create_model("densenet_cifar", depth=depth, checkpoint=checkpoint) for depth in (22, 40, 76)]
        return [training_memory(net, 16) for net in nets]

    naive, kept = peaks(False), peaks(True)
    assert all(b < a for a, b in zip(naive, kept, strict=True))
    assert naive[2] / naive[1] > 2.6  # 24 layers a block instead of 12
    assert kept[2] / kept[1] < 2.1


@pytest.mark.parametrize(
    ("batch_size", "input_size", "message"),
    [
        (1, None, "Linear has no input_size of its own"),
        (0, (3, 2, 2), "batch_size must be a whole number of at least 1; given 0"),
    ],
)
def test_what_cannot_be_run_is_refused(
    batch_size: int, input_size: tuple[int, int, int] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        training_memory(nn.Linear(12, 1), batch_size, input_size)
