"""Edits of one feature: on the state the editor saw, nothing overwritten, on both databases."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data_catalog.items import ItemQuery
from data_catalog.store import (
    AssessmentRecord,
    Feature,
    PublishedRun,
    RunRecord,
    Store,
    WarningEventRecord,
    versions,
)
from minegis.errors import InvalidInput, NotFound, Stale, StoreConflict
from minegis.levels import Origin

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as opened:
        yield opened


def tsf(name: str, **properties: Any) -> Feature:
    point = shapely.Point(103, 31)
    return Feature(name, {"name": name, **properties}, point, Origin.OPERATOR, "ogc-api")


def tag_of(store: Store, feature_id: str) -> str:
    return str(store.items("tsf").item(feature_id)[1][2])


def test_a_feature_is_made_replaced_changed_and_ended_and_every_state_stays(store: Store) -> None:
    names, row = store.create("tsf", tsf("T1", dam_height=30.0))
    assert dict(zip(names, row[4:], strict=True))["dam_height"] == 30.0
    made = store.moment()
    _, row = store.replace("tsf", "T1", tsf("ignored", dam_height=31.0), row[2])
    assert row[0] == "T1"
    replaced = store.moment()
    _, row = store.update("tsf", "T1", {"raises": 4, "dam_height": None}, shapely.Point(104, 32), row[2])
    updated = store.moment()
    store.delete("tsf", "T1", row[2])
    with pytest.raises(NotFound):
        store.items("tsf").item("T1")

    def known(moment: datetime) -> tuple[Any, ...]:
        feature = store.feature("tsf", "T1", as_of=moment)
        same_names, same = store.items("tsf").item("T1", moment)
        assert {name: same[4:][same_names.index(name)] for name in feature.properties} == feature.properties
        assert shapely.from_wkb(same[1]) == feature.geometry
        return feature.properties["dam_height"], feature.properties["raises"], feature.geometry.x

    assert [known(moment) for moment in (made, replaced, updated)] == [
        (30.0, None, 103.0),
        (31.0, None, 103.0),
        (None, 4, 104.0),
    ]
    store.create("tsf", tsf("T1"))
    assert store.items("tsf").count(ItemQuery()) == 1


def test_an_edit_that_says_the_same_writes_nothing(store: Store) -> None:
    _, row = store.create("tsf", tsf("T1", dam_height=30.0))
    before = store.moment()
    assert store.replace("tsf", "T1", tsf("T1", dam_height=30.0), row[2])[1] == row
    assert store.moment() == before


def test_an_id_that_is_taken_or_not_there_is_refused(store: Store) -> None:
    store.create("tsf", tsf("T1"))
    with pytest.raises(StoreConflict, match="taken"):
        store.create("tsf", tsf("T1", dam_height=1.0))
    for edit in (
        lambda: store.replace("tsf", "T2", tsf("T2"), None),
        lambda: store.update("tsf", "T2", {}, None, None),
        lambda: store.delete("tsf", "T2", None),
    ):
        with pytest.raises(NotFound, match="tsf/T2"):
            edit()


def test_a_state_that_is_gone_is_not_edited(store: Store) -> None:
    store.create("tsf", tsf("T1", dam_height=1.0))
    old = tag_of(store, "T1")
    store.update("tsf", "T1", {"dam_height": 2.0}, None, old)
    edits: list[Callable[[], object]] = [
        lambda: store.replace("tsf", "T1", tsf("T1", dam_height=9.0), old),
        lambda: store.update("tsf", "T1", {"dam_height": 9.0}, None, old),
        lambda: store.delete("tsf", "T1", old),
    ]
    for edit in edits:
        with pytest.raises(Stale):
            edit()
    assert store.feature("tsf", "T1").properties["dam_height"] == 2.0


def test_of_two_who_edit_the_same_state_one_wins_and_nothing_is_lost(tmp_path: Path, database: str) -> None:
    rounds, writers = 8, 3
    with Store.open(tmp_path, database) as store:
        store.create("tsf", tsf("T1", raises=0))
        first = store.moment()
        won: list[tuple[int, datetime]] = []
        lost: list[Stale] = []
        for n in range(1, rounds + 1):
            tag = tag_of(store, "T1")
            together = threading.Barrier(writers)

            def edit(value: int, tag: str = tag, together: threading.Barrier = together) -> None:
                with Store.open(tmp_path, database) as own:
                    together.wait()
                    try:
                        own.update("tsf", "T1", {"raises": value}, None, tag)
                        won.append((value, own.moment()))
                    except Stale as error:
                        lost.append(error)

            threads = [threading.Thread(target=edit, args=(10 * n + k,)) for k in range(writers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert (len(won), len(lost)) == (rounds, rounds * (writers - 1))
        history = [store.feature("tsf", "T1", as_of=at).properties["raises"] for _, at in won]
        assert history == [value for value, _ in won]
        assert store.feature("tsf", "T1", as_of=first).properties["raises"] == 0


def run_of(number: int, msg_type: str) -> PublishedRun:
    record = AssessmentRecord(
        "tsf", "T1", 4, 4, 4, 1, None, "sufficient", 80.0 + number, 1.0, NOON, {"key": "tsf"}, {}
    )
    event = WarningEventRecord(
        "W1", f"id{number}", msg_type, "Test", "tsf", "T1", "库", "513233", 4, 0,
        NOON + timedelta(hours=number), NOON + timedelta(days=1), (), {}, {}, "sample",
    )  # fmt: skip
    run = RunRecord(f"run{number}", NOON, NOON + timedelta(minutes=number), NOON, {})
    return PublishedRun(run=run, assessments=(record,), warning_events=(event,))


def test_an_asset_with_an_active_warning_cannot_be_deleted(store: Store) -> None:
    store.create("tsf", tsf("T1"))
    store.create("tsf", tsf("T2"))
    store.publish(run_of(1, "Alert"))
    with pytest.raises(StoreConflict, match="active warning"):
        store.delete("tsf", "T1", None)
    store.delete("tsf", "T2", None)
    store.publish(run_of(2, "Cancel"))
    store.delete("tsf", "T1", None)
    assert store.items("tsf").count(ItemQuery()) == 0


def test_the_tag_and_the_time_of_a_change_speak_of_the_joined_risk_too(store: Store) -> None:
    store.create("tsf", tsf("T1"))
    before, unassessed = store.moment(), tag_of(store, "T1")
    items = store.items("tsf")
    version = items.version()
    store.publish(run_of(1, "Alert"))
    names, row = items.item("T1")
    assert (row[4:][names.index("tier")], row[4:][names.index("score")]) == (4, 81.0)
    assert row[2] != unassessed
    assert datetime.fromisoformat(row[3]) == store.moment() == items.changed_at()
    assert items.version() != version
    assert items.item("T1", before)[1][2] == unassessed
    with pytest.raises(Stale):
        store.update("tsf", "T1", {"raises": 1}, None, unassessed)


def test_what_cannot_be_kept_is_refused_whole(store: Store) -> None:
    bad = [
        tsf("T1", enterprise="a\0b"),
        tsf("T1", raises=2**70),
        tsf("T1", dam_height=float("nan")),
        tsf("T1", enterprise="\ud800"),
        replace(tsf("T1"), geometry=shapely.Point()),
        replace(tsf("T1"), geometry=shapely.Point(np.inf, 1)),
    ]
    for feature in bad:
        with pytest.raises(InvalidInput):
            store.create("tsf", feature)
    assert store.items("tsf").count(ItemQuery()) == 0


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 100_000])
def test_an_id_that_no_row_can_have_is_never_found(store: Store, name: str) -> None:
    with pytest.raises((InvalidInput, NotFound)):
        store.items("tsf").item(name)
    with pytest.raises((InvalidInput, NotFound)):
        store.delete("tsf", name, None)


def test_changed_bounds_are_those_before_and_after_each_change(store: Store) -> None:
    def at(name: str, x: float) -> Feature:
        return replace(tsf(name), geometry=shapely.Point(x, 1))

    store.upsert("tsf", [at("a", 1), at("b", 2), at("c", 3)])
    since = store.moment()
    assert store.changed_bounds("tsf", since) == []
    store.replace("tsf", "a", at("a", 11), None)
    store.delete("tsf", "b", None)
    store.create("tsf", at("d", 4))
    assert sorted(store.changed_bounds("tsf", since)) == [(x, 1, x, 1) for x in (1, 2, 4, 11)]


def test_many_rows_at_once_make_a_sound_index(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "_AT_ONCE", 1000)
    rng = np.random.default_rng(7)
    where = rng.uniform(-60, 60, (5300, 2))
    rows = [
        Feature(f"p{n}", {}, shapely.Point(lon, lat), Origin.PUBLIC, "t")
        for n, (lon, lat) in enumerate(where)
    ]
    with Store.open(tmp_path, database) as store:
        store.upsert("place", rows)
        store.upsert("place", [replace(row, geometry=shapely.Point(0.5, 0.5)) for row in rows[:1500]])
        store.upsert("place", [replace(row, geometry=shapely.Point(1.5, 0.5)) for row in rows[:20]])
        inside = (where[1500:] >= 0).all(axis=1) & (where[1500:] <= 10).all(axis=1)
        assert store.count("place", bbox=(0, 0, 10, 10)) == 1500 + inside.sum()
        assert store.count("place", bbox=(1.4, 0.4, 1.6, 0.6)) == 20
    if not database:
        with closing(sqlite3.connect(tmp_path / "minegis.sqlite")) as base:
            assert base.execute("SELECT rtreecheck('rtree_place')").fetchone() == ("ok",)


def test_an_id_twice_in_one_import_is_refused_unless_it_says_the_same(store: Store) -> None:
    assert store.upsert("tsf", [tsf("T1"), tsf("T1")]).unchanged == 1
    with pytest.raises(StoreConflict, match="twice"):
        store.upsert("tsf", [tsf("T2", raises=1), tsf("T2", raises=2)])
    assert store.items("tsf").count(ItemQuery()) == 1
