"""Expressions as SQL: values are bound, indexes serve, what is missing is not selected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data_catalog.collection import collection
from data_catalog.cql2 import parse_filter
from data_catalog.expression import GEOMETRY, Call, Literal, Property
from data_catalog.store.postgis import Postgis
from data_catalog.store.predicate import condition
from data_catalog.store.sqlite import Sqlite

EARTHQUAKE = collection("earthquake")
TABLE = sa.Table(
    "feature_earthquake",
    sa.MetaData(),
    sa.Column("id", sa.String),
    sa.Column("name", sa.String, index=True),
    sa.Column("magnitude", sa.Double, index=True),
    sa.Column("deaths", sa.BigInteger, index=True),
    sa.Column("occurred_at", sa.String, index=True),
    sa.Column("geometry", sa.LargeBinary),
)
ROWS = [
    ("a", "汶川", 7.9, 69227, "2008-05-12T06:28:01.000000Z", shapely.Point(103.3, 31.0)),
    ("b", "Diexi", 7.5, None, "1933-08-25", shapely.Point(103.7, 32.0)),
    ("c", None, None, 5, "1786", shapely.Point(102.0, 29.9)),
    ("d", "100%", 6.6, 5, None, shapely.Point(102.9, 30.3)),
    ("e", "100", 6.6, 0, "2008-05-12T06:28:01.500000Z", shapely.Point(102.9, 30.3)),
]
MALICE = "x'; DROP TABLE feature_earthquake; --"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Sqlite]:
    backend = Sqlite(tmp_path / "store.db")
    with backend.writing() as connection:
        TABLE.create(connection)
        names = [column.name for column in TABLE.c]
        connection.execute(
            TABLE.insert(), [dict(zip(names, (*row[:-1], row[-1].wkb), strict=True)) for row in ROWS]
        )
    yield backend
    backend.close()


def where(text: str, backend: object) -> sa.ColumnElement[bool]:
    columns = {column.name: column for column in TABLE.c} | {GEOMETRY: TABLE.c.geometry}
    return condition(parse_filter(text, "cql2-text", EARTHQUAKE), columns, backend)  # type: ignore[arg-type]


def selected(backend: Sqlite, text: str) -> str:
    with backend.reading() as connection:
        found = connection.execute(sa.select(TABLE.c.id).where(where(text, backend)).order_by(TABLE.c.id))
        return "".join(found.scalars())


def plan(backend: Sqlite, text: str) -> str:
    with backend.reading() as connection:
        query = sa.select(TABLE.c.id).where(where(text, backend))
        made = query.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
        values = tuple(made.params[name] for name in made.positiontup or ())
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {made}", values)
        return " ".join(row[3] for row in rows)


QUOTED = MALICE.replace("'", "''")
EVERY_KIND = f"""
    name = '{QUOTED}' AND name LIKE '{QUOTED}%' AND magnitude * 5.25 > 31.5 AND name IN ('needle')
    AND casei(name) = 'haystack' AND occurred_at > TIMESTAMP('2008-05-12T06:28:01Z')
    AND t_after(INTERVAL(occurred_at,'..'),INTERVAL(occurred_at,'2011-11-11'))
    AND s_within(geometry, POLYGON((100.125 30,101 30,101 31,100.125 30)))
"""


@pytest.mark.parametrize("made", [Sqlite, Postgis])
def test_no_value_of_a_filter_is_in_the_text_of_the_statement(made: type[Sqlite | Postgis]) -> None:
    dialect = sqlite.dialect() if made is Sqlite else postgresql.dialect()
    found = where(EVERY_KIND, made).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    for value in ("DROP", "needle", "haystack", "31.5", "5.25", "2008", "2011", "100.125", "30", "101"):
        assert value not in str(found)


def test_sql_in_a_text_is_text(opened: Sqlite) -> None:
    assert selected(opened, f"name = '{QUOTED}' OR name LIKE '%{QUOTED}'") == ""
    assert selected(opened, "true") == "abcde"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = '汶川'", "a"),
        ("name <> '汶川'", "bde"),
        ("NOT name = '汶川'", "bde"),
        ("name LIKE '100\\%'", "d"),
        ("name LIKE '100%'", "de"),
        ("name LIKE 'd%'", ""),
        ("casei(name) LIKE casei('D%')", "b"),
        ("magnitude > 7 OR deaths = 5", "abcd"),
        ("NOT (magnitude > 7 AND deaths = 5)", "ade"),
        ("deaths / 2 > 2", "acd"),
        ("deaths % 2 = 1", "acd"),
        ("10 / deaths = 2", "cd"),
        ("10 div deaths = 2 OR NOT 10 div deaths = 2", "acd"),
        ("(0 - deaths) ^ 0.5 > 0 OR NOT (0 - deaths) ^ 0.5 > 0", "e"),
        ("deaths IS NULL", "b"),
    ],
)
def test_each_condition_selects_what_it_is_true_of(opened: Sqlite, text: str, expected: str) -> None:
    assert selected(opened, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("occurred_at = DATE('2008-05-12')", "ae"),
        ("occurred_at = TIMESTAMP('2008-05-12T06:28:01Z')", "a"),
        ("occurred_at > TIMESTAMP('2008-05-12T06:28:01Z')", "e"),
        ("occurred_at < TIMESTAMP('2008-05-12T06:28:01.5Z')", "abc"),
        ("occurred_at >= TIMESTAMP('2008-05-12T06:28:01.5Z')", "e"),
        ("occurred_at = TIMESTAMP('1933-08-25T07:50:30Z')", "b"),  # somewhen on that day
        ("occurred_at < TIMESTAMP('1933-08-25T07:50:30Z')", "c"),
        ("occurred_at > DATE('1786-06-01')", "abe"),
        ("occurred_at = DATE('1786-06-01')", "c"),  # somewhen in that year
        ("t_during(INTERVAL(occurred_at,occurred_at), INTERVAL('1785-01-01','1787-01-01'))", "c"),
        ("t_equals(occurred_at, occurred_at)", "abce"),
        ("NOT t_intersects(occurred_at, INTERVAL('1900-01-01','2000-01-01'))", "ace"),
    ],
)
def test_a_time_that_says_less_is_all_of_what_it_names(opened: Sqlite, text: str, expected: str) -> None:
    assert selected(opened, text) == expected


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("name = '汶川'", "name"),
        ("name LIKE '汶%'", "name"),
        ("name LIKE '汶_%川'", "name"),
        ("name IN ('汶川', 'x')", "name"),
        ("deaths = 2 + 3", "deaths"),
        ("deaths = 5.0", "deaths"),
        ("magnitude BETWEEN 7 AND 8", "magnitude"),
        ("occurred_at > DATE('2008-05-12')", "occurred_at"),
        ("occurred_at = DATE('2008-05-12')", "occurred_at"),
        ("t_intersects(occurred_at, INTERVAL('2008-01-01','2008-12-31'))", "occurred_at"),
    ],
)
def test_an_index_serves(opened: Sqlite, text: str, column: str) -> None:
    assert f"USING INDEX ix_feature_earthquake_{column} ({column}" in plan(opened, text)


def test_a_chain_of_a_thousand_conditions_is_answered(opened: Sqlite) -> None:
    """SQLite refuses a tree of a thousand levels, which it makes of a chain."""
    names = ", ".join(["name"] * 31)
    assert selected(opened, f"a_overlaps(({names}), ('x', {names}))") == "abde"
    days = ", ".join(f"'{year}-0{month}-01'" for year in range(1786, 1814) for month in range(1, 9))
    assert selected(opened, f"occurred_at IN ({days})") == "c"


def test_times_may_be_compared_by_the_signs_too(opened: Sqlite) -> None:
    """As what selects by ``datetime`` does, without a text of CQL2."""
    from datetime import date

    columns = {column.name: column for column in TABLE.c}
    later = Call(">=", (Property("occurred_at"), Literal(date(2008, 5, 12))))
    with opened.reading() as connection:
        query = sa.select(TABLE.c.id).where(condition(later, columns, opened)).order_by(TABLE.c.id)
        assert "".join(connection.execute(query).scalars()) == "ae"
