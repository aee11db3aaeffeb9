"""Vector tiles, read back by GDAL's own decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.mvt import pack

type Decode = Callable[[bytes], tuple[Any, dict[str, Any]]]
type Encode = Callable[..., bytes]

SHAPES = [
    "POINT (10 4000)",
    "MULTIPOINT ((1 1), (5 9))",
    "LINESTRING (0 0, 10 10, 20 5)",
    "MULTILINESTRING ((0 0, 5 5), (100 100, 200 200, 300 100))",
    "POLYGON ((100 100, 900 100, 900 900, 100 900, 100 100), (200 200, 200 300, 300 300, 300 200, 200 200))",
    "MULTIPOLYGON (((1 1, 5 1, 5 6, 1 6, 1 1)), ((10 10, 40 10, 40 40, 10 40, 10 10)))",
]


@pytest.mark.parametrize("wkt", SHAPES)
def test_every_geometry_type_comes_back_from_another_decoder(
    wkt: str, decode: Decode, encode: Encode
) -> None:
    shape = shapely.from_wkt(wkt)
    found, _ = decode(encode([shape]))
    assert shapely.equals(found[0], shape)


def test_all_geometry_types_of_one_layer_come_back(decode: Decode, encode: Encode) -> None:
    shapes = shapely.from_wkt(SHAPES)
    found, columns = decode(encode(shapes, {"n": list(range(len(shapes)))}))
    assert sorted(columns["n"]) == list(range(len(shapes)))
    assert shapely.equals(found, shapes[columns["n"].astype(int)]).all()


def test_both_ring_directions_give_the_same_area(decode: Decode, encode: Encode) -> None:
    shell = [(100, 100), (900, 100), (850, 900), (100, 700)]
    hole = [(200, 200), (200, 300), (330, 300)]
    one = shapely.Polygon(shell, [hole])
    other = shapely.Polygon(shell[::-1], [hole[::-1]])
    areas = [shapely.area(decode(encode([shape]))[0][0]) for shape in (one, other)]
    # shoelace of the shell: (-80000 + 725000 + 505000 - 60000) / 2 = 545000; hole: 100 × 130 / 2 = 6500
    assert areas == [pytest.approx(545000 - 6500)] * 2


def test_properties_keep_their_type_and_none_is_left_out(decode: Decode, encode: Encode) -> None:
    shapes = [shapely.Point(1, 2), shapely.Point(3, 4)]
    columns = {
        "id": ["a", "b"],
        "n": [-3, 2**40],
        "f": [1.5, None],
        "b": [True, False],
        "name": ["尾矿库", None],
    }
    _, found = decode(encode(shapes, columns))
    assert found["id"].tolist() == ["a", "b"]
    assert found["n"].tolist() == [-3, 2**40]
    assert found["f"][0] == 1.5
    assert np.isnan(found["f"][1])
    assert found["b"].tolist() == [True, False]
    assert found["name"].tolist() == ["尾矿库", None]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200),
            st.none() | st.integers(-(2**53), 2**53),
            st.none() | st.floats(allow_nan=False, width=64),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_values_come_back(
    decode: Decode, encode: Encode, rows: list[tuple[str, int | None, float | None]]
) -> None:
    texts, wholes, numbers = map(list, zip(*rows, strict=True))
    tile = encode([shapely.Point(1, 1)] * len(rows), {"t": texts, "n": [*wholes], "f": [*numbers]})
    _, found = decode(tile)
    assert found["t"].tolist() == texts
    for name, given_ in (("n", wholes), ("f", numbers)):
        expected = [value for value in given_ if value is not None]
        read = found.get(name, np.array([]))
        assert [value for value in read if value == value] == expected  # noqa: PLR0124  # not-a-number


def test_a_value_of_many_features_is_written_once(encode: Encode) -> None:
    tile = encode([shapely.Point(i, 0) for i in range(100)], {"name": ["a long text"] * 100})
    assert tile.count(b"a long text") == 1


def test_a_polygon_smaller_than_a_step_is_not_drawn(encode: Encode) -> None:
    assert encode([shapely.box(0.1, 0.1, 0.2, 0.2)], {"id": ["a"]}) == b""


def test_a_hole_that_vanishes_leaves_its_polygon(decode: Decode, encode: Encode) -> None:
    shape = shapely.box(0, 0, 50, 50).difference(shapely.box(10.1, 10.1, 10.3, 10.3))
    found, _ = decode(encode([shape]))
    assert shapely.equals(found[0], shapely.box(0, 0, 50, 50))


def test_a_shell_that_vanishes_takes_its_holes_along(decode: Decode, encode: Encode) -> None:
    thin = shapely.Polygon([(0, 0), (50, 0.2), (50, 0.4)], [[(20, 0.1), (30, 0.1), (30, 0.2)]])
    found, _ = decode(encode([shapely.MultiPolygon([thin, shapely.box(100, 100, 140, 150)])]))
    assert shapely.equals(found[0], shapely.box(100, 100, 140, 150))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 90), st.integers(1, 90)),
        min_size=1,
        max_size=20,
    )
)
def test_many_boxes_come_back_in_order(
    decode: Decode, encode: Encode, boxes: list[tuple[int, int, int, int]]
) -> None:
    shapes = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    found, columns = decode(encode(shapes, {"id": list(range(len(boxes)))}))
    assert columns["id"].tolist() == list(range(len(boxes)))
    assert shapely.equals(found, shapes).all()


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1))
def test_varints_are_those_of_protocol_buffers(numbers: list[int]) -> None:
    def varint(number: int) -> bytes:
        return bytes((number & 0x7F | 0x80,)) + varint(number >> 7) if number > 0x7F else bytes((number,))

    assert pack(np.array(numbers, np.int64)).tobytes() == b"".join(map(varint, numbers))
