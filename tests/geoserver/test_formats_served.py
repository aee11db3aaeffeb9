"""Files from the running service, read back by other programs and compared with the store."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient

from data_catalog.collection import collections
from data_catalog.items import FIXED_COLUMNS, ItemQuery
from data_catalog.store import Store

FILES = ("geojsonseq", "fgb", "parquet", "csv", "gpkg")
STORED = tuple(each.id for each in collections().values() if each.stored)
ITEMS = "/ogc/collections/{}/items"

type Found = dict[str, tuple[Any, dict[str, Any]]]
"""Geometry and properties by id."""


def read_arrow(path: Path) -> Found:
    meta, table = pyogrio.read_arrow(path)
    name = meta["geometry_name"] or "wkb_geometry"
    shapes = shapely.from_wkb(table[name].to_pylist())
    rows = table.drop_columns([name, *({"fid"} & {*table.column_names})]).to_pylist()
    return {row.pop("id"): (shape, row) for row, shape in zip(rows, shapes, strict=True)}


def read_parquet(path: Path) -> Found:
    rows = pq.read_table(path).drop_columns(["bbox"]).to_pylist()
    return {row.pop("id"): (shapely.from_wkb(row.pop("geometry")), row) for row in rows}


def read_csv(path: Path) -> Found:
    csv.field_size_limit(1 << 24)  # a province is longer than Python's own limit
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [*csv.DictReader(file)]
    return {str(row.pop("id")): (shapely.from_wkt(row.pop("WKT")), row) for row in rows}


def read_sequence(path: Path) -> Found:
    features = [json.loads(record) for record in path.read_bytes().split(b"\x1e")[1:]]
    return {
        each["id"]: (shapely.from_geojson(json.dumps(each["geometry"])), each["properties"])
        for each in features
    }


READERS = {
    "geojsonseq": read_sequence,
    "fgb": read_arrow,
    "parquet": read_parquet,
    "csv": read_csv,
    "gpkg": read_arrow,
}


def as_text(value: Any) -> str:
    """What CSV has for a value: the ways of ISO 8601 and of Python for numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def comparable(value: Any, key: str) -> Any:
    if key == "csv":
        return as_text(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    if isinstance(value, date):
        return value.isoformat()
    return value


def expected(value: Any, kind: str, key: str) -> Any:
    if key == "csv":
        return as_text(bool(value) if kind == "boolean" and value is not None else value)
    if value is not None and kind == "datetime" and key != "geojsonseq":
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def download(address: str, path: Path) -> Mapping[str, str]:
    with urllib.request.urlopen(address, timeout=60) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file)
        return dict(answer.headers.items())


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize("collection", STORED)
def test_a_file_equals_the_store_feature_by_feature(
    collection: str, key: str, served_site: str, published_site: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{collection}.{'geojsons' if key == 'geojsonseq' else key}"
    download(f"{served_site}{ITEMS.format(collection)}?f={key}", path)
    found = READERS[key](path)
    with Store.open(published_site) as store:
        page = store.items(collection).page(ItemQuery(limit=None))
    kinds = [collections()[collection].properties[name].type for name in page.names]
    assert found.keys() == {row[0] for row in page.rows}
    for row in page.rows:
        shape, properties = found[row[0]]
        assert shapely.equals_identical(shape, shapely.from_wkb(row[1])), row[0]
        got = [comparable(properties[name], key) for name in page.names]
        values = zip(row[FIXED_COLUMNS:], kinds, strict=True)
        assert got == [expected(value, kind, key) for value, kind in values], row[0]


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize("collection", ["warning", "risk_cell"])
def test_files_of_what_is_no_dataset_hold_the_same_as_its_pages(
    collection: str, key: str, served_site: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{collection}.{'geojsons' if key == 'geojsonseq' else key}"
    where = "" if collection == "warning" else "&bbox=103.2,31,103.6,31.3"
    download(f"{served_site}{ITEMS.format(collection)}?f={key}{where}", path)
    download(f"{served_site}{ITEMS.format(collection)}?f=json&limit=10000{where}", tmp_path / "page.json")
    features = json.loads((tmp_path / "page.json").read_text())["features"]
    found = READERS[key](path)
    kinds = {name: each.type for name, each in collections()[collection].properties.items()}
    assert found.keys() == {each["id"] for each in features}
    assert features
    for each in features:
        shape, properties = found[each["id"]]
        assert shapely.equals_identical(shape, shapely.from_geojson(json.dumps(each["geometry"])))
        got = {name: comparable(value, key) for name, value in properties.items()}
        assert got == {name: expected(value, kinds[name], key) for name, value in each["properties"].items()}


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="needs Debian's gdal-bin")
@pytest.mark.parametrize("key", ["fgb", "gpkg", "csv", "geojsonseq"])
def test_an_older_gdal_reads_the_files(key: str, served_site: str, tmp_path: Path) -> None:
    path = tmp_path / f"tsf.{'geojsons' if key == 'geojsonseq' else key}"
    download(f"{served_site}{ITEMS.format('tsf')}?f={key}", path)
    told = subprocess.run(["ogrinfo", "-ro", "-so", "-al", path], capture_output=True, text=True, check=True)
    count = re.search(r"Feature Count: (\d+)", told.stdout)
    assert count is not None
    assert int(count[1]) == 300  # the recipe of the sample makes 300 facilities


def ids(client: TestClient, key: str, query: str) -> list[str]:
    answer = client.get(f"{ITEMS.format('place')}?f={key}&{query}")
    assert answer.status_code == 200, answer.text
    if key == "json":
        return [each["id"] for each in answer.json()["features"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"place.{'geojsons' if key == 'geojsonseq' else key}"
        path.write_bytes(answer.content)
        return [*READERS[key](path)]


@pytest.mark.parametrize("key", ["geojsonseq", "fgb", "parquet", "csv"])
@pytest.mark.parametrize(
    "query",
    [
        "bbox=103.1,31,103.5,31.2",
        "filter=population%20%3E%202000%20AND%20name%20LIKE%20%27%E6%9D%911%25%27",
        "sortby=-population",
        "limit=7&offset=3&sortby=name",
        "q=%E6%9D%9112",
        "population=1007",
        "bbox=0,0,1,1",
    ],
)
def test_a_file_is_selected_and_ordered_as_a_page_is(client: TestClient, key: str, query: str) -> None:
    found, page = (
        ids(client, key, query),
        ids(client, "json", f"limit=1000&{query}" if "limit" not in query else query),
    )
    assert sorted(found) == sorted(page)
    if key != "fgb":  # whose index has an order of its own
        assert found == page


@pytest.mark.parametrize("key", FILES)
def test_a_file_is_not_cut_at_a_page(client: TestClient, key: str) -> None:
    assert len(ids(client, key, "")) == 250  # places of the site; a page has 100


@pytest.mark.parametrize("key", FILES)
def test_a_file_has_only_the_properties_that_were_asked_for(
    client: TestClient, key: str, tmp_path: Path
) -> None:
    answer = client.get(f"{ITEMS.format('place')}?f={key}&properties=population&limit=3")
    path = tmp_path / f"place.{'geojsons' if key == 'geojsonseq' else key}"
    path.write_bytes(answer.content)
    assert [[*properties] for _, properties in READERS[key](path).values()] == [["population"]] * 3


@pytest.mark.parametrize(
    ("key", "media_type"),
    [
        ("geojsonseq", "application/geo+json-seq"),
        ("fgb", "application/vnd.flatgeobuf"),
        ("parquet", "application/vnd.apache.parquet"),
        ("csv", "text/csv"),
        ("gpkg", "application/geopackage+sqlite3"),
    ],
)
def test_a_file_is_chosen_by_accept_too_and_has_a_name(client: TestClient, key: str, media_type: str) -> None:
    answer = client.get(ITEMS.format("river"), headers={"Accept": media_type})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "Accept" in answer.headers["vary"]
    name = answer.headers["content-disposition"]
    suffix = "geojsons" if key == "geojsonseq" else key
    assert re.fullmatch(rf'attachment; filename="river-\d{{8}}T\d{{6}}Z\.{suffix}"', name)
    assert client.get(f"{ITEMS.format('river')}?f={key}").headers["content-disposition"] == name


def test_files_are_given_only_of_what_is_there(client: TestClient) -> None:
    assert client.get(ITEMS.format("nowhere") + "?f=fgb").status_code == 404
    assert client.get(ITEMS.format("place") + "?f=shp").status_code == 400
    refused = client.get(ITEMS.format("place") + "?f=fgb&bbox=2,1,0")
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.fixture
def page(client: TestClient) -> str:
    answer = client.get(
        ITEMS.format("tsf"), headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "zh"}
    )
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_a_browser_gets_a_table_with_labels_units_and_words(page: str) -> None:
    assert '<html lang="zh-CN"' in page
    assert "<h1>尾矿库</h1>" in page
    assert 'title="dam_height">现状坝高 <small>m</small></th>' in page
    assert '<span title="upstream">上游式</span>' in page
    assert '<span title="True">是</span>' in page
    assert "items/T1?f=html" in page


def test_a_tier_has_its_one_colour_and_without_evidence_none_is_called_normal(page: str) -> None:
    assert '<i style="--swatch:#E60012"></i>红色' in page  # T1 is red
    assert "未知" in page  # T2 was never judged
    assert "</i>正常" not in page


def test_a_page_of_items_loads_only_from_its_origin(page: str) -> None:
    assert re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]*)"', page) == [
        "/icon.svg",
        "/items.css",
        "/items.js",
    ]
    assert "<script>" not in page


def test_a_page_leads_to_the_next_and_back_to_the_first(client: TestClient) -> None:
    first = client.get(ITEMS.format("place") + "?f=html&limit=200&lang=en").text
    following = re.search(r'<a href="([^"]+)" rel="next">Next page</a>', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&").removeprefix("http://testserver")).text
    assert second.count("<tr data-id=") == 50  # 250 places in pages of 200
    assert "First page" in second
    assert "Next page" not in second


def test_downloads_of_a_page_are_of_everything_that_matches(client: TestClient) -> None:
    page = client.get(ITEMS.format("place") + "?f=html&limit=5&bbox=103,31,104,32").text
    (link,) = re.findall(r'<a href="([^"]+f=csv[^"]*)"', page)
    assert "limit" not in link
    assert "bbox=103%2C31%2C104%2C32" in link


def test_what_stands_in_the_data_is_no_markup() -> None:
    from data_catalog.collection import collection
    from data_catalog.items import Page
    from geoserver.ogc.crs import CRS84, offered
    from geoserver.ogc.formats import FORMATS, Answer

    now = datetime(2026, 7, 20, tzinfo=UTC)
    evil = "<script>alert('\"')</script>"
    row = (evil, shapely.to_wkb(shapely.Point(1, 2)), "t", "", evil, None, 3, evil, evil)
    names = ("name", "name_en", "population", "origin", "source")
    answer = Answer(collection("place"), offered()[CRS84], "zh", now)
    page = b"".join(FORMATS["html"].write([Page(names, (row,), None, now)], answer)).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_an_item_has_a_page_with_its_facts_and_a_way_to_the_map(client: TestClient) -> None:
    page = client.get(ITEMS.format("tsf") + "/T1?f=html&lang=zh").text
    assert "<h1>示例·青石沟尾矿库</h1>" in page
    assert '<dt title="total_storage">现状容积 <small>10⁴ m³</small></dt><dd>320</dd>' in page
    assert "/?lang=zh&amp;show=feature%2Ftsf%2FT1" in page
