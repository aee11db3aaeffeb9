"""The real command serving the real sample site, as a client sees it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from data_catalog.dataset import datasets
from data_catalog.store import Store
from tiles.grid import Tile

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def fetch_json(url: str) -> Any:
    status, body = fetch(url)
    assert status == 200, body
    return json.loads(body)


def tile_at(lon: float, lat: float, zoom: int) -> str:
    x = int((lon + 180) / 360 * 2**zoom)
    for y in range(2**zoom):
        _, south, _, north = Tile(zoom, x, y).lonlat_bounds()
        if south <= lat < north:
            return f"{zoom}/{x}/{y}"
    raise AssertionError("no such tile")


def test_the_page_its_layers_and_every_tile_of_the_area_are_there(served_site: str) -> None:
    status, page = fetch(served_site + "/")
    assert status == 200
    assert b"<script" in page
    layers = fetch_json(served_site + "/api/v1/layers")
    assert {"risk_cell", "region", "tsf", "mine", "slope", "warning", "relief"} <= {
        each["id"] for each in layers
    }
    z, x, y = tile_at(103.6, 31.4, 9).split("/")
    for layer in layers:
        url = served_site + layer["tiles"].replace("{z}", z).replace("{x}", x).replace("{y}", y)
        status, body = fetch(url)
        assert status in (200, 204), (layer["id"], body)
    for needed in ("relief", "slope_angle", "rain", "pga", "risk_cell", "tsf"):
        layer = next(each for each in layers if each["id"] == needed)
        url = served_site + layer["tiles"].replace("{z}", z).replace("{x}", x).replace("{y}", y)
        assert fetch(url)[0] == 200, needed


def test_every_active_warning_is_a_valid_cap_document_of_the_feed(
    served_site: str, sample_data: Path
) -> None:
    schema = etree.XMLSchema(etree.parse(str(sample_data / "cap" / "CAP-v1.2.xsd")))
    warnings = fetch_json(served_site + "/api/v1/warnings?status=active")
    assert warnings
    feed = etree.fromstring(fetch(served_site + "/cap/feed.atom")[1])
    listed = {link.get("href") for link in feed.iterfind(".//{http://www.w3.org/2005/Atom}entry/{*}link")}
    for warning in warnings:
        assert any(str(href).endswith(warning["cap"]) for href in listed)
        document = etree.fromstring(fetch(served_site + warning["cap"])[1])
        schema.assertValid(document)
        assert document.findtext(f"{CAP}status") == "Exercise"
        assert re.fullmatch(r"\d{14}_\d{14}_\d", document.findtext(f"{CAP}identifier") or "")


def test_gdal_lists_the_collections_and_counts_what_the_store_holds(
    served_site: str, published_site: Path
) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("needs ogrinfo (Debian gdal-bin)")
    listed = subprocess.run(
        ["ogrinfo", "-q", f"OAPIF:{served_site}/ogc"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    names = set(re.findall(r"^\d+: (\w+)", listed, re.MULTILINE))
    assert {*datasets(), "risk_cell", "warning"} <= names
    with Store.open(published_site) as store:
        expected = {name: store.count(name) for name in datasets()}
        expected["warning"] = sum(each.cancelled_at is None for each in store.warnings())
    for name, count in expected.items():
        read = subprocess.run(
            ["ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", f"OAPIF:{served_site}/ogc", name,
             "-oo", "PAGE_SIZE=1000"],
            capture_output=True, check=True, timeout=300,
        ).stdout  # fmt: skip
        assert read.count(b"\n") == count, name


def test_gdal_reads_the_risk_cells_of_a_box_as_the_snapshot_has_them(served_site: str) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("needs ogrinfo (Debian gdal-bin)")
    box = ("103.4", "31.2", "103.6", "31.4")
    stated = fetch_json(f"{served_site}/ogc/collections/risk_cell/items?bbox={','.join(box)}&limit=1")
    read = subprocess.run(
        ["ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", f"OAPIF:{served_site}/ogc", "risk_cell",
         "-spat", *box, "-oo", "PAGE_SIZE=200"],
        capture_output=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    assert read.count(b"\n") == stated["numberMatched"] > 400


def test_an_asset_explains_itself_over_http_as_on_the_command_line(
    served_site: str, published_site: Path
) -> None:
    warning = fetch_json(served_site + "/api/v1/warnings?status=active")[0]
    subject = f"{warning['dataset']}/{warning['asset_id']}"
    card = fetch_json(f"{served_site}/api/v1/assets/{subject}")
    printed = subprocess.run(
        [sys.executable, "-m", "geoserver.cli", "explain", subject, "--site", str(published_site), "--json"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    told = json.loads(printed)
    taken = fetch_json(f"{served_site}/api/v1/explanations/{subject}")
    assert told.pop("explanation") == taken
    assert sum(each["points"] for each in taken["factors"]) == pytest.approx(taken["score"], abs=1e-4)
    assert told == card["assessment"]["chain"]
    assert card["assessment"]["tier"] == warning["tier"]


def test_what_is_not_there_is_a_problem_in_json(served_site: str) -> None:
    for path in (
        "/api/v1/assets/tsf/none",
        "/tiles/vector/tsf/3/9/9.mvt",
        "/ogc/collections/none",
        "/nothing/at/all",
    ):
        status, body = fetch(served_site + path)
        assert status == 404, path
        assert json.loads(body)["status"] == 404
