"""Simplifying, cutting and mending flat arrays, against shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tiles.clip import clip_lines, clip_points, clip_rings
from tiles.mending import mended
from tiles.paths import Paths, importance, paths_of

WINDOW = (200, 300, 700, 800)
FRAME = shapely.box(*WINDOW)
type Points = list[tuple[int, int]]

points = st.tuples(st.integers(0, 1000), st.integers(0, 1000))


def whole(shapes: list[shapely.Geometry]) -> Paths:
    found = paths_of(np.array(shapes))
    return Paths(
        found.x.astype(np.int64), found.y.astype(np.int64), found.start, found.feature, found.exterior
    )


def rings(paths: Paths) -> list[shapely.Polygon]:
    ends = zip(paths.start[:-1], paths.start[1:], strict=True)
    return [shapely.Polygon(np.c_[paths.x[a:b], paths.y[a:b]]) for a, b in ends if b - a > 2]


def test_the_paths_of_shapes_are_their_parts_in_order() -> None:
    found = paths_of(shapely.from_wkt([
        "POLYGON ((0 0, 9 0, 9 9, 0 0), (4 1, 5 1, 5 2, 4 1))",
        "MULTIPOINT ((1 2), (3 4))",
        "POLYGON EMPTY",
        "LINESTRING (5 5, 6 6)",
    ]))  # fmt: skip
    assert found.feature.tolist() == [0, 0, 1, 1, 3]
    assert found.exterior.tolist() == [True, False, True, True, True]
    assert np.diff(found.start).tolist() == [3, 3, 1, 1, 2]
    assert found.x.tolist() == [0, 9, 9, 4, 5, 5, 1, 3, 5, 6]


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=2, max_size=40, unique=True), st.sampled_from([0.7, 3.1, 20.3, 200.9]))
def test_the_importance_of_points_simplifies_lines_as_shapely_does(line: Points, tolerance: float) -> None:
    shape = shapely.LineString(line)
    paths = paths_of(np.array([shape]))
    weight = importance(paths, np.array([False]), 0.0)
    kept = np.c_[paths.x, paths.y][weight > tolerance]
    simplified = shapely.simplify(shape, tolerance, preserve_topology=False)
    assert kept.tolist() == shapely.get_coordinates(simplified).tolist()


@given(st.integers(4, 60), st.integers(1, 10**6))
def test_a_ring_keeps_an_area_however_much_it_is_simplified(count: int, size: int) -> None:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = shapely.Polygon(np.c_[size * np.cos(turn), size * np.sin(turn)])
    paths = paths_of(np.array([ring]))
    kept = importance(paths, np.array([True]), 10.0 * size) == np.inf
    assert kept.sum() >= 3
    assert shapely.Polygon(np.c_[paths.x, paths.y][kept]).area > 0


@settings(max_examples=80, deadline=None)
@given(st.lists(points, min_size=3, max_size=12, unique=True))
def test_rings_are_cut_to_the_same_area_as_by_shapely(corners: Points) -> None:
    shape = shapely.Polygon(corners)
    assume(shape.is_valid)
    found = rings(clip_rings(whole([shape]), WINDOW)[0])
    area = sum(abs(ring.area) for ring in found)
    # A cut is moved to whole numbers: by half a step at most along each edge of the frame, of 500 steps.
    assert area == pytest.approx(shape.intersection(FRAME).area, abs=4 * len(corners) * 500)
    west, south, east, north = shapely.total_bounds(found) if found else FRAME.bounds
    assert FRAME.covers(shapely.box(west, south, east, north))


def test_pieces_of_a_ring_are_not_joined_by_a_spike_beyond_them() -> None:
    fork = shapely.Polygon([(100, 310), (250, 400), (100, 490), (100, 900), (90, 900), (90, 310)])
    (found,) = rings(clip_rings(whole([fork]), WINDOW)[0])
    assert found.is_valid
    assert found.area > 0


def test_a_ring_around_the_window_becomes_the_window() -> None:
    (found,) = rings(clip_rings(whole([shapely.box(0, 0, 1000, 1000)]), WINDOW)[0])
    assert shapely.equals(found, FRAME)


def test_a_ring_cut_into_pieces_is_named_and_mended() -> None:
    comb = shapely.Polygon(
        [(400, 0), (600, 0), (600, 450), (550, 450), (550, 100), (450, 100), (450, 400), (400, 400)]
    )
    cut, pieces = clip_rings(whole([shapely.box(250, 350, 260, 360), comb]), WINDOW)
    assert pieces.tolist() == [1]
    found = mended(cut, pieces)
    assert [ring.is_valid for ring in rings(found)] == [True] * 3
    # the teeth of the comb below the edge at 300: 50 × 150 and 50 × 100
    assert sorted(ring.area for ring in rings(found)) == [100, 5000, 7500]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(points, min_size=2, max_size=12), min_size=1, max_size=4))
def test_lines_are_cut_to_the_same_length_as_by_shapely(lines: list[Points]) -> None:
    shapes = [shapely.LineString(line) for line in lines]
    found = clip_lines(whole(shapes), WINDOW)
    parts = shapely.linestrings(np.c_[found.x, found.y], indices=found.of_points()) if len(found.x) else []
    expected = sum(shape.intersection(FRAME).length for shape in shapes if shape.is_valid and shape.is_simple)
    if all(shape.is_valid and shape.is_simple for shape in shapes):
        cuts = 2 * sum(map(len, lines))
        assert sum(part.length for part in parts) == pytest.approx(expected, abs=2 * cuts)
    assert all(part.within(FRAME.buffer(0.01)) for part in parts)
    assert set(found.feature.tolist()) <= set(range(len(lines)))


def test_a_line_that_leaves_and_returns_becomes_two() -> None:
    found = clip_lines(whole([shapely.LineString([(250, 400), (900, 400), (900, 500), (250, 500)])]), WINDOW)
    assert np.diff(found.start).tolist() == [2, 2]
    assert np.c_[found.x, found.y].tolist() == [[250, 400], [700, 400], [700, 500], [250, 500]]


def test_points_beyond_the_window_are_left_out() -> None:
    found = clip_points(whole([shapely.Point(200, 300), shapely.Point(199, 300)]), WINDOW)
    assert found.feature.tolist() == [0]


def test_a_hole_that_crossed_its_shell_is_mended() -> None:
    shell = [(0, 0), (100, 0), (100, 100), (0, 100)]
    broken = shapely.Polygon(shell, [[(50, 50), (120, 50), (120, 60), (50, 60)]])
    sound = shapely.Polygon([(200, 0), (300, 0), (300, 100), (200, 100)], [[(210, 10), (220, 10), (220, 20)]])
    found = mended(whole([sound, broken, sound]))
    assert found.feature.tolist() == sorted(found.feature.tolist())
    assert set(found.feature.tolist()) == {0, 1, 2}
    repaired = rings(found.keep(found.feature == 1))
    # what is in the shell and not in the hole: 100 × 100 - 50 × 10
    assert repaired[0].area - sum(ring.area for ring in repaired[1:]) == pytest.approx(9500)
    assert all(ring.is_valid for ring in repaired)


def test_sound_polygons_are_left_as_they_are() -> None:
    paths = whole([shapely.box(0, 0, 9, 9), shapely.box(0, 0, 50, 50).difference(shapely.box(5, 5, 9, 9))])
    found = mended(paths)
    assert found.x.tolist() == paths.x.tolist()
    assert found.start.tolist() == paths.start.tolist()
