from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_models.slopes.infinite_slope import failure_probability


def test_a_factor_of_one_fails_as_often_as_not() -> None:
    assert failure_probability(1.0, 0.25) == pytest.approx(0.5)


def test_one_spread_above_one_fails_with_the_normal_tail_beyond_one() -> None:
    # ln FS = s: P = Φ(-1) = 0.158655 (table of the normal distribution)
    assert failure_probability(math.exp(0.25), 0.25) == pytest.approx(0.158655, abs=1e-6)


@given(st.floats(0.01, 100), st.floats(1.001, 2), st.floats(0.05, 1))
def test_a_safer_slope_never_fails_more_often(safety: float, more: float, spread: float) -> None:
    assert failure_probability(safety * more, spread) <= failure_probability(safety, spread)


def test_unknown_safety_gives_no_probability_and_no_resistance_is_certain_failure() -> None:
    assert np.isnan(failure_probability(np.nan, 0.25))
    assert failure_probability(0.0, 0.25) == 1.0
