"""Combining probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.composite.probability import noisy_or

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_three_causes_combine():
    # 1 - 0.8 * 0.9 * 0.95 = 1 - 0.684
    assert noisy_or([0.2, 0.1, 0.05]) == pytest.approx(0.316, abs=1e-12)


def test_a_cause_without_evidence_is_left_out():
    assert noisy_or([0.2, np.nan, 0.1]) == pytest.approx(0.28)  # 1 - 0.8 * 0.9


def test_no_evidence_at_all_is_no_answer():
    assert np.isnan(noisy_or([np.nan, np.nan]))
    assert np.isnan(noisy_or([]))


def test_causes_may_lie_along_any_axis():
    by_cell = [[0.5, 0.5], [np.nan, np.nan], [0.0, 1.0]]  # one row a cell, one column a cause
    np.testing.assert_allclose(noisy_or(by_cell, axis=1), [0.75, np.nan, 1.0])
    np.testing.assert_allclose(noisy_or(by_cell, axis=0), [0.5, 1.0])


def test_a_very_small_probability_is_not_rounded_away():
    assert noisy_or([1e-18, 1e-18]) == pytest.approx(2e-18, rel=1e-12)


@pytest.mark.parametrize("wrong", [-0.1, 1.01])
def test_what_is_no_probability_is_refused(wrong: float):
    with pytest.raises(InvalidInput, match="not a probability"):
        noisy_or([0.5, wrong, np.nan])


@given(probabilities)
def test_the_answer_lies_between_the_largest_cause_and_the_sum(causes: list[float]):
    combined = float(noisy_or(causes))
    assert max(causes) <= combined <= 1.0
    assert combined <= sum(causes) + 1e-12


@given(probabilities, st.floats(0, 1))
def test_one_more_cause_never_lowers_the_answer(causes: list[float], more: float):
    assert noisy_or([*causes, more]) >= noisy_or(causes) - 1e-15


@given(probabilities)
def test_the_order_of_causes_does_not_matter(causes: list[float]):
    assert noisy_or(causes) == pytest.approx(float(noisy_or(causes[::-1])), abs=1e-14)
