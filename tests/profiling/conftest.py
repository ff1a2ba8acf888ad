import pytest
import torch
from torch import nn


@pytest.fixture
def net():
    """A net of 8x8 images with every kind of thing that profiling treats on its own."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 8, 3),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(8 * 36, 10),
    )
    made.input_size = (3, 8, 8)
    return made
