"""Rain that loosens slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minegis.errors import InvalidInput
from risk_models.slopes.antecedent_rain import (
    antecedent_precipitation,
    antecedent_rain_index,
    landslide_nowcast,
    rain_thresholds,
    threshold_intensity,
)

weeks = arrays(np.float64, 7, elements=st.floats(0, 500))


def test_a_rainy_day_counts_by_its_age():
    # Σ 1/(k+1)² = 1 + 1/4 + 1/9 + 1/16 + 1/25 + 1/36 + 1/49 = 1.511797
    one_day = np.diag([100.0] * 7)  # each column: 100 mm on one of the days
    expected = 100 / 1.5117971 * np.array([1, 1 / 4, 1 / 9, 1 / 16, 1 / 25, 1 / 36, 1 / 49])
    np.testing.assert_allclose(antecedent_rain_index(one_day), expected, rtol=1e-6)


def test_a_week_of_rasters_gives_a_raster():
    rain = np.ones((7, 3, 4)) * 12.5
    rain[3, 1, 2] = np.nan
    index = antecedent_rain_index(rain)
    assert index.shape == (3, 4)
    assert np.isnan(index[1, 2])
    assert np.isnan(index).sum() == 1


@given(weeks)
def test_the_index_lies_between_the_driest_and_the_wettest_day(rain: np.ndarray):
    assert rain.min() - 1e-9 <= antecedent_rain_index(rain) <= rain.max() + 1e-9


@given(weeks, st.integers(0, 5))
def test_the_same_rain_later_weighs_more(rain: np.ndarray, day: int):
    later = rain.copy()
    later[day] += 50.0
    earlier = rain.copy()
    earlier[day + 1] += 50.0
    assert antecedent_rain_index(later) > antecedent_rain_index(earlier)


def test_the_index_needs_seven_days():
    with pytest.raises(InvalidInput, match="7 along the first axis"):
        antecedent_rain_index([1.0, 2.0, 3.0])


@pytest.mark.parametrize("index", [antecedent_rain_index, lambda rain: antecedent_precipitation(rain, 0.84)])
def test_negative_rain_is_refused(index):
    with pytest.raises(InvalidInput, match="negative rain"):
        index([0, 0, -9999.0, 0, 0, 0, 0])


def test_antecedent_precipitation_decays_day_by_day():
    # 0.84*30 + 0.7056*10 + 0.592704*20 + 0 + 0.418212*5 = 25.2 + 7.056 + 11.85408 + 2.09106
    assert antecedent_precipitation([30, 10, 20, 0, 5], 0.84) == pytest.approx(46.2011, abs=5e-5)
    assert np.isnan(antecedent_precipitation([30, np.nan], 0.84))


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.5, 84.0, np.nan])
def test_a_decay_outside_of_its_range_is_refused(decay: float):
    with pytest.raises(InvalidInput, match="not a decay"):
        antecedent_precipitation([1.0], decay)


def test_the_threshold_curves_give_the_hand_computed_intensities():
    # 14.82 * 6^-0.39 = 14.82 * 0.497188 ; 2.20 * 24^-0.44 = 2.20 * 0.247006
    np.testing.assert_allclose(threshold_intensity([6, 24], "caine_1980"), [7.368, 4.291], atol=5e-4)
    assert threshold_intensity(24, "guzzetti_2008") == pytest.approx(0.5434, abs=5e-5)
    # D = 1 h leaves the scale
    assert threshold_intensity(1, "guzzetti_2007") == pytest.approx(9.40)


def test_a_curve_is_silent_outside_of_its_durations():
    assert np.isnan(threshold_intensity([0.1, 501, np.nan], "caine_1980")).all()


def test_an_unknown_curve_is_refused():
    with pytest.raises(InvalidInput, match="caine_1980"):
        threshold_intensity(6, "straight")


@given(st.sampled_from(sorted(rain_thresholds().curves)), st.floats(0.2, 499), st.floats(0.2, 499))
def test_longer_rain_needs_less_intensity(curve: str, one: float, other: float):
    short, long = threshold_intensity(sorted([one, other]), curve)
    assert long <= short


def test_wet_ground_warns_by_susceptibility():
    levels = landslide_nowcast(60.0, 50.0, [1, 2, 3, 4, 5])
    assert levels.tolist() == [0, 0, 1, 2, 2]


def test_ground_no_wetter_than_usual_does_not_warn():
    assert landslide_nowcast([50.0, 10.0], 50.0, 5).tolist() == [0, 0]


def test_missing_rain_is_no_all_clear():
    assert np.isnan(landslide_nowcast([np.nan, 60, 60, 60], [50, np.nan, 50, 50], [5, 5, np.nan, 9])).all()
