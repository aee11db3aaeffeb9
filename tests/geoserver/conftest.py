"""A small made-up site and a client of its server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from small_site import make_site

from data_catalog.store import Store
from geoserver.app import create_app
from minegis.settings import Settings


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def client(site: Path) -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(site=site, web=Path("absent"), review_number="GS(2026)0000"))
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def store(site: Path) -> Iterator[Store]:
    with Store.open(site) as opened:
        yield opened


@pytest.fixture
def unpublished(tmp_path: Path) -> Path:
    return make_site(tmp_path, published=False)
