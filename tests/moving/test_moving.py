"""What the moving figures are given."""

import json
from copy import deepcopy

import pytest

from cs231n_arch import moving
from cs231n_arch.experiments import load_record


def held(page, name: str) -> dict:
    return json.loads(page.html.split(f'id="moving-{name}-data">')[1].split("</script>")[0])


def test_bands_hold_every_seed_of_the_record():
    record = load_record("depth")
    data = held(moving.depth(record), "depth")
    assert data["depths"] == [8, 20, 32, 56]
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
