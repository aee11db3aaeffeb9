from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import shapely
from fastapi.testclient import TestClient

from data_catalog.dataset import datasets
from data_catalog.store import Store

COLLECTIONS = {*datasets(), "risk_cell", "warning", "catalogue"}
PROBLEM = "application/problem+json"


def test_every_dataset_the_cells_and_the_warnings_are_collections(client: TestClient) -> None:
    body = client.get("/ogc/collections").json()
    assert {each["id"] for each in body["collections"]} == COLLECTIONS


def test_pages_join_to_the_whole_without_gap_or_repeat(client: TestClient) -> None:
    found: list[str] = []
    address = "/ogc/collections/place/items?limit=50"
    pages = 0
    while address:
        body = client.get(address).json()
        assert body["numberMatched"] == 250
        found += [feature["id"] for feature in body["features"]]
        links = {link["rel"]: link["href"] for link in body["links"]}
        split = urlsplit(links.get("next", ""))
        address = f"{split.path}?{split.query}" if split.path else ""
        pages += 1
    assert found == [f"p{number:03d}" for number in range(250)]
    assert pages == 5  # 250 / 50: no sixth, empty page


def test_items_are_geojson_with_the_present_tier(client: TestClient) -> None:
    response = client.get("/ogc/collections/tsf/items")
    assert response.headers["content-type"] == "application/geo+json"
    tiers = {each["id"]: each["properties"]["tier"] for each in response.json()["features"]}
    states = {each["id"]: each["properties"]["state"] for each in response.json()["features"]}
    assert tiers == {"T1": 4, "T2": 0}
    assert states == {"T1": "sufficient", "T2": "missing"}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bbox=103.51,31.19,103.52,31.22", ["T1"]),
        ("bbox=0,0,1,1", []),
        ("bbox=103,31,0,105,32,9000", ["T1", "T2"]),
        ("bbox=31.19,103.51,31.22,103.52&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326", ["T1"]),
        ("tier=4", ["T1"]),
        ("overhead=false", ["T2"]),
        ("sortby=-tsf_class", ["T2", "T1"]),
        ("limit=1&offset=1", ["T2"]),
        ("q=青石", ["T1"]),
    ],
)
def test_a_query_selects(client: TestClient, query: str, ids: list[str]) -> None:
    body = client.get(f"/ogc/collections/tsf/items?{query}").json()
    assert [each["id"] for each in body["features"]] == ids


@pytest.mark.parametrize(
    ("interval", "ids"),
    [
        ("2008-05-12T06:28:01Z", ["e1", "e3"]),
        ("2008-05-12T14:28:01%2B08:00", ["e1", "e3"]),
        ("2008-05-12", ["e1", "e3"]),
        ("2008-05", ["e1", "e3"]),
        ("1930-01-01/1940-01-01", ["e2", "e3"]),
        ("../2000-01-01", ["e2", "e3"]),
        ("/2000-01-01", ["e2", "e3"]),
        ("2000-01-01/..", ["e1", "e3"]),
        ("2000-01-01/", ["e1", "e3"]),
        ("../..", ["e1", "e2", "e3"]),
        ("2009-01-01/2010-01-01", ["e3"]),
    ],
)
def test_datetime_selects_by_the_time_of_the_event_and_what_has_none(
    client: TestClient, interval: str, ids: list[str]
) -> None:
    body = client.get(f"/ogc/collections/earthquake/items?datetime={interval}").json()
    assert [each["id"] for each in body["features"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=nan,0,1,1",
        "bbox=0,5,1,4",
        "limit=0",
        "limit=-1",
        "limit=ten",
        "offset=-1",
        "datetime=yesterday",
        "datetime=2020-01-01/2019-01-01",
        "resulttype=all",
        "sortby=nonsense",
        "properties=nonsense",
        "tier=red",
        "crs=http://www.opengis.net/def/crs/EPSG/0/999999",
        "f=xml",
        "filter=nonsense%3D4",
        "filter=tier%3D4&filter-lang=sql",
        "filter=tier%3D",
        "limit=1&limit=2",
        "bbox=103,31,104,32&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/999999",
        "bbox=5,0,1,4&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
        "cursor=AAAA",
        "cursor=%FF",
        "zoom-level=25",
        "skipGeometry=maybe",
        "sortby=name,name",
        "name=%00",
        "tier=99999999999999999999",
        "total_storage=nan",
        "datetime=9999-12-31",
        "datetime=a/b/c",
        "as_of=2026-07-20",
        "q=" + "x" * 1001,
        "=1",
    ],
)
def test_a_bad_parameter_is_a_400_problem(client: TestClient, query: str) -> None:
    response = client.get(f"/ogc/collections/tsf/items?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == PROBLEM
    assert set(response.json()) == {"type", "title", "status", "detail", "what", "where", "expected", "got"}


@pytest.mark.parametrize(
    "path", ["/nope", "/nope/items", "/tsf/items/T9", "/risk_cell/items/T9", "/tsf/nope"]
)
def test_what_is_not_there_is_a_404_problem(client: TestClient, path: str) -> None:
    response = client.get(f"/ogc/collections{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == PROBLEM


def test_hits_count_and_return_nothing(client: TestClient) -> None:
    body = client.get("/ogc/collections/place/items?resulttype=hits").json()
    assert (body["numberMatched"], body["numberReturned"], body["features"]) == (250, 0, [])
    assert "next" not in {link["rel"] for link in body["links"]}


def test_a_page_may_leave_out_geometry_and_properties(client: TestClient) -> None:
    body = client.get("/ogc/collections/tsf/items?skipGeometry=true&properties=name").json()
    assert [each["geometry"] for each in body["features"]] == [None, None]
    assert {key for each in body["features"] for key in each["properties"]} == {"name"}


def test_epsg_4490_has_latitude_first_and_the_header_says_so(client: TestClient) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/4490"
    response = client.get(f"/ogc/collections/tsf/items/T2?crs={crs}")
    assert response.json()["geometry"]["coordinates"] == [31.9, 104.1]
    assert crs in response.headers["content-crs"]


def test_web_mercator_is_metres(client: TestClient) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/3857"
    x, y = client.get(f"/ogc/collections/tsf/items/T2?crs={crs}").json()["geometry"]["coordinates"]
    # 104.1° × 111319.4908 m = 11588359.0 m; asinh(tan 31.9°) × 6378137 m = 3750191.2 m
    assert (x, y) == pytest.approx((11_588_359.0, 3_750_191.2), abs=0.1)


def test_risk_cells_are_hexagons_with_their_risk(client: TestClient) -> None:
    body = client.get("/ogc/collections/risk_cell/items?bbox=103.5,31.2,103.52,31.22&limit=1000").json()
    assert body["numberMatched"] == len(body["features"]) > 3
    window = shapely.box(103.5, 31.2, 103.52, 31.22)
    for each in body["features"]:
        shape = shapely.from_geojson(json.dumps(each["geometry"]))
        assert shape.intersects(window)
        assert len(shape.exterior.coords) == 7
        assert each["properties"]["resolution"] == 8
        assert (each["properties"]["score"] is None) == (each["properties"]["state"] == "missing")
    one = body["features"][0]
    assert (
        client.get(f"/ogc/collections/risk_cell/items/{one['id']}").json()["properties"] == one["properties"]
    )


@pytest.mark.parametrize(
    ("lang", "title"), [("zh-CN", "尾矿库"), ("en-US", "Tailings storage facilities"), ("fr", "尾矿库")]
)
def test_any_language_is_answered_in_chinese_or_english(client: TestClient, lang: str, title: str) -> None:
    by_parameter = client.get(f"/ogc/collections/tsf?lang={lang}")
    by_header = client.get("/ogc/collections/tsf", headers={"Accept-Language": f"{lang},de;q=0.5"})
    assert by_parameter.json()["title"] == by_header.json()["title"] == title


def test_every_link_of_the_landing_page_is_answered(client: TestClient) -> None:
    links = client.get("/ogc").json()["links"]
    split = [urlsplit(link["href"]) for link in links if urlsplit(link["href"]).path != "/"]
    assert [client.get(f"{each.path}?{each.query}").status_code for each in split] == [200] * len(split)


def test_the_openapi_document_names_only_routes_that_answer(client: TestClient) -> None:
    document = client.get("/ogc/openapi").json()
    fixed = [path for path in document["paths"] if "{" not in path]
    assert [path for path in fixed if client.get(f"/ogc{path}").status_code != 200] == []


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MINEGIS_SITE": str(site), "MINEGIS_PORT": str(port)}
    command = [sys.executable, "-m", "uvicorn", "--factory", "server_under_test:app", "--port", str(port)]
    code = "from geoserver.app import create_app\nfrom minegis.settings import Settings\n"
    code += "def app():\n    return create_app(Settings.from_environment())\n"
    (site / "server_under_test.py").write_text(code)
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [*command, "--app-dir", str(site), "--log-level", "warning"], cwd=root, env=environment
    )
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="needs ogrinfo of GDAL")
def test_gdal_reads_every_feature_of_every_collection(address: str, store: Store) -> None:
    options = ["-ro", "-al", "-geom=NO", "-fields=NO", "-oo", "PAGE_SIZE=60"]
    command = ["ogrinfo", *options, f"OAPIF:{address}/ogc"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    counts = dict.fromkeys(re.findall(r"^Layer name: (\w+)$", done.stdout, re.MULTILINE), 0)
    counts |= Counter(re.findall(r"^OGRFeature\((\w+)\):", done.stdout, re.MULTILINE))
    assert set(counts) == COLLECTIONS
    assert {name: counts[name] for name in datasets()} == {name: store.count(name) for name in datasets()}
    assert counts["warning"] == 1
    assert counts["risk_cell"] == store.snapshots()[8].rows
    assert (
        counts["catalogue"] == httpx.get(f"{address}/ogc/collections/catalogue/items").json()["numberMatched"]
    )


@pytest.mark.parametrize(
    "path",
    ["", "/openapi", "/conformance", "/collections", "/collections/tsf", "/collections/tsf/schema",
     "/collections/tsf/queryables"],
)  # fmt: skip
def test_a_browser_gets_a_page_of_the_same_text_without_another_origin(client: TestClient, path: str) -> None:
    response = client.get(f"/ogc{path}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-language"].startswith("zh")
    loaded = re.findall(r'<(?:script|link|img|iframe|style)|(?:src|style|onload)="', response.text)
    assert loaded == []
    for address in re.findall(r'href="(http://testserver/ogc[^"]*)"', response.text):
        assert client.get(unescape(address)).status_code == 200, address


def test_a_page_of_items_leads_to_the_next_page_and_shows_text_as_text(client: TestClient) -> None:
    first = client.get("/ogc/collections/place/items?f=html&limit=2&name=<b>").text
    assert "<b>" not in first
    shown = client.get("/ogc/collections/place/items?f=html&limit=2").text
    assert "村1" in shown
    (after,) = (unescape(each) for each in re.findall(r'href="([^"]*cursor=[^"]*)"', shown))
    assert "村3" in client.get(after, headers={"Accept": "text/html"}).text


def test_json_ld_has_the_same_features(client: TestClient) -> None:
    body = client.get("/ogc/collections/tsf/items?f=jsonld").json()
    assert len(body["features"]) == 2
