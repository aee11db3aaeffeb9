"""Coordinates: published points, round trips, zones and areas."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import MultiPolygon, Point, Polygon, box

from minegis.coordinates import (
    bd09_to_gcj02,
    gauss_kruger_epsg,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    geodesic_area_km2,
    transformer,
    wgs84_to_gcj02,
)
from minegis.errors import InvalidInput

IN_CHINA = {"lon": st.floats(73.5, 135.0), "lat": st.floats(3.5, 53.5)}


def test_gcj02_of_the_classic_point_is_the_published_one():
    lon, lat = wgs84_to_gcj02(116.404, 39.915)
    assert lon == pytest.approx(116.4102444992, abs=1e-10)
    assert lat == pytest.approx(39.9164042815, abs=1e-10)


def test_bd09_of_the_classic_point_is_the_one_of_coordtransform():
    # README of wandergis/coordtransform: gcj02tobd09(116.404, 39.915)
    lon, lat = gcj02_to_bd09(116.404, 39.915)
    assert lon == pytest.approx(116.41036949371029, abs=1e-12)
    assert lat == pytest.approx(39.92133699351021, abs=1e-12)


@given(**IN_CHINA)
def test_gcj02_and_bd09_come_back_to_where_they_started(lon, lat):
    for there, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)):
        assert back(*there(lon, lat)) == (pytest.approx(lon, abs=2e-9), pytest.approx(lat, abs=2e-9))


@given(**IN_CHINA)
def test_gcj02_moves_a_point_of_china_by_less_than_a_kilometre(lon, lat):
    x, y = wgs84_to_gcj02(lon, lat)
    assert np.hypot((x - lon) * 111.32 * np.cos(np.radians(lat)), (y - lat) * 111.0) < 1.0


@pytest.mark.parametrize("shift", [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02])
def test_points_outside_china_and_gaps_are_left_alone_in_an_array(shift):
    lon, lat = np.array([-121.88, 116.404, np.nan]), np.array([37.04, 39.915, 30.0])
    x, y = shift(lon, lat)
    assert (x[0], y[0]) == (-121.88, 37.04)
    assert x[1] != lon[1]
    assert np.isnan(x[2])


def test_an_empty_array_has_no_coordinates_to_shift():
    x, y = gcj02_to_wgs84([], [])
    assert x.shape == y.shape == (0,)


@pytest.mark.parametrize(
    ("width", "prefixed", "code"), [(3, True, 4526), (3, False, 4547), (6, True, 4498), (6, False, 4509)]
)
def test_the_zones_of_114_3_east_are_the_published_codes(width, prefixed, code):
    assert gauss_kruger_epsg(114.3, width, prefixed) == code


@given(lon=st.floats(75.0, 134.9), width=st.sampled_from([3, 6]), prefixed=st.booleans())
def test_a_zone_has_its_central_meridian_within_half_its_width_in_proj_as_well(lon, width, prefixed):
    operation = CRS.from_epsg(gauss_kruger_epsg(lon, width, prefixed)).coordinate_operation
    parameters = {p.name: p.value for p in operation.params}
    assert abs(parameters["Longitude of natural origin"] - lon) <= width / 2
    assert (parameters["False easting"] > 1e6) == prefixed


def test_a_longitude_without_a_zone_is_refused_by_name():
    with pytest.raises(InvalidInput, match=r"zone 25 to 45.*2\.35"):
        gauss_kruger_epsg(2.35)
    with pytest.raises(InvalidInput, match="3 or 6"):
        gauss_kruger_epsg(114.3, 5)


def test_cgcs2000_takes_longitude_first_although_its_authority_says_latitude():
    assert CRS.from_epsg(4490).axis_info[0].direction == "north"
    easting, northing = transformer("EPSG:4490", 4547).transform(114.3, 30.6)
    # 0.3 degrees east of the central meridian at 30.6 N: 0.3 × 111.32 × cos(30.6°) = 28.7 km; 30.6 × 110.9 km
    assert easting == pytest.approx(500_000 + 28_770, abs=100)
    assert northing == pytest.approx(3_387_000, abs=5_000)


@pytest.mark.parametrize("other", ["OGC:CRS84", 4326, "EPSG:4490", CRS.from_epsg(4490)])
def test_cgcs2000_and_wgs84_are_one_and_cost_nothing(other):
    start = time.perf_counter()
    pair = transformer("EPSG:4490", other).transform(103.4, 31.2)
    assert pair == (103.4, 31.2)
    assert time.perf_counter() - start < 0.4  # PROJ alone takes 0.6 s


def test_a_transformer_is_made_once():
    assert transformer(4490, 3857) is transformer(4490, 3857)


def test_from_cgcs2000_web_mercator_is_the_sphere_of_the_definition():
    x, y = transformer(4490, 3857).transform(103.4, 31.2)
    # x = R λ; y = R ln tan(π/4 + φ/2), R = 6 378 137 m
    assert x == pytest.approx(6378137 * np.radians(103.4), rel=1e-9)
    assert y == pytest.approx(6378137 * np.log(np.tan(np.pi / 4 + np.radians(31.2) / 2)), rel=1e-9)


def test_there_and_back_through_a_zone_is_the_same_place():
    there = transformer("OGC:CRS84", 4543).transform(102.9, 31.1)
    assert transformer(4543, "OGC:CRS84").transform(*there) == pytest.approx((102.9, 31.1), abs=1e-9)


def test_an_unknown_system_is_named():
    with pytest.raises(InvalidInput, match="EPSG:999999"):
        transformer("EPSG:999999", 4490)


def test_the_area_of_one_degree_at_the_equator_is_the_ellipsoids():
    # GRS 80: at the equator 110.574 km × 111.320 km = 12 309 km²; at 60° 111.412 × half of 111.320 × 1.0025
    areas = geodesic_area_km2([box(100, 0, 101, 1), box(100, 59.5, 101, 60.5)])
    assert areas[0] == pytest.approx(12309, rel=1e-3)
    assert areas[1] == pytest.approx(111.412 * 111.320 * 0.5 * 1.0025, rel=3e-3)


def test_rings_turned_the_wrong_way_and_holes_keep_their_area_and_points_have_none():
    outer = [(100, 30), (100, 31), (101, 31), (101, 30)]
    hole = [(100.25, 30.25), (100.25, 30.75), (100.75, 30.75), (100.75, 30.25)]
    whole, inner = geodesic_area_km2([Polygon(outer), Polygon(hole)])
    ring, both, point = geodesic_area_km2(
        [Polygon(outer, [hole]), MultiPolygon([Polygon(outer), box(102, 30, 103, 31)]), Point(100, 30)]
    )
    assert ring == pytest.approx(whole - inner)
    assert both == pytest.approx(2 * whole, rel=1e-6)
    assert point == 0
