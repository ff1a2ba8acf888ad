"""Inception-v2 and v3 against Table 1 of their paper and torchvision's net."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model
from cs231n_arch.models.inception import InceptionOutputs, chain, inception_v3


def meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options)


@pytest.mark.parametrize(("name", "params"), [("inception_v2", 23_928_904), ("inception_v3", 23_834_568)])
def test_parameters_without_the_auxiliary_classifier(name: str, params: int) -> None:
    assert sum(p.numel() for p in meta(name, aux=False).parameters()) == params < 25_000_000  # abstract


# Table 1, whose rows print the size of their input, read here as the output of the row before.
TABLE_1 = {
    "conv_1a": (32, 149, 149),
    "conv_2a": (32, 147, 147),
    "conv_2b": (64, 147, 147),
    "pool_3a": (64, 73, 73),
    "conv_3b": (80, 71, 71),
    "conv_4a": (192, 35, 35),
    "conv_4b": (288, 35, 35),
    "mixed_5d": (288, 35, 35),
    "mixed_6a": (768, 17, 17),
    "mixed_6f": (768, 17, 17),
    "mixed_7a": (1280, 8, 8),
    "mixed_7c": (2048, 8, 8),
    "avgpool": (2048, 1, 1),
    "linear": (1000,),
}
# The released code of v3, where it differs.
RELEASED = {"conv_3b": (80, 73, 73), "conv_4a": (192, 71, 71), "pool_5a": (192, 35, 35), "mixed_5b": (256, 35, 35)}


@pytest.mark.parametrize("name", ["inception_v2", "inception_v3"])
def test_stage_sizes(name: str) -> None:
    expected = dict(TABLE_1)
    if name == "inception_v3":
        del expected["conv_4b"], expected["mixed_6f"]
        expected |= RELEASED
    net, sizes = meta(name).eval(), {}
    for stage, module in net.named_children():
        module.register_forward_hook(lambda _m, _i, y, stage=stage: sizes.update({stage: tuple(y.shape[1:])}))
    net(torch.empty(2, 3, 299, 299, device="meta"))
    assert {stage: sizes[stage] for stage in expected} == expected


def test_modules_per_grid_of_table_1() -> None:
    stages = [name for name, _ in meta("inception_v2").named_children()]
    counts = {grid: sum(name.startswith(f"mixed_{grid}") for name in stages) for grid in (5, 6, 7)}
    assert counts == {5: 3, 6: 1 + 5, 7: 1 + 2}  # the reductions head the second and third grid


def test_figure_5_has_no_5x5_kernel_and_the_released_module_has() -> None:
    def kernels(name: str) -> set[tuple[int, int]]:
        module = meta(name).mixed_5c
        return {m.kernel_size for m in module.modules() if isinstance(m, nn.Conv2d)}

    assert kernels("inception_v2") == {(1, 1), (3, 3)}
    assert kernels("inception_v3") == {(1, 1), (3, 3), (5, 5)}


def test_torchvision_form_equals_torchvision() -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.inception_v3(weights=None, aux_logits=True, init_weights=False, dropout=0.0)
    ours = inception_v3(form="torchvision", dropout=0.0)
    state = theirs.state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.is_floating_point() and value.ndim == 1:
            value.add_(0.1 * torch.randn_like(value))
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))

    x = torch.randn(2, 3, 299, 299)
    with torch.no_grad():
        small = x[:, :, :107, :107]
        torch.testing.assert_close(ours.eval()(small), theirs.eval()(small), rtol=0, atol=1e-4)
        given, wanted = ours.train()(x), theirs.train()(x)
    assert isinstance(given, InceptionOutputs)
    torch.testing.assert_close(given.logits, wanted.logits, rtol=0, atol=1e-4)
    torch.testing.assert_close(given.aux, wanted.aux_logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["inception_v2", "inception_v3"])
def test_head_reads_the_last_17x17_map(name: str) -> None:
    net = meta(name)
    net(torch.empty(2, 3, 299, 299, device="meta")).aux.sum().backward()
    reached = {stage.split(".")[0] for stage, p in net.named_parameters() if p.grad is not None}
    assert {"mixed_6e", "aux"} <= reached
    assert not reached & {"mixed_7a", "linear"}
    assert ("mixed_6f" in reached) == (name == "inception_v2")


def test_normalizing_the_auxiliary_layer_is_what_makes_v3() -> None:
    assert isinstance(meta("inception_v3").aux.hidden.bn, nn.BatchNorm2d)
    hidden = meta("inception_v2").aux.hidden
    assert not any(isinstance(m, nn.BatchNorm2d) for m in hidden.modules())
    assert hidden.conv.bias is not None


@pytest.mark.parametrize("name", ["inception_v2", "inception_v3"])
def test_the_head_needs_larger_images_only_in_training(name: str) -> None:
    net = meta(name)
    assert net.training
    assert net.smallest == 299
    net(torch.empty(2, 3, 299, 299, device="meta"))
    with pytest.raises(ValueError, match="299x299"):
        net(torch.empty(2, 3, 298, 298, device="meta"))
    net.check_input = lambda x: None
    with pytest.raises(RuntimeError):
        net(torch.empty(2, 3, 298, 298, device="meta"))
    assert net.eval().smallest == 75
    without = meta(name, aux=False)
    assert without(torch.empty(2, 3, 75, 75, device="meta")).shape == (2, 1000)


def test_average_pooling_at_the_border() -> None:
    def average(form: str) -> Tensor:
        pool = inception_v3(form=form).mixed_6b.branch_pool.pool
        return pool(torch.ones(1, 2, 5, 5))[0, 0]

    assert average("released").eq(1).all()
    counted = average("torchvision")
    assert counted[2, 2] == 1
    assert counted[0, 0] == pytest.approx(4 / 9)
    assert counted[0, 2] == pytest.approx(6 / 9)


def test_dropout_is_the_forms() -> None:
    assert [meta("inception_v3", form=form).dropout.p for form in ("released", "torchvision")] == [0.2, 0.5]


def test_chain_keeps_the_size_but_for_an_unpadded_last() -> None:
    with torch.device("meta"):
        x = torch.empty(1, 4, 17, 15)
        assert chain(4, (6, 1), (7, (1, 7)), (8, (7, 1)))(x).shape == (1, 8, 17, 15)
        assert chain(4, (6, 3), (7, 3), unpadded_stride=2)(x).shape == (1, 7, 8, 7)
        assert chain(4, (6, 3), (7, 3), unpadded_stride=1)(x).shape == (1, 7, 15, 13)


def test_initialization_is_cut_at_two_deviations() -> None:
    torch.manual_seed(0)
    net = inception_v3(num_classes=200)
    special = {"aux.hidden.conv": 0.01, "aux.linear": 0.001, "linear": 0.01}
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            std = special.get(name, 0.1)
            weight = layer.weight.detach()
            assert weight.abs().max() <= 2 * std
            assert weight.std().item() == pytest.approx(0.8796 * std, rel=0.05)  # of a normal cut at two
    assert net.linear.bias.eq(0).all()
