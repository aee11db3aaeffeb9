"""Pages: their union is the set, whatever is written while they are read; orders and counts are exact."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
import shapely
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from small_site import NOW, make_site, warning_event

from data_catalog.store import Feature, PublishedRun, RunRecord, Snapshot, Store
from geoserver.app import create_app
from geoserver.ogc.cursor import Cursor, read_cursor
from minegis.errors import InvalidInput
from minegis.levels import Origin, Tier
from minegis.settings import Settings

COLLECTIONS = ("place", "tsf", "region", "earthquake", "river", "warning", "risk_cell")
ORDERS = {"place": "population", "tsf": "-tier", "risk_cell": "-tier,score", "earthquake": "-occurred_at"}
SORTED_BY = {"place": "population", "risk_cell": "tier", "tsf": "tsf_class", "earthquake": "occurred_at"}

KEYS = st.none() | st.integers(-(2**53), 2**53) | st.text() | st.floats(allow_nan=False, allow_infinity=False)

type Json = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    return make_site(tmp_path, database=database)


@pytest.fixture
def api(folder: Path, database: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(site=folder, database=database, web=Path("absent")))) as opened:
        yield opened


@pytest.fixture
def writer(folder: Path, database: str) -> Iterator[Store]:
    with Store.open(folder, database) as opened:
        yield opened


def pages(api: TestClient, address: str) -> Iterator[Json]:
    while address:
        body = api.get(address).json()
        yield body
        (link,) = [link["href"] for link in body["links"] if link["rel"] == "next"] or [""]
        split = urlsplit(link)
        address = f"{split.path}?{split.query}" if link else ""


def write_something(store: Store, folder: Path, number: int, chance: random.Random) -> None:
    """Change, add and take away features, and publish a run with other cells and no warning."""
    places = [
        Feature(
            f"p{chance.randrange(300):03d}",
            {"name": f"新{number}"},
            shapely.Point(103, 31),
            Origin.PUBLIC,
            "x",
        )
    ]
    store.upsert("place", places)
    for dataset in ("tsf", "region", "earthquake", "river"):
        kept = store.features(dataset)
        if kept:
            one = chance.choice(kept)
            store.upsert(dataset, [replace(one, source=f"changed {number}"), replace(one, id=f"new{number}")])
    path = f"cells/other{number}.parquet"
    cells = pq.read_table(folder / "cells/run1/r6.parquet")
    pq.write_table(cells.slice(number), folder / path)
    at = NOW + timedelta(hours=number)
    raised = replace(warning_event("Alert", Tier.BLUE, 60 * number, ()), warning_id=f"tsf/T1/{10 - number}")
    cancelled = warning_event("Cancel", Tier.NONE, 60 * number + 1, ())
    gone = replace(cancelled, warning_id="tsf/T1/1" if number == 1 else f"tsf/T1/{12 - number}")
    store.publish(
        PublishedRun(
            run=RunRecord(f"other{number}", at, at, at, {}),
            artefacts=(),
            snapshots=(Snapshot(f"other{number}", 8, path, "0" * 64, len(cells) - number),),
            assessments=(),
            region_risks=(),
            warning_events=(raised,) if number in (2, 3) else (raised, gone),
        )
    )


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("sorted_", [False, True])
def test_the_union_of_pages_is_the_set_whatever_is_written_meanwhile(
    api: TestClient, writer: Store, folder: Path, collection: str, sorted_: bool
) -> None:
    chance = random.Random(7)
    for number in (1, 2, 3):
        write_something(writer, folder, number, chance)
    order = f"&sortby={ORDERS[collection]}" if sorted_ and collection in ORDERS else ""
    address = f"/ogc/collections/{collection}/items"
    whole = api.get(f"{address}?limit=10000{order}").json()["features"]
    limit = {"place": 90, "risk_cell": len(whole) // 3 + 1}.get(collection, 1)
    found: list[Json] = []
    for number, page in enumerate(pages(api, f"{address}?limit={limit}{order}"), start=4):
        found += page["features"]
        assert page["numberMatched"] == len(whole)
        write_something(writer, folder, number, chance)
    assert found == whole
    assert api.get(f"{address}?limit=10000{order}").json()["features"] != whole


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_was_known_is_answered_later_as_it_was_then(
    api: TestClient, writer: Store, folder: Path, collection: str
) -> None:
    address = f"/ogc/collections/{collection}/items"
    before = api.get(f"{address}?limit=10000").json()["features"]
    moment = writer.moment().isoformat().replace("+00:00", "Z")
    write_something(writer, folder, 1, random.Random(3))
    then = api.get(f"{address}?limit=10000&as_of={moment}").json()
    assert then["features"] == before
    assert then["numberMatched"] == len(before)
    item = api.get(f"{address}/{before[0]['id']}?as_of={moment}").json()
    assert {name: item[name] for name in before[0]} == before[0]
    assert api.get(f"{address}?limit=10000&as_of=2000-01-01T00:00:00Z").json()["features"] == []
    later = api.get(f"{address}?limit=10000&as_of=9000-01-01T00:00:00Z").json()["features"]
    assert later == api.get(f"{address}?limit=10000").json()["features"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_pages_by_offset_join_to_the_whole(client: TestClient, collection: str) -> None:
    address = f"/ogc/collections/{collection}/items"
    whole = [each["id"] for each in client.get(f"{address}?limit=10000").json()["features"]]
    size = len(whole) // 4 + 1
    found: list[str] = []
    for offset in range(0, len(whole) + size, size):
        body = client.get(f"{address}?limit={size}&offset={offset}").json()
        found += [each["id"] for each in body["features"]]
        assert body["numberMatched"] == len(whole)
        assert any(link["rel"] == "next" for link in body["links"]) == (offset + size < len(whole))
    assert found == whole


@pytest.mark.parametrize("collection", SORTED_BY)
@pytest.mark.parametrize("sign", ["", "%2B", "-"])
def test_a_sort_with_ties_puts_what_has_no_value_last(client: TestClient, collection: str, sign: str) -> None:
    name = {"place": "population", "risk_cell": "tier", "tsf": "tsf_class", "earthquake": "occurred_at"}[
        collection
    ]
    address = f"/ogc/collections/{collection}/items"
    plain = client.get(f"{address}?limit=10000").json()["features"]
    known = [each for each in plain if each["properties"][name] is not None]
    unknown = [each["id"] for each in plain if each["properties"][name] is None]
    known.sort(key=lambda each: each["properties"][name], reverse=sign == "-")  # keeps the order of equals
    got: list[str] = []
    for page in pages(client, f"{address}?limit={len(plain) // 3 + 1}&sortby={sign}{name}"):
        got += [each["id"] for each in page["features"]]
    assert got == [each["id"] for each in known] + unknown


@given(
    place=st.text(),
    other=st.text(),
    after=st.lists(
        st.none()
        | st.integers(-(2**53), 2**53)
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),  # the store refuses what is not finite
        max_size=4,
    ),
    matched=st.none() | st.integers(0, 2**53),
    cut=st.integers(0, 60),
    letter=st.sampled_from("Aa0_-"),
)
@settings(max_examples=200, deadline=None)
def test_a_cursor_is_read_as_written_and_only_for_its_query(
    place: str, other: str, after: list[Any], matched: int | None, cut: int, letter: str
) -> None:
    try:
        "".join((place, other, *(each for each in after if isinstance(each, str)))).encode()
    except UnicodeEncodeError:
        return
    cursor = Cursor(NOW, tuple(after), matched)
    text = cursor.text(place)
    assert read_cursor(text, place) == cursor
    changed = text[:cut] + letter + text[cut + 1 :]
    for bad, selection in ((changed, place), (text[:-1], place), (text, other)):
        if (bad, selection) != (text, place):
            with pytest.raises(InvalidInput):
                read_cursor(bad, selection)


def test_a_cursor_of_another_query_is_refused(client: TestClient) -> None:
    body = client.get("/ogc/collections/place/items?limit=10&sortby=name").json()
    (link,) = [link["href"] for link in body["links"] if link["rel"] == "next"]
    cursor = link.partition("cursor=")[2]
    for query in ("", "&sortby=population", "&sortby=name&population=1007", "&sortby=name&offset=3"):
        response = client.get(f"/ogc/collections/place/items?limit=10{query}&cursor={cursor}")
        assert response.status_code == 400, query
    assert client.get(f"/ogc/collections/river/items?limit=10&sortby=name&cursor={cursor}").status_code == 400
    assert client.get(f"/ogc/collections/place/items?limit=5&sortby=name&cursor={cursor}").status_code == 200


def test_an_unchanged_page_and_item_are_answered_without_a_body(api: TestClient, writer: Store) -> None:
    for path in ("place/items?limit=3", "place/items/p001"):
        address = f"/ogc/collections/{path}"
        first = api.get(address)
        again = {"If-None-Match": first.headers["etag"]}
        kept = api.get(address, headers=again)
        assert (kept.status_code, kept.content) == (304, b"")
        for name in ("etag", "vary", "last-modified", "cache-control"):
            assert kept.headers[name] == first.headers[name]
        head = api.head(address)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
        writer.upsert("place", [Feature("p001", {"name": path}, shapely.Point(103, 31), Origin.PUBLIC, "x")])
        changed = api.get(address, headers=again)
        assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


@pytest.mark.parametrize("zoom", [0, 6, 12, 24])
@pytest.mark.parametrize("collection", ["tsf", "region", "river", "risk_cell"])
def test_simplified_geometries_are_valid_not_empty_and_near(
    client: TestClient, collection: str, zoom: int
) -> None:
    address = f"/ogc/collections/{collection}/items?limit=50"
    plain = client.get(address).json()["features"]
    coarse = client.get(f"{address}&zoom-level={zoom}").json()["features"]
    pixel = 360 / 256 / 2**zoom
    for a, b in zip(plain, coarse, strict=True):
        exact, rough = (shapely.geometry.shape(each["geometry"]) for each in (a, b))
        assert rough.is_valid
        assert not rough.is_empty
        assert rough.geom_type == exact.geom_type
        assert exact.hausdorff_distance(rough) <= pixel * 1.000001
        assert shapely.get_num_coordinates(rough) <= shapely.get_num_coordinates(exact)
