"""Tiles over HTTP: addresses, tags, what is made once and what is not made at all."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pyogrio.raw
import pytest
import shapely
from fastapi.testclient import TestClient
from shapely import Point
from starlette.requests import Request

from data_catalog.store import Feature, Store
from geoserver.app import create_app
from geoserver.errors import Abandoned
from geoserver.ogc import map_tiles
from geoserver.ogc.map_tiles import Address, MapTiles, Versions, unless_left
from geoserver.ogc.sources import ItemSources
from geoserver.services import OpenSite, Services
from minegis.levels import Origin
from minegis.settings import Settings
from tiles.grid import Tile

PLAIN = {"Accept-Encoding": "identity"}
MVT = "application/vnd.mapbox-vector-tile"
TSF = "/tiles/vector/tsf/8/201/104.mvt"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (TSF, 200),
        ("/tiles/vector/warning/8/201/104.mvt", 200),
        ("/tiles/cells/8/201/104.mvt", 200),
        ("/tiles/one-map/8/201/104.mvt", 200),
        # 4490, level 8: 256 columns of 1.40625 degree, (103.5 + 180) / 1.40625 = 201.6, (90 - 31.2) / … 41.8
        ("/tiles/vector/tsf/8/201/41.mvt?grid=CGCS2000Quad", 200),
        ("/tiles/vector/tsf/7/201/41.mvt?grid=WorldCRS84Quad", 200),
        ("/tiles/cells/8/201/41.mvt?grid=CGCS2000Quad", 200),
        (f"{TSF}?v=whatever", 200),
        ("/tiles/vector/tsf/8/0/0.mvt", 204),
        (f"{TSF}?as_of=2001-01-01T00:00:00Z", 204),
        ("/tiles/vector/nope/8/201/104.mvt", 404),
        ("/tiles/vector/tsf/0/0/0.mvt?grid=CGCS2000Quad", 404),
        ("/tiles/vector/tsf/19/0/0.mvt?grid=CGCS2000Quad", 404),
        ("/tiles/vector/tsf/8/256/0.mvt", 404),
        ("/tiles/vector/tsf/8/201/1e2.mvt", 400),
        ("/tiles/vector/tsf/8/201/104.mvt?grid=nope", 400),
        ("/tiles/vector/tsf/8/201/104.mvt?as_of=yesterday", 400),
        ("/tiles/vector/tsf/8/201/104.mvt?nope=1", 400),
        ("/tiles/vector/tsf/8/201/104.mvt?v=1&v=2", 400),
        ("/ogc/collections/tsf/tiles/WebMercatorQuad/8/104/201", 200),
        ("/ogc/collections/tsf/tiles/WebMercatorQuad/8/104/201?f=mvt", 200),
        ("/ogc/collections/tsf/tiles/WebMercatorQuad/8/104/201?f=png", 400),
        ("/ogc/collections/tsf/tiles/WebMercatorQuad/8/a/201", 400),
        ("/ogc/collections/nope/tiles/WebMercatorQuad/8/104/201", 404),
        ("/ogc/collections/tsf/tiles/nope/8/104/201", 404),
        ("/ogc/collections/nope/tiles", 404),
        ("/ogc/collections/tsf/tiles/nope", 404),
        ("/ogc/tileMatrixSets/nope", 404),
        ("/ogc/tiles/WebMercatorQuad/8/104/201?collections=tsf,nope", 404),
        ("/ogc/tiles/WebMercatorQuad/8/104/201?collections=", 404),
        ("/tiles/vector/nope.json", 404),
    ],
)
def test_each_address_has_its_answer(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status, response.text
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
    elif status == 200:
        assert response.headers["content-type"] == MVT


def test_a_client_that_takes_no_tiles_is_told_so(client: TestClient) -> None:
    path = "/ogc/collections/tsf/tiles/WebMercatorQuad/8/104/201"
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.get(path, headers={"Accept": MVT}).status_code == 200


def test_one_tile_of_many_layers_is_the_layers_one_after_another(client: TestClient) -> None:
    parts = [
        client.get(f"/ogc/collections/{name}/tiles/WebMercatorQuad/8/104/201", headers=PLAIN).content
        for name in ("tsf", "region")
    ]
    path = "/ogc/tiles/WebMercatorQuad/8/104/201?collections=tsf,region"
    assert client.get(path, headers=PLAIN).content == b"".join(parts)


def test_the_tag_of_a_tile_is_strong_and_the_same_in_another_process(client: TestClient, site: Path) -> None:
    first = client.get(TSF, headers=PLAIN)
    with TestClient(create_app(Settings(site=site, web=Path("absent")))) as other:
        again = other.get(TSF, headers=PLAIN)
    assert first.headers["etag"].startswith('"')
    assert (first.headers["etag"], first.content) == (again.headers["etag"], again.content)


def test_tags_differ_by_place_grid_and_time(client: TestClient) -> None:
    paths = (
        TSF, "/tiles/vector/tsf/8/201/105.mvt", "/tiles/vector/region/8/201/104.mvt",
        f"{TSF}?as_of=2001-01-01T00:00:00Z", f"{TSF}?grid=WorldCRS84Quad", "/tiles/one-map/8/201/104.mvt",
    )  # fmt: skip
    tags = [client.get(path, headers=PLAIN).headers["etag"] for path in paths]
    assert len(set(tags)) == len(paths)


def test_a_kept_tile_is_not_sent_again_until_its_data_change(unpublished: Path) -> None:
    with TestClient(create_app(Settings(site=unpublished, web=Path("absent")))) as client:
        first = client.get(TSF, headers=PLAIN)
        kept = {"If-None-Match": first.headers["etag"], **PLAIN}
        assert client.get(TSF, headers=kept).status_code == 304
        with Store.open(unpublished) as store:
            place = Feature("p999", {"name": "新村"}, Point(103.5, 31.2), Origin.PUBLIC, "geonames")
            store.upsert("place", [place])
        assert client.get(TSF, headers=kept).status_code == 304
        with Store.open(unpublished) as store:
            pond = Feature("T9", {"name": "新库"}, Point(103.6, 31.3), Origin.SAMPLE, "test")
            store.upsert("tsf", [pond])
        changed = client.get(TSF, headers=kept)
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]
        assert b"T9" in changed.content


def test_an_empty_tile_has_a_tag_too(client: TestClient) -> None:
    first = client.get("/tiles/vector/tsf/8/0/0.mvt")
    assert first.status_code == 204
    again = client.get("/tiles/vector/tsf/8/0/0.mvt", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_tilejson_tells_where_the_tiles_are_and_what_is_in_them(client: TestClient) -> None:
    found = client.get("/tiles/vector/tsf.json").json()
    assert found["tilejson"] == "3.0.0"
    (layer,) = found["vector_layers"]
    assert layer["id"] == "tsf"
    assert layer["fields"]["tier"] == "Number"
    assert layer["fields"]["name"] == "String"
    # T1 begins at 103.50 E, 31.20 N; T2 is at 104.1 E, 31.9 N
    assert found["bounds"] == [103.5, 31.2, 104.1, 31.9]
    (template,) = found["tiles"]
    address = template.replace("{z}", "8").replace("{x}", "201").replace("{y}", "104")
    assert client.get(address).status_code == 200


def test_the_tilejson_of_the_map_names_every_layer(client: TestClient) -> None:
    found = client.get("/tiles/one-map.json").json()
    names = {layer["id"] for layer in found["vector_layers"]}
    assert {"tsf", "mine", "slope", "region", "warning", "risk_cell", "place"} <= names
    for name in names:
        own = client.get(f"/tiles/vector/{name}.json").json()
        address = own["tiles"][0].replace("{z}", "8").replace("{x}", "201").replace("{y}", "104")
        assert client.get(address).status_code in (200, 204)


def run_with[R](site: Path, work: Callable[[MapTiles, Services], Any]) -> Any:
    """Run work on the tiles of a site, on an event loop with the threads of a server."""

    async def run() -> Any:
        services = Services(Settings(site=site))
        services.start()
        try:
            return await work(MapTiles(services, ItemSources(services.opened())), services)
        finally:
            services.stop()

    return asyncio.run(run())


def request_of(gone: asyncio.Event) -> Request:
    """Return a GET request whose client leaves when told to."""

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    return Request(scope, receive)


def test_many_who_ask_for_one_tile_at_once_have_it_made_once(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    whole = MapTiles.make

    def make(self: MapTiles, name: str, address: Address) -> bytes:
        made.append(name)
        return whole(self, name, address)

    monkeypatch.setattr(MapTiles, "make", make)

    async def ask(tiles: MapTiles, _services: Services) -> list[int]:
        address = Address(Tile(8, 201, 104))
        stays = [request_of(asyncio.Event()) for _ in range(50)]
        answers = await asyncio.gather(*(tiles.answer(each, ["tsf"], address) for each in stays))
        return [each.status_code for each in answers]

    assert run_with(site, ask) == [200] * 50
    assert made == ["tsf"]


def test_a_tile_of_which_all_clients_left_before_its_turn_is_not_made(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(MapTiles, "make", lambda _self, name, _address: made.append(name) or b"")

    async def ask(tiles: MapTiles, services: Services) -> list[BaseException | Any]:
        let_go = Event()
        threads = services.settings.workers
        busy = [asyncio.create_task(services.tile(let_go.wait)) for _ in range(threads)]
        await asyncio.sleep(0.01)
        gone = asyncio.Event()
        address = Address(Tile(8, 201, 104))
        waiting = [asyncio.create_task(tiles.answer(request_of(gone), ["tsf"], address)) for _ in range(3)]
        await asyncio.sleep(0.1)
        gone.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        let_go.set()
        await asyncio.gather(*busy)
        await services.tile(lambda: None)
        return answers

    assert [type(each) for each in run_with(site, ask)] == [Abandoned] * 3
    assert made == []


def test_waiting_ends_when_the_client_leaves() -> None:
    async def wait() -> bool:
        gone = asyncio.Event()
        asyncio.get_running_loop().call_later(0.06, gone.set)
        work = asyncio.create_task(asyncio.sleep(60))
        with pytest.raises(Abandoned):
            await unless_left(request_of(gone), work)
        return work.cancelled()

    assert asyncio.run(wait())


def test_versions_are_read_together_and_never_older_than_the_question(site: Path) -> None:
    async def ask(tiles: MapTiles, services: Services) -> tuple[list[set[str]], int]:
        read: list[set[str]] = []
        hold = Event()

        class Counted:
            def __init__(self, name: str) -> None:
                self.collection = tiles.collection(name)

            def version(self) -> str:
                if not read:
                    hold.wait(5)
                return "1"

        class Source:
            def items(self, name: str) -> Counted:
                return Counted(name)

        versions = Versions(services, Source())  # type: ignore[arg-type]
        whole = services.query

        async def counted(work: Callable[[], dict[str, str]]) -> dict[str, str]:
            found = await whole(work)
            read.append(set(found))
            return found

        services.query = counted  # type: ignore[method-assign,assignment]
        first = asyncio.create_task(versions.read(["tsf"]))
        await asyncio.sleep(0.01)
        later = [asyncio.create_task(versions.read([name])) for name in ("tsf", "mine", "mine", "slope")]
        await asyncio.sleep(0.01)
        hold.set()
        answers = await asyncio.gather(first, *later)
        return read, len(answers)

    # the first reading had begun: those who asked later share the next one
    assert run_with(site, ask) == ([{"tsf"}, {"tsf", "mine", "slope"}], 5)


def test_the_edition_names_the_code_and_the_declarations() -> None:
    assert map_tiles.edition() == map_tiles.edition()
    assert len(map_tiles.edition()) == 24


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="needs ogrinfo (Debian: gdal-bin)")
def test_the_gdal_of_debian_reads_a_served_tile_at_its_place(served_site: str) -> None:
    address = f"MVT:{served_site}/tiles/one-map/8/201/104.mvt"
    command = ["ogrinfo", "-ro", "-al", "-so", address]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    assert "Layer name: risk_cell" in text
    assert "Layer name: region" in text
    assert "Pseudo-Mercator" in text


def test_the_ogc_api_driver_of_gdal_reads_a_collection_by_its_tileset(served_site: str) -> None:
    collection = f"{served_site}/ogc/collections/tsf"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL speaks of tiles whose fields differ
        meta, _, shapes, columns = pyogrio.raw.read(
            f"OGCAPI:{collection}", layer="Zoom level 8", API="TILES", TILEMATRIXSET="WorldCRS84Quad"
        )
    found = dict(zip(meta["fields"], columns, strict=True))
    items = httpx.get(f"{collection}/items?limit=1000", timeout=60).json()["features"]
    outlines = {each["id"]: shapely.from_geojson(json.dumps(each["geometry"])) for each in items}
    # Level 8 is as wide as zoom 9, below which ponds are areas: each is a point on itself.
    assert set(found["id"]) == set(outlines)
    for place, name in zip(shapely.from_wkb(shapes), found["id"], strict=True):
        assert outlines[name].distance(place) < 0.001  # a step is 0.7 / 4096 degree


def test_a_site_that_is_closed_is_opened_anew(site: Path) -> None:
    opened = OpenSite.open(site)
    services = Services(Settings(site=site))
    assert not services.is_open(opened)
    assert services.is_open(services.opened())
    services.stop()
    opened.store.close()


def test_one_tile_holds_just_the_collections_that_are_asked_for(client: TestClient) -> None:
    place = "8/201/104.mvt"
    parts = [client.get(f"/tiles/vector/{name}/{place}").content for name in ("tsf", "region")]
    assert all(parts)
    assert client.get(f"/tiles/one-map/{place}?collections=tsf,region,tsf&v=1").content == b"".join(parts)
    assert client.get(f"/tiles/one-map/{place}?collections=tsf,nothing").status_code == 404
    assert client.get(f"/tiles/vector/tsf/{place}?collections=region").status_code == 400
