"""What the tests of the connectors share: a server, a door to it, and a shelf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from web_server import WebServer

from data_catalog.endpoint import Endpoint
from pipelines.connectors.services.job import Job
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Patience
from pipelines.connectors.transport.shelf import Shelf


@pytest.fixture
def web() -> Iterator[WebServer]:
    with closing(WebServer()) as server:
        yield server


@pytest.fixture
def slept() -> list[float]:
    """The waits of the patience, s; nobody waits in a test."""
    return []


@pytest.fixture
def patience(slept: list[float]) -> Patience:
    return Patience(attempts=4, sleep=slept.append, chance=lambda: 1.0)


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path, "example")


@pytest.fixture
def endpoint(web) -> Endpoint:
    return Endpoint(address=web.url, internal=True, connect_seconds=2, read_seconds=2)


@pytest.fixture
def door(endpoint) -> Iterator[HttpDoor]:
    with closing(HttpDoor(endpoint)) as opened:
        yield opened


@pytest.fixture
def job(shelf, endpoint, patience):
    """Make a job against the web server for what is asked, at a fixed moment."""

    def made(asked, **options):
        given = {
            "boxes": ((103.0, 30.0, 104.0, 31.0),),
            "now": lambda: datetime(2026, 7, 20, 4, 10, tzinfo=UTC),
            "endpoint": endpoint,
            **options,
        }
        return Job(asked, shelf=shelf, patience=patience, **given)

    return made
