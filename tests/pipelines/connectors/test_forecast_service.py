"""Forecasts of which only the messages that are wanted are fetched."""

from __future__ import annotations

import json

import pytest
from web_server import Reply

from data_catalog.fetch import ForecastAsked
from minegis.errors import InvalidInput
from pipelines.connectors.geotiff import read_grib
from pipelines.connectors.services import forecast
from pipelines.connectors.services.forecast import pieces, read_idx, read_index
from pipelines.connectors.services.job import Missed

NCEP = {
    "service": "forecast",
    "index": "idx",
    "name": "gfs.{cycle:%Y%m%d}/{cycle:%H}/f{step:03d}",
    "index_name": "gfs.{cycle:%Y%m%d}/{cycle:%H}/f{step:03d}.idx",
    "cycles": (0, 6, 12, 18),
    "steps": (6,),
    "window": "PT5H",
}


def lengths_of(content):
    """Lengths of the messages of a GRIB 2 file: octets 9 to 16 of each (WMO FM 92)."""
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at + 8 : at + 16], "big")
        found.append((at, length))
        at += length
    return found


@pytest.fixture
def gfs(web, sample_data):
    """The six messages of the real file under the names of the service, with their index."""
    content = (sample_data / "weather" / "gfs_10deg_multi.grib2").read_bytes()
    spans = lengths_of(content)
    names = [
        "PRMSL:mean sea level",
        "TMP:2 m above ground",
        "RH:2 m",
        "UGRD:10 m",
        "VGRD:10 m",
        "APCP:surface",
    ]
    index = "\n".join(
        f"{number}:{offset}:d=2026072000:{names[number - 1]}:6 hour fcst:"
        for number, (offset, _) in enumerate(spans, start=1)
    )
    base = "/gfs.20260720/00/f006"
    web.file(base, content, etag='"data"')
    web.file(f"{base}.idx", index.encode(), etag='"index"')
    return content, spans


def asked_of(*matches, **options):
    return ForecastAsked(**{**NCEP, **options, "fields": [{"match": match} for match in matches]})


def test_only_the_wanted_messages_come_over_the_line(gfs, web, job, shelf):
    content, spans = gfs
    asked = asked_of({"variable": "TMP"}, {"variable": "RH"}, {"variable": "APCP", "level": "surf*"})
    (found,) = forecast.fetch(job(asked))
    # messages 2 and 3 are neighbours and one request, the last one is another
    wanted = content[spans[1][0] : spans[3][0]] + content[spans[5][0] :]
    assert (shelf.site / found.path).read_bytes() == wanted
    ranges = [request.headers.get("range") for request in web.seen]
    assert ranges == [None, f"bytes={spans[1][0]}-{spans[3][0] - 1}", f"bytes={spans[5][0]}-"]
    assert len(list(read_grib(shelf.site / found.path))) == 3
    assert found.name == "2026072000/006.grib2"
    assert found.about["cycle"] == "2026-07-20T00:00:00Z"


def test_a_forecast_that_is_here_costs_one_conditional_request(gfs, web, job):
    asked = asked_of({"variable": "TMP"})
    list(forecast.fetch(job(asked)))
    web.seen.clear()
    (again,) = forecast.fetch(job(asked))
    assert not again.changed
    assert [request.headers.get("if-none-match") for request in web.seen] == ['"index"']


def test_a_file_shorter_than_its_index_is_not_taken(gfs, web, job, shelf, slept):
    content, _ = gfs
    web.file("/gfs.20260720/00/f006", content[:-10])
    asked = asked_of({"variable": "APCP"})
    with pytest.raises(Exception, match="no GRIB messages where the index says"):
        list(forecast.fetch(job(asked)))
    assert shelf.records() == []
    assert len(slept) == 3


def test_a_server_without_ranges_is_not_asked_for_the_whole(gfs, web, job):
    content, _ = gfs
    web.file("/gfs.20260720/00/f006", content, ranges=False)
    (missed,) = forecast.fetch(job(asked_of({"variable": "TMP"})))
    assert isinstance(missed, Missed)
    assert "no ranges" in str(missed.reason)


def test_a_cycle_that_is_not_published_yet_is_absent(web, job):
    found = list(forecast.fetch(job(asked_of({"variable": "TMP"}, window="PT12H"))))
    # cycles 00 of the 20th and 18 of the 19th lie in the 12 h before 04:10
    assert [each.name for each in found] == ["2026072000/006.grib2", "2026071918/006.grib2"]
    assert all(isinstance(each, Missed) and each.is_absent for each in found)


def test_members_of_an_ensemble_are_taken_from_the_index_of_all(web, job, shelf, sample_data):
    message = (sample_data / "weather" / "gfs_mslp_1deg.grib2").read_bytes()
    lines = []
    for number in range(4):
        row = {
            "param": "tp",
            "levtype": "sfc",
            "step": "6",
            "_offset": number * len(message),
            "_length": len(message),
        }
        lines.append(json.dumps(row if number == 0 else {**row, "number": str(number)}))
    web.file("/20260720000000-6h-enfo-ef.grib2", message * 4)
    web.file("/20260720000000-6h-enfo-ef.index", "\n".join(lines).encode())
    asked = ForecastAsked(
        service="forecast",
        index="index",
        name="{cycle:%Y%m%d%H}0000-{step}h-enfo-ef.grib2",
        index_name="{cycle:%Y%m%d%H}0000-{step}h-enfo-ef.index",
        cycles=(0,),
        steps=(6,),
        members=("0", "2", "3"),
        window="PT5H",
        fields=[{"match": {"param": "tp", "levtype": "sfc"}}],
    )
    (found,) = forecast.fetch(job(asked))
    assert found.size == 3 * len(message)
    assert [each.get("number") for each in found.about["messages"]] == [None, "2", "3"]
    ranges = [request.headers["range"] for request in web.seen[1:]]
    size = len(message)
    assert ranges == [f"bytes=0-{size - 1}", f"bytes={2 * size}-{4 * size - 1}"]


def test_members_with_files_of_their_own_are_fetched_each(gfs, web, job):
    for path in ("/gfs.20260720/00/f006", "/gfs.20260720/00/f006.idx"):
        for member in ("01", "02"):
            web.rules[path.replace("/f006", f"/gep{member}.f006")] = web.rules[path]
    asked = asked_of(
        {"variable": "TMP"},
        members=("01", "02"),
        name="gfs.{cycle:%Y%m%d}/{cycle:%H}/gep{member}.f{step:03d}",
        index_name="gfs.{cycle:%Y%m%d}/{cycle:%H}/gep{member}.f{step:03d}.idx",
    )
    found = list(forecast.fetch(job(asked)))
    assert [each.name for each in found] == ["2026072000/006.01.grib2", "2026072000/006.02.grib2"]


@pytest.mark.parametrize("content", [b"<html>", b"1:abc:d=2026", b'{"param": "tp"}', b"[1]"])
def test_an_index_that_is_none_is_refused(content):
    for read in (read_idx, read_index):
        with pytest.raises(InvalidInput, match="not an index"):
            read(content, where="x")


def test_submessages_share_the_bytes_of_their_message():
    found = read_idx(b"1.1:0:d=1:UGRD:10 m:anl:\n1.2:0:d=1:VGRD:10 m:anl:\n2:500:d=1:TMP:2 m:anl:", where="x")
    assert [(each.offset, each.length) for each in found] == [(0, 500), (0, 500), (500, None)]
    assert pieces(found[:2]) == [(0, 499)]
    assert pieces(found) == [(0, None)]


def test_a_dry_run_shows_what_would_be_asked(job, web):
    (line,) = forecast.plan(job(asked_of({"variable": "APCP"})))
    assert line == f"GET {web.url}/gfs.20260720/00/f006.idx for {{'variable': 'APCP'}}"
    assert web.seen == []


def test_an_index_that_cannot_be_had_for_a_moment_is_asked_for_again(gfs, web, job, slept):
    good = web.rules["/gfs.20260720/00/f006.idx"]
    rules = iter([lambda request: Reply(status=503), good])

    def in_turn(request):
        return next(rules)(request)

    web.rules["/gfs.20260720/00/f006.idx"] = in_turn
    assert len(list(forecast.fetch(job(asked_of({"variable": "TMP"}))))) == 1
    assert slept == [1.0]
