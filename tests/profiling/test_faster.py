import logging
import shutil
import warnings

import pytest
import torch
from torch import nn

from cs231n_arch import create_model
from cs231n_arch.models.layers import Sum, series
from cs231n_arch.profiling import compare_forms, fold_batch_norm, images
from cs231n_arch.profiling.faster import FORMS, foldable, quiet

COMPILED, BLOCKED, ONNX = FORMS[4:]


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


def shake(model: nn.Module) -> nn.Module:
    """Random batch-norm statistics and weights: with the initial ones a fold changes next to nothing."""
    torch.manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    return model.eval()


def assert_folds(model: nn.Module, size: tuple[int, ...], left: int) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    batch = images(2, size)
    with torch.no_grad():
        wanted = model(batch)
        folded = fold_batch_norm(model, size)
        assert norms(folded) == left
        torch.testing.assert_close(folded(batch), wanted, rtol=1e-3, atol=1e-4 * wanted.abs().max().item())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("name", "options", "side", "left"),
    [
        ("resnet20", {}, 32, 0),
        ("vgg11_bn", {}, 224, 0),
        # Of six units the first norm reads a sum, but for the first unit's; so does the last norm of the net.
        ("preact_resnet", {"depth": 20}, 32, 6),
    ],
)
def test_outputs_stay_and_norms_after_convolutions_go(name, options, side, left):
    assert_folds(shake(create_model(name, **options)), (3, side, side), left)


def test_a_torchvision_net_folds_too():
    models = pytest.importorskip("torchvision").models
    assert_folds(shake(models.resnet18()), (3, 64, 64), 0)


def test_a_convolution_whose_output_goes_two_ways_keeps_its_norm():
    model = series(
        conv=nn.Conv2d(3, 4, 1),
        unit=Sum(body=series(bn=nn.BatchNorm2d(4), relu=nn.ReLU()), shortcut=nn.Identity()),
    )
    assert foldable(model, (3, 8, 8)) == []
    assert_folds(shake(model), (3, 8, 8), 1)


def test_a_layer_used_twice_is_left_alone():
    conv = nn.Conv2d(3, 3, 1)
    model = nn.Sequential(conv, nn.BatchNorm2d(3), conv, nn.BatchNorm2d(3))
    assert_folds(shake(model), (3, 8, 8), 2)


def test_biases_and_groups_fold():
    model = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2, bias=True), nn.BatchNorm2d(8, eps=0.1), nn.ReLU())
    assert_folds(shake(model), (4, 8, 8), 0)


def test_the_size_must_be_known():
    with pytest.raises(ValueError, match="Sequential has no input_size of its own; give"):
        fold_batch_norm(nn.Sequential(nn.Conv2d(3, 4, 1)))


def test_forms_give_equal_outputs(net):
    forms = [*FORMS[:4], *([BLOCKED] if torch.backends.mkldnn.is_available() else []), ONNX]
    table = compare_forms(shake(net), images(2, net.input_size), forms=forms, rounds=2, seconds=0.01)
    assert list(table["form"]) == list(forms)
    assert table["speed"][0] == 1
    assert (table["seconds"] > 0).all()
    assert (table["difference"] < 1e-5).all()
    assert (table["error"] == "").all()
    assert norms(net) == 1


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler on the CPU")
def test_the_compiled_form_gives_equal_outputs(net):
    table = compare_forms(
        shake(net), images(2, net.input_size), forms=(FORMS[0], COMPILED), rounds=1, seconds=0.01
    )
    assert table["error"].tolist() == ["", ""]
    assert table["difference"][1] < 1e-5


def test_a_form_that_fails_does_not_lose_the_others(net, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no compiler\nmore")

    monkeypatch.setattr(nn.Module, "compile", fail)
    table = compare_forms(net, images(2, net.input_size), forms=(FORMS[0], COMPILED), rounds=1, seconds=0.01)
    assert table["error"].tolist() == ["", "RuntimeError: no compiler"]
    assert table["seconds"].notna().tolist() == [True, False]


def test_a_net_with_concatenations_has_no_form_in_onednns_layout():
    net = create_model("densenet_bc100_12")
    table = compare_forms(net, images(1, net.input_size), forms=(FORMS[0], BLOCKED), rounds=1, seconds=0.01)
    assert table["error"][0] == ""
    assert table["error"][1].startswith("ValueError: an operation of the net cannot take oneDNN's layout: ")


@pytest.mark.parametrize("forms", [(), ("as built", "quick")])
def test_forms_are_known(net, forms):
    with pytest.raises(ValueError, match="forms must be some of"):
        compare_forms(net, images(1, net.input_size), forms=forms)


def test_the_build_tools_are_silent_only_while_a_form_is_built(caplog):
    tools = logging.getLogger("torch.utils.cpp_extension")
    with quiet():
        tools.warning("no CUDA")
    assert not caplog.records
    tools.warning("of the user's own build")
    assert [record.getMessage() for record in caplog.records] == ["of the user's own build"]


def test_a_slower_python_is_no_fault_of_the_net():
    """Warnings are errors here, so the first is silent and the second is not."""
    with quiet():
        warnings.warn("Guards may run slower on Python 3.13.0. Consider upgrading.", RuntimeWarning, stacklevel=1)
        with pytest.raises(RuntimeWarning, match="not finite"):
            warnings.warn("the outputs are not finite", RuntimeWarning, stacklevel=1)
