"""What `python -m benchmarks.compression --resume` does not measure again."""

import json

import pytest

from benchmarks import compression

RECORD = json.loads(compression.RECORD.read_text(encoding="utf-8"))
SHARED = {name: RECORD[name] for name in ("model", "weights", "held_out", "distilled_on")}


def test_all_rows_of_the_record_are_kept() -> None:
    assert compression.kept(RECORD, SHARED) == RECORD["rows"]


def test_rows_that_are_no_longer_asked_for_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "DENSITIES", (1.0, 0.6))
    monkeypatch.setattr(compression, "BITS", (6,))
    monkeypatch.setattr(compression, "DISTILLED", ((1.0, 6),))
    rows = [(row["density"], row["bits"], row["distilled"]) for row in compression.kept(RECORD, SHARED)]
    assert sorted(rows) == [
        (0.6, 6, False), (1.0, 6, False), (1.0, 6, True), (1.0, 7, True), (1.0, 8, False), (1.0, 32, False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["held_out", "distilled_on"])
def test_rows_of_other_settings_are_not_kept(name: str) -> None:
    assert compression.kept(RECORD, {**SHARED, name: {**SHARED[name], "crops": 1}}) == []
