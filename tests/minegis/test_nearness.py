"""Distances and bearings around a shape."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from minegis.nearness import box_around, nearness


def test_a_degree_of_latitude_is_as_long_as_the_ellipsoid_has_it() -> None:
    # Meridian arc of GRS 80 from 30° to 31°: 110.861 km (series of Helmert, 111132.95 − 559.85 cos 2φ + … at
    # 30.5°: 111132.95 − 559.85 × 0.48481 + 1.17 × (−0.52992) = 110860.9 m).
    distance, bearing = nearness(shapely.Point(103, 30), np.array([shapely.Point(103, 31)], dtype=object))
    assert distance[0] == pytest.approx(110.861, abs=0.002)
    assert bearing[0] == pytest.approx(0.0, abs=1e-6)


def test_distance_is_to_the_nearest_edge_and_nothing_where_shapes_touch() -> None:
    pond = shapely.box(103.0, 31.0, 103.1, 31.1)
    others = np.array([shapely.Point(103.2, 31.05), shapely.Point(103.05, 31.05)], dtype=object)
    distance, bearing = nearness(pond, others)
    # 0.1° of the parallel of 31.05°: 111.32 km × cos 31.05° × 0.1 = 9.537 km on a sphere, 9.546 km with the
    # prime vertical of the ellipsoid (+0.09 %).
    assert distance[0] == pytest.approx(9.546, abs=0.005)
    assert bearing[0] == pytest.approx(90, abs=0.1)
    assert distance[1] == 0.0


@pytest.mark.parametrize(("east", "north", "bearing"), [(0, -1, 180), (-1, 0, 270), (1, 0, 90)])
def test_bearings_are_clockwise_from_north(east: float, north: float, bearing: float) -> None:
    there = np.array([shapely.Point(100 + east * 0.01, 20 + north * 0.01)], dtype=object)
    assert nearness(shapely.Point(100, 20), there)[1][0] == pytest.approx(bearing, abs=0.01)


@pytest.mark.parametrize("latitude", [0.0, 31.0, -52.0, 84.0])
def test_the_box_holds_everything_within_the_radius(latitude: float) -> None:
    shape = shapely.Point(100, latitude)
    west, south, east, north = box_around(shape, 50)
    edges = [(west, latitude), (east, latitude), (100, south), (100, north)]
    places = np.array([shapely.Point(*edge) for edge in edges], dtype=object)
    assert nearness(shape, places)[0].min() >= 50


def test_nothing_is_near_where_nothing_is() -> None:
    distance, bearing = nearness(shapely.Point(100, 30), np.array([], dtype=object))
    assert distance.size == bearing.size == 0
