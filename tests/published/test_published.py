"""The facts file and its readers."""

import math
import re

import pandas as pd
import pytest

from cs231n_arch import published


def test_one_row_a_fact() -> None:
    rows = published.load()
    assert len(rows) > 2000
    assert not rows.duplicated(["architecture", "quantity", "source"]).any()
    assert list(rows.columns) == [*published.COLUMNS, "number"]


def test_every_row_says_where_it_is_from() -> None:
    rows = published.load()
    for column in ("architecture", "quantity", "value", "source", "where_found"):
        assert (rows[column].str.strip() != "").all(), column
        assert (rows[column] == rows[column].str.strip()).all(), column
    assert set(rows["confidence"]) <= {"high", "medium"}
    assert not rows["where_found"].str.startswith("memory").any(), "what was only remembered is no fact"
    assert (rows["value"].str.len() < 200).all()


def test_what_looks_like_a_number_parses() -> None:
    rows = published.load()
    plain = rows["value"].str.fullmatch(r"[+-]?[\d.,]+([eE][+-]?\d+)?\s*[KMG]?") & ~rows["quantity"].str.contains(
        "blocks"
    )
    assert rows.loc[plain, "number"].notna().all()
    counts = rows["unit"].isin(["params", "MAC", "%", "ms", "img/s", "GMAC", "MB"]) & ~rows[
        "value"
    ].str.startswith((">", "<"))
    left = rows.loc[counts & rows["number"].isna(), ["architecture", "quantity", "value"]]
    assert set(left["value"]) <= {"fail", "fail (>20)"}, left
    shapes = rows["unit"].isin(["HxW", "HxWxC"])
    for value in rows.loc[shapes, "value"]:
        assert re.fullmatch(r"\d+(x\d+){0,2}( -> \d+x\d+)?", value), value


def test_percentages_are_percentages() -> None:
    rows = published.load()
    percent = rows.loc[(rows["unit"] == "%") & rows["number"].notna(), "number"]
    assert ((percent >= 0) & (percent <= 100)).all()


@pytest.mark.parametrize(
    ("text", "expected", "half_unit"),
    [
        ("138M", 138e6, 0.5e6),
        ("0.27M", 270e3, 5e3),
        ("2.7K", 2700.0, 50.0),
        ("3.8e9", 3.8e9, 0.05e9),
        ("1.502G", 1.502e9, 0.5e6),
        ("650,000", 650e3, 0.5),
        ("62378344", 62378344.0, 0.5),
        ("5e-4", 5e-4, 0.5e-4),
        ("16.4", 16.4, 0.05),
    ],
)
def test_number_and_precision(text: str, expected: float, half_unit: float) -> None:
    assert published.number(text) == pytest.approx(expected)
    assert published.precision(text) == pytest.approx(half_unit)


@pytest.mark.parametrize("text", ["", "shallow", "~90", ">1", "55x55x96", "1,2", "12 days", "5M?", "M"])
def test_no_plain_number(text: str) -> None:
    assert math.isnan(published.number(text))
    with pytest.raises(ValueError, match="no plain number"):
        published.precision(text)


def test_load_takes_names_patterns_and_names_with_brackets() -> None:
    assert set(published.load("AlexNet")["architecture"]) == {"AlexNet"}
    assert {"ResNet-18", "ResNet-50"} <= set(published.load("ResNet-*", "flops_as_printed")["architecture"])
    assert len(published.load("VGG-D", "top1_error_single_scale S=[256;512] Q=384")) == 1


def test_load_gives_a_copy() -> None:
    rows = published.load()
    rows.loc[:, "value"] = "0"
    assert published.load("VGG-D", "params_as_printed")["value"].item() == "138M"


@pytest.mark.parametrize(
    ("architecture", "quantity", "message"),
    [
        ("resnet-50", None, "architecture is named 'resnet-50'; did you mean ResNet-50"),
        ("VGG-16", "top5_eror_1crop", "quantity is named 'top5_eror_1crop'; did you mean top5_error_1crop"),
        ("Zzz-*", None, r"architecture is named 'Zzz-\*'"),
        (50, None, "must be a name or a shell pattern"),
    ],
)
def test_no_such_row(architecture: object, quantity: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        published.load(architecture, quantity)  # type: ignore[arg-type]


def test_value_is_exactly_one_number() -> None:
    assert published.value("AlexNet (one tower)", "params") == 62_378_344
    assert published.value("Inception-v3", "top1_error_1crop") == 21.2, "two papers print the same"
    with pytest.raises(ValueError, match=r"not one plain number: 0\.5 on first two FC"):
        published.value("VGG", "dropout")
    with pytest.raises(ValueError, match="not one plain number"):
        published.value("AlexNet", "top5_error_*")


def test_the_file_is_package_data_and_read_once() -> None:
    assert isinstance(published.load(), pd.DataFrame)
    assert published._table() is published._table()
