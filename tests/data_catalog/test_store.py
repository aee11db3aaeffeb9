from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely

from data_catalog.store import (
    Artefact,
    AssessmentRecord,
    Feature,
    PublishedRun,
    QuarantinedRow,
    RunRecord,
    Snapshot,
    Store,
    WarningEventRecord,
)
from minegis.clock import utc_now
from minegis.errors import InvalidInput, NotFound, StoreConflict
from minegis.levels import Origin
from minegis.reading import Quality, Reading

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as opened:
        yield opened


def place(name: str, lon: float, lat: float, population: int | None = None) -> Feature:
    properties = {"name": name, "name_en": None, "population": population}
    return Feature(name, properties, shapely.Point(lon, lat), Origin.PUBLIC, "test")


def test_a_feature_comes_back_as_it_was_written(store: Store) -> None:
    store.upsert("place", [place("汶川", 103.59, 31.48, 100_000)])
    found = store.feature("place", "汶川")
    assert found.properties == {"name": "汶川", "name_en": None, "population": 100_000}
    assert (found.geometry.x, found.geometry.y) == (103.59, 31.48)
    assert found.origin is Origin.PUBLIC


def test_the_same_rows_twice_change_nothing(store: Store) -> None:
    rows = [place("a", 103, 31), place("b", 104, 32)]
    first = store.upsert("place", rows)
    version = store.version("place")
    again = store.upsert("place", rows)
    assert (first.inserted, again.inserted, again.updated, again.unchanged) == (2, 0, 0, 2)
    assert store.version("place") == version


def test_an_update_keeps_what_was_known_before(store: Store) -> None:
    store.upsert("place", [place("a", 103, 31, 10)])
    before = utc_now()
    change = store.upsert("place", [place("a", 103, 31, 20)])
    assert change.updated == 1
    assert store.feature("place", "a").properties["population"] == 20
    assert store.feature("place", "a", as_of=before).properties["population"] == 10
    assert store.count("place") == 1


def test_a_box_finds_what_intersects_it_not_what_its_frame_touches(store: Store) -> None:
    # An L-shaped river whose frame covers the box (2..3, 2..3) that the line itself never enters.
    river = Feature("r", {}, shapely.LineString([(0, 0), (0, 4), (4, 4)]), Origin.PUBLIC, "test")
    store.upsert("river", [river])
    assert store.count("river", bbox=(2, 2, 3, 3)) == 0
    assert store.count("river", bbox=(-1, 1, 1, 2)) == 1


def test_paging_by_order_gives_every_feature_once(store: Store) -> None:
    store.upsert("place", [place(f"p{n}", 100 + n / 10, 30, n % 3) for n in range(25)])
    pages = [store.features("place", order_by=["-population"], limit=10, offset=k) for k in (0, 10, 20)]
    ids = [feature.id for page in pages for feature in page]
    assert len(ids) == 25
    assert len(set(ids)) == 25
    assert [f.properties["population"] for f in pages[0]][:8] == [2] * 8


def test_unknown_names_are_refused_with_what_would_do(store: Store) -> None:
    with pytest.raises(NotFound, match="expected boundary"):
        store.count("volcano")
    with pytest.raises(InvalidInput, match="expected id, known_from"):
        store.count("place", where={"geometry; drop table": 1})
    with pytest.raises(InvalidInput, match="does not declare"):
        store.upsert("place", [Feature("a", {"colour": "red"}, shapely.Point(1, 2), Origin.PUBLIC, "t")])


def reading(minutes: int, value: float | None) -> Reading:
    at = NOON + timedelta(minutes=minutes)
    return Reading("T1-P1", "tsf", "T1", "phreatic_depth", value, at, Quality.GOOD, Origin.SAMPLE, "test")


def test_a_reading_sent_twice_is_kept_once(store: Store) -> None:
    assert store.add_readings([reading(0, 3.5), reading(10, None)]) == 2
    assert store.add_readings([reading(0, 3.5), reading(20, 3.4)]) == 1
    assert [r.value for r in store.readings("tsf", "T1")] == [3.5, None, 3.4]
    assert [r.value for r in store.readings("tsf", "T1", until=NOON + timedelta(minutes=10))] == [3.5, None]


def test_readings_are_chosen_and_counted_by_variable_and_period(store: Store) -> None:
    def reading(minute: int, variable: str, asset: str = "T1") -> Reading:
        at = NOON + timedelta(minutes=minute)
        return Reading(
            f"{asset}-{variable}", "tsf", asset, variable, 1.0, at, Quality.GOOD, Origin.SAMPLE, "test"
        )

    store.add_readings(
        [reading(minute, name) for minute in (0, 10, 20) for name in ("pond_level", "rain_24h")]
        + [reading(0, "pond_level", "T2")]
    )
    after = NOON + timedelta(minutes=5)
    assert {r.variable for r in store.readings("tsf", "T1", variable="rain_24h")} == {"rain_24h"}
    assert store.count_readings("tsf", "T1") == 6
    assert store.count_readings("tsf", "T1", since=after) == 4
    assert store.count_readings("tsf", "T1", since=after, variable="pond_level") == 2
    assert store.count_readings("tsf", "T1", until=after, as_of=NOON - timedelta(days=400)) == 0


def test_a_refused_row_waits_until_a_good_one_releases_it(store: Store) -> None:
    reasons = ({"column": "坝高", "got": "-3", "expected": "≥ 0 m"},)
    bad = QuarantinedRow("place", "f.csv", "ab" * 32, 7, "a", reasons, {"name": "a"}, NOON)
    assert store.take_in("place", [place("b", 1, 2)], [bad])[1:] == (1, 0)
    assert store.take_in("place", [], [bad])[1:] == (0, 0)
    assert [row.reasons for row in store.quarantined("place")] == [reasons]
    assert store.take_in("place", [place("a", 1, 2)], [])[1:] == (0, 1)
    assert store.quarantined() == []


def run_of(number: int, tier: int) -> PublishedRun:
    assessment = AssessmentRecord(
        "tsf", "T1", tier, tier, tier, 1, None, "sufficient", 20.0 * tier, 1.0, NOON, {"key": "tsf"}, {}
    )
    event = WarningEventRecord(
        "W1", f"id{number}", "Alert" if number == 1 else "Update", "Test",
        "tsf", "T1", "库", "513233", tier, 0,
        NOON + timedelta(hours=number), NOON + timedelta(days=1), (("id0", "2026"),), {}, {}, "sample",
    )  # fmt: skip
    return PublishedRun(
        run=RunRecord(f"run{number}", NOON, NOON + timedelta(minutes=number), NOON, {"cells": 7}),
        artefacts=(
            Artefact(f"dem{number}", "raster", "relief", "a", "x.tif", "00", "m", {}, ({"file": "f"},), NOON),
        ),
        snapshots=(Snapshot(f"run{number}", 8, f"r{number}", "00", 7),),
        assessments=(assessment,),
        warning_events=(event,),
    )


def test_a_published_run_replaces_the_one_before_and_keeps_it_readable(store: Store) -> None:
    store.publish(run_of(1, 2))
    between = utc_now()
    store.publish(run_of(2, 4))
    assert store.tiers("tsf") == {"T1": (4, "sufficient", 80.0)}
    assert store.tiers("tsf", as_of=between) == {"T1": (2, "sufficient", 40.0)}
    assert store.snapshots()[8].path == "r2"
    assert store.snapshots(as_of=between)[8].path == "r1"
    assert [artefact.id for artefact in store.artefacts()] == ["dem2"]
    assert [artefact.id for artefact in store.artefacts(as_of=between)] == ["dem1"]
    last = store.last_run()
    assert last is not None
    assert last.id == "run2"
    (warning,) = store.warnings()
    assert (warning.last.tier, warning.raised_at) == (4, NOON + timedelta(hours=1))
    assert warning.last.references == (("id0", "2026"),)


def test_a_run_that_fails_half_way_leaves_nothing(store: Store) -> None:
    store.publish(run_of(1, 2))
    twice = replace(run_of(2, 4), warning_events=run_of(1, 2).warning_events)
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.publish(twice)
    assert store.tiers("tsf") == {"T1": (2, "sufficient", 40.0)}
    last = store.last_run()
    assert last is not None
    assert last.id == "run1"


def test_a_store_made_with_other_tables_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with Store.open(tmp_path) as opened:
        opened.upsert("place", [place("a", 103, 31)])
    Store.open(tmp_path).close()
    path = tmp_path / "minegis.sqlite"
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE store SET tables = 'others'")
    before = path.read_bytes()
    with pytest.raises(StoreConflict, match="another version"):
        Store.open(tmp_path)
    assert path.read_bytes() == before


def test_a_version_changes_with_every_commit_of_any_connection(tmp_path: Path, database: str) -> None:
    river = Feature("r1", {"name": "岷江"}, shapely.Point(103.5, 31.2), Origin.PUBLIC, "natural_earth")
    with Store.open(tmp_path, database) as reader, Store.open(tmp_path, database) as writer:
        before = reader.version("river", "lake")
        writer.upsert("river", [river])
        after = reader.version("river", "lake")
        assert after != before
        assert reader.version("river", "lake") == after
        assert reader.version("lake") == before.split(".")[1]
        reader.upsert("river", [replace(river, geometry=shapely.Point(103.6, 31.2))])
        assert reader.version("river", "lake") not in (before, after)
        assert reader.version("river") == writer.version("river")


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_text_that_no_database_takes_is_no_fault_of_the_store(store: Store, text: str) -> None:
    reads: list[Callable[[], object]] = [
        lambda: store.features("place", ids=[text]),
        lambda: store.search("place", text, 5),
        lambda: store.past_tiers("tsf", text, 5),
        lambda: store.actions.all(text),
    ]
    for read in reads:
        with suppress(InvalidInput):  # SQLite takes what PostgreSQL refuses, and finds nothing
            assert read() == []


def test_the_newest_reading_of_each_point_is_that_of_its_time_and_of_what_was_received(store: Store) -> None:
    def rain(point: str, minutes: int, value: float) -> Reading:
        at = NOON + timedelta(minutes=minutes)
        return Reading(point, "tsf", "T1", "rain_1h", value, at, Quality.GOOD, Origin.SAMPLE, "s")

    store.add_readings([rain("a", 0, 1.0), rain("a", 10, 2.0), rain("b", 5, 3.0)])
    first = store.moment()
    store.add_readings([rain("a", 20, 4.0)])
    ten = NOON + timedelta(minutes=10)

    def values(**asked: datetime) -> list[float | None]:
        found = store.newest_readings("tsf", "T1", **asked)
        return [each.value for each in sorted(found, key=lambda each: each.point_id)]

    assert values() == [4.0, 3.0]
    assert values(as_of=first) == values(until=ten) == [2.0, 3.0]
    assert values(before=ten) == [1.0, 3.0]
    assert store.newest_readings("tsf", "T2") == []
