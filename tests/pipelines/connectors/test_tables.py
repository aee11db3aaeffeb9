"""Rows of a foreign database: nothing but declared columns of one table, and only what is new."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from data_catalog.endpoint import Endpoint
from data_catalog.fetch import TableAsked
from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.services import tables
from pipelines.connectors.transport.table import read_table, statement

ASKED = TableAsked(service="table", table="reading", columns=("id", "at", "level"), watermark="id")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "plant.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE reading (id INTEGER, at TEXT, level REAL, secret TEXT)")
        connection.executemany(
            "INSERT INTO reading VALUES (?, ?, ?, 'x')",
            [(1, "2026-07-20 12:00", 1.5), (3, "2026-07-20 12:10", None), (2, "2026-07-20 12:05", 1.6)],
        )
    return path


@pytest.fixture
def table_job(job, monkeypatch):
    def made(url, asked=ASKED):
        monkeypatch.setenv("EXAMPLE_DATABASE", str(url))
        login = {"kind": "url", "variable": "EXAMPLE_DATABASE"}
        return job(asked, endpoint=Endpoint(address="database:", login=login, read_seconds=5))

    return made


def rows_of(shelf, found):
    with (shelf.site / found.path).open(newline="") as file:
        return list(csv.reader(file))


def test_what_is_new_since_the_last_reading_is_a_file_of_its_own(source, table_job, shelf):
    (found,) = tables.fetch(table_job(f"sqlite:///{source}"))
    assert rows_of(shelf, found) == [
        ["id", "at", "level"],
        ["1", "2026-07-20 12:00", "1.5"],
        ["2", "2026-07-20 12:05", "1.6"],
        ["3", "2026-07-20 12:10", ""],
    ]
    assert found.about == {"table": "reading", "rows": 3, "watermark": ["int", "3"]}
    assert list(tables.fetch(table_job(f"sqlite:///{source}"))) == []
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO reading VALUES (4, '2026-07-20 12:15', 1.7, 'x')")
    (newer,) = tables.fetch(table_job(f"sqlite:///{source}"))
    assert rows_of(shelf, newer)[1:] == [["4", "2026-07-20 12:15", "1.7"]]
    assert len(shelf.records()) == 2


def test_a_watermark_that_was_kept_as_the_word_none_stops_nothing(source, table_job, shelf):
    (first,) = tables.fetch(table_job(f"sqlite:///{source}"))
    later = replace(first, name="reading/None.csv", fetched_at=first.fetched_at + timedelta(hours=1))
    shelf.keep(b"id,at,level\r\n", replace(later, about={**first.about, "watermark": ["text", "None"]}))
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO reading VALUES (4, '2026-07-20 12:15', 1.7, 'x')")
    (newer,) = tables.fetch(table_job(f"sqlite:///{source}"))
    assert rows_of(shelf, newer)[1:] == [["4", "2026-07-20 12:15", "1.7"]]  # after 3, as kept before


def test_rows_without_a_watermark_wait_until_they_have_one(source, table_job, shelf):
    def change(statement):
        with closing(sqlite3.connect(source)) as connection, connection:
            connection.execute(statement)

    change("UPDATE reading SET id = NULL")
    assert list(tables.fetch(table_job(f"sqlite:///{source}"))) == []
    change("UPDATE reading SET id = 7 WHERE level = 1.5")
    (found,) = tables.fetch(table_job(f"sqlite:///{source}"))
    assert found.about["watermark"] == ["int", "7"]
    change("UPDATE reading SET id = 8 WHERE level = 1.6")
    (found,) = tables.fetch(table_job(f"sqlite:///{source}"))
    assert rows_of(shelf, found)[1:] == [["8", "2026-07-20 12:05", "1.6"]]


@pytest.mark.parametrize(
    ("after", "overlap", "from_"),
    [
        (date(2026, 7, 20), "P2D", date(2026, 7, 18)),
        (date(2026, 7, 20), "PT5M", date(2026, 7, 19)),  # whole days, never less than asked for
        (date(2026, 7, 20), "PT36H", date(2026, 7, 18)),
        (date(2026, 7, 20), "PT0S", date(2026, 7, 20)),
        (datetime(2026, 7, 20, 4, 10, tzinfo=UTC), "PT10M", datetime(2026, 7, 20, 4, tzinfo=UTC)),
        (7, "PT0S", 7),
    ],
)
def test_an_overlap_goes_back_from_a_time_and_from_a_date(after, overlap, from_):
    asked = TableAsked(service="table", table="a", columns=("at",), watermark="at", overlap=overlap)
    assert from_ in statement(asked, after).compile().params.values()


@pytest.mark.parametrize("after", [7, "2026-07-20 12:00"])
def test_an_overlap_of_what_is_no_time_is_refused(after):
    asked = TableAsked(service="table", table="a", columns=("at",), watermark="at", overlap="PT5M")
    with pytest.raises(InvalidInput, match="needs a watermark that is a time"):
        statement(asked, after)


def test_a_table_without_a_watermark_is_kept_where_it_changed(source, table_job):
    asked = ASKED.model_copy(update={"watermark": ""})
    (first,) = tables.fetch(table_job(f"sqlite:///{source}", asked))
    (second,) = tables.fetch(table_job(f"sqlite:///{source}", asked))
    assert (first.changed, second.changed) == (True, False)


def test_a_database_that_is_not_there_is_not_made(tmp_path, table_job, slept):
    with pytest.raises(Unreachable, match="does not answer"):
        list(tables.fetch(table_job(f"sqlite:///{tmp_path}/none.sqlite")))
    assert not (tmp_path / "none.sqlite").exists()
    assert len(slept) == 3


def test_more_rows_than_declared_are_refused(source, table_job):
    with pytest.raises(InvalidInput, match="more rows than declared"):
        list(tables.fetch(table_job(f"sqlite:///{source}", ASKED.model_copy(update={"max_rows": 2}))))


def test_a_column_name_is_no_sql():
    asked = TableAsked(service="table", table="reading", columns=('level"; DROP TABLE reading; --',))
    # the quote within is doubled, so all of it is one name
    assert 'reading."level""; DROP TABLE reading; --"' in str(statement(asked))
    with pytest.raises(ValueError, match="pattern"):
        TableAsked(service="table", table="reading; DROP TABLE reading", columns=("id",))
    with pytest.raises(ValueError, match="one of the columns"):
        TableAsked(service="table", table="reading", columns=("id",), watermark="at")


def test_the_url_with_its_password_is_shown_nowhere(table_job):
    with pytest.raises(InvalidInput) as caught:
        list(tables.fetch(table_job("no url with word in it")))
    assert "word" not in str(caught.value)
    with pytest.raises(Unreachable) as failed:
        list(tables.fetch(table_job("postgresql://user:word@127.0.0.1:9/x")))
    assert "word" not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["postgresql://user:word@host:port/x", "nothing://user:word@host/x", "oracle+word://h/x"]
)
def test_a_url_that_leads_to_no_database_is_refused_without_showing_it(table_job, url):
    with pytest.raises(InvalidInput, match="not the URL of a database") as caught:
        list(tables.fetch(table_job(url)))
    assert "word" not in str(caught.value)


def test_a_database_whose_driver_is_not_installed_is_refused(table_job):
    with pytest.raises(InvalidInput, match="no driver"):
        list(tables.fetch(table_job("mysql+mysqldb://user:word@host/x")))


def test_postgresql_is_read_by_time_with_an_overlap_and_never_written(postgres, table_job, shelf):
    url = postgres()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.reading (id int, at timestamptz, level float)")
        connection.execute(
            "INSERT INTO public.reading VALUES (1, '2026-07-20 12:00+08', 1.5), (2, '2026-07-20 12:10+08', 2)"
        )
    asked = TableAsked(
        service="table", table="public.reading", columns=("id", "at"), watermark="at", overlap="PT5M"
    )
    (found,) = tables.fetch(table_job(url, asked))
    # the watermark 04:10Z less 5 min: row 2 comes again
    assert [row[0] for row in rows_of(shelf, found)] == ["id", "1", "2"]
    after = datetime(2026, 7, 20, 4, 10, tzinfo=UTC)
    assert read_table(url, asked, after).count == 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION harm() RETURNS int LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO public.reading VALUES (9); RETURN 1; END $$"
        )
        connection.execute("CREATE VIEW public.trap AS SELECT harm() AS id")
    with pytest.raises(InvalidInput, match="read-only"):
        read_table(url, TableAsked(service="table", table="public.trap", columns=("id",)))
