"""The budget: what the machine allows, unless the reader says otherwise."""

import pytest
import torch

from cs231n_arch import create_model, data
from cs231n_arch.training import Budget, Recipe, budget, train
from cs231n_arch.training.schedules import Constant


@pytest.mark.parametrize(
    ("cuda", "name", "device", "data"), [(False, "cpu", "cpu", "digits"), (True, "gpu", "cuda", "cifar10")]
)
def test_the_device_chooses(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, name: str, device: str, data: str
) -> None:
    monkeypatch.delenv("CS231N_ARCH_BUDGET", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    budget = Budget.auto()
    assert (budget.name, budget.device, budget.data) == (name, device, data)
    assert budget.choose(cpu=3, gpu=160) == (160 if cuda else 3)
    assert str(budget).startswith(f"budget {name} on {device}")


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_the_reader_may_choose(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CS231N_ARCH_BUDGET", name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    budget = Budget.auto()
    assert (budget.name, budget.device) == (name, "cpu")
    assert f"CS231N_ARCH_BUDGET={name}" in str(budget)


def test_other_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CS231N_ARCH_BUDGET", "tpu")
    with pytest.raises(ValueError, match="CS231N_ARCH_BUDGET must be 'cpu' or 'gpu'; given 'tpu'"):
        Budget.auto()


@pytest.mark.parametrize(
    ("capability", "batch_size", "precision"),
    # ResNet-20 has 40.8 million multiply-accumulates for an image: a batch of 25 is above 10^9.
    [("avx512_bf16", 25, "bf16"), ("amx_bf16", 25, "bf16"), ("avx512_bf16", 24, "fp32"), ("avx2", 25, "fp32")],
)
def test_bf16_is_taken_where_the_processor_has_it_and_the_batch_is_worth_it(
    monkeypatch: pytest.MonkeyPatch, capability: str, batch_size: int, precision: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {capability: True}, raising=False)
    model, image = create_model("resnet20"), torch.zeros(1, 3, 32, 32)
    assert budget.fast_precision(model, image, batch_size) == precision


def test_a_model_whose_operators_cannot_be_seen_stays_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("a module compiled by torch.jit.script hides its layers")

    monkeypatch.setattr(budget, "multiplies_bf16", lambda device: True)
    monkeypatch.setattr(budget, "layer_table", refuse)
    assert budget.fast_precision(create_model("resnet20"), torch.zeros(1, 3, 32, 32), 1000) == "fp32"


@pytest.mark.parametrize(("least", "precision"), [(1, "bf16"), (10**9, "fp32")])
def test_the_run_says_which_precision_was_chosen(
    monkeypatch: pytest.MonkeyPatch, least: int, precision: str
) -> None:
    monkeypatch.setattr(budget, "multiplies_bf16", lambda device: True)
    monkeypatch.setattr(budget, "WORTH_BF16", least)
    recipe = Recipe("simple", "none", "sgd", 0.02, Constant(), batch_size=8, epochs=1)
    net, digits = create_model("lenet5", modern=True), data.load("digits", image_size=32)
    run = train(net, digits, recipe, steps=1, device="cpu", progress=False)
    assert run.precision == precision
