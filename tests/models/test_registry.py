"""`create_model` and `list_models`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import cs231n_arch
from cs231n_arch import create_model, layer_table, list_models
from cs231n_arch.models.names import ALIASES, MODELS
from cs231n_arch.models.registry import constructor


def test_every_name_is_a_constructor_with_a_paper() -> None:
    for name in list_models():
        assert constructor(name).__name__ == name
        assert MODELS[name].paper


def test_an_earlier_name_builds_what_the_new_one_names() -> None:
    for earlier, name in ALIASES.items():
        assert constructor(earlier) is constructor(name)
        assert earlier not in list_models()


def test_patterns() -> None:
    assert list_models("alexnet*")[:2] == ["alexnet", "alexnet_two_gpu"]
    assert list_models("no_such*") == []


def test_a_pattern_without_wildcard_is_a_name_or_the_beginning_of_names() -> None:
    assert list_models("vgg11") == ["vgg11"]
    assert list_models("vgg1") == list_models("vgg1*")
    assert list_models("VGG") == []


def test_names_are_listed_without_torch() -> None:
    told = "import sys; from cs231n_arch import list_models; list_models(); print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alexnett", "no model is named 'alexnett'; did you mean alexnet"),
        ("LeNet5", "did you mean lenet5"),
        ("zzzz", r"no model is named 'zzzz'. list_models\(\) gives all"),
        (5, "no model is named 5"),
    ],
)
def test_unknown_name(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_model(name)


def test_unknown_option() -> None:
    with pytest.raises(ValueError, match=r"lenet5 has no option depth, width; it has .*\bmodern\b"):
        create_model("lenet5", depth=3, width=2)


@pytest.mark.parametrize("option", ["num_classes", "in_channels"])
@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3", None])
def test_bad_counts(option: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{option} must be a whole number of at least 1; given {value!r}"):
        create_model("lenet5", **{option: value})


def test_numbers_of_numpy_are_numbers() -> None:
    with torch.device("meta"):
        net = create_model("resnet_cifar", num_classes=np.int64(7), in_channels=np.uint8(5), depth=np.int32(14))
    assert net.input_size == (5, 32, 32)
    assert layer_table(net)["output_shape"].iloc[-1] == (7,)


def test_the_package_hands_out_its_public_names() -> None:
    assert cs231n_arch.create_model is create_model
    assert set(cs231n_arch.__all__) <= set(dir(cs231n_arch))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cs231n_arch.nothing


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"torchvision", "pandas", "sklearn", "matplotlib"}
    code = f"import sys, cs231n_arch; cs231n_arch.create_model('lenet5'); print(*({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_a_seed_fixes_the_weights() -> None:
    nets = []
    for _ in range(2):
        torch.manual_seed(3)
        nets.append(create_model("lenet5").state_dict())
    assert all(torch.equal(nets[0][key], nets[1][key]) for key in nets[0])


def test_every_paper_is_in_the_bibliography() -> None:
    bibliography = (Path(__file__).parents[2] / "book" / "references.bib").read_text()
    for name, entry in MODELS.items():
        assert f"{{{entry.paper}," in bibliography, name
