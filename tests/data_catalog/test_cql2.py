"""CQL2 filters: what is read, what is refused and in what words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from data_catalog.collection import collection
from data_catalog.cql2 import LANGUAGES, MOST_NODES, parse_filter
from data_catalog.cql2_text import MOST_NESTED
from data_catalog.expression import Array, Call, Expression, Literal, Property, Shape
from minegis.errors import InvalidInput

EARTHQUAKE = collection("earthquake")
TSF = collection("tsf")
MAGNITUDE, NAME, TIME = Property("magnitude"), Property("name"), Property("occurred_at")


def read(text: str, crs: str = "OGC:CRS84") -> Expression:
    return parse_filter(text, "cql2-text", EARTHQUAKE, crs)


def refusal(text: str | bytes, language: str = "cql2-text") -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_filter(text, language, EARTHQUAKE)
    return caught.value


def outcome(text: str, language: str) -> Expression | str:
    """What is read, or why it is refused; any other error fails the test."""
    try:
        return parse_filter(text, language, EARTHQUAKE)
    except InvalidInput as error:
        return error.what


def shape_of(expression: Expression) -> shapely.Geometry:
    assert isinstance(expression, Call)
    (found,) = (arg.geometry for arg in expression.args if isinstance(arg, Shape))
    return found


def test_precedence_is_that_of_the_grammar() -> None:
    read_ = read("magnitude > 5 OR depth < 10 AND NOT name = 'x' AND deaths = 1")
    assert read_ == read("magnitude > 5 OR ((depth < 10 AND (NOT (name = 'x'))) AND deaths = 1)")
    assert read("magnitude = deaths + 2 * depth ^ 2") == read("magnitude = deaths + (2 * (depth ^ 2))")
    assert read("magnitude = deaths - depth - 1") == read("magnitude = (deaths - depth) - 1")
    assert read("magnitude = deaths ^ depth ^ 2") == read("magnitude = deaths ^ (depth ^ 2)")
    assert read("NOT magnitude = 1 OR depth = 2") == read("(NOT magnitude = 1) OR depth = 2")


def test_keywords_have_any_case_and_names_keep_theirs() -> None:
    assert read("name lIkE 'a%' aNd Not depth iS nUlL") == read("name LIKE 'a%' AND NOT depth IS NULL")
    assert refusal("NAME = 'x'").what == "no such property"
    assert read("\"name\" = 'x'") == read("name = 'x'")


def test_numbers_are_whole_where_they_can_be() -> None:
    """An index on whole numbers is of use only to a whole number, however it was written."""
    for text, value in {"5": 5, "5.0": 5, "50e-1": 5, ".5": 0.5, "-5": -5, "+5.": 5, "5.25": 5.25}.items():
        found = read(f"deaths = {text}")
        assert found == Call("=", (Property("deaths"), Literal(value)))
        assert isinstance(found, Call)
        assert isinstance(found.args[1], Literal)
        assert type(found.args[1].value) is type(value)


def test_what_has_no_property_is_computed() -> None:
    # 2 + 3·2² = 14; 21 div 4 = 5; -7 % 4 keeps the sign of -7: -7 - 4·(-1) = -3
    assert read("deaths = 2 + 3 * 2 ^ 2") == read("deaths = 14")
    assert read("deaths = 21 div 4 + -7 % 4") == read("deaths = 2")
    assert read("name = casei(accenti('KØBENHAVN'))") == read("name = 'kobenhavn'")
    assert read("s_within(POINT(1 1), BBOX(0,0,2,2))") == Literal(True)
    assert read("a_overlaps((1,'a',TRUE),('b',TRUE))") == Literal(True)
    assert read("a_equals((1,2,2),(2,1)) and a_containedBy((1),(1,2))") == Call(
        "and", (Literal(True), Literal(True))
    )
    assert read("A_CONTAINS((1,2),())") == Literal(True)


def test_a_conjunction_in_a_conjunction_is_part_of_it() -> None:
    parts = [f"deaths = {number}" for number in range(4)]
    flat = read(" AND ".join(parts))
    assert read(f"((({parts[0]}) AND {parts[1]}) AND {parts[2]}) AND {parts[3]}") == flat
    assert read(f"{parts[0]} AND ({parts[1]} AND ({parts[2]} AND ({parts[3]})))") == flat


def test_escapes_in_text_are_those_of_the_standard() -> None:
    assert read(r"name = 'it''s' or name = 'it\'s'") == read("name = 'it''s' or name = 'it''s'")
    assert read(r"name = '\a\b\t\n\v\f\r\\'") == Call("=", (NAME, Literal("\a\b\t\n\v\f\r\\")))
    assert read(r"name like '100\%'") == Call("like", (NAME, Literal(r"100\%")))


def test_text_beside_a_time_is_read_as_one() -> None:
    assert read("occurred_at > '2008-05-12'") == read("occurred_at > DATE('2008-05-12')")
    assert read("'2008-05-12T06:28:01Z' = occurred_at") == read(
        "TIMESTAMP('2008-05-12T06:28:01Z') = occurred_at"
    )
    assert refusal("occurred_at > 'May'").what == "not a date"
    assert refusal("occurred_at > name").what == "operands of > that are not of one kind"


def test_times_with_an_offset_are_taken_to_utc() -> None:
    before = Call("before", (TIME, Literal(datetime(2008, 5, 12, 6, 28, 1, tzinfo=UTC))))
    assert read("occurred_at < TIMESTAMP('2008-05-12T14:28:01+08:00')") == before


def test_json_takes_the_names_of_functions_as_the_standard_writes_them() -> None:
    for text, name in {
        "T_METBY": "t_metBy",
        "T_FINISHEDBY": "t_finishedBy",
        "T_STARTEDBY": "t_startedBy",
    }.items():
        tree = {
            "op": name,
            "args": [{"interval": [{"property": "occurred_at"}, ".."]}, {"interval": ["..", ".."]}],
        }
        expected = read(f"{text}(INTERVAL(occurred_at,'..'),INTERVAL('..','..'))")
        assert parse_filter(json.dumps(tree), "cql2-json", EARTHQUAKE) == expected


@pytest.mark.parametrize(
    ("crs", "swapped"),
    [
        ("EPSG:4326", True),
        ("EPSG:4490", True),
        ("OGC:CRS84", False),
        ("EPSG:3857", False),
        ("EPSG:4513", True),
        ("EPSG:4544", True),
    ],
)
def test_shapes_are_brought_from_the_reference_system_of_the_filter(crs: str, swapped: bool) -> None:
    """By PROJ as the authority has the axes; CGCS2000 zones 25 (75° E) and 105° E are north, then east."""
    lon, lat = (75.4, 31.2) if crs == "EPSG:4513" else (105.3, 31.2)
    source = "EPSG:4490" if crs in ("EPSG:4513", "EPSG:4544") else "EPSG:4326"
    lat_lon = Transformer.from_crs(source, crs)  # the authority's order on both sides
    first, second = (lon, lat) if crs == "OGC:CRS84" else lat_lon.transform(lat, lon)
    assert (CRS(crs).axis_info[0].direction == "north") is swapped
    point = shape_of(read(f"s_intersects(geometry, POINT({first!r} {second!r}))", crs))
    assert (point.x, point.y) == pytest.approx((lon, lat), abs=1e-9)
    step = 0.01 if source != "EPSG:4490" and crs != "EPSG:3857" else 1000
    box = f"BBOX({first - step!r},{second - step!r},{first + step!r},{second + step!r})"
    area = shape_of(read(f"s_intersects(geometry, {box})", crs))
    assert area.contains(shapely.Point(lon, lat))


def test_a_box_may_cross_the_antimeridian() -> None:
    area = shape_of(read("s_intersects(geometry, BBOX(160.6,-55.95,-170,-25.89))"))
    assert area.geom_type == "MultiPolygon"
    # 19.4° and 10° wide, 30.06° high
    assert area.area == pytest.approx((19.4 + 10.0) * 30.06)
    assert area.contains(shapely.Point(-175, -40))
    assert not area.intersects(shapely.Point(0, -40))


def test_a_box_in_lat_lon_crosses_where_its_longitudes_do() -> None:
    area = shape_of(read("s_intersects(geometry, BBOX(-10,170,10,-170))", "EPSG:4326"))
    assert area.bounds == (-180, -10, 180, 10)
    assert not area.intersects(shapely.Point(0, 0))


def test_heights_are_left_aside() -> None:
    flat = read("s_intersects(geometry, BBOX(1,2,3,4)) and s_equals(geometry, POINT(1 2))")
    assert flat == read(
        "s_intersects(geometry, BBOX(1,2,-50,3,4,100)) and s_equals(geometry, POINT Z (1 2 7))"
    )


def test_a_collection_is_each_of_its_parts() -> None:
    parts = read("s_intersects(geometry,POINT(1 2)) or s_intersects(geometry,LINESTRING(0 0,1 1))")
    assert read("s_intersects(geometry,GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1)))") == parts
    wrong = refusal("s_within(geometry,GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1)))")
    assert wrong.expected == "one kind of geometry"


@pytest.mark.parametrize(
    ("text", "what", "got"),
    [
        ("magnitude = 'x'", "operands of = that are not of one kind", "text"),
        ("name > 5", "operands of > that are not of one kind", "number"),
        ("magnitude = true", "operands of = that are not of one kind", "boolean"),
        ("occurred_at = 5", "operands of = that are not of one kind", "number"),
        ("geometry = 5", "an operand that = cannot take", "geometry"),
        ("magnitude + name > 1", "an operand that + cannot take", "text"),
        ("magnitude LIKE 'x'", "an operand that like cannot take", "number"),
        ("casei(magnitude) = 'x'", "an operand that casei cannot take", "number"),
        ("s_intersects(name, POINT(1 2))", "an operand that s_intersects cannot take", "text"),
        ("t_during(occurred_at, INTERVAL('..','..'))", "an operand that t_during cannot take", "time"),
        ("t_after(magnitude, DATE('2020-01-01'))", "an operand that t_after cannot take", "number"),
        ("magnitude IN (1, 'x')", "operands of in that are not of one kind", "text"),
        ("magnitude BETWEEN 1 AND 'x'", "operands of <= that are not of one kind", "text"),
        ("name LIKE name", "not a pattern", "a property or function"),
        ("name LIKE 'x\\\\'", "a pattern that ends in an escape", "x\\"),
        ("magnitude", "not a condition", "number"),
        ("magnitude + 1", "not a condition", "number"),
        ("(name = 'x') = true", "a condition as operand of =", "="),
        ("buffer(geometry, 1) = 2", "no such operator or function", "buffer"),
        ("nobody = 1", "no such property", "nobody"),
        ("magnitude = 1e400", "not a finite number", "inf"),
        ("magnitude = 1 / 0", "a number that cannot be computed", "1 / 0"),
        ("magnitude = 10 ^ 400", "a number that cannot be computed", "10 ^ 400"),
        ("occurred_at = DATE('2020-13-01')", "not a date", "2020-13-01"),
        ("occurred_at = DATE('2020-1-1')", "not a date", "2020-1-1"),
        ("occurred_at = TIMESTAMP('2020-01-01T00:00:00')", "not a timestamp", "2020-01-01T00:00:00"),
        (
            "occurred_at = TIMESTAMP('0001-01-01T00:00:00+08:00')",
            "not a timestamp",
            "0001-01-01T00:00:00+08:00",
        ),
        (
            "t_after(occurred_at, INTERVAL('2020-01-02','2020-01-01'))",
            "an interval that ends before it begins",
            None,
        ),
        ("s_intersects(geometry, POINT(90 180))", "a place that is not on earth", "[90.0, 180.0]"),
        ("s_intersects(geometry, POINT(nan 1))", "a place that is not on earth", "[nan, 1.0]"),
        ("s_intersects(geometry, POINT EMPTY)", "an empty geometry", "POINT EMPTY"),
        ("s_intersects(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))", "a geometry that is not valid", None),
        ("s_intersects(geometry, POLYGON((0 0,1 1)))", "not a geometry", None),
        ("s_intersects(geometry, BBOX(1,2,3))", "not a bbox", "[1, 2, 3]"),
        ("s_intersects(geometry, BBOX(1,4,3,2))", "a bbox that ends before it begins", "[1, 4, 3, 2]"),
        ("s_intersects(geometry)", "a wrong number of operands of s_intersects", "1"),
    ],
)
def test_a_mistake_is_named(text: str, what: str, got: str | None) -> None:
    found = refusal(text)
    assert found.what == what
    assert found.where.startswith("filter")
    assert found.expected
    assert got is None or found.got == got


@pytest.mark.parametrize(
    ("text", "at", "got"),
    [
        ("", 1, "the end"),
        ("magnitude >", 12, "the end"),
        ("magnitude > > 5", 13, "> 5"),
        ("magnitude = 5)", 14, ")"),
        ("(magnitude = 5", 15, "the end"),
        ("name = 'x", 8, "'x"),
        ("name = 'x' depth = 2", 12, "depth = 2"),
        ("name = name = name", 13, "= name"),
        ("magnitude NOT 5", 15, "5"),
        ("name = 1; DROP TABLE feature_earthquake", 9, "; DROP TABLE feature_earthquake"),
        ("name = 'x' # comment", 12, "# comment"),
        ("magnitude != 5", 11, "!= 5"),
    ],
)
def test_a_mistake_in_the_text_says_where(text: str, at: int, got: str) -> None:
    found = refusal(text)
    assert (found.what, found.got) in {
        ("not CQL2 Text", got),
        ("operands of = that are not of one kind", "number"),
    }
    if found.what == "not CQL2 Text":
        assert found.where == f"filter, character {at}"


@pytest.mark.parametrize(
    "tree",
    [
        None,
        5,
        "true",
        [],
        {},
        {"op": "and", "args": [True]},
        {"op": "not", "args": [True, False]},
        {"op": "=", "args": {"property": "name"}},
        {"op": "=", "args": [{"property": "name"}, None]},
        {"op": "=", "args": [{"property": 5}, 5]},
        {"op": "=", "args": [{"property": "name"}, "x"], "more": 1},
        {"op": "=", "args": [{"property": "name"}, "\0"]},
        {"op": "AND", "args": [True, True]},
        {"op": ["="], "args": [1, 1]},
        {
            "op": "s_intersects",
            "args": [{"property": "geometry"}, {"type": "Point", "coordinates": ["1", 2]}],
        },
        {
            "op": "s_intersects",
            "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [[1, 2]]}],
        },
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Feature", "geometry": None}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": "1,2,3,4"}]},
        {"op": "t_after", "args": [{"property": "occurred_at"}, {"interval": ["..", None]}]},
        {"op": "t_after", "args": [{"property": "occurred_at"}, {"interval": [".."]}]},
        {"op": "t_after", "args": [{"property": "occurred_at"}, {"date": 5}]},
    ],
)
def test_json_that_is_no_filter_is_refused(tree: Any) -> None:
    assert refusal(json.dumps(tree), "cql2-json").where.startswith("filter")


def test_what_is_no_json_is_refused() -> None:
    for text in (b"", b"{", b"\xff\xfe", b'{"op": NaN}', b"[" * 60_000, b'{"a":' * 10_000, '"\ud800"'):
        assert refusal(text, "cql2-json").what == "not JSON"


_DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "magnitude = 1" + ")" * n,
    "open parentheses": lambda n: "(" * n,
    "parentheses about a mistake": lambda n: "(" * n + "magnitude = " + ")" * n,
    "denials": lambda n: "NOT " * n + "magnitude = 1",
    "signs": lambda n: "magnitude = " + "-" * n + "1",
    "signs apart": lambda n: "magnitude = " + "- " * n + "depth",
    "functions": lambda n: "casei(" * n + "name" + ")" * n + " = 'x'",
    "open functions": lambda n: "casei(" * n,
    "powers": lambda n: "magnitude = 1" + " ^ depth" * n,
    "sums": lambda n: "magnitude = 1" + " + depth" * n,
    "comparisons": lambda n: "magnitude" + " = magnitude" * n,
    "lists": lambda n: "magnitude IN " + "(" * n + "1" + ")" * n,
    "intervals": lambda n: "INTERVAL(" * n,
    "collections": lambda n: (
        "s_intersects(geometry," + "GEOMETRYCOLLECTION(" * n + "POINT(1 2)" + ")" * n + ")"
    ),
}


@pytest.mark.parametrize("count", [MOST_NESTED + 2, 500, 10_000])
@pytest.mark.parametrize("name", _DEEP)
def test_a_filter_that_is_nested_too_deeply_is_refused(name: str, count: int) -> None:
    """A parser that goes back and forth would never end here, one that recurses would end the process."""
    assert refusal(_DEEP[name](count)).where.startswith("filter")


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    for count in (MOST_NESTED, 500):
        tree: Any = True
        for _ in range(count):
            tree = {"op": "not", "args": [tree]}
        assert refusal(json.dumps(tree), "cql2-json").what == "a filter that is nested too deeply"


def test_what_is_nested_as_deeply_as_can_be_is_read() -> None:
    depth = MOST_NESTED - 1
    assert read("(" * depth + "magnitude = 1" + ")" * depth) == read("magnitude = 1")
    tree: Any = True
    for _ in range(depth):
        tree = {"op": "not", "args": [tree]}
    assert parse_filter(json.dumps(tree), "cql2-json", EARTHQUAKE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_filter_of_a_megabyte_is_refused_unread(language: str) -> None:
    found = refusal("x" * 1_000_000, language)
    assert found.what == "a filter too long"
    assert found.got == "1000000 bytes"


def test_a_filter_of_too_many_parts_is_refused() -> None:
    many = " OR ".join(["deaths = 1"] * (MOST_NODES // 3 + 1))  # three nodes each
    assert refusal(many).what == "a filter too large"


def test_what_grows_when_it_is_taken_apart_is_bounded() -> None:
    days = ",".join(["'2008-05-12'"] * 251)
    assert refusal(f"occurred_at IN ({days})").what == "a list of times too long"
    names = ",".join(["name"] * 32)
    assert refusal(f"a_equals(({names}),({names}))").what == "arrays too large"


def test_a_geometry_of_too_many_vertices_is_refused() -> None:
    line = [[number / 1000, 0] for number in range(5_001)]
    tree = {
        "op": "s_intersects",
        "args": [{"property": "geometry"}, {"type": "MultiLineString", "coordinates": 2 * [line]}],
    }
    text = json.dumps(tree, separators=(",", ":"))
    assert len(text) > LANGUAGES["cql2-json"]  # so that a client meets the limit of bytes before
    assert refusal(text, "cql2-json").what == "a filter too long"


def test_bytes_that_are_no_text_are_refused() -> None:
    assert refusal(b"name = '\xff\xfe'").what == "not text"


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("()'\"\\.,=<>+-*/%^ 0e1aé尾\n") | st.characters(), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert outcome(text, "cql2-text")


_WORDS = [
    "magnitude",
    "name",
    "occurred_at",
    "geometry",
    "1",
    "'x'",
    "(",
    ")",
    ",",
    "=",
    "<",
    "AND",
    "OR",
    "NOT",
]
_WORDS += [
    "IS NULL",
    "LIKE",
    "IN",
    "BETWEEN",
    "+",
    "-",
    "^",
    "DATE(",
    "INTERVAL(",
    "'..'",
    "BBOX(",
    "POINT(1 2)",
]
_WORDS += ["CASEI(", "T_AFTER(", "S_INTERSECTS(", "A_EQUALS(", "TRUE", "TIMESTAMP('2020-01-01T00:00:00Z')"]


@settings(max_examples=500, deadline=None)
@given(words=st.lists(st.sampled_from(_WORDS), max_size=12))
def test_any_words_of_the_language_are_read_or_refused(words: list[str]) -> None:
    assert outcome(" ".join(words), "cql2-text")


_TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(_WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"op": st.sampled_from(["=", "and", "in", "like", "t_after", "s_within", "a_equals", "+", "x"])}
            | {"args": st.lists(inner, max_size=3)}
        )
        | st.dictionaries(
            st.sampled_from(["property", "date", "interval", "bbox", "type", "coordinates", "op"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=500, deadline=None)
@given(tree=_TREES)
def test_any_json_is_read_or_refused(tree: Any) -> None:
    assert outcome(json.dumps(tree), "cql2-json")


# What Clauses 6 to 8 and Annex A of the standard give as examples, on properties that are served here.
EXAMPLES: dict[str, Expression | None] = {
    "name = 'Toronto'": Call("=", (NAME, Literal("Toronto"))),
    "magnitude - 150.0 > 0": Call(">", (Call("-", (MAGNITUDE, Literal(150))), Literal(0))),
    "occurred_at >= date('1970-01-01')": Call("not", (Call("before", (TIME, Literal(date(1970, 1, 1)))),)),
    "geometry IS NOT NULL": Call("not", (Call("isNull", (Property("geometry"),)),)),
    "name LIKE 'Smith%'": Call("like", (NAME, Literal("Smith%"))),
    "depth BETWEEN 100.0 and 150.0": Call(
        "and",
        (
            Call(">=", (Property("depth"), Literal(100))),
            Call("<=", (Property("depth"), Literal(150))),
        ),
    ),
    "name IN ('Toronto','Frankfurt','Tokyo','New York')": Call(
        "in", (NAME, Array(tuple(map(Literal, ("Toronto", "Frankfurt", "Tokyo", "New York")))))
    ),
    "deaths NOT IN (1,2,3,4)": Call(
        "not", (Call("in", (Property("deaths"), Array(tuple(map(Literal, (1, 2, 3, 4)))))),)
    ),
    "CASEI(name) IN (CASEI('Οδος'),CASEI('Straße'))": Call(
        "in", (Call("casei", (NAME,)), Array((Literal("οδοσ"), Literal("strasse"))))
    ),
    "ACCENTI(name) = ACCENTI('débárquér')": Call("=", (Call("accenti", (NAME,)), Literal("debarquer"))),
    "S_INTERSECTS(geometry,POINT(36.319836 32.288087))": Call(
        "s_intersects", (Property("geometry"), Shape(shapely.Point(36.319836, 32.288087)))
    ),
    "T_INTERSECTS(occurred_at, INTERVAL('1969-07-16T05:32:00Z', '1969-07-24T16:50:35Z'))": Call(
        "and",
        (
            Call("not", (Call("before", (Literal(datetime(1969, 7, 24, 16, 50, 35, tzinfo=UTC)), TIME)),)),
            Call("not", (Call("before", (TIME, Literal(datetime(1969, 7, 16, 5, 32, tzinfo=UTC)))),)),
        ),
    ),
    "A_CONTAINS(('layers-ca','layers-us','x'), ('layers-ca','layers-us'))": Literal(True),
    "S_CROSSES(LINESTRING(-79.2998 43.72992, -79.2917 43.73486),"
    "POLYGON((-79.2986 43.7286, -79.2996 43.7311, -79.2972 43.7323, -79.2986 43.7286)))": Literal(True),
    "name = 'Via dell''Avvento'": Call("=", (NAME, Literal("Via dell'Avvento"))),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_standard_are_read(text: str) -> None:
    assert read(text) == EXAMPLES[text]


def test_each_type_of_property_is_compared_with_its_own() -> None:
    values = {
        "number": "3.14",
        "integer": "1",
        "string": "'foo'",
        "boolean": "true",
        "datetime": "DATE('2022-04-14')",
    }
    for name, field in itertools.chain(TSF.properties.items(), EARTHQUAKE.properties.items()):
        schema = TSF if name in TSF.properties else EARTHQUAKE
        for kind, literal in values.items():
            fits = {field.type, kind} <= {"number", "integer"} or field.type == kind
            try:
                parse_filter(f'"{name}" = {literal}', "cql2-text", schema)
            except InvalidInput:
                assert not fits
            else:
                assert fits


def test_literals_with_no_way_into_a_database_are_refused() -> None:
    assert refusal("name = 'a\0b'").what == "text with a character that no text has"
    assert np.isfinite(float(2**80))
    assert read("deaths = 1208925819614629174706176") == Call(
        "=", (Property("deaths"), Literal(float(2**80)))
    )
