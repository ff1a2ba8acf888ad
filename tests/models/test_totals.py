"""Parameters and multiply-adds of every model in every form, as its file lists them; the default form is first."""

from importlib import import_module
from typing import get_args

import pytest
import torch

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.names import MODELS
from cs231n_arch.models.variants import Form, Totals

FILES = sorted({entry.file for entry in MODELS.values()})
LISTED: dict[str, Totals] = {file: import_module(f"cs231n_arch.models.{file}").TOTALS for file in FILES}
TOTALS = {name: forms for totals in LISTED.values() for name, forms in totals.items()}


def test_every_model_is_listed_in_its_file() -> None:
    for file, totals in LISTED.items():
        assert list(totals) == [name for name, entry in MODELS.items() if entry.file == file], file


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in TOTALS.items() for form in forms])
def test_totals(name: str, form: Form) -> None:
    with torch.device("meta"):
        net = create_model(name) if form == next(iter(TOTALS[name])) else create_model(name, form=form)
    parameters = sum(parameter.numel() for parameter in net.parameters())
    assert (parameters, layer_table(net)["macs"].sum()) == TOTALS[name][form]


@pytest.mark.parametrize("name", TOTALS)
def test_a_form_that_is_not_listed_is_refused(name: str) -> None:
    for form in {*get_args(Form), "printed"} - TOTALS[name].keys():
        with pytest.raises(ValueError, match=f"form must be .*; given '{form}'|has no option form"):
            create_model(name, form=form)
