"""Terrain tile by tile: equal to the whole raster bit for bit, and to pyflwdir on the same directions."""

from __future__ import annotations

import numpy as np
import pyflwdir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import generic_filter

from pipelines.connectors.dem import read_dem
from pipelines.engine import Engine, Place, Source
from pipelines.engine.schedule import Workers
from pipelines.raster import Raster, RasterGrid, read_raster, write_cog
from pipelines.steps.terrain_blocks import DERIVATIVES, derivatives, local_relief
from pipelines.steps.terrain_flow import FLOW, flow

GRID = RasterGrid((20.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), 47, 38, "EPSG:4544")
ALL_FLOW = tuple(FLOW.outputs)


def whole(values, grid, drainage):
    padded = np.pad(values, 1, constant_values=np.nan)
    place = Place(grid, -1, -1, *padded.shape)
    return flow(padded, place=place, outputs=ALL_FLOW, drainage_area=drainage)


def tiled(values, grid, folder, step, parameters, block):
    write_cog(Raster(values, grid, "elevation", "m", "made up"), folder / "dem.tif")
    targets = {name: folder / f"{name}.tif" for name in step.outputs}
    engine = Engine(folder / "work", Workers("", 2))
    engine.run(
        step, {"elevation": Source.of(folder / "dem.tif")}, targets, parameters=parameters, block=block
    )
    return {name: read_raster(path).values for name, path in targets.items()}


@settings(deadline=None, max_examples=4, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 6),
    gaps=st.integers(0, 40),
    block=st.sampled_from([7, 16]),
)
def test_flow_over_tiles_is_flow_over_the_whole_with_pits_flats_and_gaps_across_their_borders(
    tmp_path_factory, seed, steps, gaps, block
):
    dice = np.random.default_rng(seed)
    # few levels make flats and pits that reach over several tiles
    values = dice.integers(0, steps + 1, (38, 47)).astype(np.float32)
    values.flat[dice.integers(0, values.size, gaps)] = np.nan
    expected = whole(values, GRID, 20 * 600.0)
    made = tiled(values, GRID, tmp_path_factory.mktemp("tiles"), FLOW, {"drainage_area": 20 * 600.0}, block)
    for name in ALL_FLOW:
        np.testing.assert_array_equal(made[name], expected[name], err_msg=name)


@pytest.fixture(scope="module", params=["mandakini_srtm90_utm44n.tif", "china_dem_30s_shanxi.tif"])
def real(request, sample_data):
    return read_dem(sample_data / "dem" / request.param, unit="m")


def test_real_terrain_in_tiles_is_the_whole_and_pyflwdirs(real, tmp_path):
    drainage = 1e7
    expected = whole(real.values, real.grid, drainage)
    made = tiled(real.values, real.grid, tmp_path, FLOW, {"drainage_area": drainage}, 200)
    for name in ALL_FLOW:
        np.testing.assert_array_equal(made[name], expected[name], err_msg=name)
    known = np.isfinite(real.values)
    heights = np.where(known, real.values, np.float32(-9999))
    filled, _ = pyflwdir.dem.fill_depressions(heights, nodata=-9999.0)
    np.testing.assert_array_equal(made["filled_elevation"][known], filled[known])
    codes = np.where(known, made["flow_direction"], 247).astype(np.uint8)
    network = pyflwdir.from_array(codes, ftype="d8")  # refuses circles
    cells = network.accuflux(np.ones(codes.shape), nodata=-9999.0)
    if not real.grid.is_geographic:
        area = real.grid.transform[0] * -real.grid.transform[4]
        np.testing.assert_allclose(made["upstream_area"][known], cells[known] * area, rtol=2e-7)
    drains = made["upstream_area"] >= drainage
    height = network.hand(drains, filled.astype(np.float64))
    np.testing.assert_allclose(made["height_above_drainage"][known], height[known], atol=1e-3)


def test_real_derivatives_in_tiles_are_the_whole_bit_for_bit(real, tmp_path):
    made = tiled(real.values, real.grid, tmp_path, DERIVATIVES, {"radius": 4}, 130)
    padded = np.pad(real.values, 4, constant_values=np.nan)
    place = Place(real.grid, -4, -4, *padded.shape)
    expected = derivatives(padded, place=place, outputs=tuple(DERIVATIVES.outputs), radius=4)
    for name in DERIVATIVES.outputs:
        np.testing.assert_array_equal(made[name], expected[name], err_msg=name)
        assert np.isfinite(made[name]).sum() > 0.9 * np.isfinite(real.values).sum()


def test_local_relief_is_the_range_of_the_window_over_what_is_known():
    values = np.random.default_rng(5).normal(size=(30, 26)).astype(np.float32)
    values[4:9, 10] = np.nan
    padded = np.pad(values, 3, constant_values=np.nan)
    expected = generic_filter(padded, lambda each: np.nanmax(each) - np.nanmin(each), size=7)[3:-3, 3:-3]
    expected[np.isnan(values)] = np.nan
    np.testing.assert_allclose(local_relief(padded, 3), expected, rtol=1e-6)


def test_curvature_of_a_quadratic_surface_is_what_the_formulas_give():
    # z = 0.01 x² + 0.002 y² + 0.3 x + 0.1 y with x east and y north of the middle cell: p = 0.3, q = 0.1,
    # r = 0.02, t = 0.004, s = 0; p² + q² = 0.1.
    # profile: -(0.09·0.02 + 0.01·0.004) / (0.1 · 1.1^1.5) = -0.00184 / 0.115369 = -0.015949
    # plan: -(0.01·0.02 + 0.09·0.004) / 0.1^1.5 = -0.00056 / 0.0316228 = -0.017709
    y, x = np.mgrid[30:-31:-30, -20:21:20].astype(float)
    z = (1000 + 0.01 * x**2 + 0.002 * y**2 + 0.3 * x + 0.1 * y).astype(np.float32)
    grid = RasterGrid((20.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), 3, 3, "EPSG:4544")
    padded = np.pad(z, 1, constant_values=np.nan)
    names = ("profile_curvature", "plan_curvature")
    made = derivatives(padded, place=Place(grid, -1, -1, 5, 5), outputs=names, radius=1)
    assert made["profile_curvature"][1, 1] == pytest.approx(-0.015949, abs=2e-5)
    assert made["plan_curvature"][1, 1] == pytest.approx(-0.017709, abs=2e-5)
    assert np.isnan(made["plan_curvature"][0]).all()  # the edge has not its nine cells
