"""Two nets with the same weights, shared by the tests of the models."""

import torch
from torch import Tensor, nn


def train_norms(net: nn.Module) -> None:
    """Batch norms as after some training, so that a wrong one shows."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in ((module.weight, 0.2), (module.bias, -0.5), (module.running_var, 0.5)):
                nn.init.uniform_(tensor, low, low + 1)
            nn.init.normal_(module.running_mean, 0, 0.2)


def copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters and buffers in the order of definition; their names differ."""
    names, values = list(target.state_dict()), list(source.state_dict().values())
    target.load_state_dict(dict(zip(names, values, strict=True)))


def assert_twins(net: nn.Module, twin: nn.Module, x: Tensor) -> None:
    """With the weights of `net`, `twin` gives the same scores and gradients, in training and in evaluation."""
    train_norms(net)
    copy_in_order(net, twin)
    for mode in (True, False):
        ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        output, expected = net.train(mode)(ours), twin.train(mode)(theirs)
        torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-4)
        output.square().sum().backward()
        expected.square().sum().backward()
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4)


def stage_shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """Output of every stage for one image, without the batch; the net is on the meta device."""
    x, shapes = torch.empty(1, *net.input_size, device="meta"), {}
    for name, stage in net.named_children():
        x = stage(x)
        shapes[name] = tuple(x.shape[1:])
    return shapes
