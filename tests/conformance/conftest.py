"""A small site on each database, and a client of its server on the same machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_site import make_site

from geoserver.app import create_app
from minegis.settings import Settings

HERE = "http://127.0.0.1"


@pytest.fixture(scope="session")
def published_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small site with a published run on SQLite; never written to."""
    return Settings(site=make_site(tmp_path_factory.mktemp("sqlite")), web=Path("absent"))


@pytest.fixture(scope="session")
def published_postgis(tmp_path_factory: pytest.TempPathFactory, postgres: Callable[[], str]) -> Settings:
    """A small site with a published run on PostGIS; never written to."""
    url = postgres()
    folder = make_site(tmp_path_factory.mktemp("postgis"), database=url)
    return Settings(site=folder, database=url, web=Path("absent"))


@pytest.fixture(scope="session")
def client_of_sqlite(published_sqlite: Settings) -> Iterator[TestClient]:
    """A client of the published site on SQLite."""
    with client_of(published_sqlite) as opened:
        yield opened


@pytest.fixture(scope="session")
def client_of_postgis(published_postgis: Settings) -> Iterator[TestClient]:
    """A client of the published site on PostGIS."""
    with client_of(published_postgis) as opened:
        yield opened


@pytest.fixture
def client(backend: str, request: pytest.FixtureRequest) -> TestClient:
    """A client of a published site that nobody writes to, on each database."""
    opened: TestClient = request.getfixturevalue(f"client_of_{backend}")
    return opened


@pytest.fixture
def served(backend: str, request: pytest.FixtureRequest, serve: Callable[..., str]) -> str:
    """Address of the real command serving the published site, on each database."""
    settings: Settings = request.getfixturevalue(f"published_{backend}")
    return serve(settings.site, **({"database": settings.database} if settings.database else {}))


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """The folder of a site of its own without a run, whose store is on the backend of the test."""
    return make_site(tmp_path, published=False, database=database)


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
