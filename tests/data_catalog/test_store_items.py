"""Pages, counts and items of the store: on both databases, whatever is written meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_catalog.expression import GEOMETRY, Call, Expression, Literal, Property, Shape
from data_catalog.items import ItemQuery, Page, Sort
from data_catalog.store import Feature, Store, StoreItems
from data_catalog.store import items as items_module
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as opened:
        yield opened


def place(name: str, lon: float = 103, lat: float = 31, **properties: Any) -> Feature:
    return Feature(name, {"name": name, **properties}, shapely.Point(lon, lat), Origin.PUBLIC, "test")


def tsf(name: str, **properties: Any) -> Feature:
    return Feature(name, {"name": name, **properties}, shapely.Point(103, 31), Origin.OPERATOR, "test")


def within(west: float, south: float, east: float, north: float) -> Expression:
    return Call("s_intersects", (Property(GEOMETRY), Shape(shapely.box(west, south, east, north))))


def pages(items: StoreItems, query: ItemQuery) -> Iterator[Page]:
    while True:
        page = items.page(query)
        yield page
        if page.after is None:
            return
        query = replace(query, after=page.after, moment=page.moment, offset=0)


def ids(items: StoreItems, query: ItemQuery) -> list[str]:
    return [row[0] for page in pages(items, query) for row in page.rows]


def test_moments_grow_with_every_write_however_fast(store: Store) -> None:
    moments = [store.moment()]
    for n in range(50):
        store.upsert("place", [place("a", population=n)])
        moments.append(store.moment())
    assert all(earlier < later for earlier, later in pairwise(moments))
    items = store.items("place")
    known = [items.item("a", moment)[1] for moment in moments[1:]]
    assert [row[items.item("a")[0].index("population") + 4] for row in known] == list(range(50))
    assert store.changed_at("place") == moments[-1]
    assert store.changed_at("tsf") is None


def test_a_clock_that_goes_back_does_not_take_moments_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert("place", [place("a")])
    before = store.moment()
    monkeypatch.setattr("data_catalog.store.moments.utc_now", lambda: before - timedelta(days=1))
    store.upsert("place", [place("b")])
    assert store.moment() == before + timedelta(microseconds=1)


def test_an_identity_is_kept_and_differs_between_stores(tmp_path: Path) -> None:
    with Store.open(tmp_path / "one") as one, Store.open(tmp_path / "two") as two:
        assert one.identity != two.identity
        with Store.open(tmp_path / "one") as again:
            assert again.identity == one.identity


def test_an_asset_without_assessment_is_known_to_be_unknown(store: Store) -> None:
    store.upsert("tsf", [tsf("a", dam_height=31.5, overhead=True, online_monitoring=False)])
    page = store.items("tsf").page(ItemQuery())
    found = dict(zip(page.names, page.rows[0][4:], strict=True))
    assert (found["tier"], found["state"], found["score"]) == (0, "missing", None)
    assert (found["dam_height"], found["origin"]) == (31.5, "operator")
    assert found["overhead"] is True
    assert found["online_monitoring"] is False
    assert store.feature("tsf", "a").properties["overhead"] is True


def test_what_is_named_is_given_in_that_order_and_nothing_else_is_a_name(store: Store) -> None:
    store.upsert("place", [place("a", population=7)])
    page = store.items("place").page(ItemQuery(properties=("population", "name")))
    assert page.names == ("population", "name")
    assert page.rows[0][4:] == (7, "a")
    for wrong in ("pk", "geometry", 'name"; DROP TABLE feature_place; --'):
        with pytest.raises(InvalidInput, match="no such property"):
            store.items("place").page(ItemQuery(properties=(wrong,)))
        with pytest.raises(InvalidInput, match="no such property"):
            store.items("place").page(ItemQuery(sort=(Sort(wrong),)))
    with pytest.raises(NotFound):
        store.items("warning")


KEYS = st.tuples(
    st.one_of(st.none(), st.sampled_from(["", "a", "A", "é", "中", "𠀀", "b", "ab"])),
    st.one_of(st.none(), st.integers(-2, 2)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(KEYS, max_size=25),
    limit=st.integers(1, 7),
    first=st.booleans(),
    second=st.booleans(),
)
def test_pages_in_any_order_are_the_sorted_set(
    store: Store, rows: list[tuple[str | None, int | None]], limit: int, first: bool, second: bool
) -> None:
    before = [row[0] for row in store.items("place").page(ItemQuery(limit=None)).rows]
    for name in before:
        store.delete("place", name, None)
    features = [
        replace(place(f"p{n}"), properties={"name": text, "population": number})
        for n, (text, number) in enumerate(rows)
    ]
    store.upsert("place", features)
    sort = (Sort("name", first), Sort("population", second))

    # Python's own sort, which is stable: text by code point, what is missing last either way.
    expected = list(enumerate(rows))
    for key, descending in ((1, second), (0, first)):
        valued = [row for row in expected if row[1][key] is not None]
        missing = [row for row in expected if row[1][key] is None]
        expected = sorted(valued, key=lambda row: row[1][key], reverse=descending) + missing
    assert ids(store.items("place"), ItemQuery(sort=sort, limit=limit)) == [f"p{n}" for n, _ in expected]


def test_pages_begun_before_a_write_go_on_as_if_it_had_not_been(store: Store) -> None:
    store.upsert("place", [place(f"p{n}", population=n % 3) for n in range(20)])
    query = ItemQuery(sort=(Sort("population"),), limit=6)
    items = store.items("place")
    expected = ids(items, query)
    begun = pages(items, query)
    found = [row[0] for row in next(begun).rows]
    store.delete("place", "p19", None)
    store.upsert("place", [place("p0", population=99), place("new", population=1)])
    found += [row[0] for page in begun for row in page.rows]
    assert found == expected
    assert "new" in ids(items, query)


def test_the_union_of_pages_is_the_set_while_others_write(store: Store) -> None:
    items = store.items("place")
    store.upsert("place", [place(f"p{n}", n % 17, n % 13, population=n % 5) for n in range(120)])
    stop = threading.Event()
    failed: list[BaseException] = []

    def write(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            for n in range(1000):
                if stop.is_set():
                    return
                name = f"p{rng.integers(150)}"
                store.upsert("place", [place(name, n % 17, n % 13, population=int(rng.integers(5)))])
                store.delete("place", name, None)
                store.upsert("place", [place(f"w{seed}-{n}", 1, 1)])
        except NotFound:  # the other writer deleted it first
            if not stop.is_set():
                write(seed + 10)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    try:
        for n in range(12):
            where = within(0, 0, 8, 12) if n % 2 else None
            sort = (Sort("population", True),) if n % 3 else ()
            query = ItemQuery(where=where, sort=sort, limit=11)
            walked = list(pages(items, query))
            found = [row for page in walked for row in page.rows]
            whole = items.page(replace(query, limit=None, moment=walked[0].moment))
            assert found == list(whole.rows)
            assert len({row[0] for row in found}) == len(found)
            assert items.count(replace(query, moment=walked[0].moment)) == len(found)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not failed


BOXES = st.tuples(*(st.floats(-4, 4, width=32) for _ in range(4)))


@pytest.mark.parametrize("few", [0, 10**9], ids=["by rows", "by the index"])
def test_a_box_selects_what_shapely_says_it_meets(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_module, "_FEWEST", few)
    rng = np.random.default_rng(3)
    shapes = [
        shapely.LineString(rng.uniform(-4, 4, 2) + rng.normal(0, 0.4, (3, 2))) if n % 2 else None
        for n in range(300)
    ]
    geometries = [shape or shapely.Point(rng.uniform(-4, 4, 2)) for shape in shapes]
    rows = [Feature(f"r{n}", {}, shape, Origin.PUBLIC, "t") for n, shape in enumerate(geometries)]
    store.upsert("river", rows)
    gone = [f"r{n}" for n in range(0, 300, 7)]
    before = store.moment()
    for name in gone:
        store.delete("river", name, None)
    items = store.items("river")
    for west, south, east, north in rng.uniform(-4.5, 4.5, (40, 4)):
        box = (min(west, east), min(south, north), max(west, east), max(south, north))
        meeting = [row.id for row in rows if shapely.intersects(row.geometry, shapely.box(*box))]
        left = [name for name in meeting if name not in gone]
        query = ItemQuery(where=within(*box), limit=9)
        assert ids(items, query) == left
        assert ids(items, replace(query, moment=before)) == meeting
        assert ids(items, replace(query, offset=3)) == left[3:]
        assert ids(items, replace(query, limit=None)) == left
        assert ids(items, replace(query, sort=(Sort("id"),))) == sorted(left)
        assert items.count(query) == len(left)
        assert items.count(replace(query, moment=before)) == len(meeting)
        assert items.count(query, 5) == (len(left) if len(left) <= 5 else None)


def test_a_box_and_a_comparison_select_together_and_names_take_no_sql(store: Store) -> None:
    store.upsert("place", [place(f"p{n}", n, n, population=n) for n in range(9)])
    items = store.items("place")
    where = Call("and", (within(2, 2, 6, 6), Call(">", (Property("population"), Literal(3)))))
    assert ids(items, ItemQuery(where=where, limit=2)) == ["p4", "p5", "p6"]
    assert items.count(ItemQuery(where=where)) == 3
    either = Call("or", (within(0, 0, 1, 1), within(8, 8, 9, 9)))
    assert ids(items, ItemQuery(where=either)) == ["p0", "p1", "p8"]
    outside = Call("not", (within(1, 1, 9, 9),))
    assert ids(items, ItemQuery(where=outside)) == ["p0"]
    quoted = Call("=", (Property("name"), Literal("x' OR '1'='1")))
    assert ids(items, ItemQuery(where=quoted)) == []


@pytest.mark.parametrize("after", [(), ("x",), (1, 2, 3), (1.5, 3), ("a", "b"), ("a", True), ("a", 2**70)])
def test_the_end_of_a_page_in_another_order_is_refused(store: Store, after: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInput, match="another order"):
        store.items("place").page(ItemQuery(sort=(Sort("name"),), after=after))


def test_batches_give_all_at_one_moment(store: Store) -> None:
    store.upsert("place", [place(f"p{n:02}", population=n % 4) for n in range(50)])
    items = store.items("place")
    for query in (
        ItemQuery(limit=None),
        ItemQuery(limit=23),
        ItemQuery(limit=None, sort=(Sort("population"),)),
    ):
        whole = items.page(query).rows
        batches = items.batches(query, 7)
        found = list(next(batches).rows)
        store.upsert("place", [place("p40", population=9)])
        found += [row for page in batches for row in page.rows]
        assert found == list(whole)


def test_counts_and_bounds_follow_what_is_written(store: Store) -> None:
    items = store.items("place")
    assert (items.count(ItemQuery()), items.bounds(), items.changed_at()) == (0, None, None)
    store.upsert("place", [place("a", 100, 20), place("b", 110, 40)])
    assert (items.count(ItemQuery()), items.bounds()) == (2, (100, 20, 110, 40))
    assert items.count(ItemQuery(), 1) is None
    version = items.version()
    store.delete("place", "b", None)
    assert items.version() != version
    assert (items.count(ItemQuery()), items.bounds()) == (1, (100, 20, 100, 20))
