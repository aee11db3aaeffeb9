"""Rasters of our own: the grid, the COG and the refusals."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rio_cogeo import cog_validate
from rio_tiler.io import Reader

from minegis.errors import InvalidInput
from pipelines.connectors.field import from_minus_180, north_up
from pipelines.raster import Raster, RasterGrid, crs_name, read_raster, write_cog
from pipelines.steps.resample import resample
from pipelines.units import conversion, is_rate, unit_named

GRID = RasterGrid((0.01, 0, 103.0, 0, -0.02, 32.0), 700, 600, "EPSG:4490")


def rain(values, grid=GRID):
    day = datetime(2020, 8, 17, tzinfo=UTC), datetime(2020, 8, 18, tzinfo=UTC)
    return Raster(
        values.astype(np.float32), grid, "rain", "mm", "made sha256:00", *day, ("a remark", "another")
    )


@pytest.fixture
def random_rain():
    values = np.random.default_rng(7).uniform(0, 200, (600, 700))
    values[10:20, 30:45] = np.nan
    return rain(values)


def test_a_raster_comes_back_from_its_cog_with_every_value_time_and_remark(tmp_path, random_rain):
    path = tmp_path / "rasters" / "rain-aoi-0123456789ab.tif"
    write_cog(random_rain, path)
    back = read_raster(path)
    np.testing.assert_array_equal(back.values, random_rain.values)
    for name in ("grid", "variable", "unit", "source", "valid_from", "valid_to", "remarks"):
        assert getattr(back, name) == getattr(random_rain, name), name
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_the_cog_is_valid_has_overviews_and_is_served_by_rio_tiler(tmp_path, random_rain):
    path = tmp_path / "rain.tif"
    write_cog(random_rain, path)
    assert cog_validate(str(path)) == (True, [], [])
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1)
        assert dataset.profile["compress"] == "deflate"
    with Reader(str(path)) as reader:
        x, y = 106.5, 26.0
        assert reader.point(x, y).data[0] == pytest.approx(random_rain.values[300, 350], abs=1e-5)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, random_rain, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr("pipelines.durable.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_cog(random_rain, tmp_path / "rain.tif")
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_geotiff_is_no_raster_of_the_site(sample_data):
    with pytest.raises(InvalidInput, match="MINEGIS_VARIABLE"):
        read_raster(sample_data / "dem" / "china_dem_3min.tif")


@pytest.mark.parametrize(
    "transform", [(0.1, 0, 0, 0, 0.1, 0), (-0.1, 0, 0, 0, -0.1, 0), (0.1, 0.01, 0, 0, -0.1, 0)]
)
def test_a_grid_that_is_not_north_up_cannot_be_made(transform):
    with pytest.raises(InvalidInput, match="north-up"):
        RasterGrid(transform, 2, 2, "EPSG:4490")


def test_a_raster_in_a_foreign_unit_or_shape_cannot_be_made():
    with pytest.raises(InvalidInput, match="expected mm; got m"):
        Raster(np.zeros((600, 700), np.float32), GRID, "rain", "m", "made")
    with pytest.raises(InvalidInput, match="fit their grid"):
        rain(np.zeros((700, 600)))


def test_the_key_of_a_grid_changes_with_everything_that_makes_it():
    others = [
        RasterGrid((0.01, 0, 103.0, 0, -0.02, 32.0), 700, 601, "EPSG:4490"),
        RasterGrid((0.01, 0, 103.0, 0, -0.02, 32.1), 700, 600, "EPSG:4490"),
        RasterGrid((0.01, 0, 103.0, 0, -0.02, 32.0), 700, 600, "EPSG:4326"),
    ]
    assert len({GRID.key, *(grid.key for grid in others)}) == 4
    assert RasterGrid(*vars(GRID).values()).key == GRID.key


def test_crs84_and_4326_are_one_name_and_no_name_is_an_error():
    assert crs_name("OGC:CRS84") == crs_name("EPSG:4326") == "EPSG:4326"
    with pytest.raises(InvalidInput, match="no coordinate reference system"):
        crs_name("")


@given(
    west=st.floats(-360, 720),
    step=st.sampled_from([0.1, 1.0, 2.5, 10.0]),
    rows=st.integers(1, 4),
    data=st.data(),
)
def test_every_value_keeps_its_place_on_earth_when_rows_and_longitudes_are_put_in_order(
    west, step, rows, data
):
    around = round(360 / step)
    columns = data.draw(st.one_of(st.just(around), st.integers(1, around)))
    up = data.draw(st.booleans())
    values = np.arange(rows * columns, dtype=float).reshape(rows, columns)
    before = (step, 0.0, west, 0.0, step if up else -step, -10.0)
    after_values, after = from_minus_180(*north_up(values, before))
    assert after[4] < 0

    def places(array, t):
        x = (t[2] + t[0] * (np.arange(array.shape[1]) + 0.5)) % 360
        y = t[5] + t[4] * (np.arange(array.shape[0]) + 0.5)
        return {v: (x[i % array.shape[1]], y[i // array.shape[1]]) for i, v in enumerate(array.ravel())}

    there, here = places(values, before), places(after_values, after)
    assert there.keys() == here.keys()
    for value, (x, y) in there.items():
        assert abs((here[value][0] - x + 180) % 360 - 180) < 1e-6
        assert here[value][1] == pytest.approx(y)
    if columns == around:
        assert -180 - step / 2 - 1e-6 <= after[2] <= -180 + step / 2 + 1e-6


def test_bilinear_resampling_of_a_plane_is_the_plane_and_nearest_keeps_the_values():
    coarse = RasterGrid((0.1, 0, 103.0, 0, -0.1, 32.0), 20, 20, "EPSG:4490")
    fine = RasterGrid((0.02, 0, 103.4, 0, -0.02, 31.6), 50, 50, "EPSG:4490")
    plane = rain(100 + 20 * (coarse.x[np.newaxis, :] - 103) + 30 * (32 - coarse.y[:, np.newaxis]), coarse)
    smooth = resample(plane, fine, "bilinear").values
    np.testing.assert_allclose(
        smooth, 100 + 20 * (fine.x[np.newaxis, :] - 103) + 30 * (32 - fine.y[:, np.newaxis]), atol=1e-3
    )
    assert np.isin(resample(plane, fine, "nearest").values, plane.values).all()


def test_resampling_beyond_the_source_is_no_data():
    coarse = RasterGrid((0.1, 0, 103.0, 0, -0.1, 32.0), 4, 4, "EPSG:4490")
    beyond = RasterGrid((0.1, 0, 103.2, 0, -0.1, 32.0), 4, 4, "EPSG:4490")
    moved = resample(rain(np.ones((4, 4)), coarse), beyond, "nearest").values
    np.testing.assert_array_equal(np.isnan(moved), np.tile([False, False, True, True], (4, 1)))


@pytest.mark.parametrize(
    ("word", "target", "factor"),
    [
        ("pctg", "g", 0.01),  # per cent of g
        ("cms", "cm/s", 1.0),
        ("[m]", "mm", 1000.0),
        ("kg/(m^2)", "mm", 1.0),  # 1 kg of water on 1 m² is 1 mm deep
        ("gal", "g", 1 / 980.665),
        ("millimeters/day", "mm/h", 1 / 24),
        ("m s**-1", "mm/d", 86_400_000.0),
        ("radians", "deg", 180 / np.pi),
    ],
)
def test_units_in_words_are_worth_what_their_definitions_say(word, target, factor):
    assert conversion(word, target) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("word", ["", "  ", "furlong", "mm/fortnight"])
def test_an_unknown_or_absent_unit_is_refused(word):
    with pytest.raises(InvalidInput, match="unit"):
        unit_named(word)


def test_a_rate_is_no_amount():
    assert is_rate("mm/day")
    assert not is_rate("mm")
    with pytest.raises(InvalidInput, match="another kind"):
        conversion("mm/day", "mm")
