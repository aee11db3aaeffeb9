"""Files that are made to order while one waits."""

from __future__ import annotations

import json

import pytest
from web_server import Reply

from data_catalog.fetch import ProcessAsked
from minegis.errors import Unreachable
from pipelines.connectors.services import process
from pipelines.connectors.services.job import Missed

ASKED = ProcessAsked(
    service="process",
    process="reanalysis-era5-land",
    inputs={"variable": ["tp"], "day": ["{time:%d}"], "data_format": "netcdf"},
    content="netcdf",
    every="P1D",
    window="PT20H",
    poll="PT30S",
    patience="PT2M",
)
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)


@pytest.fixture
def store(web):
    """A data store whose jobs go through the given states."""

    def made(*states, created=201):
        first = json.dumps({"jobID": "j1", "status": states[0]}).encode()
        web.file("/processes/reanalysis-era5-land/execution", first, status=created)
        later = [
            Reply(json.dumps({"jobID": "j1", "status": state}).encode()) for state in states[1:] or states
        ]
        web.replies("/jobs/j1", *later)
        asset = {"href": f"{web.url}/cache/x.nc", "file:size": len(HDF5)}
        web.file("/jobs/j1/results", json.dumps({"asset": {"value": asset}}).encode())
        web.file("/cache/x.nc", HDF5)

    return made


def test_an_order_is_placed_waited_for_and_fetched_once(store, web, job, slept):
    store("accepted", "running", "running", "successful")
    (found,) = process.fetch(job(ASKED))
    assert web.seen[0].body == {
        "inputs": {
            "variable": ["tp"],
            "day": ["20"],
            "data_format": "netcdf",
            "area": [31.0, 103.0, 30.0, 104.0],
        }
    }
    assert slept == [30.0, 30.0, 30.0]
    assert found.name == "2026072000_103_30_104_31.nc"
    assert found.valid_to.isoformat() == "2026-07-21T00:00:00+00:00"
    web.seen.clear()
    (again,) = process.fetch(job(ASKED))
    assert not again.changed
    assert web.seen == []


def test_an_order_that_fails_is_told(store, job):
    store("accepted", "failed")
    (missed,) = process.fetch(job(ASKED))
    assert isinstance(missed, Missed)
    assert "the order failed" in str(missed.reason)


def test_a_status_that_is_no_object_is_told(store, web, job):
    store("accepted", "successful")
    web.file("/jobs/j1", b"[1]")
    (missed,) = process.fetch(job(ASKED))
    assert "not understood" in str(missed.reason)


def test_an_order_is_not_waited_for_without_end(store, job, slept):
    store("accepted", "running")
    with pytest.raises(Unreachable, match="not made yet"):
        list(process.fetch(job(ASKED)))
    assert sum(slept) == 120


def test_a_lost_answer_does_not_place_the_order_twice(web, job):
    web.file("/processes/reanalysis-era5-land/execution", b"", status=503)
    with pytest.raises(Unreachable, match="503"):
        list(process.fetch(job(ASKED)))
    assert len(web.seen) == 1


def test_a_dry_run_shows_the_order(job, web):
    (line,) = process.plan(job(ASKED))
    assert line.startswith(f"POST {web.url}/processes/reanalysis-era5-land/execution")
    assert web.seen == []
