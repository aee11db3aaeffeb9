"""A STAC API that pages in every way, and items that are not as they should be."""

from __future__ import annotations

import hashlib
import json

import pytest
from web_server import Reply

from data_catalog.fetch import StacAsked
from minegis.errors import InvalidInput
from pipelines.connectors.services import stac
from pipelines.connectors.services.job import Missed

ASKED = StacAsked(
    service="stac",
    collections=("sentinel-2-l2a",),
    assets=("B04", "SCL"),
    content="tiff",
    window="P5D",
    max_cloud_cover=30,
    page=2,
)


def tiff(number):
    return b"II*\0" + bytes([number]) * 100


@pytest.fixture
def catalogue(web):
    """Five items, item 3 cloudy; page links as `style` says."""

    def made(style, **changes):
        def item(number):
            digest = hashlib.sha256(tiff(number)).hexdigest()
            asset = {"href": f"../data/{number}.tif", "file:checksum": f"1220{digest}", "file:size": 104}
            web.file(f"/api/data/{number}.tif", tiff(number), etag=f'"{number}"')
            return {
                "type": "Feature",
                "id": f"item-{number}",
                "collection": "sentinel-2-l2a",
                "properties": {
                    "datetime": f"2026-07-1{number}T03:00:00Z",
                    "eo:cloud_cover": 90 if number == 3 else 5.5,
                    "platform": "sentinel-2b",
                },
                "links": [{"rel": "self", "href": f"{web.url}/api/items/{number}"}],
                "assets": {"B04": {**asset, **changes.get(f"asset{number}", {})}},
            }

        def search(request):
            asked = request.body or request.query
            start = int(asked.get("token", 0))
            items = [item(number) for number in range(1, 6)][start : start + 2]
            links = []
            if start + 2 < 5:
                token = str(start + 2)
                links = {
                    "get": [{"rel": "next", "href": f"search?token={token}"}],
                    "post": [
                        {
                            "rel": "next",
                            "method": "POST",
                            "href": f"{web.url}/api/search",
                            "body": {**(request.body or {}), "token": token},
                        }
                    ],
                    "merge": [
                        {
                            "rel": "next",
                            "method": "POST",
                            "href": "search",
                            "merge": True,
                            "body": {"token": token},
                        }
                    ],
                    "ring": [{"rel": "next", "method": "POST", "href": "search", "body": request.body}],
                    "away": [{"rel": "next", "href": "http://metadata.example.org/search"}],
                }[style]
            content = {"type": "FeatureCollection", "features": items, "links": links}
            return Reply(json.dumps(content).encode(), headers={"Content-Type": "application/geo+json"})

        web.rules["/api/search"] = search

    return made


@pytest.fixture
def api(job, endpoint):
    def made(asked=ASKED, **options):
        return job(
            asked, endpoint=endpoint.model_copy(update={"address": f"{endpoint.address}/api"}), **options
        )

    return made


@pytest.mark.parametrize("style", ["get", "post", "merge"])
def test_all_pages_are_followed_and_cloudy_scenes_left_out(catalogue, api, web, style):
    catalogue(style)
    found = list(stac.fetch(api()))
    assert [each.name for each in found] == [f"sentinel-2-l2a/item-{n}/B04.tif" for n in (1, 2, 4, 5)]
    assert web.paths().count("/api/search") == 3
    first = web.seen[0].body
    assert first["bbox"] == [103.0, 30.0, 104.0, 31.0]
    assert first["datetime"] == "2026-07-15T04:10:00Z/2026-07-20T04:10:00Z"
    assert first["query"] == {"eo:cloud_cover": {"lte": 30.0}}
    assert found[0].about["platform"] == "sentinel-2b"
    assert found[0].valid_from is not None
    assert found[0].valid_from.day == 11


def test_a_second_fetch_asks_for_each_asset_under_a_condition(catalogue, api, web):
    catalogue("post")
    list(stac.fetch(api()))
    web.seen.clear()
    assert not any(each.changed for each in stac.fetch(api()))
    conditions = [request.headers.get("if-none-match") for request in web.seen if "data" in request.path]
    assert conditions == ['"1"', '"2"', '"4"', '"5"']


def test_areas_that_overlap_bring_an_item_once(catalogue, api):
    catalogue("post")
    boxes = ((103.0, 30.0, 104.0, 31.0), (103.5, 30.0, 104.5, 31.0))
    assert len(list(stac.fetch(api(boxes=boxes)))) == 4


def test_pages_in_a_ring_and_pages_elsewhere_end_the_search(catalogue, api):
    catalogue("ring")
    with pytest.raises(InvalidInput, match="ring"):
        list(stac.fetch(api()))
    catalogue("away")
    with pytest.raises(InvalidInput, match="not declared"):
        list(stac.fetch(api()))


def test_an_asset_that_is_wrong_is_told_and_the_others_come(catalogue, api, slept):
    catalogue(
        "post",
        asset1={"href": "http://169.254.169.254/latest"},
        asset2={"file:checksum": "1220" + "00" * 32},
        asset4={"href": "s3://bucket/key", "alternate": {"https": {"href": "../data/4.tif"}}},
        asset5={"file:size": 7},
    )
    found = list(stac.fetch(api()))
    reasons = [str(each.reason) for each in found if isinstance(each, Missed)]
    assert len(reasons) == 3
    assert "host that is not declared" in reasons[0]
    assert "checksum differs" in reasons[1]
    assert "another length" in reasons[2] or "not whole" in reasons[2]
    assert [each.name for each in found if not isinstance(each, Missed)] == ["sentinel-2-l2a/item-4/B04.tif"]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"id": "a", "collection": "c", "assets": None},
        {"id": "a", "collection": "c", "assets": {"B04": {}}, "properties": {"eo:cloud_cover": 1}},
        {
            "id": "a",
            "collection": "c",
            "assets": {"B04": {"href": "/x"}},
            "properties": {"eo:cloud_cover": "no"},
        },
        {
            "id": "../a",
            "collection": "c",
            "assets": {"B04": {"href": "/x"}},
            "properties": {"eo:cloud_cover": 1},
        },
        {
            "id": "a",
            "collection": "c",
            "assets": {"B04": {"href": "/x", "file:size": "big"}},
            "properties": {"eo:cloud_cover": 1, "datetime": "yesterday"},
        },
    ],
)
def test_an_item_that_is_none_brings_nothing_and_stops_nothing(api, web, item):
    good = {
        "id": "b",
        "collection": "c",
        "properties": {"eo:cloud_cover": 1},
        "assets": {"B04": {"href": f"{web.url}/x.tif"}},
    }
    web.file("/x.tif", tiff(1))
    web.file("/api/search", json.dumps({"type": "FeatureCollection", "features": [item, good]}).encode())
    found = list(stac.fetch(api()))
    assert [each.name for each in found if not isinstance(each, Missed)] == ["c/b/B04.tif"]


def test_items_without_the_assets_are_told(catalogue, api):
    catalogue("post")
    (first, *_) = stac.fetch(api(ASKED.model_copy(update={"assets": ("VV",)})))
    assert isinstance(first, Missed)
    assert first.is_absent


def test_no_more_items_than_declared_are_taken(catalogue, api, web):
    catalogue("post")
    few = ASKED.model_copy(update={"max_items": 2, "max_cloud_cover": None})
    assert len(list(stac.fetch(api(few)))) == 2
    assert web.paths().count("/api/search") == 1


def test_a_login_page_is_no_search_result(api, web):
    web.file("/api/search", b"<html>Log in</html>")
    with pytest.raises(InvalidInput, match="expected JSON"):
        list(stac.fetch(api()))
    web.file("/api/search", b'{"code": "BadRequest"}')
    with pytest.raises(InvalidInput, match="FeatureCollection"):
        list(stac.fetch(api()))


def test_a_terrain_model_has_no_time(api):
    asked = StacAsked(service="stac", collections=("cop-dem-glo-30",), assets=("data",), timeless=True)
    body = stac.search(api(asked), (103.0, 30.0, 104.0, 31.0))
    assert set(body) == {"collections", "bbox", "limit"}
    assert "POST" in stac.plan(api(asked))[0]
