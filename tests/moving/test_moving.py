"""What the moving figures are given."""

import base64
import json
from copy import deepcopy

import pytest
import torch

from cs231n_arch import moving
from cs231n_arch.experiments import load_record
from cs231n_arch.models.lenet import lenet5


def held(page, name: str) -> dict:
    return json.loads(page.html.split(f'id="moving-{name}-data">')[1].split("</script>")[0])


def test_bands_hold_every_seed_of_the_record():
    record = load_record("depth")
    data = held(moving.depth(record), "depth")
    assert data["depths"] == sorted({arm["options"]["depth"] for arm in record["arms"].values()})
    for at, layers in enumerate(data["depths"]):
        for kind in ("plain", "ResNet"):
            band = data["errors"]["test images"][kind][at]
            for run in record["arms"][f"{kind.lower()}{layers}"]["runs"]:
                for epoch, error in enumerate(run["curve"]["test_error"]):
                    assert band["least"][epoch] - 0.006 <= 100 * error <= band["most"][epoch] + 0.006


def test_a_record_without_pairs_of_depths_is_refused():
    with pytest.raises(ValueError, match="needs arms with options depth and residual; 'A' has"):
        moving.depth(load_record("shortcut-options"))
    record = deepcopy(load_record("depth"))
    del record["arms"]["plain20"]
    with pytest.raises(
        ValueError, match=r"each depth needs a plain and a residual net; only one is recorded for \[20\]"
    ):
        moving.depth(record)


def test_the_digits_weights_are_the_nets_within_half_a_level():
    net = lenet5(modern=True)
    data = held(moving.digit(net), "digit")
    weights = torch.frombuffer(bytearray(base64.b64decode(data["weights"])), dtype=torch.int8).float()
    layers = [layer for layer in net if hasattr(layer, "weight")]
    steps = [step for step in data["steps"] if step["kind"] == "weighted"]
    assert [step["name"] for step in steps] == ["c1", "c3", "c5", "f6", "output"]
    for layer, step in zip(layers, steps, strict=True):
        mine, weights = weights[: layer.weight.numel()], weights[layer.weight.numel() :]
        apart = (mine * step["level"] - layer.weight.detach().flatten()).abs().max()
        assert apart <= 0.501 * step["level"]
        assert step["bias"] == pytest.approx(layer.bias.tolist(), abs=1e-6)
    assert len(weights) == 0


def test_sets_and_layers_that_the_page_does_not_know_are_refused():
    with pytest.raises(ValueError, match="no set of digits is named 'cifar10'"):
        moving.digit(lenet5(modern=True), "cifar10")
    with pytest.raises(ValueError, match="the page cannot run c1_squash: ScaledTanh"):
        moving.digit(lenet5())
