"""Windows, antecedent indices, percentiles and merging, by hand arithmetic and against plain NumPy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minegis.errors import InvalidInput
from pipelines.raster import Raster, RasterGrid
from pipelines.steps.earth import along_the_ground, chords
from pipelines.steps.rain_merging import Gauges, merged_rain
from pipelines.steps.rain_percentiles import RainHistogram, rain_over_percentile, rain_percentile
from pipelines.steps.rain_windows import antecedent_indices, sliding_rain, stacked, wettest
from risk_models.seismic.attenuation import distance_and_azimuth

GRID = RasterGrid((0.1, 0.0, 103.0, 0.0, -0.1, 32.0), 8, 6, "EPSG:4326")
START = datetime(2026, 7, 1, tzinfo=UTC)


def rain(values, hour=0, hours=1, grid=GRID):
    start = START + timedelta(hours=hour)
    values = np.broadcast_to(np.asarray(values, np.float32), (grid.height, grid.width)).copy()
    return Raster(values, grid, "rain", "mm", f"made {hour}", start, start + timedelta(hours=hours))


@given(
    arrays(np.float64, (12, 3), elements=st.floats(0, 80) | st.just(np.nan)),
    st.sampled_from([1, 2, 3, 6, 12]),
)
@settings(deadline=None, derandomize=True)
def test_a_window_is_the_sum_of_its_hours_and_unknown_where_one_is(hourly, window):
    found = sliding_rain(hourly, 1, window)
    for end in range(12):
        expected = hourly[end - window + 1 : end + 1].sum(axis=0) if end + 1 >= window else np.full(3, np.nan)
        np.testing.assert_allclose(found[end], expected, atol=1e-8)


def test_longer_windows_never_hold_less_rain():
    hourly = np.random.default_rng(1).gamma(0.2, 5, (48, 10))
    one, three, day = (wettest(hourly, 1, hours) for hours in (1, 3, 24))
    assert (one <= three).all()
    assert (three <= day).all()


def test_half_hours_make_hours_and_a_window_must_be_whole_steps():
    assert sliding_rain(np.array([1.0, 2.0, 4.0]), 0.5, 1).tolist()[1:] == [3.0, 6.0]
    with pytest.raises(InvalidInput, match="whole number of steps"):
        sliding_rain(np.ones(3), 1, 1.5)


def test_a_dry_window_after_a_flood_is_dry():
    hourly = np.array([1999.9, 0.1, 0.3, 0.0, 0.0, 0.0])
    assert sliding_rain(hourly, 1, 3)[-1] == 0


def test_values_that_are_no_rain_in_mm_are_refused():
    with pytest.raises(InvalidInput, match="no rain"):
        sliding_rain(np.array([1.0, -9999.9]), 1, 1)
    with pytest.raises(InvalidInput, match="no rain"):
        RainHistogram((1,)).add(np.array([29999.0]))


def test_accumulations_are_put_in_order_and_must_join():
    stack = stacked([rain(3, 2), rain(1, 0), rain(2, 1)])
    assert stack.rain[:, 0, 0].tolist() == [1, 2, 3]
    assert (stack.step, stack.ends[-1]) == (timedelta(hours=1), START + timedelta(hours=3))
    with pytest.raises(InvalidInput, match="follow one another"):
        stacked([rain(1, 0), rain(1, 2)])
    with pytest.raises(InvalidInput, match="follow one another"):
        stacked([rain(1, 0), rain(1, 1, hours=2)])
    other = RasterGrid((0.1, 0.0, 104.0, 0.0, -0.1, 32.0), 8, 6, "EPSG:4326")
    with pytest.raises(InvalidInput, match="different grids"):
        stacked([rain(1, 0), rain(1, 1, grid=other)])


def test_rain_in_another_unit_or_without_a_period_is_refused():
    with pytest.raises(InvalidInput, match="foreign unit"):
        replace(rain(0.02), unit="m")  # ERA5 in metres
    with pytest.raises(InvalidInput, match="not an accumulation"):
        stacked([replace(rain(1), valid_from=None)])
    with pytest.raises(InvalidInput, match="not an accumulation"):
        stacked([replace(rain(1), variable="rain_24h")])


def test_antecedent_indices_of_vector_37():
    # DOMAIN vector 37: K 0.84, days 1..5 before = 30, 10, 20, 0, 5 gives 46.2011
    days = [0.0] * 10 + [5, 0, 20, 10, 30, 7]  # oldest first; the last is today
    found = antecedent_indices(np.array(days), 24)
    assert found["api"] == pytest.approx(46.2011, rel=1e-5)
    # today 7, then 30/4, 10/9, 20/16, 0, 5/36, 0 over 1.5118
    assert found["lhasa"] == pytest.approx((7 + 30 / 4 + 10 / 9 + 20 / 16 + 5 / 36) / 1.5117970, rel=1e-5)


def test_a_short_record_has_no_antecedent_index():
    found = antecedent_indices(np.ones((8, 2)), 24)
    assert np.isfinite(found["lhasa"]).all()  # seven days are there
    assert np.isnan(found["api"]).all()  # fifteen are not


def test_hours_and_days_give_the_same_index():
    hourly = np.random.default_rng(2).gamma(0.2, 4, (24 * 17, 3))
    daily = hourly.reshape(17, 24, 3).sum(axis=1)
    for name, value in antecedent_indices(hourly, 1).items():
        np.testing.assert_allclose(value, antecedent_indices(daily, 24)[name], rtol=1e-9)


def test_the_running_histogram_knows_percentiles_within_a_bin():
    record = np.random.default_rng(3).gamma(0.3, 12, (4000, 5, 4))
    record[record < 0.1] = 0
    histogram = RainHistogram((5, 4))
    for years in np.array_split(record, 7):
        histogram.add(years)
    for q in (50, 95, 99):
        np.testing.assert_allclose(
            histogram.percentile(q), np.percentile(record, q, axis=0), rtol=0.05, atol=0.1
        )
    np.testing.assert_allclose(rain_percentile(record, 99), np.percentile(record, 99, axis=0))


def test_histograms_counted_apart_add_up():
    record = np.random.default_rng(4).gamma(0.3, 12, (3000, 2, 3))
    whole, first, second = (RainHistogram((2, 3)) for _ in range(3))
    whole.add(record)
    first.add(record[:1000])
    second.add(record[1000:])
    first.merge(second)
    np.testing.assert_array_equal(first.percentile(95), whole.percentile(95))


def test_a_percentile_of_too_few_days_is_unknown():
    # the 99th needs 10 / 0.01 = 1000 days, the 95th 200
    record = np.random.default_rng(5).gamma(0.3, 12, (999, 2))
    histogram = RainHistogram((2,))
    histogram.add(record)
    assert np.isnan(histogram.percentile(99)).all()
    assert np.isnan(rain_percentile(record, 99)).all()
    assert np.isfinite(histogram.percentile(95)).all()
    histogram.add(np.array([np.nan, 0.0]))
    assert np.isnan(histogram.percentile(99)).tolist() == [True, False]


def test_dry_days_count_unless_left_out():
    record = np.concatenate([np.zeros(900), np.linspace(1, 100, 900)])[:, np.newaxis]
    histogram = RainHistogram((1,))
    histogram.add(record)
    assert histogram.percentile(40).item() == 0
    # of the wet half alone, the middle is 50.5
    assert histogram.percentile(50, wet_only=True).item() == pytest.approx(50.5, rel=0.05)


def test_rain_over_a_percentile_of_nothing_is_unknown():
    assert rain_over_percentile(60.0, 40.0) == pytest.approx(1.5)
    assert np.isnan(rain_over_percentile([5.0, np.nan, 1.0], [0.2, 30.0, np.nan])).all()


def gauges(lon, lat, caught, quality=1.0):
    lon, lat, caught = (np.atleast_1d(np.asarray(each, np.float64)) for each in (lon, lat, caught))
    return Gauges(lon, lat, caught, np.broadcast_to(np.float64(quality), lon.shape))


def test_at_a_gauge_the_gauge_is_right_and_far_away_the_satellite():
    fine = RasterGrid((0.01, 0.0, 103.0, 0.0, -0.01, 32.0), 80, 60, "EPSG:4326")
    found = merged_rain(rain(20, grid=fine), gauges(103.205, 31.705, 50))
    assert found.values[29, 20] == pytest.approx(50, abs=0.01)
    # 3 % and less beyond the 10 km range of the error: 30 mm × exp(-3 × 1.03) = 1.4 mm
    distance, _ = distance_and_azimuth(103.205, 31.705, *np.meshgrid(fine.x, fine.y))
    assert np.abs(found.values[distance > 10.3] - 20).max() < 1.5
    assert np.abs(found.values[distance > 45] - 20).max() < 1e-3
    # half way along the range the covariance is exp(-1.5)
    ring = np.abs(distance - 5) < 0.3
    assert np.median(found.values[ring]) == pytest.approx(20 + 30 * np.exp(-1.5), abs=1)
    assert "1 of 1 gauges" in found.remarks[-1]


def test_a_gauge_of_less_quality_is_believed_less():
    # quality 0.5 is a nugget of 1: half of the difference at the gauge
    found = merged_rain(rain(20), gauges(103.25, 31.75, 50, 0.5))
    assert found.values[2, 2] == pytest.approx(35, abs=0.01)


def test_two_gauges_in_one_cell_do_not_count_twice():
    found = merged_rain(rain(20), gauges([103.25, 103.25], [31.75, 31.75], [50, 50]))
    assert found.values[2, 2] == pytest.approx(50, abs=0.01)


def test_silent_and_outlying_gauges_have_no_say_and_rain_is_never_negative():
    assert merged_rain(rain(20), gauges([103.25, 10.0], [31.75, 10.0], [np.nan, 3.0])).values.max() == 20
    patchy = rain(20)
    patchy.values[2, 2], patchy.values[2, 3], patchy.values[0, 0] = 40, 0.5, np.nan
    found = merged_rain(patchy, gauges(103.25, 31.75, 0))
    assert np.nanmin(found.values) == 0
    assert np.isnan(found.values[0, 0])
    with pytest.raises(InvalidInput, match="quality"):
        merged_rain(rain(20), gauges(103.25, 31.75, 50, 0))


def test_the_straight_way_through_the_earth_gives_the_geodesic():
    lon, lat = np.array([104.0, 103.0, 103.5, 100.5]), np.array([31.0, 32.0, 31.2, 29.0])
    geodesic, _ = distance_and_azimuth(103.0, 31.0, lon, lat)
    chord = np.linalg.norm(chords(lon, lat) - chords(103.0, 31.0), axis=1)
    np.testing.assert_allclose(along_the_ground(chord, (lat + 31) / 2), geodesic, rtol=2e-6)
    np.testing.assert_allclose(chord, geodesic, rtol=2e-4)
