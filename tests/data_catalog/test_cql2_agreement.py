"""SQL on both databases, arrays and a plain oracle select the same rows by any filter."""

from __future__ import annotations

import calendar
import json
import math
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import cql2
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data_catalog.collection import Collection
from data_catalog.cql2 import parse_filter
from data_catalog.cql2_text import parse_text
from data_catalog.dataset import Field
from data_catalog.evaluation import Shapes, matching
from data_catalog.expression import GEOMETRY, Expression
from data_catalog.store.postgis import Postgis
from data_catalog.store.predicate import condition
from data_catalog.store.sqlite import Sqlite
from minegis.errors import InvalidInput

_BOTH = {"zh": "示例", "en": "Example"}
THINGS = Collection(
    id="thing",
    title=_BOTH,
    geometry=("Point", "LineString", "Polygon"),
    fields=tuple(
        Field(name=name, type=kind, label=_BOTH)
        for name, kind in {
            "name": "string",
            "alias": "string",
            "size": "number",
            "count": "integer",
            "open": "boolean",
            "day": "date",
            "begin": "datetime",
            "end": "datetime",
        }.items()
    ),
)

TEXTS = [
    "",
    "a",
    "A",
    "Ab",
    "ÄB",
    "äb",
    "straße",
    "STRASSE",
    "København",
    "Kobenhavn",
    "尾矿库",
    "青石沟尾矿库",
]
TEXTS += ["a%b", "a_b", "a\\b", "x'y", "''", "Οδος", "ΟΔΟΣ", "papá", "한글", "\U0001f30d", "a\nb"]
PATTERNS = [
    "%",
    "_%",
    "",
    "%%",
    "a%",
    "A_",
    "%b",
    "a\\%b",
    "a\\_b",
    "a\\\\b",
    "%尾矿%",
    "_尾%",
    "%a%",
    "k%n",
    "%'%",
]
NUMBERS = [-2.5, -1, 0, 0.5, 1, 2, 3, 10, 7.25, 1e6]
TIMES = ["2019", "2020", "2020-02", "2020-03", "2020-02-29", "2020-03-01", "2020-12-31", "2021-01-01"]
TIMES += [
    "2020-02-29T00:00:00Z",
    "2020-02-29T23:59:59Z",
    "2020-02-29T23:59:59.500000Z",
    "2020-03-01T00:00:00Z",
]
TIMES += ["2020-02-29T00:00:00.000000Z", "2019-12-31T23:59:59.999999Z", "2021-01-01T00:00:00.000001Z"]
LITERAL_TIMES = [text for text in TIMES if len(text) >= 10]
SHAPES = [
    "POINT (0 0)",
    "POINT (2 2)",
    "POINT (4 0)",
    "LINESTRING (0 0, 4 4)",
    "LINESTRING (0 4, 4 0)",
    "LINESTRING (1 1, 3 3)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))",
    "POLYGON ((1 1, 3 1, 3 3, 1 3, 1 1))",
    "POLYGON ((4 0, 8 0, 8 4, 4 4, 4 0))",
    "POLYGON ((3 3, 6 3, 6 6, 3 6, 3 3))",
    "POLYGON ((0 0, 8 0, 0 8, 0 0))",
    "MULTIPOINT ((0 0), (2 2))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), ((5 5, 6 5, 6 6, 5 6, 5 5)))",
]


def _rows() -> list[dict[str, Any]]:
    """Rows in which every value of the lists stands beside many others, and anything may be missing."""
    dice = np.random.default_rng(7)

    def one(values: list[Any]) -> Any:
        return None if dice.random() < 0.15 else values[dice.integers(len(values))]

    return [
        {
            "id": f"thing-{number}",
            "name": one(TEXTS),
            "alias": one(TEXTS),
            "size": one(NUMBERS),
            "count": one([-3, 0, 1, 2, 7, 2**40]),
            "open": one([True, False]),
            "day": one([text for text in TIMES if len(text) <= 10]),
            "begin": one(TIMES),
            "end": one(TIMES),
            GEOMETRY: shapely.from_wkt(SHAPES[dice.integers(len(SHAPES))]),
        }
        for number in range(150)
    ]


ROWS = _rows()

# The oracle: CQL2 JSON on one row in plain Python; None is unknown.

type Row = dict[str, Any]


def truth(node: Any, row: Row) -> bool | None:  # noqa: PLR0911 - one case after another
    if isinstance(node, bool):
        return node
    if "property" in node:
        return row[node["property"]]
    op, args = node["op"], node["args"]
    if op == "not":
        inner = truth(args[0], row)
        return None if inner is None else not inner
    if op in ("and", "or"):
        found = [truth(arg, row) for arg in args]
        deciding = op == "or"
        return deciding if deciding in found else None if None in found else not deciding
    if op == "isNull":
        return value(args[0], row) is None
    if op == "between":
        return truth(_call("and", _call(">=", args[0], args[1]), _call("<=", args[0], args[2])), row)
    if op == "in":
        return truth(_call("or", False, *(_call("=", args[0], each) for each in args[1])), row)
    if op.startswith("a_"):
        return _array(op, *args, row)
    left, right = (value(arg, row) for arg in args)
    if op.startswith("t_"):
        return _temporal(op, left, right)
    if left is None or right is None:
        return None
    if op.startswith("s_"):
        return bool(getattr(shapely, op[2:])(left, right))
    if op == "like":
        return _like(left, right)
    return _compare(op, left, right)


def value(node: Any, row: Row) -> Any:  # noqa: PLR0911 - one case after another
    if not isinstance(node, dict):
        return node
    if "property" in node:
        found = row[node["property"]]
        return _span(found) if node["property"] in ("day", "begin", "end") and found is not None else found
    if "interval" in node:
        ends = [
            each if isinstance(each, dict) else each if each == ".." else _stamped(each)
            for each in node["interval"]
        ]
        first, last = (None if each == ".." else value(each, row) for each in ends)
        infinite = (datetime.min.replace(tzinfo=UTC),) * 2, (datetime.max.replace(tzinfo=UTC),) * 2
        return (
            infinite[0] if ends[0] == ".." else first,
            infinite[1] if ends[1] == ".." else last,
            "interval",
        )
    if "date" in node or "timestamp" in node:
        return _span(next(iter(node.values())))
    if "type" in node:
        return shapely.geometry.shape(node)
    if "bbox" in node:
        return shapely.box(*node["bbox"])
    given = [value(arg, row) for arg in node["args"]]
    return None if None in given else _VALUES[node["op"]](*given)


def _call(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def _stamped(text: str) -> dict[str, str]:
    return {"date" if len(text) == 10 else "timestamp": text}


def _span(text: str) -> tuple[datetime, datetime]:
    if len(text) > 10:
        moment = datetime.fromisoformat(text)
        return moment, moment
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    last = date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
    return (
        datetime.combine(first, time.min, UTC),
        datetime.combine(last, time.min, UTC) + timedelta(days=1) - timedelta(microseconds=1),
    )


def _compare(op: str, a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        less, more = a[1] < b[0], a[0] > b[1]
    else:
        less, more = a < b, a > b
    return {
        "<": less,
        ">": more,
        "<=": not more,
        ">=": not less,
        "=": not less and not more,
        "<>": less or more,
    }[op]


def _temporal(op: str, left: Any, right: Any) -> bool | None:
    a, z = left[:2] if left is not None and len(left) == 3 else (left, left)
    b, y = right[:2] if right is not None and len(right) == 3 else (right, right)
    wanted = {
        "t_after": [(a, ">", y)],
        "t_before": [(z, "<", b)],
        "t_equals": [(a, "=", b), (z, "=", y)],
        "t_intersects": [(a, "<=", y), (z, ">=", b)],
        "t_contains": [(a, "<", b), (z, ">", y)],
        "t_during": [(a, ">", b), (z, "<", y)],
        "t_finishedby": [(a, "<", b), (z, "=", y)],
        "t_finishes": [(a, ">", b), (z, "=", y)],
        "t_meets": [(z, "=", b)],
        "t_metby": [(a, "=", y)],
        "t_overlappedby": [(a, ">", b), (a, "<", y), (z, ">", y)],
        "t_overlaps": [(a, "<", b), (z, ">", b), (z, "<", y)],
        "t_startedby": [(a, "=", b), (z, ">", y)],
        "t_starts": [(a, "=", b), (z, "<", y)],
    }
    if op == "t_disjoint":
        met = _temporal("t_intersects", left, right)
        return None if met is None else not met
    found = [None if p is None or q is None else _compare(sign, p, q) for p, sign, q in wanted[op]]
    return False if False in found else None if None in found else True


def _array(op: str, left: list[Any], right: list[Any], row: Row) -> bool | None:
    def held(inner: list[Any], outer: list[Any]) -> Any:
        anywhere = [_call("or", False, *(_same(a, b) for b in outer)) for a in inner]
        return _call("and", True, *anywhere)

    def _same(a: Any, b: Any) -> Any:
        kinds = {_kind(a), _kind(b)}
        return _call("=", a, b) if len(kinds) == 1 else False

    wanted = {
        "a_contains": held(right, left),
        "a_containedby": held(left, right),
        "a_equals": _call("and", held(left, right), held(right, left)),
        "a_overlaps": _call("or", False, *(_same(a, b) for a in left for b in right)),
    }
    return truth(wanted[op], row)


def _kind(node: Any) -> str:
    if isinstance(node, dict):
        return "number" if node["property"] in ("size", "count") else "text"
    return "text" if isinstance(node, str) else "number"


def _like(text: str, pattern: str) -> bool:
    """Match by the table of which beginnings match which, as in a textbook."""
    pieces: list[tuple[str, bool]] = []
    rest = iter(pattern)
    for character in rest:
        pieces.append((next(rest), False) if character == "\\" else (character, character in "%_"))
    reached = {0}
    for character, wild in pieces:
        if wild and character == "%":
            reached = set(range(min(reached, default=len(text) + 1), len(text) + 1))
        else:
            reached = {n + 1 for n in reached if n < len(text) and (wild or text[n] == character)}
    return len(text) in reached


def _bare(text: str) -> str:
    kept = [letter for letter in unicodedata.normalize("NFD", text) if not "\u0300" <= letter <= "\u036f"]
    return unicodedata.normalize("NFC", "".join(kept).replace("ø", "o").replace("Ø", "O"))


_VALUES: dict[str, Callable[..., Any]] = {
    "casei": str.casefold,
    "accenti": _bare,
    "+": lambda a, b: float(a) + b,
    "-": lambda a, b: float(a) - b,
    "*": lambda a, b: float(a) * b,
    "/": lambda a, b: a / b if b else None,
    "div": lambda a, b: float(math.trunc(a / b)) if b else None,
    "%": lambda a, b: a - b * float(math.trunc(a / b)) if b else None,
    "^": lambda a, b: float(a) ** b if a or b >= 0 else None,
}

# Filters of every operator.


def _property(*names: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(names).map(lambda name: {"property": name})


_LITERAL_TEXT = st.sampled_from(TEXTS)
_TEXT = st.recursive(
    _property("name", "alias", "id") | _LITERAL_TEXT,
    lambda inner: st.builds(_call, st.sampled_from(["casei", "accenti"]), inner),
    max_leaves=2,
)
_NUMBER = st.recursive(
    _property("size", "count") | st.sampled_from(NUMBERS),
    lambda inner: (
        st.builds(_call, st.sampled_from(["+", "-", "*", "/", "%", "div"]), inner, inner)
        | st.builds(_call, st.just("^"), inner, st.sampled_from([0, 1, 2, 3, -1]))
    ),
    max_leaves=4,
)
_TIME_LITERAL = st.sampled_from(LITERAL_TIMES)
_TIME = _property("day", "begin", "end") | _TIME_LITERAL.map(_stamped)
_END = _property("day", "begin", "end") | _TIME_LITERAL | st.just("..")
_INTERVAL = st.tuples(_END, _END).map(lambda ends: {"interval": list(ends)})
_GEOMETRY = st.one_of(
    _property(GEOMETRY),
    st.sampled_from(SHAPES).map(lambda wkt: json.loads(shapely.to_geojson(shapely.from_wkt(wkt)))),
    st.sampled_from([[0, 0, 4, 4], [1, 1, 3, 3], [-1, -1, 9, 9], [3, 0, 5, 9]]).map(
        lambda box: {"bbox": box}
    ),
)
_ELEMENTS = st.lists(
    _property("name", "size", "count") | _LITERAL_TEXT | st.sampled_from(NUMBERS), max_size=3
)
_SIGN = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
_ANY_TIMES = ["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"]
_INTERVALS = ["contains", "during", "finishedby", "finishes", "meets", "metby", "overlappedby", "overlaps"]
_INTERVALS += ["startedby", "starts"]
_SPATIAL = ["intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains"]
_PREDICATE = st.one_of(
    st.booleans(),
    _property("open"),
    st.builds(_call, _SIGN, _TEXT, _TEXT),
    st.builds(_call, _SIGN, _NUMBER, _NUMBER),
    st.builds(_call, _SIGN, _property("open"), _property("open") | st.booleans()),
    st.builds(_call, _SIGN, _TIME, _TIME),
    st.builds(_call, st.just("between"), _NUMBER, _NUMBER, _NUMBER),
    st.builds(_call, st.just("in"), _TEXT, st.lists(_TEXT, min_size=1, max_size=3)),
    st.builds(_call, st.just("in"), _NUMBER, st.lists(_NUMBER, min_size=1, max_size=3)),
    st.builds(_call, st.just("in"), _TIME, st.lists(_TIME, min_size=1, max_size=2)),
    st.builds(_call, st.just("like"), _TEXT, st.sampled_from(PATTERNS)),
    st.builds(_call, st.just("isNull"), _TEXT | _NUMBER | _TIME | _property(GEOMETRY, "open")),
    st.builds(_call, st.sampled_from(_ANY_TIMES), _TIME | _INTERVAL, _TIME | _INTERVAL),
    st.builds(_call, st.sampled_from([f"t_{name}" for name in _INTERVALS]), _INTERVAL, _INTERVAL),
    st.builds(_call, st.sampled_from([f"s_{name}" for name in _SPATIAL]), _GEOMETRY, _GEOMETRY),
    st.builds(
        _call,
        st.sampled_from(["a_equals", "a_contains", "a_containedby", "a_overlaps"]),
        _ELEMENTS,
        _ELEMENTS,
    ),
)
FILTERS = st.recursive(
    _PREDICATE,
    lambda inner: (
        st.builds(_call, st.just("not"), inner)
        | st.builds(_call, st.sampled_from(["and", "or"]), inner, inner)
        | st.builds(_call, st.sampled_from(["and", "or"]), inner, inner, inner)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def select_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Expression], set[str]]]:
    yield from _selecting(Sqlite(tmp_path_factory.mktemp("cql2") / "store.db"))


@pytest.fixture(scope="module")
def select_postgis(postgres: Callable[[], str]) -> Iterator[Callable[[Expression], set[str]]]:
    yield from _selecting(Postgis(postgres()))


def _selecting(backend: Any) -> Iterator[Callable[[Expression], set[str]]]:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    kinds = {"string": text, "number": sa.Double(), "integer": sa.BigInteger(), "boolean": sa.Boolean()}
    table = sa.Table(
        "feature_thing",
        sa.MetaData(),
        sa.Column("id", text),
        *(sa.Column(field.name, kinds.get(field.type, text)) for field in THINGS.fields),
        sa.Column("geometry", sa.LargeBinary),
    )
    columns = {column.name: column for column in table.c} | {GEOMETRY: backend.shape(table)}
    with backend.writing() as connection:
        backend.prepare(connection)
        table.create(connection)
        if backend.name == "postgis":
            backend.index_shapes(connection, table)
        connection.execute(table.insert(), [row | {GEOMETRY: row[GEOMETRY].wkb} for row in ROWS])

    def select(expression: Expression) -> set[str]:
        where = condition(expression, columns, backend)
        with backend.reading() as connection:
            return set(connection.execute(sa.select(table.c.id).where(where)).scalars())

    yield select
    backend.close()


def _columns(*, lazy: bool) -> dict[str, Any]:
    columns: dict[str, Any] = {name: np.array([row[name] for row in ROWS], dtype=object) for name in ROWS[0]}
    columns["size"] = columns["size"].astype(float)
    if lazy:
        shapes = columns[GEOMETRY]
        west, south, east, north = shapely.bounds(shapes).T
        inner = shapely.get_coordinates(shapely.point_on_surface(shapes))
        across = np.maximum(inner[:, 0] - west, east - inner[:, 0])
        along = np.maximum(inner[:, 1] - south, north - inner[:, 1])
        columns[GEOMETRY] = Shapes(lambda rows: shapes[rows], inner[:, 0], inner[:, 1], across, along)
    return columns


def _checked(node: Any) -> Expression:
    try:
        return parse_filter(json.dumps(node), "cql2-json", THINGS)
    except InvalidInput as error:
        assume(
            error.what not in ("a number that cannot be computed", "an interval that ends before it begins")
        )
        raise


def _expected(node: Any) -> set[str]:
    return {row["id"] for row in ROWS if truth(node, row) is True}


_QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@_QUICK
@given(node=FILTERS)
def test_sqlite_selects_what_the_oracle_does(
    select_sqlite: Callable[[Expression], set[str]], node: Any
) -> None:
    assert select_sqlite(_checked(node)) == _expected(node)


@_QUICK
@given(node=FILTERS)
def test_postgis_selects_what_the_oracle_does(
    select_postgis: Callable[[Expression], set[str]], node: Any
) -> None:
    assert select_postgis(_checked(node)) == _expected(node)


@_QUICK
@given(node=FILTERS, lazy=st.booleans())
def test_arrays_select_what_the_oracle_does(node: Any, lazy: bool) -> None:
    found = matching(_checked(node), _columns(lazy=lazy), len(ROWS))
    assert found.dtype == bool
    assert {row["id"] for row, chosen in zip(ROWS, found, strict=True) if chosen} == _expected(node)


@_QUICK
@given(node=FILTERS)
def test_text_says_what_json_says(node: Any) -> None:
    expected = _checked(node)
    assert parse_filter(_written(node), "cql2-text", THINGS) == expected


@_QUICK
@given(node=FILTERS)
def test_the_text_parser_reads_what_the_library_does(node: Any) -> None:
    written = _written(node)
    assume("\\" not in written and "()" not in written)  # it knows neither escapes nor empty arrays
    theirs = cql2.parse_text(written).to_json()
    assert _plain(parse_text(written)) == _plain(theirs)


def _written(node: Any) -> str:  # noqa: PLR0911 - one case after another
    """Write CQL2 JSON as text, with every parenthesis that may stand."""
    if isinstance(node, bool):
        return str(node).upper()
    if isinstance(node, str):
        escaped = node.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"
    if isinstance(node, list):
        return f"({','.join(map(_written, node))})"
    if not isinstance(node, dict):
        return str(node)
    match node:
        case {"property": name}:
            return f'"{name}"'
        case {"interval": ends}:
            return f"INTERVAL({','.join(map(_written, ends))})"
        case {"bbox": edges}:
            return f"BBOX{_written(edges)}"
        case {"type": _}:
            return shapely.to_wkt(shapely.geometry.shape(node), trim=True)
        case {"op": op, "args": args}:
            return _operator(op, list(map(_written, args)))
    ((kind, text),) = node.items()
    return f"{kind}('{text}')"


def _operator(op: str, args: list[str]) -> str:
    if op == "not":
        return f"NOT ({args[0]})"
    if op == "isNull":
        return f"({args[0]}) IS NULL"
    if op == "between":
        return f"({args[0]}) BETWEEN ({args[1]}) AND ({args[2]})"
    if op in ("in", "like"):
        return f"({args[0]}) {op} {args[1]}"
    if op[1:2] == "_" or op in ("casei", "accenti"):
        return f"{op.upper()}({', '.join(args)})"
    return f" {op} ".join(f"({arg})" for arg in args)


def _plain(tree: Any) -> Any:  # noqa: PLR0911 - one case after another
    """Return a parsed tree with numbers as floats, geometries as GeoJSON, conjunctions joined."""
    if isinstance(tree, shapely.Geometry):
        return _plain(json.loads(shapely.to_geojson(tree)))
    if isinstance(tree, dict) and tree.get("op") in ("and", "or"):
        parts = [_plain(part) for part in tree["args"]]
        same = [
            part["args"] if isinstance(part, dict) and part.get("op") == tree["op"] else [part]
            for part in parts
        ]
        return {"op": tree["op"], "args": [part for group in same for part in group]}
    if isinstance(tree, dict) and str(tree.get("op", "")).startswith("a_"):
        lists = [arg if isinstance(arg, list) else [arg] for arg in tree["args"]]
        return {"op": tree["op"].lower(), "args": [list(map(_plain, items)) for items in lists]}
    if isinstance(tree, dict) and "op" in tree:
        return {"op": tree["op"].lower(), "args": list(map(_plain, tree["args"]))}
    if isinstance(tree, dict):
        return {name: _plain(part) for name, part in tree.items()}
    if isinstance(tree, list):
        return list(map(_plain, tree))
    if isinstance(tree, str) and tree.endswith("000Z"):
        return tree.replace(".500000", ".5").replace(".000000", "")
    return float(tree) if isinstance(tree, int) and not isinstance(tree, bool) else tree
