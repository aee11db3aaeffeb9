"""Moving slopes, and the stability of a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.rule_package import load_rules
from risk_models.slopes.displacement import (
    Outlook,
    acceleration_onset,
    inverse_velocity,
    tangent_angle,
    uniform_rate,
)
from risk_models.slopes.pit_design import (
    critical_height,
    pit_required_factor_of_safety,
    pit_safety_tier,
    planar_factor_of_safety,
    uniform_face_factor_of_safety,
)

NATIONAL = load_rules("national")


def forecast(time, velocity, quality=None, onset=np.nan):
    flags = np.ones(np.shape(velocity), dtype=int) if quality is None else quality
    return inverse_velocity(time, velocity, flags, onset)


def test_one_over_the_velocity_falls_to_zero_at_the_failure():
    # vector 38: t 0–3 d, v 10, 12.5, 16.667, 25: 1/v = 0.1, 0.08, 0.06, 0.04 → 0 at 5 d
    found = forecast([0.0, 1, 2, 3], [10.0, 12.5, 1 / 0.06, 25.0])
    assert found.outlook == Outlook.FORECAST
    assert found.time == pytest.approx(5.0)
    assert found.earliest == pytest.approx(5.0)
    assert found.latest == pytest.approx(5.0)
    assert found.r_squared == pytest.approx(1.0)
    assert found.decelerating_probability == pytest.approx(0.0, abs=1e-9)


def test_the_interval_holds_the_true_time_as_often_as_it_says():
    # 1/v = 0.01 (30 − t) with noise, 2,000 series of 15 samples: 95 % intervals, so 95 ± 1.5 % hold 30 d
    rng = np.random.default_rng(5)
    time = np.arange(15.0)
    inverse = 0.01 * (30 - time)[:, None] + rng.normal(0, 0.006, (15, 2000))
    found = forecast(time, 1 / inverse)
    assert (found.outlook == Outlook.FORECAST).all()
    inside = (found.earliest <= 30) & (found.latest >= 30)
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_what_slows_down_has_no_time_of_failure():
    found = forecast(np.arange(10.0), 50.0 / np.arange(1.0, 11.0))
    assert found.outlook == Outlook.DECELERATING
    assert np.isnan(found.time)
    assert found.decelerating_probability > 0.99


def test_a_few_scattered_or_suspect_samples_make_no_forecast():
    rng = np.random.default_rng(1)
    noisy = 1 / (0.3 - 0.001 * np.arange(20) + rng.normal(0, 0.05, 20))
    assert forecast(np.arange(20.0), noisy).outlook == Outlook.POOR_FIT
    assert forecast(np.arange(3.0), [10.0, 12.0, 15.0]).outlook == Outlook.TOO_FEW
    assert forecast(np.arange(6.0), [10.0, 12.0, np.nan, 15.0, np.nan, np.nan]).points == 3
    rising = 1 / (0.5 - 0.05 * np.arange(8))
    flags = np.ones(8, dtype=int)
    flags[5] = 3
    suspect = forecast(np.arange(8.0), rising, flags)
    assert suspect.outlook == Outlook.SUSPECT
    assert np.isnan(suspect.time)
    # a suspect sample before the onset is not used and suppresses nothing
    assert forecast(np.arange(8.0), rising, flags, onset=[6]).outlook == Outlook.TOO_FEW


def test_slow_creep_is_noise():
    found = forecast(np.arange(8.0), 0.5 / (0.5 - 0.05 * np.arange(8)) * 0.1)
    assert found.outlook == Outlook.TOO_FEW
    assert found.points == 0


def test_series_of_their_own_times_are_judged_on_their_own():
    # vector 38 beside the same failure a day later on other days, with gaps at the end
    time = np.array([[0.0, 1.0], [1.0, 2.5], [2.0, 3.0], [3.0, 4.0], [np.nan, 5.0]])
    velocity = 1 / (0.02 * (np.array([5.0, 6.0]) - time))
    velocity[4, 1] = np.nan
    np.testing.assert_allclose(forecast(time, velocity).time, [5.0, 6.0])


def test_gaps_do_not_move_the_onset():
    creep = np.r_[np.full(20, 5.0), 1 / (0.2 - 0.015 * np.arange(12))]
    gappy = np.full(64, np.nan)
    gappy[::2] = creep
    onsets = acceleration_onset(np.column_stack([gappy, np.r_[creep, np.full(32, np.nan)]]))
    assert onsets[0] == 2 * onsets[1]


def test_times_must_rise():
    with pytest.raises(InvalidInput, match="rising"):
        forecast([0.0, 1, 1, 2], [10.0, 11, 12, 13])


def test_the_onset_is_where_the_speed_began_to_grow():
    creep = np.full(20, 5.0)
    running_away = 1 / (0.2 - 0.015 * np.arange(12))
    steady, slowing = np.full(32, 5.0), 100.0 / np.arange(1.0, 33.0)
    onset = acceleration_onset(np.column_stack([np.r_[creep, running_away], steady, slowing]))
    assert 20 <= onset[0] <= 22
    assert np.isnan(onset[1:]).all()
    assert np.isnan(acceleration_onset([1.0, 2.0, 3.0])).all()


def test_the_forecast_begins_at_the_onset():
    time = np.arange(32.0)
    velocity = np.r_[np.full(20, 5.0), 1 / (0.2 - 0.015 * np.arange(1, 13))]
    onset = acceleration_onset(velocity)
    with_onset = forecast(time, velocity, onset=onset)
    # 1/v = 0.2 − 0.015 (t − 19): zero at 32.33 d
    assert with_onset.time == pytest.approx(32.3333, abs=1e-3)
    # with the creep before it the points lie on no one line
    assert forecast(time, velocity).outlook == Outlook.POOR_FIT


def test_the_tangent_angle_of_the_published_stages():
    # vector 39: ΔS 2, 20, 30 mm in a day against 2 mm/d
    np.testing.assert_allclose(tangent_angle([2, 20, 30], 1.0, 2.0), [45.0, 84.29, 86.19], atol=5e-3)
    assert np.isnan(tangent_angle([2.0, 2.0, np.nan], [1.0, 0.0, 1.0], [0.0, 2.0, 2.0])).all()


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 10), st.floats(0.1, 10))
def test_a_larger_step_never_lowers_the_tangent_angle(step, more, time, rate):
    low, high = tangent_angle([step, step + more], time, rate)
    assert high >= low


def test_a_rate_within_the_noise_is_not_evaluable():
    time = np.arange(12.0)
    moved = np.column_stack([2.0 * time, 2.0 * time, 0.0 * time, 2.0 * time])
    moved[3:, 3] = np.nan
    rate = uniform_rate(time, moved, [0.5, 0.7, 0.0, 0.0])
    # 2 ≥ 3 * 0.5; 2 < 3 * 0.7; no rate at all; three samples only
    np.testing.assert_allclose(rate, [2.0, np.nan, np.nan, np.nan])


def test_the_required_factor_is_that_of_the_class_and_the_combination():
    found = [pit_required_factor_of_safety(one, "gravity", NATIONAL) for one in ("I", "III", "IV", "")]
    assert found == pytest.approx([1.25, 1.15, np.nan, np.nan], nan_ok=True)
    assert pit_required_factor_of_safety("II", "seismic", NATIONAL, cautious=False) == 1.10
    with pytest.raises(InvalidInput, match="combination"):
        pit_required_factor_of_safety("I", "tsunami", NATIONAL)  # type: ignore[arg-type]


def test_falling_short_of_the_required_factor_has_a_tier():
    assert pit_safety_tier([1.05, 1.04, 0.99, 0.97, 0.89]).tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(pit_safety_tier(np.nan))


def test_a_vertical_cut_in_clay_stands_to_four_times_c_over_gamma():
    # β 90°, φ 0: Hc = 4c/γ sin90 / (1 − cos90) = 4 * 20 / 18
    assert critical_height(20, 0, 18, 90) == pytest.approx(4.4444, abs=1e-4)
    assert np.isposinf(critical_height(20, 35, 18, 30))
    assert np.isnan(critical_height(np.nan, 35, 18, 30))


@given(st.floats(5, 300), st.floats(10, 40), st.floats(45, 89))
def test_at_its_critical_height_a_face_fails_on_the_plane_between_face_and_friction(c, phi, beta):
    height = critical_height(c, phi, 26.0, beta)
    on_worst = planar_factor_of_safety(c, phi, 26.0, height, beta, (beta + phi) / 2, 0.0)
    assert on_worst == pytest.approx(1.0, rel=1e-9)
    assert uniform_face_factor_of_safety(c, phi, 26.0, height, beta) == pytest.approx(1.0, rel=1e-6)
    planes = np.linspace(phi + 0.5, beta - 0.5, 200)
    assert planar_factor_of_safety(c, phi, 26.0, height, beta, planes, 0.0).min() >= 1.0 - 1e-9


@given(st.floats(10, 300), st.floats(15, 40), st.floats(20, 300), st.floats(45, 80))
def test_the_factor_of_a_uniform_face_is_the_least_over_all_planes(c, phi, height, beta):
    planes = np.linspace(0.5, beta - 0.05, 4000)
    least = planar_factor_of_safety(c, phi, 26.0, height, beta, planes, 0.0).min()
    assert uniform_face_factor_of_safety(c, phi, 26.0, height, beta) == pytest.approx(least, rel=2e-3)


@given(st.floats(0, 1), st.floats(0, 1))
def test_water_never_helps_a_plane(wet: float, more: float):
    low, high = planar_factor_of_safety(50, 30, 26, 60, 65, 40, [min(wet + more, 1.0), wet])
    assert low <= high


def test_a_plane_that_does_not_daylight_has_no_answer():
    assert np.isnan(planar_factor_of_safety(50, 30, 26, 60, 65, [65, 70, np.nan], 0)).all()
