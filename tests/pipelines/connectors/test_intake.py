"""What was fetched goes into the store, once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
import shapely
import yaml
from typer.testing import CliRunner
from web_server import Reply

from data_catalog.fetch import FilesAsked
from data_catalog.site import Site, SiteDeclaration
from data_catalog.store import Feature, Store
from geoserver.cli import app
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.connectors.transport.shelf import Fetched, Shelf
from pipelines.intake import take_in

TITLE = {"zh": "例", "en": "Example"}


@pytest.fixture
def site(tmp_path):
    area = {"id": "a", "title": TITLE, "bbox": (103, 30, 104, 31)}
    site = Site.create(tmp_path / "site", SiteDeclaration(title=TITLE, origin="operator", areas=(area,)))
    with Store.open(site.folder) as store:
        properties = {"name": "库水位", "asset_dataset": "tsf", "asset_id": "TSF-1", "variable": "pond_level"}
        point = shapely.Point(103.3, 31.2)
        store.upsert("station", [Feature("P-001", properties, point, Origin.OPERATOR, "test")])
    return site


@pytest.fixture
def fetch(site):
    def called(**sources):
        (site.folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))
        command = ["fetch", "--site", str(site.folder), "--json", *sources]
        result = CliRunner().invoke(app, command)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        (report,) = json.loads(result.stdout)["sources"]
        return result.exit_code, report

    return called


@pytest.fixture
def plant(tmp_path, monkeypatch):
    path = tmp_path / "plant.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE level (n INTEGER, code TEXT, at TEXT, level REAL)")
        connection.execute("INSERT INTO level VALUES (1, 'P-001', '2026-07-20 12:00:00', 1509.31)")
    monkeypatch.setenv("PLANT_DATABASE", f"sqlite:///{path}")
    return path


PLANT = {
    "address": "database:",
    "login": {"kind": "url", "variable": "PLANT_DATABASE"},
    "fetch": {
        "service": "table",
        "table": "level",
        "columns": ["n", "code", "at", "level"],
        "watermark": "n",
        "headers": {"code": "point_id", "at": "observed_at", "level": "value"},
        "constants": {"unit": "m"},
        "into": "reading",
        "time_zone": "Asia/Shanghai",
    },
}


def readings(site):
    with Store.open(site.folder) as store:
        return [(each.observed_at, each.value) for each in store.readings("tsf", "TSF-1")]


def test_rows_of_a_plant_become_readings_and_each_comes_once(fetch, plant, site):
    code, report = fetch(plant=PLANT)
    assert (code, report["imported"][0]["inserted"]) == (0, 1)
    assert readings(site) == [(datetime(2026, 7, 20, 4, tzinfo=UTC), 1509.31)]  # noon in Shanghai is 04 UTC
    assert fetch(plant=PLANT)[1]["imported"] == []
    with closing(sqlite3.connect(plant)) as connection, connection:
        connection.execute("INSERT INTO level VALUES (2, 'P-001', '2026-07-20 12:05:00', 1509.35)")
        connection.execute("INSERT INTO level VALUES (3, 'P-999', '2026-07-20 12:05:00', 1)")
    code, report = fetch(plant=PLANT)
    assert code == 3
    (imported,) = report["imported"]
    assert (imported["inserted"], imported["quarantined"]) == (1, 1)
    assert len(readings(site)) == 2


def test_what_was_fetched_and_not_imported_is_imported_the_next_time(fetch, plant, site):
    not_yet = {**PLANT, "fetch": {**PLANT["fetch"], "into": ""}}
    assert len(fetch(plant=not_yet)[1]["new"]) == 1
    assert readings(site) == []
    report = fetch(plant=PLANT)[1]
    assert report["new"] == []
    assert report["imported"][0]["inserted"] == 1


def test_revised_earthquakes_replace_what_was_there(fetch, web, site):
    def serve(magnitude):
        event = {
            "id": "us1",
            "geometry": {"type": "Point", "coordinates": [103.4, 31.0, 19.0]},
            "properties": {"mag": magnitude, "title": "M Sichuan", "time": 1_784_520_000_000},
        }
        web.file("/query", json.dumps({"type": "FeatureCollection", "features": [event]}).encode())

    source = {"address": web.url, "internal": True}
    counts = []
    for magnitude in (5.1, 5.3):
        serve(magnitude)
        (imported, *_) = fetch(usgs_earthquakes=source)[1]["imported"]
        counts.append((imported["inserted"], imported["updated"]))
    assert counts[0] == (1, 0)
    assert counts[1] == (0, 1)
    with Store.open(site.folder) as store:
        (found,) = store.features("earthquake")
    assert (found.id, found.properties["magnitude"]) == ("usgs_earthquakes-us1", 5.3)


def test_a_file_that_cannot_be_imported_is_told_and_stays_to_be_taken(fetch, web, site):
    web.file("/tsf.csv", "名称\n青石沟\n".encode(), headers={"Content-Type": "text/csv"})
    asked = {"service": "files", "names": ["tsf.csv"], "content": "text", "into": "tsf", "encoding": "utf-8"}
    code, report = fetch(own={"address": web.url, "internal": True, "fetch": asked})
    assert code == 3
    (bad,) = report["not_imported"]
    assert "required columns are missing" in bad["reason"]
    assert len(report["new"]) == 1


LEVEL = b"point_id,observed_at,value,unit\nP-001,2026-07-20T04:00:00Z,1509.3,m\n"


def test_a_bad_file_does_not_keep_those_after_it_from_being_imported(fetch, web, site):
    web.file("/a.csv", "名称\n青石沟\n".encode())
    web.file("/b.csv", LEVEL)
    asked = {"service": "files", "names": ["a.csv", "b.csv"], "content": "text", "into": "reading"}
    source = {"address": web.url, "internal": True, "fetch": asked}
    for inserted in (1, None):  # the second time the bad one is tried again, and the good one is not
        code, report = fetch(own=source)
        assert code == 3
        assert [each["file"].endswith("-a.csv") for each in report["not_imported"]] == [True]
        assert [each["inserted"] for each in report["imported"]] == [each for each in (inserted,) if each]
    assert len(readings(site)) == 1


def test_an_older_file_that_is_mended_does_not_undo_what_a_newer_one_said(site):
    shelf = Shelf(site.folder, "own")
    asked = FilesAsked(service="files", names=("*",), into="reading", encoding="utf-8")

    def keep(name, hour, value, encoding):
        table = f"point_id,observed_at,value,unit,备注\nP-001,2026-07-20T04:00:00Z,{value},m,人工\n"
        moment = datetime(2026, 7, 20, hour, tzinfo=UTC)
        shelf.keep(table.encode(encoding), Fetched("own", name, "", "", 0, moment, name))

    keep("old.csv", 1, 1509.1, "gb18030")
    keep("new.csv", 2, 1509.3, "utf-8")
    with Store.open(site.folder) as store:
        bad, good = take_in(store, shelf, asked)
        assert isinstance(bad[1], InvalidInput)
        assert good[1].inserted == 1
        again = take_in(store, shelf, asked.model_copy(update={"encoding": ""}))
        assert [each.name for each, _ in again] == ["old.csv", "new.csv"]
    assert readings(site) == [(datetime(2026, 7, 20, 4, tzinfo=UTC), 1509.3)]


def test_an_error_of_the_import_does_not_hide_the_error_of_the_fetch(fetch, web, site):
    web.file("/a.csv", "名称\n青石沟\n".encode())
    web.rules["/b.csv"] = lambda request: Reply(status=500)
    asked = {"service": "files", "names": ["a.csv", "b.csv"], "content": "text", "into": "tsf"}
    source = {"address": web.url, "internal": True, "attempts": 1, "fetch": asked}
    code, report = fetch(own=source)
    assert code == 3
    assert "500" in report["error"]
    assert len(report["not_imported"]) == 1
