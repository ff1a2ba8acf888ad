"""Statistics estimated anew against a plain computation of means and variances."""

import copy

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.fractalnet import column
from cs231n_arch.training.statistics import settled


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
