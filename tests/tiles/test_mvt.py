"""Vector tiles, read back by GDAL's own decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.mvt import EXTENT, encode_layer

type Decode = Callable[[bytes], tuple[Any, dict[str, Any]]]

GRID = (0.0, 0.0, float(EXTENT), float(EXTENT))  # one metre a step, so decoded coordinates are the inputs


SHAPES = [
    "POINT (10 4000)",
    "MULTIPOINT ((1 1), (5 9))",
    "LINESTRING (0 0, 10 10, 20 5)",
    "MULTILINESTRING ((0 0, 5 5), (100 100, 200 200, 300 100))",
    "POLYGON ((100 100, 900 100, 900 900, 100 900, 100 100), (200 200, 200 300, 300 300, 300 200, 200 200))",
    "MULTIPOLYGON (((1 1, 5 1, 5 6, 1 6, 1 1)), ((10 10, 40 10, 40 40, 10 40, 10 10)))",
]


@pytest.mark.parametrize("wkt", SHAPES)
def test_every_geometry_type_comes_back_from_another_decoder(wkt: str, decode: Decode) -> None:
    shape = shapely.from_wkt(wkt)
    found, _ = decode(encode_layer("x", np.array([shape]), {}, GRID))
    assert shapely.equals(found[0], shape)


def test_both_ring_directions_give_the_same_area(decode: Decode) -> None:
    shell = [(100, 100), (900, 100), (850, 900), (100, 700)]
    hole = [(200, 200), (200, 300), (330, 300)]
    one = shapely.Polygon(shell, [hole])
    other = shapely.Polygon(shell[::-1], [hole[::-1]])
    tiles = [encode_layer("x", np.array([shape]), {}, GRID) for shape in (one, other)]
    areas = [shapely.area(decode(tile)[0][0]) for tile in tiles]
    # shoelace of the shell: (-80000 + 725000 + 505000 - 60000) / 2 = 545000; hole: 100 × 130 / 2 = 6500
    assert areas == [pytest.approx(545000 - 6500)] * 2


def test_properties_keep_their_type_and_none_is_left_out(decode: Decode) -> None:
    shapes = np.array([shapely.Point(1, 2), shapely.Point(3, 4)])
    columns = {
        "id": ["a", "b"],
        "n": [-3, 2**40],
        "f": [1.5, None],
        "b": [True, False],
        "name": ["尾矿库", None],
    }
    _, found = decode(encode_layer("x", shapes, columns, GRID))
    assert found["id"].tolist() == ["a", "b"]
    assert found["n"].tolist() == [-3, 2**40]
    assert found["f"][0] == 1.5
    assert np.isnan(found["f"][1])
    assert found["b"].tolist() == [True, False]
    assert found["name"].tolist() == ["尾矿库", None]


def test_a_polygon_smaller_than_a_step_is_not_drawn() -> None:
    assert encode_layer("x", np.array([shapely.box(0.1, 0.1, 0.2, 0.2)]), {"id": ["a"]}, GRID) == b""


def test_a_hole_that_vanishes_leaves_its_polygon(decode: Decode) -> None:
    shape = shapely.box(0, 0, 50, 50).difference(shapely.box(10.1, 10.1, 10.3, 10.3))
    found, _ = decode(encode_layer("x", np.array([shape]), {}, GRID))
    assert shapely.equals(found[0], shapely.box(0, 0, 50, 50))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 90), st.integers(1, 90)),
        min_size=1,
        max_size=20,
    )
)
def test_many_boxes_come_back_in_order(decode: Decode, boxes: list[tuple[int, int, int, int]]) -> None:
    shapes = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    found, columns = decode(encode_layer("x", shapes, {"id": list(range(len(boxes)))}, GRID))
    assert columns["id"].tolist() == list(range(len(boxes)))
    assert shapely.equals(found, shapes).all()
