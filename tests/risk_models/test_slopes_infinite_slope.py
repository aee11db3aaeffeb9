"""Infinite slopes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minegis.variables import variable
from risk_models.slopes.infinite_slope import (
    catchment_area,
    critical_acceleration,
    default_material,
    factor_of_safety,
    slope_normal_factor_of_safety,
    wet_fraction,
)

angles = st.floats(5, 70)
fractions = st.floats(0, 1)
FLAT_ANSWER = variable("factor_of_safety").maximum


def test_a_vertical_depth_gives_the_hand_computed_factor():
    # z = 2, γ = 18, β = 30°: cos²β = 0.75, driving = 18*2*0.5*0.866025 = 15.588457
    # m = 0: (5 + 36*0.75*0.577350) / 15.588457 = 20.588457 / 15.588457 = 1.3208
    # m = 1: (5 + (36 - 19.62)*0.75*0.577350) / 15.588457 = 12.092750 / 15.588457 = 0.7758
    factors = factor_of_safety(5, 30, 18, 2, 30, [0, 0.5, 1])
    np.testing.assert_allclose(factors, [1.3208, 1.0483, 0.7758], atol=5e-5)


def test_a_slope_normal_thickness_gives_the_hand_computed_factor():
    # c/(γ t sin α) = 20 / (15.696*2.5*0.573576) = 0.888607 ; tan32/tan35 = 0.892406
    # m γw tan32 / (γ tan35) = 0.3*9.81/15.696 * 0.892406 = 0.167326 ; sum 1.613687
    factor = slope_normal_factor_of_safety(20, 32, 15.696, 2.5, 35, 0.3)
    assert factor == pytest.approx(1.6137, abs=5e-5)
    assert critical_acceleration(factor, 35) == pytest.approx(0.35200, abs=5e-6)


def test_openquakes_published_value_needs_the_slope_in_degrees():
    # gem/oq-engine, openquake/sep: slope column 1.932111859, φ 33.5°, c 0, saturation 0.2, 2091 kg/m³
    unit_weight = 2091 * 9.81 / 1000
    factor = slope_normal_factor_of_safety(0, 33.5, unit_weight, 2.5, 1.932111859, 0.2)
    assert factor == pytest.approx(17.743778, rel=1e-7)
    assert critical_acceleration(factor, 1.932111859) == pytest.approx(0.564522, abs=5e-7)
    as_gradient = slope_normal_factor_of_safety(
        0, 33.5, unit_weight, 2.5, np.degrees(np.arctan(1.932111859)), 0.2
    )
    assert as_gradient < 1


@pytest.mark.parametrize(
    ("saturation", "published"),
    [
        (0.1, [11.93242, 6.002900, 4.042058, 3.072719, 2.499313, 2.123257, 1.859423, 1.665260]),
        (0.0, [12.35581, 6.214595, 4.183188, 3.178566, 2.583991, 2.193822, 1.919907, 1.718184]),
    ],
)
def test_openquakes_published_table_is_reproduced(saturation: float, published: list[float]):
    # gem/oq-engine test_static_safety_factor.py: gradients k/11, c 20 kPa, φ 30°, 2.5 m, 1500 kg/m³
    slope = np.degrees(np.arctan(np.arange(1, 9) / 11))
    factors = slope_normal_factor_of_safety(20, 30, 1500 * 9.81 / 1000, 2.5, slope, saturation)
    np.testing.assert_allclose(factors, published, rtol=1e-4)


@given(slope=angles, c=st.floats(0, 100), phi=st.floats(5, 50), depth=st.floats(0.5, 15), m=fractions)
def test_both_forms_agree_once_the_thickness_is_taken_across_the_slope(
    slope: float, c: float, phi: float, depth: float, m: float
):
    vertical = factor_of_safety(c, phi, 19, depth, slope, m)
    across = slope_normal_factor_of_safety(c, phi, 19, depth * np.cos(np.radians(slope)), slope, m)
    assert across == pytest.approx(float(vertical), rel=1e-9)


def test_mixing_the_two_depths_changes_the_answer():
    assert slope_normal_factor_of_safety(20, 32, 19, 2, 45, 0) < factor_of_safety(20, 32, 19, 2, 45, 0)


@given(slope=angles, wetter=fractions, drier=fractions)
def test_water_never_makes_a_slope_safer(slope: float, wetter: float, drier: float):
    assume(wetter >= drier)
    assert factor_of_safety(10, 32, 19, 2, slope, wetter) <= factor_of_safety(10, 32, 19, 2, slope, drier)


@given(gentle=angles, steep=angles, phi=st.floats(5, 50))
def test_a_steeper_slope_of_sand_is_never_safer(gentle: float, steep: float, phi: float):
    assume(steep > gentle)
    safer, worse = factor_of_safety(0, phi, 19, 2, [gentle, steep], 0)
    assert worse <= safer


@given(slope=angles)
def test_dry_sand_at_its_friction_angle_is_at_the_limit(slope: float):
    assert factor_of_safety(0, slope, 19, 3, slope, 0) == pytest.approx(1.0)
    assert critical_acceleration(1.0, slope) == pytest.approx(1e-4)  # at the limit: the floor


def test_flat_ground_does_not_slide_and_a_vertical_face_is_not_answered():
    np.testing.assert_array_equal(factor_of_safety(0, 0, 19, 2, [0, 90], 0), [FLAT_ANSWER, np.nan])
    np.testing.assert_array_equal(
        slope_normal_factor_of_safety(5, 30, 19, 2, [0, 90], 0), [FLAT_ANSWER, np.nan]
    )


@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("form", [factor_of_safety, slope_normal_factor_of_safety])
def test_an_unknown_input_gives_no_factor(form, position: int):
    values = [5.0, 30.0, 18.0, 2.0, 30.0, 0.5]
    values[position] = np.nan
    assert np.isnan(form(*values))


def test_recharge_fills_the_soil_by_the_hand_computed_share():
    # R a / (T sin θ) = 0.02 m/d * 100 m / (50 m²/d * 0.5) = 0.08
    assert wet_fraction(20, 100, 50, 30) == pytest.approx(0.08)
    assert wet_fraction(20, 5000, 50, 30) == 1.0  # 4.0, held at full


def test_a_flat_place_fills_with_any_rain_and_stays_dry_without():
    np.testing.assert_array_equal(wet_fraction([0, 1], 100, 50, 0), [0.0, 1.0])


@given(st.floats(0, 300), st.floats(0, 300), st.floats(0, 1e5), st.floats(1, 75))
def test_more_rain_never_dries_the_slope(less: float, more: float, area: float, slope: float):
    assume(more >= less)
    drier, wetter = wet_fraction([less, more], area, 50, slope)
    assert 0 <= drier <= wetter <= 1


@pytest.mark.parametrize("position", range(4))
def test_an_unknown_input_gives_no_wet_fraction(position: int):
    values = [0.0, 100.0, 50.0, 30.0]
    values[position] = np.nan
    assert np.isnan(wet_fraction(*values))


def test_the_catchment_area_returns_from_its_index():
    # ln(100 / tan 30°) = ln(173.20508) = 5.1544763
    assert catchment_area(5.1544763, 30) == pytest.approx(100, rel=1e-6)


def test_default_ground_stands_dry_and_says_that_it_is_a_default():
    ground = default_material()
    dry, wet = factor_of_safety(
        ground.cohesion.value,
        ground.friction_angle.value,
        ground.unit_weight.value,
        ground.depth.value,
        35,
        [0, 1],
    )
    assert wet < dry
    assert dry > 1
    assert all(ground.model_dump()[name]["provenance"].startswith("ED") for name in type(ground).model_fields)
