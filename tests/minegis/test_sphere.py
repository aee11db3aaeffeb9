"""Areas and lengths on the sphere, against closed forms and another implementation."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from minegis import sphere

GLOBE = Geod(a=6371007.180918475, b=6371007.180918475)


def test_a_box_has_the_area_of_its_zone() -> None:
    # R² Δλ (sin φ2 − sin φ1), the zone of a sphere: 6371.007180918475² × π/180 × (sin 31° − sin 30°)
    # = 40589732.5 × 0.0174532925 × 0.0150380749 = 10653.37
    assert sphere.areas_km2([shapely.box(103, 30, 104, 31)])[0] == pytest.approx(10653.3, rel=1e-5)


def test_the_whole_globe_has_the_area_of_the_sphere() -> None:
    globe = sphere.areas_km2([shapely.box(-180, -90, 180, 90)])[0]
    assert globe == pytest.approx(4 * np.pi * 6371.007180918475**2, rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.floats(75, 134), st.floats(-53, 53), st.floats(-4, -1))
def test_small_polygons_agree_with_the_geodesic_of_a_sphere(lon: float, lat: float, exponent: float) -> None:
    size = 10**exponent
    shape = shapely.Polygon([(lon, lat), (lon + size, lat + size / 3), (lon + size / 4, lat + size)])
    # the edges of the geodesic are great circles: cut into short ones they do not bend away
    expected = abs(GLOBE.geometry_area_perimeter(shape.segmentize(size / 50))[0]) / 1e6
    assert sphere.areas_km2([shape])[0] == pytest.approx(expected, rel=1e-6)


def test_holes_are_taken_off_and_parts_added_whatever_their_turn() -> None:
    outer, hole, other = (
        shapely.box(103, 30, 104, 31),
        shapely.box(103.2, 30.2, 103.4, 30.9),
        shapely.box(105, 30, 106, 32),
    )
    with_hole = shapely.MultiPolygon([shapely.Polygon(outer.exterior, [hole.exterior]), other])
    whole, taken, added = sphere.areas_km2([outer, hole, other])
    turned = shapely.reverse(with_hole)
    assert sphere.areas_km2([with_hole, turned]) == pytest.approx([whole - taken + added] * 2, rel=1e-13)


def test_the_parts_of_a_shape_add_up_to_it() -> None:
    shape = shapely.Polygon([(100, 20), (110, 24), (103, 45)])
    halves = [
        shape.intersection(shapely.box(90, 0, 104, 60)),
        shape.intersection(shapely.box(104, 0, 120, 60)),
    ]
    assert sphere.areas_km2(halves).sum() == pytest.approx(sphere.areas_km2([shape])[0], rel=1e-13)


def test_lines_are_as_long_as_their_geodesic() -> None:
    line = shapely.LineString([(103, 31), (103.01, 31.02), (103.05, 31.01)])
    assert sphere.lengths_km([line])[0] == pytest.approx(GLOBE.geometry_length(line) / 1000, rel=1e-6)


def test_points_have_neither_area_nor_length() -> None:
    point = [shapely.Point(103, 31)]
    assert sphere.areas_km2(point).tolist() == sphere.lengths_km(point).tolist() == [0.0]
    assert sphere.areas_km2([]).size == sphere.lengths_km([]).size == 0
