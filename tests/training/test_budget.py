"""The budget: what the machine allows, unless the reader says otherwise."""

import pytest
import torch

from cs231n_arch.training import Budget


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
