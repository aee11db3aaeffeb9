"""A small site on each database, and a client of its server on the same machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import Feature, Store
from geoserver.app import create_app
from minegis.declarations import BilingualText
from minegis.levels import Origin
from minegis.settings import Settings

NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
HERE = "http://127.0.0.1"
TSF = {
    "name": "示例·青石沟尾矿库",
    "county_code": "513221",
    "status": "in_use",
    "raise_method": "upstream",
    "total_storage": 320.0,
    "dam_height": 48.0,
    "tsf_class": 4,
    "overhead": True,
}


def _region(code: str, name: str, level: str, parent: str | None, shape: shapely.Polygon) -> Feature:
    properties = {"code": code, "name": name, "level": level, "parent": parent}
    return Feature(code, properties, shape, Origin.PUBLIC, "tianditu")


def _features() -> dict[str, list[Feature]]:
    pond = shapely.Polygon([(103.50, 31.20), (103.53, 31.20), (103.53, 31.21), (103.50, 31.215)])
    shocks = [
        ("e1", 7.9, "2008-05-12T06:28:01Z", 103.32, 31.0),
        ("e2", 7.5, "1933-08-25T07:50:30Z", 103.7, 32.0),
        ("e3", 6.6, None, 102.9, 30.3),
    ]
    return {
        "region": [
            _region("100000", "全国", "nation", None, shapely.box(100, 28, 112, 40)),
            _region("510000", "四川省", "province", "100000", shapely.box(101, 29, 106, 33)),
            _region("513221", "汶川县", "county", "510000", shapely.box(103.2, 31.0, 103.9, 31.5)),
        ],
        "tsf": [
            Feature("T1", TSF, pond, Origin.SAMPLE, "sample:tsf.xlsx"),
            Feature(
                "T2", {**TSF, "overhead": False}, shapely.Point(103.6, 31.3), Origin.SAMPLE, "sample:tsf.xlsx"
            ),
        ],
        "place": [
            Feature(
                f"p{number:02d}",
                {"name": f"村{number}", "population": 1000 + 7 * number},
                shapely.Point(103.0 + 0.013 * number, 31.0 + 0.007 * (number % 5)),
                Origin.PUBLIC,
                "geonames",
            )
            for number in range(25)
        ],
        "earthquake": [
            Feature(key, {"magnitude": size, "occurred_at": at}, shapely.Point(x, y), Origin.PUBLIC, "noaa")
            for key, size, at, x, y in shocks
        ],
    }


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """The folder of the site, whose store is on the backend of the test."""
    title = BilingualText(zh="示例站点", en="Sample site")
    area = Area(id="box", title=BilingualText(zh="框", en="Box"), bbox=(102.5, 30.5, 104.5, 32.5))
    declaration = SiteDeclaration(
        title=title, origin=Origin.SAMPLE, reference_time=NOW, areas=(area,), inputs=()
    )
    Site.create(tmp_path, declaration)
    with Store.open(tmp_path, database) as store:
        for dataset, rows in _features().items():
            store.upsert(dataset, rows)
    return tmp_path


@pytest.fixture
def settings(folder: Path, database: str) -> Settings:
    """What the server is told: all as it comes, but for the site."""
    return Settings(site=folder, database=database, web=Path("absent"))


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    """A client on this machine; paths begin with ``/ogc``."""
    with client_of(settings) as opened:
        yield opened


@pytest.fixture
def other_client(settings: Settings) -> Any:
    """Make a client of a server with other settings, or from elsewhere."""

    def made(client: str = "127.0.0.1", address: str = HERE, **changed: str) -> TestClient:
        return client_of(settings.model_copy(update=changed), client, address)

    return made


def client_of(settings: Settings, client: str = "127.0.0.1", address: str = HERE) -> TestClient:
    """Return a client that calls from an address."""
    return TestClient(
        create_app(settings), base_url=address, client=(client, 50000), raise_server_exceptions=False
    )
