"""An FDSN event service with a limit, and the ShakeMaps of an event service with products."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from web_server import Reply

from data_catalog.fetch import EventsAsked, ShakeMapsAsked
from minegis.errors import InvalidInput
from pipelines.connectors.quakes import read_quakes
from pipelines.connectors.services import events, shakemaps
from pipelines.connectors.services.job import Missed
from pipelines.connectors.shakemap import read_shakemap

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
# Magnitude 4 and more, one every 6 hours from 1 July: 77 until 20 July 04:10
TIMES = [BEGIN + timedelta(hours=6 * number) for number in range(77)]
BED = "http://quakeml.org/xmlns/bed/1.2"


def geojson(found):
    features = [
        {
            "type": "Feature",
            "id": f"us{number:03}",
            "geometry": {"type": "Point", "coordinates": [103.4, 31.0, 19.0]},
            "properties": {
                "mag": 5.1,
                "magType": "mww",
                "place": "Sichuan",
                "time": round(moment.timestamp() * 1000),
            },
        }
        for number, moment in found
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def text(found):
    lines = [
        f"us{number:03}|{moment:%Y-%m-%dT%H:%M:%S}|31.0|103.4|19.0|us|us|us|us{number:03}|mww|5.1|us|Sichuan"
        for number, moment in found
    ]
    return "\n".join(["#EventID|Time|Latitude|…", *lines, ""])


def xml(found):
    parts = [
        f'<event publicID="quakeml:us/us{number:03}"><preferredOriginID>o2</preferredOriginID>'
        "<description><text>Sichuan</text></description>"
        '<origin publicID="o1"><depth><value>1</value></depth></origin>'
        f'<origin publicID="o2"><time><value>{moment:%Y-%m-%dT%H:%M:%S.%f}Z</value></time>'
        "<latitude><value>31.0</value></latitude><longitude><value>103.4</value></longitude>"
        "<depth><value>19000</value></depth></origin>"
        "<magnitude><mag><value>5.1</value></mag><type>mww</type></magnitude></event>"
        for number, moment in found
    ]
    return (
        f'<?xml version="1.0"?><q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2" xmlns="{BED}">'
        f"<eventParameters>{''.join(parts)}</eventParameters></q:quakeml>"
    )


WRITERS = {"geojson": geojson, "text": text, "xml": xml}


@pytest.fixture
def service(web):
    def made(refuses=False):
        def query(request):
            asked = request.query
            start, end = (
                datetime.fromisoformat(asked[name]).replace(tzinfo=UTC) for name in ("starttime", "endtime")
            )
            found = [(number, moment) for number, moment in enumerate(TIMES) if start <= moment <= end]
            limit = int(asked["limit"])
            if refuses and len(found) > limit:
                return Reply(b"too many", 413)
            if not found:
                return Reply(b"", 204)
            return Reply(WRITERS[asked["format"]](found[:limit]).encode())

        web.rules["/query"] = query

    return made


def asked_of(form="geojson", **options):
    return EventsAsked(service="fdsn_event", format=form, **{"window": "P1D", "limit": 1000, **options})


@pytest.mark.parametrize("form", ["geojson", "text", "xml"])
@pytest.mark.parametrize("refuses", [False, True])
def test_an_answer_at_the_limit_is_asked_for_in_halves(service, job, web, shelf, form, refuses):
    service(refuses)
    (found,) = events.fetch(job(asked_of(form, limit=30)))
    quakes = read_quakes(shelf.site / found.path, "quakes")
    assert len(quakes) == 77
    assert len({quake.id for quake in quakes}) == 77
    assert len(web.seen) > 3
    assert quakes[1].properties == {
        "name": "Sichuan",
        "magnitude": 5.1,
        "magnitude_type": "mww",
        "depth": 19.0,
        "occurred_at": "2026-07-01T06:00:00Z",
        "occurred_precision": "second",
        "deaths": None,
    }
    assert (quakes[0].geometry.x, quakes[0].geometry.y) == (103.4, 31.0)


def test_a_month_is_a_file_and_the_areas_have_a_margin(service, job, web):
    service()
    found = list(events.fetch(job(asked_of(window="P30D"))))
    assert [each.name for each in found] == ["2026-07.geojson"]  # none in June: 204
    asked = web.seen[0].query
    assert (asked["minlongitude"], asked["maxlatitude"]) == ("100", "34")
    assert (asked["starttime"], asked["endtime"]) == ("2026-06-01T00:00:00", "2026-06-30T23:59:59.999000")
    assert not next(iter(events.fetch(job(asked_of())))).changed


def test_more_events_in_a_moment_than_the_limit_do_not_go_on_for_ever(job, web):
    web.file("/query", geojson([(0, BEGIN)] * 3).encode())
    with pytest.raises(InvalidInput, match="more events in a second"):
        list(events.fetch(job(asked_of(limit=2))))


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("geojson", b"<html>busy</html>"),
        ("text", b"Error 503"),
        ("text", b"#EventID|Time\nus1|2026"),
        ("xml", b"<html></html>"),
        ("xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    ],
)
def test_an_answer_of_another_kind_is_refused(job, web, form, content):
    web.file("/query", content)
    with pytest.raises(InvalidInput, match="not what was asked for"):
        list(events.fetch(job(asked_of(form))))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.geojson", '{"features": [{"id": 1, "geometry": null, "properties": {"time": 1}}]}'),
        ("a.txt", text([(1, BEGIN)]).replace("|103.4|", "|east|")),
        ("a.xml", xml([(1, BEGIN)]).replace("<latitude><value>31.0</value></latitude>", "")),
        ("a.xml", xml([(1, BEGIN)]).replace("2026-07-01T", "yesterday ")),
        ("a.csv", "id"),
    ],
)
def test_an_event_without_a_place_or_time_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidInput, match=r"an event that cannot be read|not a time|not a file of events"):
        read_quakes(tmp_path / name, "quakes")


def product(web, version, **options):
    path = f"/grid-{version}-{options.get('source', 'us')}.xml"
    return {
        "status": options.get("status", "UPDATE"),
        "updateTime": options.get("at", 1000 * version),
        "preferredWeight": options.get("weight", 100),
        "properties": {"version": str(version)},
        "contents": {"download/grid.xml": {"url": f"{web.url}{path}", **options.get("content", {})}},
    }, path


@pytest.fixture
def shaking(web):
    def made(products, updated=1):
        web.file(
            "/query",
            json.dumps(
                {"features": [{"id": "us1", "properties": {"updated": updated, "detail": f"{web.url}/us1"}}]}
            ).encode(),
        )
        web.file("/us1", json.dumps({"properties": {"products": {"shakemap": products}}}).encode())

    return made


MAPS = ShakeMapsAsked(service="shakemap", window="P7D")


def test_the_newest_map_supersedes_and_deleted_ones_do_not_count(web, shaking, job, shelf, sample_data):
    grid = (sample_data / "seismic" / "shakemap_loma_prieta_1989_grid.xml").read_bytes()
    products = []
    # 10 is newer than 9 although "10" < "9" as text; 11 was deleted; 12 is of a network less preferred
    for version, options in (
        (9, {"at": 99_000}),
        (10, {}),
        (11, {"status": "DELETE"}),
        (12, {"weight": 1, "source": "ak"}),
    ):
        each, path = product(web, version, content={"length": len(grid)}, **options)
        web.file(path, grid if version == 10 else b"<wrong/>")
        products.append(each)
    shaking(products)
    (found,) = shakemaps.fetch(job(MAPS))
    assert (found.name, found.about["version"]) == ("us1/grid.xml", 10)
    assert read_shakemap(shelf.site / found.path).rasters["pga"].values.shape[0] > 1
    assert web.seen[0].query["producttype"] == "shakemap"


def test_an_event_that_was_not_updated_costs_no_request_of_its_own(web, shaking, job):
    first, path = product(web, 1)
    web.file(path, b"<shakemap_grid/>")
    shaking([first])
    list(shakemaps.fetch(job(MAPS)))
    web.seen.clear()
    (again,) = shakemaps.fetch(job(MAPS))
    assert not again.changed
    assert web.paths() == ["/query"]
    second, path = product(web, 2)
    web.file(path, b"<shakemap_grid version='2'/>")
    shaking([first, second], updated=2)
    (newer,) = shakemaps.fetch(job(MAPS))
    assert newer.changed
    assert newer.about["version"] == 2


@pytest.mark.parametrize("products", [None, [1], [{"contents": {"download/grid.xml": {}}}]])
def test_products_that_are_none_are_told(shaking, job, products):
    shaking(products)
    (missed,) = shakemaps.fetch(job(MAPS))
    assert isinstance(missed, Missed)
    assert "not understood" in str(missed.reason)


def test_a_map_cut_short_or_a_web_page_is_no_map(web, shaking, job, shelf):
    each, path = product(web, 1, content={"length": 100})
    web.file(path, b"<!DOCTYPE html><html></html>")
    shaking([each])
    (missed,) = shakemaps.fetch(job(MAPS))
    assert isinstance(missed, Missed)
    assert shelf.records() == []
    shaking([])
    (missed,) = shakemaps.fetch(job(MAPS))
    assert isinstance(missed, Missed)
    assert missed.is_absent
