"""Terrain on planes of known slope, and on the real Mandakini valley."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import correlate

from minegis.errors import InvalidInput
from pipelines.connectors.dem import read_dem
from pipelines.raster import Raster, RasterGrid
from pipelines.steps.terrain import aspect, hillshade, slope_angle, upstream_area, wetness_index

UTM = RasterGrid((30, 0, 500_000, 0, -20, 3_400_000), 12, 9, "EPSG:4544")
GEOGRAPHIC = RasterGrid((0.001, 0, 103.0, 0, -0.001, 31.0), 12, 9, "EPSG:4490")


def elevation(values, grid):
    return Raster(np.asarray(values, dtype=np.float32), grid, "elevation", "m", "made")


def plane(grid, east, north, width=1.0, height=1.0):
    """Rise `east` and `north` per unit of x and y times the metres per unit."""
    x, y = (grid.x - grid.x[0]) * width, (grid.y - grid.y[-1]) * height
    return elevation(1000 + east * x[np.newaxis, :] + north * y[:, np.newaxis], grid)


@settings(deadline=None)
@given(east=st.floats(-2, 2), north=st.floats(-2, 2), gap=st.integers(0, 107))
def test_a_tilted_plane_has_its_slope_and_aspect_everywhere_up_to_the_edge_and_around_a_gap(east, north, gap):
    dem = plane(UTM, east, north)
    dem.values.flat[gap] = np.nan
    steepness = np.hypot(east, north)
    slope = slope_angle(dem).values
    assert np.isnan(slope).sum() == 1
    np.testing.assert_allclose(np.nanmin(slope), np.degrees(np.arctan(steepness)), atol=0.01)
    np.testing.assert_allclose(np.nanmax(slope), np.degrees(np.arctan(steepness)), atol=0.01)
    if steepness > 0.1:
        # downhill is against the gradient; clockwise from north the angle is atan2(east, north)
        towards = np.degrees(np.arctan2(-east, -north))
        off = (aspect(dem).values - towards + 180) % 360 - 180
        assert np.nanmax(np.abs(off)) < 0.1


@pytest.mark.parametrize(
    ("east", "north", "facing"),
    [(0, -1, 0), (-1, 0, 90), (0, 1, 180), (1, 0, 270), (-1, -1, 45), (1, 1, 225)],
)
def test_aspect_is_where_water_runs_clockwise_from_north(east, north, facing):
    np.testing.assert_allclose(aspect(plane(UTM, 0.2 * east, 0.2 * north)).values, facing, atol=0.02)


def test_level_ground_has_no_aspect_and_no_slope():
    flat = plane(UTM, 0, 0)
    assert np.isnan(aspect(flat).values).all()
    assert (slope_angle(flat).values == 0).all()


def test_in_degrees_a_plane_has_its_slope_by_the_metres_of_its_latitude():
    # GRS 80 at 30.9955 N (the middle row): a degree of longitude is 95 508 m, of latitude 110 861 m
    # (111 412.84 cos φ - 93.5 cos 3φ + ... and 111 132.95 - 559.85 cos 2φ + 1.175 cos 4φ)
    east = slope_angle(plane(GEOGRAPHIC, 0.3, 0, width=95_508)).values
    north = slope_angle(plane(GEOGRAPHIC, 0, 0.3, height=110_861)).values
    # atan 0.3 = 16.6992°
    np.testing.assert_allclose(east[4], 16.6992, atol=0.01)
    np.testing.assert_allclose(north, 16.6992, atol=0.01)
    np.testing.assert_allclose(aspect(plane(GEOGRAPHIC, 0.3, 0.3, 95_508, 110_861)).values[4], 225, atol=0.05)


def test_hillshade_of_a_plane_that_faces_the_sun_is_full_and_of_level_ground_the_sine_of_its_height():
    # 45° slope facing north-west (azimuth 315): gradient east 1/√2, north -1/√2; the sun stands at 45°
    facing = plane(UTM, 1 / np.sqrt(2), -1 / np.sqrt(2))
    np.testing.assert_allclose(hillshade(facing).values, 1, atol=1e-3)
    np.testing.assert_allclose(hillshade(plane(UTM, 0, 0)).values, np.sin(np.pi / 4), atol=1e-6)
    away = plane(UTM, -np.sqrt(2), np.sqrt(2))
    np.testing.assert_allclose(hillshade(away).values, 0, atol=1e-6)


def test_wetness_on_a_plane_is_the_length_upslope_over_its_gradient():
    # 10 m cells, 0.1 down to the south: row i gathers i + 1 cells, a = (i + 1) · 100 m² / 10 m, ln(a / 0.1)
    grid = RasterGrid((10, 0, 500_000, 0, -10, 3_400_000), 7, 6, "EPSG:4544")
    index = wetness_index(plane(grid, 0, 0.1)).values
    expected = np.log(10 * np.arange(1, 7) / 0.1)
    # (the last row is level along the edge: water leaves it sideways)
    np.testing.assert_allclose(index[:-1], np.tile(expected[:-1, np.newaxis], 7), atol=1e-3)


def test_a_pit_is_filled_and_spills_so_that_no_water_is_lost():
    # a bowl of 7 × 7 cells of 100 m² whose rim is broken at one corner: all of it leaves there
    grid = RasterGrid((10, 0, 500_000, 0, -10, 3_400_000), 7, 7, "EPSG:4544")
    bowl = 100 + np.hypot(*np.meshgrid(np.arange(-3, 4), np.arange(-3, 4)))
    bowl[6, 6] = 100.5
    assert upstream_area(elevation(bowl, grid)).values[6, 6] == pytest.approx(49 * 100)


def test_a_raster_of_rain_is_no_terrain():
    wet = Raster(np.zeros((9, 12), np.float32), UTM, "rain", "mm", "made")
    with pytest.raises(InvalidInput, match="elevation"):
        slope_angle(wet)


@pytest.fixture(scope="module")
def mandakini(sample_data):
    return read_dem(sample_data / "dem" / "mandakini_srtm90_utm44n.tif", unit="m")


def test_the_slope_of_the_mandakini_valley_is_horns_kernel(mandakini):
    z = mandakini.values.astype(float)
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8 / 88.8141288965872
    horn = np.degrees(np.arctan(np.hypot(correlate(z, kernel), correlate(z, kernel.T))))[1:-1, 1:-1]
    ours = slope_angle(mandakini).values[1:-1, 1:-1]
    whole = np.isfinite(horn)
    assert whole.sum() > 200_000
    np.testing.assert_allclose(ours[whole], horn[whole], atol=1e-3)


def test_the_mandakini_gathers_all_of_its_valley_at_the_lowest_cell(mandakini):
    area = upstream_area(mandakini).values.astype(float)
    outlet = np.unravel_index(np.nanargmax(area), area.shape)
    assert mandakini.values[outlet] == np.nanmin(mandakini.values)
    cells = np.isfinite(mandakini.values).sum()
    # the file was cut along the watershed: all of its cells, but for a few that leave across the edge
    assert 0.999 * cells * 88.8141288965872**2 < area[outlet] <= cells * 88.8141288965872**2 * (1 + 1e-7)


def test_gaps_of_the_mandakini_model_stay_gaps_and_nothing_else_becomes_one(mandakini):
    gaps = np.isnan(mandakini.values)
    assert 0 < gaps.sum() < gaps.size
    for product in (slope_angle, hillshade, wetness_index):
        np.testing.assert_array_equal(np.isnan(product(mandakini).values), gaps)
