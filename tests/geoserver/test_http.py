"""What HTTP itself promises, on every route."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from shapely import Point

from data_catalog.store import Feature
from geoserver.app import create_app
from geoserver.services import OpenSite
from minegis.levels import Origin
from minegis.settings import Settings

PROBLEM = "application/problem+json"
TILES = "/tiles/raster/relief/tiles"
ROUTES = (
    "/livez",
    "/readyz",
    "/ogc",
    "/ogc/openapi",
    "/ogc/conformance",
    "/ogc/collections",
    "/ogc/collections/tsf",
    "/ogc/collections/tsf/schema",
    "/ogc/collections/tsf/queryables",
    "/ogc/collections/tsf/items",
    "/ogc/collections/tsf/items/T1",
    "/tiles/vector/tsf/8/201/104.mvt",
    "/tiles/cells/8/201/104.mvt",
    f"{TILES}/WebMercatorQuad/6/50/26.png",
    TILES,
    f"{TILES}/WebMercatorQuad",
    "/tiles/raster/relief/WebMercatorQuad/tilejson.json",
    "/tiles/raster/relief/info",
    "/tiles/raster/relief/info.geojson",
    "/tiles/raster/relief/point/103.2,31.8",
    "/api/v1/site",
    "/api/v1/vocabulary",
    "/api/v1/layers",
    "/api/v1/regions/513221",
    "/api/v1/assets/tsf/T1",
    "/api/v1/warnings",
    "/api/v1/search?q=a",
    "/cap/feed.atom",
)


@pytest.mark.parametrize("route", ROUTES)
def test_head_answers_as_get_without_the_body(client: TestClient, route: str) -> None:
    plain = {"Accept-Encoding": "identity"}  # items carry the time, which compresses differently each time
    got, head = client.get(route, headers=plain), client.head(route, headers=plain)
    assert (head.status_code, head.content) == (got.status_code, b"") == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("route", [route for route in ROUTES if "/items" not in route])
def test_a_method_that_changes_things_is_not_allowed(client: TestClient, route: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = client.request(method, route)
        assert (response.status_code, response.headers["content-type"]) == (405, PROBLEM)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{TILES}/WebMercatorQuad/a/50/26.png", 400),
        (f"{TILES}/WebMercatorQuad/6.0/50/26", 400),
        (f"{TILES}/WebMercatorQuad/6/50/26...", 400),
        (f"{TILES}/WebMercatorQuad/6/50/26.%2e%2e%2fetc", 404),
        (f"{TILES}/WorldCRS84Quad/-1/0/0.png", 404),
        (f"{TILES}/WorldCRS84Quad/0/2/0.png", 404),
        (f"{TILES}/WorldCRS84Quad/99/0/0.png", 404),
        (f"{TILES}/WorldCRS84Quad/{10**20}/0/0.png", 400),
        (f"{TILES}/WebMercatorQuad/6/50/26.png?tilesize=-1", 400),
        (f"{TILES}/WebMercatorQuad/6/50/26.png?tilesize=%D9%A3", 400),
        ("/tiles/raster/relief/point/nan,nan", 204),
        ("/tiles/vector/tsf/23/0/0.mvt", 404),
        ("/tiles/vector/tsf/-1/0/0.mvt", 404),
        ("/ogc/collections/tsf/items?datetime=9999-12-31T23:59:59-23:59", 400),
        ("/ogc/collections/tsf/items?datetime=0001-01-01T00:00:00%2B14:00", 400),
        ("/ogc/collections/tsf/items?tier=1e999", 400),
        ("/ogc/collections/tsf/items?bbox=170,-10,-170,10", 200),
        ("/ogc/collections/tsf/items/%27%20OR%201=1--", 404),
        ("/ogc/collections/risk_cell/items/8f31aa55550a000", 404),
        ("/ogc/static/%00", 404),
        ("/api/v1/cells/0", 400),
        ("/api/v1/cells/%00", 400),
        ("/api/v1/regions/%F0%9F%98%80", 404),
        ("/api/v1/assets/tsf/..%2f..%2fsite.yaml", 404),
        ("/cap/..%2fsite.xml", 404),
        ("/" + "a/" * 2000, 404),
    ],
)
def test_a_bad_request_is_never_a_failure_of_the_server(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    if status >= 400:
        assert response.headers["content-type"] == PROBLEM


def test_a_band_that_is_not_there_cannot_be_asked_for(client: TestClient) -> None:
    tile = f"{TILES}/WebMercatorQuad/6/50/26.png"
    assert client.get(f"{tile}?bidx=9").content == client.get(tile).content


@pytest.mark.parametrize(
    "route", ["/api/v1/site", "/nope", "/ogc?f=html", f"{TILES}/WebMercatorQuad/6/50/26.png"]
)
def test_every_answer_keeps_browsers_from_guessing_and_from_foreign_origins(
    client: TestClient, route: str
) -> None:
    headers = client.get(route).headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.count("unsafe") == policy.count("style-src-attr 'unsafe-inline'") == 1
    assert "http" not in policy


def test_other_pages_may_read_data_but_not_the_page(client: TestClient) -> None:
    for route in ROUTES[2:]:
        assert client.get(route).headers["access-control-allow-origin"] == "*", route
    assert "access-control-allow-origin" not in client.get("/").headers


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("/tiles/")])
def test_a_kept_tile_is_asked_for_again_and_not_sent_again(client: TestClient, route: str) -> None:
    first = client.get(route)
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for kept in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get(route, headers={"If-None-Match": kept})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag or kept == "*"  # which says nothing of the encoding
    assert client.get(route, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_page_is_asked_for_again_and_its_named_parts_are_kept(tmp_path: Path, site: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>页面</title>", encoding="utf-8")
    (tmp_path / "assets" / "index-0a1b2c.js").write_text("0")
    with TestClient(create_app(Settings(site=site, web=tmp_path))) as client:
        assert client.get("/").headers["cache-control"] == "no-cache"
        assert client.get("/index.html").headers["cache-control"] == "no-cache"
        part = client.get("/assets/index-0a1b2c.js")
        assert part.headers["cache-control"] == "public, max-age=31536000, immutable"
        kept = client.get("/assets/index-0a1b2c.js", headers={"If-None-Match": part.headers["etag"]})
        assert kept.status_code == 304
        missing = client.get("/assets/gone.js")
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-cache")


def test_reads_between_which_a_run_is_published_are_made_again(unpublished: Path) -> None:
    lake = Feature("l1", {"name": "湖"}, Point(103, 31), Origin.PUBLIC, "natural_earth")
    opened = OpenSite.open(unpublished)
    times = 0

    def read() -> tuple[int, int]:
        nonlocal times
        times += 1
        before = opened.store.count("lake")
        if times == 1:
            opened.store.upsert("lake", [lake])
        return before, opened.store.count("lake")

    assert opened.at_one_time(read) == (1, 1)
    assert times == 2
    opened.store.close()


def test_what_is_computed_credits_what_it_was_computed_from(client: TestClient) -> None:
    listed = {each["id"]: each for each in client.get("/api/v1/layers").json()}
    for name in ("risk_cell", "warning"):
        assert listed[name]["attribution"], name
        assert listed[name]["licence"], name
    assert listed["relief"]["attribution"] in listed["risk_cell"]["attribution"]
    assert listed["tsf"]["attribution"] == listed["warning"]["attribution"]


def test_a_site_of_other_tables_is_not_ready(unpublished: Path) -> None:
    with closing(sqlite3.connect(unpublished / "minegis.sqlite")) as base:
        base.execute("UPDATE store SET tables = 'others'")
        base.commit()
    with TestClient(create_app(Settings(site=unpublished))) as client:
        assert client.get("/readyz").status_code == 503
        assert client.get("/api/v1/site").status_code == 503
