"""What the server says of itself: each request once, under its route, never under its path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from geoserver.app import create_app
from minegis.settings import Settings


@pytest.fixture
def own(site: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(site=site, web=Path("absent")))) as opened:
        yield opened


def figures(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def requests(client: TestClient) -> dict[tuple[str, str, str], float]:
    return {
        (labels["method"], labels["route"], labels["status"]): value
        for (name, pairs), value in figures(client).items()
        if name == "minegis_request_seconds_count" and (labels := dict(pairs))
    }


def test_requests_are_counted_by_the_template_of_their_route(own: TestClient) -> None:
    for path in ("/cap/a.xml", "/cap/b.xml", "/livez", "/livez", "/livez"):
        own.get(path)
    own.get("/tiles/raster/relief/tiles/WebMercatorQuad/6/50/26.png")
    own.head("/livez")
    own.post("/livez")
    assert requests(own) == {
        ("GET", "/cap/{identifier}.xml", "4xx"): 2,
        ("GET", "/livez", "2xx"): 4,  # HEAD is answered as GET
        ("POST", "/livez", "4xx"): 1,
        ("GET", "/tiles/raster/{layer_id}/tiles/{tileMatrixSetId}/{z}/{x}/{y}.{format}", "2xx"): 1,
    }


def test_made_up_paths_and_methods_make_no_series(own: TestClient, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>x</title>")
    with TestClient(create_app(Settings(site=own.app.state.services.settings.site, web=tmp_path))) as paged:  # type: ignore[attr-defined]
        for client in (own, paged):
            for number in range(20):
                client.get(f"/made/up/{number}")
                client.get(f"/{number}.js")
                client.request(f"M{number}", "/livez")
        assert {key[:2] for key in requests(own)} == {("GET", "none"), ("other", "/livez")}
        assert {key[:2] for key in requests(paged)} == {("GET", "/{page}"), ("other", "/{page}")}


def test_an_error_of_the_server_is_counted_as_one(own: TestClient) -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    own.app.add_api_route("/fails", fails)  # type: ignore[attr-defined]
    with TestClient(own.app, raise_server_exceptions=False) as client:
        assert client.get("/fails").status_code == 500
        assert requests(client)["GET", "/fails", "5xx"] == 1


def test_pools_memory_data_and_its_age_are_told(own: TestClient) -> None:
    own.get("/readyz")
    found = figures(own)
    found = figures(own)  # the first one began to look at the data
    for pool in ("query", "tile", "export", "raster"):
        assert found["minegis_pool_rejected_total", (("pool", pool),)] == 0
        assert found["minegis_pool_waiting", (("pool", pool),)] == 0
        assert found["minegis_pool_running", (("pool", pool),)] in (
            0,
            1,
            2,
        )  # it looks at the data and warms up
    assert found["minegis_resident_bytes", ()] > 50e6
    assert found["minegis_items", (("collection", "place"),)] == 250
    assert found["minegis_run_age_seconds", ()] != 0
    assert any(name == "minegis_build_info" and dict(labels)["version"] for name, labels in found)


def test_tiles_that_were_kept_and_made_are_counted(own: TestClient) -> None:
    for _ in range(3):
        assert own.get("/tiles/vector/tsf/8/201/104.mvt").status_code == 200
    found = figures(own)
    assert found["minegis_tile_cache_misses_total", ()] == 1
    assert found["minegis_tile_cache_hits_total", ()] == 2
    assert found["minegis_tile_cache_tiles", ()] == 1
    assert found["minegis_tile_cache_bytes", ()] > 100


def test_two_servers_in_one_process_count_apart(own: TestClient, site: Path) -> None:
    own.get("/livez")
    with TestClient(create_app(Settings(site=site, web=Path("absent")))) as other:
        assert requests(other) == {}
