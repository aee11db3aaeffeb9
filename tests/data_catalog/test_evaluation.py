"""Expressions over arrays: what is missing is unknown, and no geometry is made that need not be."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from data_catalog.collection import collection
from data_catalog.cql2 import parse_filter
from data_catalog.evaluation import Column, Shapes, matching
from data_catalog.expression import GEOMETRY

CELLS = collection("risk_cell")
SIDE = 0.5  # deg


class Squares:
    """Squares on a grid, that notes which were made."""

    def __init__(self, columns: int = 40, rows: int = 30) -> None:
        lon, lat = np.meshgrid(100 + SIDE * np.arange(columns), 25 + SIDE * np.arange(rows))
        self.lon, self.lat = lon.ravel(), lat.ravel()
        self.made: list[int] = []

    def __len__(self) -> int:
        return len(self.lon)

    def all(self) -> NDArray[np.object_]:
        half = SIDE / 2
        found: NDArray[np.object_] = shapely.box(
            self.lon - half, self.lat - half, self.lon + half, self.lat + half
        )
        return found

    def make(self, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        self.made += rows.tolist()
        return self.all()[rows]

    def shapes(self) -> Shapes:
        return Shapes(self.make, self.lon, self.lat, SIDE / 2, SIDE / 2)


def rows_of(text: str, columns: dict[str, Column], count: int) -> list[int]:
    found: list[int] = np.flatnonzero(
        matching(parse_filter(text, "cql2-text", CELLS), columns, count)
    ).tolist()
    return found


def test_what_is_missing_is_selected_by_nothing_but_is_null() -> None:
    columns: dict[str, Column] = {
        "score": np.array([1.0, np.nan, 3.0]),
        "state": np.array(["high", None, "low"], dtype=object),
        "tier": np.array([4, 0, 2], dtype=np.int8),
    }
    for text, expected in {
        "score > 0": [0, 2],
        "NOT score > 0": [],
        "score = score": [0, 2],
        "score IS NULL": [1],
        "score + tier > 0 OR NOT score + tier > 0": [0, 2],
        "score ^ 0 = 1": [0, 2],  # and not what nan ** 0 is
        "state = 'high' OR tier = 0": [0, 1],
        "NOT (state = 'high' AND tier = 4)": [1, 2],
        "NOT (state = 'high' AND tier = 0)": [0, 2],
        "state LIKE '%'": [0, 2],
        "casei(state) IN (casei('HIGH'), 'x')": [0],
        "state NOT IN ('low')": [0],
        "state IS NULL": [1],
        "tier / 0 = 1 OR NOT tier / 0 = 1": [],
    }.items():
        assert rows_of(text, columns, 3) == expected, text


def test_a_missing_geometry_is_unknown() -> None:
    shapes = np.array([shapely.Point(1, 1), None, shapely.Point(9, 9), shapely.Point()], dtype=object)
    lon, lat, _, _ = shapely.bounds(shapes).T
    lazy = Shapes(lambda rows: shapes[rows], lon, lat, 0.0, 0.0)
    forms: tuple[Column, ...] = (shapes, lambda: shapes, lazy)
    for form in forms:
        columns: dict[str, Column] = {GEOMETRY: form}
        assert rows_of("s_intersects(geometry, BBOX(0,0,2,2))", columns, 4) == [0]
        assert rows_of("s_disjoint(geometry, BBOX(0,0,2,2))", columns, 4) == [2]
        assert rows_of("NOT s_within(geometry, BBOX(0,0,2,2))", columns, 4) == [2]
        assert rows_of("geometry IS NULL", columns, 4) == [1, 3]
        assert rows_of("s_equals(geometry, geometry)", columns, 4) == [0, 2]


def test_only_cells_at_the_edge_of_an_area_are_made() -> None:
    squares = Squares()
    columns: dict[str, Column] = {GEOMETRY: squares.shapes()}
    found = rows_of("s_intersects(geometry, BBOX(102.1,27.1,112.1,35.1))", columns, len(squares))
    # Squares from 101.85 to 112.35 by 26.85 to 35.35 touch: 102 to 112 by 27 to 35 in steps of 0.5, 21 × 17.
    assert len(found) == 21 * 17
    # Those with their centre in the box, 102.5 to 112 by 27.5 to 35, need not be made: 20 × 16.
    assert len(squares.made) == 21 * 17 - 20 * 16


def test_no_geometry_is_made_where_other_conditions_are_false() -> None:
    squares = Squares()
    tier = np.zeros(len(squares), dtype=np.int8)
    tier[[3, 700]] = 4
    columns: dict[str, Column] = {GEOMETRY: squares.shapes(), "tier": tier}
    circle = shapely.Point(105, 30).buffer(4).wkt
    assert rows_of(f"s_touches(geometry, {circle}) OR tier = 9", columns, len(squares)) == []
    squares.made.clear()
    assert rows_of(f"s_crosses(geometry, {circle}) AND tier = 4", columns, len(squares)) == []
    assert set(squares.made) <= {3, 700}


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(
        ["intersects", "disjoint", "within", "contains", "touches", "overlaps", "crosses", "equals"]
    ),
    shape=st.one_of(
        st.tuples(st.integers(196, 240), st.integers(48, 80), st.integers(1, 12), st.integers(1, 12)).map(
            lambda edges: shapely.box(
                edges[0] / 2, edges[1] / 2, (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
            )
        ),
        st.tuples(st.floats(98, 121), st.floats(24, 41), st.floats(0.1, 5)).map(
            lambda circle: shapely.Point(circle[:2]).buffer(circle[2])
        ),
        st.tuples(st.floats(98, 121), st.floats(24, 41)).map(
            lambda end: shapely.LineString([(105, 30), end])
        ),
    ),
    turned=st.booleans(),
)
def test_shapes_made_late_are_related_as_shapes_at_hand(
    name: str, shape: shapely.Geometry, turned: bool
) -> None:
    squares = Squares()
    operands = (shape.wkt, "geometry") if turned else ("geometry", shape.wkt)
    shape = shapely.from_wkt(shape.wkt)
    text = f"s_{name}({', '.join(operands)})"
    relation = getattr(shapely, name)
    expected = relation(shape, squares.all()) if turned else relation(squares.all(), shape)
    assert rows_of(text, {GEOMETRY: squares.shapes()}, len(squares)) == np.flatnonzero(expected).tolist()


@pytest.mark.parametrize("text", ["true", "false", "tier > 9", "1 < 2", "'a' LIKE 'b'"])
def test_there_may_be_no_rows(text: str) -> None:
    columns: dict[str, Column] = {"tier": np.empty(0, dtype=np.int8)}
    assert rows_of(text, columns, 0) == []


@pytest.mark.parametrize(
    ("text", "all_rows"),
    [("true", True), ("FALSE", False), ("1 < 2", True), ("'a' LIKE '_'", True), ("NOT 'a' = 'a'", False)],
)
def test_what_has_no_property_is_true_of_all_rows_or_of_none(text: str, all_rows: bool) -> None:
    assert rows_of(text, {}, 3) == ([0, 1, 2] if all_rows else [])
