"""Distances against geodesics, classes against the published table, shaking on its ellipse."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, MultiLineString, Point, box

from minegis.errors import InvalidInput
from pipelines.connectors.shakemap import read_shakemap
from pipelines.raster import RasterGrid
from pipelines.steps.shaking_field import Rupture, estimated_shaking, mapped_shaking, shaking_at
from pipelines.steps.static_factors import NearestLine, land_cover_coefficients, lithology_coefficients
from risk_models.seismic.attenuation import shaking

GEODESIC = Geod(ellps="GRS80")
AT = datetime(2008, 5, 12, 6, 28, tzinfo=UTC)


@given(lat=st.floats(-80, 80), north=st.floats(-2, 2), lon=st.floats(-180, 180))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_distance_to_a_meridian_is_geodesic_at_every_latitude(lat, north, lon):
    line = NearestLine([LineString([(lon, lat - 3), (lon, lat + 3)])])
    # 1° east, from the foot of the perpendicular, found on a fine grid of the meridian
    feet = np.linspace(lat + north - 0.3, lat + north + 0.3, 6001)
    _, _, metres = GEODESIC.inv(*np.broadcast_arrays(lon + 1.0, lat + north, lon, feet))
    found = line.distance(np.array([lon + 1.0]), np.array([lat + north]))
    assert found.item() == pytest.approx(metres.min() / 1000, rel=2e-5)


def test_a_degree_of_longitude_is_shorter_in_the_north():
    line = NearestLine([LineString([(100, 0), (100, 65)])])
    equator, north = line.distance(np.array([101.0, 101.0]), np.array([0.0, 60.0]))
    # 111.32 km at the equator, 55.80 km at 60° N along the parallel, the geodesic a little less
    assert equator == pytest.approx(111.32, abs=0.01)
    assert north == pytest.approx(55.8, abs=0.05)


def test_across_the_date_line_the_way_is_the_short_one():
    line = NearestLine([LineString([(179.9, -1), (179.9, 1)])])
    assert line.distance(np.array([-179.9]), np.array([0.0])).item() == pytest.approx(0.2 * 111.32, abs=0.01)


def test_between_far_vertices_the_line_itself_is_met():
    line = NearestLine([LineString([(103, 31), (104, 31)])], spacing=5)
    lon = np.linspace(103.1, 103.9, 50)
    np.testing.assert_allclose(line.distance(lon, np.full(50, 31.0)), 0, atol=2e-3)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_the_distance_to_many_lines_is_the_least_of_all(seed):
    random = np.random.default_rng(seed)
    lines = [LineString(random.uniform([103, 31], [104, 32], (3, 2))) for _ in range(5)]
    lon, lat = random.uniform(103, 104, 30), random.uniform(31, 32, 30)
    each = np.array([NearestLine([line]).distance(lon, lat) for line in lines])
    together = NearestLine([MultiLineString(lines[:2]), *lines[2:]])
    np.testing.assert_allclose(together.distance(lon, lat), each.min(axis=0), rtol=1e-6, atol=5e-3)


def test_a_grid_in_metres_and_one_in_degrees_say_the_same():
    line = NearestLine([box(103.2, 31.2, 103.4, 31.4)])
    degrees = RasterGrid((0.01, 0.0, 103.0, 0.0, -0.01, 31.6), 60, 60, "EPSG:4326")
    away = line.over(degrees)
    row, column = 10, 50
    easting, northing = 388_000.0, 3_490_000.0
    metres = RasterGrid((1000.0, 0.0, easting, 0.0, -1000.0, northing), 3, 3, "EPSG:32648")
    assert np.isfinite(line.over(metres)).all()
    point = line.distance(np.array([degrees.x[column]]), np.array([degrees.y[row]]))
    assert away[row, column] == point.item()
    # inside of the outline of a lake its shore is near, not zero
    assert line.distance(np.array([103.3]), np.array([31.3])).item() == pytest.approx(9.5, abs=0.1)


def test_without_a_line_there_is_no_distance():
    with pytest.raises(InvalidInput, match="no line"):
        NearestLine([Point(1, 1)])
    line = NearestLine([LineString([(0, 0), (1, 1)])])
    assert np.isnan(line.distance(np.array([np.nan]), np.array([0.0]))).all()


def test_the_distance_to_the_longmen_shan_faults_is_that_of_brute_force(sample_data):
    faults = geopandas.read_file(sample_data / "seismic" / "himatibetmap_active_faults.geojson")
    line = NearestLine(list(faults.geometry))
    yingxiu, chengdu = line.distance(np.array([103.49, 104.07]), np.array([31.06, 30.67]))
    near = faults.geometry.clip(box(102, 29, 106, 33))
    places = shapely.get_coordinates(shapely.segmentize(near.to_numpy(), 0.0005))  # 50 m apart
    for lon, lat, found in ((103.49, 31.06, yingxiu), (104.07, 30.67, chengdu)):
        _, _, metres = GEODESIC.inv(*np.broadcast_arrays(lon, lat, places[:, 0], places[:, 1]))
        assert found == pytest.approx(metres.min() / 1000, abs=0.002)


def test_coefficients_are_those_of_the_published_table():
    # Nowicki Jessee et al. 2018, table 3: su -3.22 (USGS -1.36), ss -1.92, nd -0.66; water has none
    found = lithology_coefficients(np.array([[1.0, 2.0], [np.nan, 3.0]]), {1: "ss", 2: "mt", 3: "wb"})
    np.testing.assert_allclose(found, [[-1.92, -1.87], [-0.66, np.nan]])
    # 110 mosaic 0.68, 160 flooded forest 2.34, 230 unmapped -1.08, 210 water none
    cover = land_cover_coefficients(np.array([110.0, 160.0, np.nan, 210.0]))
    np.testing.assert_allclose(cover, [0.68, 2.34, -1.08, np.nan])


def test_a_class_that_nobody_knows_is_refused():
    with pytest.raises(InvalidInput, match="got 9"):
        lithology_coefficients(np.array([9.0]), {1: "ss"})
    with pytest.raises(InvalidInput, match="GLiM"):
        lithology_coefficients(np.array([1.0]), {1: "granite"})
    with pytest.raises(InvalidInput, match="land cover"):
        land_cover_coefficients(np.array([11.5]))


def test_along_the_strike_the_field_is_that_of_the_long_axis_and_across_of_the_short():
    rupture = Rupture(7.5, 103.0, 31.0, strike=45.0)
    lon, lat, _ = GEODESIC.fwd([103.0] * 3, [31.0] * 3, [45.0, 135.0, 90.0], [60e3] * 3)
    found = shaking_at(rupture, np.asarray(lon), np.asarray(lat))["pga"]
    region = "eastern_strong"
    long, short = (shaking(7.5, 60.0, region, axis).pga.item() for axis in ("long", "short"))
    assert found[0] == pytest.approx(long, rel=1e-6)
    assert found[1] == pytest.approx(short, rel=1e-6)
    assert short < found[2] < long
    unknown = shaking_at(Rupture(7.5, 103.0, 31.0), np.asarray(lon), np.asarray(lat))["pga"]
    np.testing.assert_allclose(unknown, long, rtol=1e-6)


def test_the_spread_of_the_relation_is_a_raster_beside_the_shaking():
    grid = RasterGrid((0.05, 0.0, 102.0, 0.0, -0.05, 32.0), 40, 40, "EPSG:4326")
    rasters = estimated_shaking(Rupture(8.0, 103.0, 31.0, 229.0), grid, AT, "register")
    assert set(rasters) == {"pga", "pgv", "sigma_ln_pga", "sigma_ln_pgv"}
    # Yu et al. 2013: 0.5428 and 0.6233
    assert np.unique(rasters["sigma_ln_pga"].values).item() == pytest.approx(0.5428)
    assert np.unique(rasters["sigma_ln_pgv"].values).item() == pytest.approx(0.6233)
    pga = rasters["pga"].values
    assert np.unravel_index(pga.argmax(), pga.shape) in {(19, 19), (19, 20), (20, 19), (20, 20)}
    metres = RasterGrid((5000.0, 0.0, 300_000.0, 0.0, -5000.0, 3_540_000.0), 40, 40, "EPSG:32648")
    there = estimated_shaking(Rupture(8.0, 103.0, 31.0, 229.0), metres, AT, "register")["pga"]
    assert there.values.max() == pytest.approx(pga.max(), rel=0.1)


def test_a_shakemap_brings_its_own_spread(sample_data):
    folder = sample_data / "seismic"
    plain = mapped_shaking(read_shakemap(folder / "shakemap_loma_prieta_1989_grid.xml"))
    assert {"pga", "pgv", "mmi"} <= set(plain)
    mapped = read_shakemap(
        folder / "shakemap_loma_prieta_1989_grid.xml", folder / "shakemap_loma_prieta_1989_uncertainty.xml"
    )
    rasters = mapped_shaking(mapped)
    np.testing.assert_allclose(rasters["sigma_ln_pga"].values, mapped.spread["pga"], rtol=1e-6)
    assert rasters["sigma_ln_pga"].grid == rasters["pga"].grid
    assert 0 < np.nanmedian(rasters["sigma_ln_pga"].values) < 1
