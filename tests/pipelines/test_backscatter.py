"""Speckle drawn from its law, and a real terrain-corrected scene with gaps of two kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from pipelines.connectors.geotiff import read_geotiff
from pipelines.connectors.grid_file import read_grid
from pipelines.steps.backscatter import (
    backscatter_change,
    equivalent_looks,
    to_db,
    to_power,
    without_speckle,
)

LOOKS = 4.4


def speckled(shape, level=0.1, looks=LOOKS, seed=1):
    return level * np.random.default_rng(seed).gamma(looks, 1 / looks, shape)


def test_decibels_by_hand():
    # 10 lg 0.1 = -10, 10 lg 2 = 3.0103
    np.testing.assert_allclose(to_db([0.1, 2.0]), [-10, 3.0103], atol=1e-4)
    assert to_power([-10]) == pytest.approx(0.1)
    assert np.isnan(to_db([0.0, -1.0, np.nan])).all()
    with pytest.raises(InvalidInput, match="no decibels"):
        to_power([183.0])  # an amplitude of a detected product


@given(st.floats(-60, 40))
@settings(deadline=None, derandomize=True)
def test_decibels_and_power_are_each_others_inverse(decibels):
    assert to_db(to_power(decibels)) == pytest.approx(decibels, abs=1e-9)


def test_looks_are_counted_on_even_ground():
    assert equivalent_looks(speckled((400, 400))) == pytest.approx(LOOKS, rel=0.02)
    with pytest.raises(InvalidInput, match="no speckle"):
        equivalent_looks([0.3])


def test_the_filter_quietens_even_ground_and_keeps_its_mean():
    ground = speckled((300, 300))
    quiet = without_speckle(ground, LOOKS)
    assert quiet.mean() == pytest.approx(ground.mean(), rel=0.05)
    assert equivalent_looks(quiet) > 4 * LOOKS


def test_the_filter_keeps_what_is_flat_a_strong_scatterer_and_an_edge():
    flat = np.full((30, 30), 0.2)
    np.testing.assert_allclose(without_speckle(flat, LOOKS), flat, rtol=1e-9)
    flat[15, 15] = 50.0
    assert without_speckle(flat, LOOKS)[15, 15] == 50.0
    shore = np.full((40, 40), 0.01)
    shore[:, 20:] = 1.0
    np.testing.assert_allclose(without_speckle(shore, LOOKS)[20, [10, 19, 20, 30]], [0.01, 0.01, 1, 1])


@given(factor=st.floats(1e-3, 1e3), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_filter_does_not_depend_on_the_unit_of_power_and_keeps_gaps(factor, seed):
    ground = speckled((20, 25), seed=seed)
    ground[3:6, 4] = np.nan
    ground[10, 10] = 0.0
    once = without_speckle(ground, LOOKS)
    np.testing.assert_allclose(without_speckle(ground * factor, LOOKS), once * factor, rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(once), np.isnan(ground) | (ground == 0))
    assert np.nanmin(once) > 0


def test_unchanged_ground_is_called_changed_as_rarely_as_stated():
    change = backscatter_change(speckled((500, 500), seed=2), speckled((500, 500), seed=3), LOOKS, window=5)
    inner = change.p_value[2:-2, 2:-2]
    for level in (0.2, 0.05, 0.01):
        assert (inner < level).mean() == pytest.approx(level, rel=0.15)


def test_a_flooded_patch_is_found_and_its_ratio_is_that_of_the_powers():
    before, after = speckled((120, 120), seed=4), speckled((120, 120), seed=5)
    after[40:80, 40:80] *= 0.1
    change = backscatter_change(before, after, LOOKS)
    inside, outside = np.s_[45:75, 45:75], np.s_[:30, :]
    assert (change.p_value[inside] < 0.001).mean() > 0.999
    assert (change.p_value[outside] < 0.001).mean() < 0.005
    assert np.median(change.ratio[inside]) == pytest.approx(-10, abs=0.3)


def test_the_order_of_dates_changes_the_sign_alone():
    before, after = speckled((40, 40), seed=6), speckled((40, 40), 0.15, seed=7)
    after[5, 5] = np.nan
    there, back = backscatter_change(before, after, LOOKS), backscatter_change(after, before, LOOKS)
    np.testing.assert_allclose(there.ratio, -back.ratio, atol=1e-9)
    np.testing.assert_allclose(there.p_value, back.p_value, atol=1e-9)
    assert np.isnan(there.ratio[5, 5])
    assert np.isnan(there.p_value[5, 5])


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InvalidInput, match="different grids"):
        backscatter_change(np.ones((3, 3)), np.ones((3, 4)), LOOKS)
    with pytest.raises(InvalidInput, match="looks"):
        without_speckle(np.ones((3, 3)), 0)
    with pytest.raises(InvalidInput, match="window"):
        without_speckle(np.ones((3, 3)), 4, window=4)


def test_a_real_scene_with_gaps_that_are_nan_though_zero_is_declared(sample_data):
    found = read_geotiff(sample_data / "satellite" / "sentinel1_rtc_200m_utm10n.tif")
    gaps = np.isnan(found.values)
    # 154,081 cells are 0 and 4 are NaN: both are gaps, so nothing is dark because it is missing
    assert gaps.sum() == 154_085
    decibels = to_db(found.values)
    np.testing.assert_array_equal(np.isnan(decibels), gaps)
    assert -13 < np.nanmedian(decibels) < -5  # forest and fields in C-band VV
    quiet = without_speckle(found.values, LOOKS)
    np.testing.assert_array_equal(np.isnan(quiet), gaps)
    assert np.nanmean(quiet) == pytest.approx(np.nanmean(found.values), rel=0.1)
    same = backscatter_change(found.values, found.values, LOOKS)
    assert np.nanmax(np.abs(same.ratio)) == 0
    assert np.nanmin(same.p_value) == pytest.approx(1)
    doubled = backscatter_change(found.values, 2 * found.values, LOOKS)
    np.testing.assert_allclose(doubled.ratio[~gaps], 3.0103, atol=1e-3)


def test_a_scene_with_ground_control_points_is_refused_by_name(sample_data):
    path = sample_data / "satellite" / "sentinel1_grd_gcps.tif"
    with pytest.raises(InvalidInput, match="210 ground control points"):
        read_grid(path, "backscatter", unit="dB", crs="EPSG:4326")
