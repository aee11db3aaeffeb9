"""Seismic intensity of GB/T 17742-2020."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_models.seismic.intensity import (
    acceleration_degree,
    intensity_classes,
    intensity_degree,
    roman_numeral,
    seismic_intensity,
    velocity_degree,
    velocity_of_equal_intensity,
)

GRAVITY = 9.80665


def test_intensity_is_the_hand_computed_one():
    # PGA 1 m/s², PGV 0.1 m/s: I_A = 6.59, I_V = 9.77 - 3 = 6.77, both >= 6: 6.77 -> 6.8
    # 0.5, 0.05: I_A = 3.17 lg 0.5 + 6.59 = 5.636, I_V = 3 lg 0.05 + 9.77 = 5.867, mean 5.751 -> 5.8
    # 2, 0.25: I_V = 3 lg 0.25 + 9.77 = 7.964 -> 8.0 ; 4, 0.4: 3 lg 0.4 + 9.77 = 8.576 -> 8.6
    pga = np.array([1, 0.5, 2, 4]) / GRAVITY
    np.testing.assert_allclose(seismic_intensity(pga, [10, 5, 25, 40]), [6.8, 5.8, 8.0, 8.6], atol=1e-9)


def test_inputs_are_in_the_units_of_the_dictionary():
    # 0.2 g and 25 cm/s are degree VIII. Per cent of g would say 20 g, m/s would say 0.25 cm/s.
    assert seismic_intensity(0.2, 25) == pytest.approx(8.0)
    assert seismic_intensity(0.2, 0.25) < 5


def test_the_weaker_of_the_two_pulls_the_mean_while_one_is_below_six():
    # I_A = 3.17 lg 2 + 6.59 = 7.544, I_V = 3 lg 0.01 + 9.77 = 3.77: mean 5.657 -> 5.7
    assert seismic_intensity(2 / GRAVITY, 1) == pytest.approx(5.7)


def test_intensity_is_held_between_one_and_twelve():
    assert seismic_intensity([0, 1e-9, 5], [0, 1e-9, 1000]).tolist() == [1.0, 1.0, 12.0]


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 1000), st.floats(0, 1000))
def test_stronger_motion_lowers_intensity_only_where_the_standard_changes_its_formula(
    a1: float, a2: float, v1: float, v2: float
):
    weak = seismic_intensity(min(a1, a2), min(v1, v2))
    strong = seismic_intensity(max(a1, a2), max(v1, v2))
    # Where both pass 6.0 the standard drops I_A: the answer may fall from the mean to I_V, not below 6.0.
    assert strong >= min(weak, 6.0)


def test_the_velocity_of_equal_intensity_is_the_hand_computed_one():
    # PGA 2 m/s²: lg PGV = (3.17 lg 2 - 3.18) / 3 = (0.954265 - 3.18) / 3 = -0.741912: 0.181171 m/s
    assert velocity_of_equal_intensity(2 / GRAVITY) == pytest.approx(18.1171, abs=2e-4)
    assert velocity_of_equal_intensity(0.0) == 0.0
    assert np.isnan(velocity_of_equal_intensity(np.nan))


@given(st.floats(0.001, 2))
def test_with_its_velocity_of_equal_intensity_an_acceleration_alone_says_the_intensity(pga: float):
    alone = np.clip(3.17 * np.log10(pga * GRAVITY) + 6.59, 1, 12)
    assert seismic_intensity(pga, velocity_of_equal_intensity(pga)) == pytest.approx(alone, abs=0.0501)


@pytest.mark.parametrize(("pga", "pgv"), [(np.nan, 10), (0.1, np.nan), (np.nan, np.nan)])
def test_unknown_motion_is_no_intensity(pga: float, pgv: float):
    assert np.isnan(seismic_intensity(pga, pgv))
    assert roman_numeral(intensity_degree(seismic_intensity(pga, pgv))) == ""


def test_the_degree_is_that_of_the_band():
    # GB/T 17742-2020: VII from 93.6 gal and 8.17 cm/s, VIII from 194 gal and 17.6 cm/s
    gal = np.array([2.5, 93.5, 93.6, 193.9, 194.1, 5000])
    assert acceleration_degree(gal / 100 / GRAVITY).tolist() == [1, 6, 7, 7, 8, 11]
    assert velocity_degree([0.1, 8.16, 8.17, 17.59, 17.6, 900, np.nan])[:6].tolist() == [1, 6, 7, 7, 8, 11]
    assert np.isnan(acceleration_degree(np.nan))


def test_the_bands_and_the_equations_of_the_standard_agree():
    # At the lowest motion of a degree the equations give that degree less a half, to 0.06.
    for number, degree in enumerate(intensity_classes().degrees, start=1):
        if degree.lowest_pga is not None and degree.lowest_pgv is not None:
            assert 3.17 * np.log10(degree.lowest_pga / 100) + 6.59 == pytest.approx(number - 0.5, abs=0.06)
            assert 3.00 * np.log10(degree.lowest_pgv / 100) + 9.77 == pytest.approx(number - 0.5, abs=0.06)


def test_degrees_are_roman():
    numerals = roman_numeral(intensity_degree([1.0, 6.4, 6.5, 8.0, 12.0]))
    assert numerals.tolist() == ["Ⅰ", "Ⅵ", "Ⅶ", "Ⅷ", "Ⅻ"]
    assert intensity_classes().edition == "GB/T 17742-2020"
