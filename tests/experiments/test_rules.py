"""The rules of verdicts, on numbers whose verdict is known."""

import math

import pytest

from cs231n_arch.experiments.rules import NOT_SHOWN, REFUTED, SHOWN, Below, Better, Rule, Verdict, Zero, together

# Three values each; variances 1 and 1, so the standard error is sqrt(2 / 3) = 0.816, and twice that 1.633.
AROUND_TEN = [9.0, 10.0, 11.0]


@pytest.mark.parametrize(
    ("shift", "lower", "higher"),
    [
        (-5.0, SHOWN, REFUTED),
        (-1.64, SHOWN, REFUTED),
        (-1.63, NOT_SHOWN, NOT_SHOWN),
        (0.0, NOT_SHOWN, NOT_SHOWN),
        (1.63, NOT_SHOWN, NOT_SHOWN),
        (1.64, REFUTED, SHOWN),
    ],
)
def test_a_difference_counts_from_twice_its_standard_error(shift: float, lower: Verdict, higher: Verdict) -> None:
    treatment = [value + shift for value in AROUND_TEN]
    assert Better("lower").judge(AROUND_TEN, treatment).verdict == lower
    found = Better("higher").judge(AROUND_TEN, treatment)
    assert found.verdict == higher
    assert found.difference == pytest.approx(shift)
    assert found.standard_error == pytest.approx(math.sqrt(2 / 3))


def test_variances_may_differ() -> None:
    found = Better("lower").judge([10.0, 10.0, 10.0], [4.0, 8.0, 12.0])
    assert found.standard_error == pytest.approx(4 / math.sqrt(3))
    assert found.verdict == NOT_SHOWN


@pytest.mark.parametrize(("shift", "verdict"), [(0.3, SHOWN), (0.37, NOT_SHOWN), (3.6, NOT_SHOWN), (3.7, REFUTED)])
def test_a_margin_asks_for_not_being_worse(shift: float, verdict: Verdict) -> None:
    treatment = [value + shift for value in AROUND_TEN]
    assert Better("lower", margin=2.0).judge(AROUND_TEN, treatment).verdict == verdict
    mirrored = [value - shift for value in AROUND_TEN]
    assert Better("higher", margin=2.0).judge(AROUND_TEN, mirrored).verdict == verdict


def test_without_spread_any_difference_counts_and_none_does_not() -> None:
    assert Better("lower").judge([0.5, 0.5], [0.4, 0.4]).verdict == SHOWN
    assert Better("lower").judge([0.5, 0.5], [0.6, 0.6]).verdict == REFUTED
    assert Better("lower").judge([0.5, 0.5], [0.5, 0.5]).verdict == NOT_SHOWN


@pytest.mark.parametrize(("limit", "verdict"), [(12.0, SHOWN), (10.5, NOT_SHOWN), (8.0, REFUTED)])
def test_below_a_limit(limit: float, verdict: Verdict) -> None:
    found = Below(limit).judge([0.0, 0.0], AROUND_TEN)
    assert found.verdict == verdict
    assert found.difference == pytest.approx(10 - limit)
    assert found.standard_error == pytest.approx(1 / math.sqrt(3))


def test_zero_is_exact() -> None:
    assert Zero().judge([1.0, 1.0], [0.0, 0.0]).verdict == SHOWN
    assert Zero().judge([1.0, 1.0], [0.0, 1e-12]).verdict == REFUTED


@pytest.mark.parametrize("rule", [Better("lower"), Below(1.0), Zero()])
@pytest.mark.parametrize("treatment", [[1.0], [], [1.0, math.nan], [1.0, math.inf]])
def test_too_few_or_no_numbers(rule: Rule, treatment: list[float]) -> None:
    with pytest.raises(ValueError, match="a verdict needs the finite values of at least two seeds; given"):
        rule.judge(AROUND_TEN, treatment)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([SHOWN, SHOWN], SHOWN),
        ([SHOWN, NOT_SHOWN], NOT_SHOWN),
        ([SHOWN, NOT_SHOWN, REFUTED], REFUTED),
        ([], NOT_SHOWN),
    ],
)
def test_several_comparisons_of_one_claim(verdicts: list[Verdict], expected: Verdict) -> None:
    assert together(verdicts) == expected


def test_a_rule_says_what_it_asks() -> None:
    assert "lower than the control's by more than twice the standard error" in str(Better("lower"))
    assert "allowing 0.01 on the other side" in str(Better("lower", 0.01))
    assert "below 500000" in str(Below(500_000))
    assert "exactly zero" in str(Zero())
