"""Underground: fire, pillars and stopes, microseismic events, water, and the ground above."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import Tier
from risk_models.underground.fire import fire_probability, graham_ratio, indicator_rate
from risk_models.underground.indicators import indicator_tier, published_tier, underground_limits
from risk_models.underground.inrush import flooding_time, inflow_ratio, inrush_coefficient, pump_load
from risk_models.underground.microseismic import (
    apparent_volume,
    b_value,
    b_value_spread,
    energy_index,
    microseismic_tier,
)
from risk_models.underground.pillar import (
    crown_span_ratio,
    hedley_grant_strength,
    lunder_pakalnis_strength,
    pillar_factor_of_safety,
    stability_number,
    stope_stability,
    tributary_stress,
)
from risk_models.underground.subsidence import (
    damage_grade,
    influence_radius,
    largest_subsidence,
    sinkhole_signs,
    trough_curvature,
    trough_strain,
    trough_subsidence,
    trough_tilt,
)

INDICATORS = [name for name, field in underground_limits() if hasattr(field, "thresholds")]


def test_the_graham_ratio_by_hand():
    # 0.265 * 79 − 20 = 0.935; 100 * 0.005 / 0.935 = 0.534759
    assert graham_ratio(0.005, 79.0, 20.0) == pytest.approx(0.534759, abs=1e-6)
    assert indicator_tier("graham_ratio", [0.3, 0.534759, 1.5, 2.5]).tolist() == [0, 2, 3, 4]
    # fresh air: 0.265 * 79.04 − 20.93 = 0.0156 % is no deficit to divide by
    assert np.isnan(graham_ratio([0.001, np.nan], [79.04, 79.0], [20.93, 20.0])).all()


def test_carbon_monoxide_and_oxygen_have_the_limits_of_the_standard():
    assert indicator_tier("co", [12, 24, 24.1, 60, 101, np.nan])[:5].tolist() == [0, 1, 2, 3, 4]
    assert indicator_tier("oxygen", [20.9, 20.4, 19.9, 18.9, 17.9]).tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(indicator_tier("co", np.nan))
    with pytest.raises(InvalidInput, match="no such indicator"):
        indicator_tier("subsidence", 1.0)


def test_a_tier_by_published_limits_leaves_project_defaults_out():
    # of carbon monoxide only the 24 ppm of the standard has an authority; all of the Graham ratio has one
    assert published_tier("co", [20, 30, 500]).tolist() == [0, 2, 2]
    assert published_tier("graham_ratio", [0.45, 1.5, 2.5]).tolist() == [1, 3, 4]
    assert published_tier("inflow_ratio", 99.0) == 0
    assert np.isnan(published_tier("co", np.nan))


@pytest.mark.parametrize("name", INDICATORS)
def test_a_worse_value_never_has_a_milder_tier(name: str):
    limits = underground_limits().indicator(name)
    edges = [limits.thresholds[tier].value for tier in Tier if tier]
    values = np.sort(np.r_[edges, np.linspace(min(edges) * 0.5, max(edges) * 1.5, 200)])
    tiers = indicator_tier(name, values if limits.comparison == "above" else values[::-1])
    assert (np.diff(tiers) >= 0).all()
    assert {0, 4} <= set(tiers)
    assert (published_tier(name, values) <= indicator_tier(name, values)).all()


def test_a_rate_is_the_slope_of_the_samples_that_are_known():
    values = np.array([[1.0, 5.0], [3.0, np.nan], [5.0, np.nan]])
    np.testing.assert_allclose(indicator_rate([0.0, 1.0, 2.0], values), [2.0, np.nan])
    assert indicator_rate([0.0, 4.0], [1.0, 3.0]) == pytest.approx(0.5)


def test_a_fire_needs_no_more_than_one_bad_thing():
    # 1 − 0.3 * 0.99 * 0.99 with red ignition; declared probabilities 0.7, 0.01, 0.01
    assert fire_probability(4, 0, 0) == pytest.approx(0.70597)
    assert fire_probability([4, np.nan, np.nan], [np.nan, 2, np.nan], np.nan)[:2].tolist() == [0.7, 0.15]
    assert np.isnan(fire_probability(np.nan, np.nan, np.nan))
    with pytest.raises(InvalidInput, match="not a tier"):
        fire_probability(5, 0, 0)


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 2))
def test_a_worse_condition_never_makes_a_fire_less_likely(ignition, fuel, ventilation, which):
    tiers = [ignition, fuel, ventilation]
    worse = list(tiers)
    worse[which] = min(worse[which] + 1, 4)
    assert fire_probability(*worse) >= fire_probability(*tiers)


def test_pillars_give_the_published_stress_and_strength():
    # vector 57: γ 0.027, z 300, e 0.6; LP97 w/h = 1, UCS 100; H–G w 5, h 4
    assert tributary_stress(0.027, 300, 0.6) == pytest.approx(20.25)
    assert lunder_pakalnis_strength(100, 5, 5) == pytest.approx(42.23, abs=5e-3)
    assert hedley_grant_strength(5, 4) == pytest.approx(105.15, abs=5e-3)
    assert pillar_factor_of_safety(42.23, 20.25) == pytest.approx(2.0854, abs=1e-4)
    assert np.isnan(tributary_stress(0.027, 300, [1.0, np.nan])).all()
    assert np.isnan(lunder_pakalnis_strength(100, [1.0, np.nan], [4.0, 4.0])).all()
    assert np.isnan(pillar_factor_of_safety(10, 0))


@given(st.floats(2, 40), st.floats(0.1, 10), st.floats(3, 15))
def test_a_wider_pillar_is_never_weaker(width: float, more: float, height: float):
    assert hedley_grant_strength(width + more, height) > hedley_grant_strength(width, height)
    thin, wide = lunder_pakalnis_strength(120.0, [width, width + more], height)
    assert wide >= thin or np.isnan(thin)


def test_a_crown_pillar_by_hand():
    # Cs = 10 √(2.7/(20 (1 + 10/50)(1 − 0.4 cos 60))) = 10 √(2.7/19.2) = 3.75
    # Sc = 3.3 * 10^0.43 * sinh(10)^0.0016 = 3.3 * 2.691535 * 1.014991 = 9.015247; 3.75/9.015247 = 0.415962
    assert crown_span_ratio(10, 50, 20, 2.7, 60, 10) == pytest.approx(0.415962, abs=1e-5)
    assert np.isfinite(crown_span_ratio(10, 50, 20, 2.7, 60, 1000))  # sinh(1000) overflows
    assert np.isnan(crown_span_ratio([0, 10], 50, [20, np.nan], 2.7, 60, 10)).all()


def test_a_stope_by_hand():
    # N' = 10 * 0.5 * 0.3 * 4 = 6; z = 2.9603 − (1.4427 − 0.7982) ln 6 = 1.805511
    assert stability_number(10, 0.5, 0.3, 4) == pytest.approx(6.0)
    assert stope_stability(6.0, 6.0) == pytest.approx(1 / (1 + np.exp(-1.805511)), abs=1e-6)
    assert np.isnan(stope_stability([0.0, np.nan], 6.0)).all()


@given(st.floats(0.1, 200), st.floats(1, 20), st.floats(0.01, 10))
def test_a_larger_face_is_never_more_stable(number: float, radius: float, more: float):
    assert stope_stability(number, radius + more) < stope_stability(number, radius)


def test_the_b_value_of_a_known_distribution():
    rng = np.random.default_rng(9)
    exact = -1.0 + rng.exponential(np.log10(np.e) / 1.2, 20_000)
    rounded = np.round(exact, 1)
    # complete from −0.9 on once rounded, since values below −0.95 lack those under −1.0
    assert b_value(rounded, -0.9, 0.1) == pytest.approx(1.2, abs=0.03)
    assert b_value(exact, -1.0, 0.0) == pytest.approx(1.2, abs=0.03)
    # for exponential magnitudes the spread is b/√n: 1.2/√20000
    assert b_value_spread(exact, -1.0, 0.0) == pytest.approx(1.2 / np.sqrt(20_000), rel=0.05)


def test_fifty_events_are_needed():
    magnitudes = np.full((50, 2), 0.5)
    magnitudes[49, 1] = np.nan
    b = b_value(magnitudes, 0.0, 0.0)
    assert b[0] == pytest.approx(np.log10(np.e) / 0.5)
    assert np.isnan(b[1])
    assert np.isnan(b_value_spread(magnitudes, 0.0, 0.0)[1])


def test_energy_index_and_apparent_volume_by_hand():
    # lg E = 1.5 * 10 − 10 = 5: E of 2e5 is twice the usual; M0²/(2 G E) = 1e20/(2 * 3e10 * 1e5) = 16666.7
    assert energy_index(2e5, 1e10, 1.5, -10.0) == pytest.approx(2.0)
    assert apparent_volume(1e5, 1e10, 30.0) == pytest.approx(1e20 / (2 * 3e10 * 1e5))
    assert np.isnan(energy_index([0.0, np.nan], 1e10, 1.5, -10.0)).all()


def test_signs_count_only_together():
    tiers = microseismic_tier(1.2, [1.1, 0.8, 0.8, 0.8], 0.05, 0.05, [1.0, 1.0, 2.0, 2.0], [1, 1, 1, 0.3])
    assert tiers.tolist() == [0, 1, 2, 3]
    assert np.isnan(microseismic_tier(np.nan, 0.8, 0.05, 0.05, 2.0, 0.3))


def test_water_by_hand():
    assert indicator_tier("inflow_ratio", inflow_ratio([150, 151, 201, 301], 100.0)).tolist() == [1, 2, 3, 4]
    assert pump_load(90, 100) == pytest.approx(0.9)
    assert pump_load([0, 10], 0).tolist() == [0.0, np.inf]
    assert np.isnan(inflow_ratio(10, 0))
    assert inrush_coefficient(1.2, 20) == pytest.approx(0.06)
    # levels of 600 and 1200 m³ under a net 200 m³/h: 3 h and 9 h; never with pumps that keep up
    assert flooding_time([600.0, 1200.0], 500.0, 300.0).tolist() == [3.0, 9.0]
    assert np.isposinf(flooding_time([600.0], 100.0, 300.0)).all()
    assert np.isnan(flooding_time([600.0], np.nan, 300.0)).all()


W0, R = 2.0, 100.0


def test_the_trough_by_hand():
    # m 2.5, q 0.8, flat: 2 m; H 200, tanβ 2: 100 m
    assert largest_subsidence(2.5, 0.8, 0.0) == pytest.approx(W0)
    assert influence_radius(200.0, 2.0) == pytest.approx(R)
    edge = np.inf
    assert trough_subsidence(0.0, edge, W0, R) == pytest.approx(1.0)  # half over the edge
    assert trough_subsidence(300.0, edge, W0, R) == pytest.approx(2.0)
    assert trough_tilt(0.0, edge, W0, R) == pytest.approx(20.0)  # W0/r = 0.02
    # largest at 0.4 r: 1.52 W0/r² = 3.04e-4 /m, in strain 1.52 b W0/r = 9.12 mm/m
    x = np.linspace(-200, 200, 4001)
    assert np.abs(trough_curvature(x, edge, W0, R)).max() == pytest.approx(0.304, rel=2e-3)
    assert np.abs(trough_strain(x, edge, W0, R, 0.3)).max() == pytest.approx(9.12, rel=2e-3)
    assert x[np.argmin(trough_curvature(x, edge, W0, R))] == pytest.approx(40.0, abs=1.0)


def test_tilt_and_curvature_are_the_slopes_of_the_trough():
    x = np.linspace(-200, 300, 20001)
    step = x[1] - x[0]
    down = trough_subsidence(x, 120.0, W0, R)
    tilt = trough_tilt(x, 120.0, W0, R)
    np.testing.assert_allclose(np.gradient(down, step)[1:-1] * 1000, tilt[1:-1], atol=1e-4)
    np.testing.assert_allclose(
        np.gradient(tilt, step)[1:-1], trough_curvature(x, 120.0, W0, R)[1:-1], atol=1e-5
    )
    assert down.max() < W0  # too narrow to reach it


@given(st.floats(-300, 300), st.floats(1, 500), st.floats(0, 500))
def test_a_wider_goaf_never_sinks_less(x: float, width: float, more: float):
    assert trough_subsidence(x, width + more, W0, R) >= trough_subsidence(x, width, W0, R)


def test_damage_is_that_of_the_worst_movement():
    grades = damage_grade([2, -3, 5, 7, 1, 1], [3, 1, 1, 1, 11, 1], [0.2, 0, 0, 0, 0, -0.5])
    assert grades.tolist() == [1, 2, 3, 4, 4, 3]
    assert np.isnan(damage_grade(np.nan, 1, 0))


def test_a_shallow_void_under_weak_old_rock_shows_every_sign():
    # h 10: shallow below 200 m; broken rock does not fill the way up from 10/(1.3 − 1) = 33.3 m
    signs = sinkhole_signs([250, 100, 30, 30], 10, [20, 5, 5, 20], [30, 60, 60, 30], [30, 5, 5, 30])
    assert signs.tolist() == [0, 1, 2, 5]
    assert np.isnan(sinkhole_signs(np.nan, 10, 5, 60, 5))
