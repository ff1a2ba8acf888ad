"""The rules of verdicts, on numbers whose verdict is known."""

import math

import pytest

from cs231n_arch.experiments.rules import (
    CONFIRMED,
    LEVEL,
    NOT_REACHED,
    NOT_SHOWN,
    REFUTED,
    Below,
    Better,
    Found,
    Judgment,
    Rule,
    Same,
    decide,
    judge,
    together,
)

# Paired differences 1, 2, 3, 4, 5 less 3: mean 0, standard error sqrt(2.5 / 5); the critical t of four degrees of
# freedom at 5 % is 2.776, from a printed table.
CONTROL = [10.0, 20.0, 30.0, 40.0, 50.0]
SPREAD = [-2.0, 1.0, 0.0, -1.0, 2.0]
REACH = 2.776 * math.sqrt(2.5 / 5)


def shifted(by: float) -> list[float]:
    return [value + spread + by for value, spread in zip(CONTROL, SPREAD, strict=True)]


def verdict(rule: Rule, treatment: list[float]) -> Found:
    return decide([judge(rule, CONTROL, treatment)])[0]


@pytest.mark.parametrize(
    ("shift", "lower", "higher"),
    [
        (-5.0, CONFIRMED, REFUTED),
        (-REACH - 0.01, CONFIRMED, REFUTED),
        (-REACH + 0.01, NOT_SHOWN, NOT_SHOWN),
        (0.0, NOT_SHOWN, NOT_SHOWN),
        (REACH - 0.01, NOT_SHOWN, NOT_SHOWN),
        (REACH + 0.01, REFUTED, CONFIRMED),
    ],
)
def test_a_difference_counts_beyond_the_critical_value(shift: float, lower: Found, higher: Found) -> None:
    assert verdict(Better("lower"), shifted(shift)) == lower
    assert verdict(Better("higher"), shifted(shift)) == higher
    found = judge(Better("lower"), CONTROL, shifted(shift))
    assert found.difference == pytest.approx(shift)
    assert found.standard_error == pytest.approx(math.sqrt(2.5 / 5))
    assert (found.low, found.high) == pytest.approx((shift - REACH, shift + REACH), abs=1e-3)


def test_the_critical_value_depends_on_the_number_of_seeds() -> None:
    """t = 4 is beyond 2.776 with five seeds, and within 4.303 with three."""
    for seeds, expected in ((5, CONFIRMED), (3, NOT_SHOWN)):
        spread = [1.0, -1.0] if seeds == 3 else [1.0, 1.0, -1.0, -1.0]
        differences = [0.0, *spread]
        error = math.sqrt(sum(d * d for d in differences) / (seeds - 1) / seeds)
        treatment = [d - 4 * error for d in differences]
        assert decide([judge(Better("lower"), [0.0] * seeds, treatment)]) == [expected]


def test_seeds_are_paired() -> None:
    """The seeds differ by tens, the arms by one: only the differences within a seed count."""
    assert (
        verdict(Better("higher"), [value + 1 + s / 100 for value, s in zip(CONTROL, SPREAD, strict=True)])
        == CONFIRMED
    )


@pytest.mark.parametrize(
    ("shift", "expected"), [(1.9 - REACH, CONFIRMED), (2.1 - REACH, NOT_SHOWN), (2.1 + REACH, REFUTED)]
)
def test_a_margin_asks_for_not_being_worse(shift: float, expected: Found) -> None:
    assert verdict(Better("lower", margin=2.0), shifted(shift)) == expected
    mirrored = [2 * value - given for value, given in zip(CONTROL, shifted(shift), strict=True)]
    assert verdict(Better("higher", margin=2.0), mirrored) == expected


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(0.0, CONFIRMED), (0.9, CONFIRMED), (1.2, NOT_SHOWN), (-1.2, NOT_SHOWN), (5.1, REFUTED), (-5.1, REFUTED)],
)
def test_equivalence_says_that_no_difference_is_larger(shift: float, expected: Found) -> None:
    assert verdict(Same(3.0), shifted(shift)) == expected


@pytest.mark.parametrize(("limit", "expected"), [(60.0, CONFIRMED), (30.0, NOT_SHOWN), (2.0, REFUTED)])
def test_below_a_limit(limit: float, expected: Found) -> None:
    found = judge(Below(limit), [0.0] * 5, CONTROL)
    assert decide([found]) == [expected]
    assert found.difference == pytest.approx(30 - limit)


def test_without_spread_any_difference_counts_and_none_does_not() -> None:
    for after, expected in ((0.4, CONFIRMED), (0.6, REFUTED), (0.5, NOT_SHOWN)):
        assert decide([judge(Better("lower"), [0.5, 0.5], [after, after])]) == [expected]


def test_a_smaller_level_makes_a_wider_interval() -> None:
    wide, narrow = (judge(Better("lower"), CONTROL, shifted(-2), level=level) for level in (0.01, 0.05))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.p == narrow.p


@pytest.mark.parametrize("rule", [Better("lower"), Below(1.0), Same(1.0)])
@pytest.mark.parametrize("treatment", [[1.0], [], [1.0, math.nan], [1.0, math.inf], [1.0, 2.0, 3.0]])
def test_too_few_numbers_or_others(rule: Rule, treatment: list[float]) -> None:
    with pytest.raises(ValueError, match="a verdict needs finite values of the same seeds, at least two, of both"):
        judge(rule, [1.0] if len(treatment) < 2 else [1.0, 2.0], treatment)


def of(p: float, inside: bool = True) -> Judgment:
    return Judgment(0.0, 1.0, -1.0, 1.0, p, inside)


@pytest.mark.parametrize(
    ("ps", "expected"),
    [
        ([0.04], [CONFIRMED]),
        ([0.04, 0.04], [NOT_SHOWN, NOT_SHOWN]),  # the smaller must pass half of the level
        ([0.02, 0.04], [CONFIRMED, CONFIRMED]),  # then the other the whole level
        ([0.04, 0.02, 0.9], [NOT_SHOWN, NOT_SHOWN, NOT_SHOWN]),
        ([0.04, 0.016, 0.9], [NOT_SHOWN, CONFIRMED, NOT_SHOWN]),
    ],
)
def test_holm(ps: list[float], expected: list[Found]) -> None:
    assert LEVEL == 0.05
    assert decide([of(p) for p in ps]) == expected


def test_the_side_decides_between_confirmed_and_refuted() -> None:
    assert decide([of(0.001), of(0.001, inside=False)]) == [CONFIRMED, REFUTED]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([CONFIRMED, CONFIRMED], CONFIRMED),
        ([CONFIRMED, NOT_SHOWN], NOT_SHOWN),
        ([CONFIRMED, NOT_SHOWN, REFUTED, NOT_REACHED], REFUTED),
        ([CONFIRMED, NOT_REACHED], NOT_REACHED),
        ([], NOT_SHOWN),
    ],
)
def test_several_comparisons_of_one_claim(verdicts: list[Found], expected: Found) -> None:
    assert together(verdicts) == expected


def test_a_rule_says_what_it_asks() -> None:
    assert str(Better("lower")) == "the treatment is lower than the control (paired t-test)"
    assert "or misses it by less than 0.01" in str(Better("lower", 0.01))
    assert "differ by less than 0.01" in str(Same(0.01))
    assert "below 500000" in str(Below(500_000))
