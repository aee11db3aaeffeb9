"""What the page's worker needs of the server: a name for the site, and to be asked for anew each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geoserver.app import create_app
from geoserver.headers import SITE_HEADER
from geoserver.services import OpenSite
from minegis.settings import Settings


def test_every_public_answer_says_of_which_site_it_is(client: TestClient) -> None:
    paths = ("/api/v1/site", "/api/v1/vocabulary", "/tiles/one-map.json")
    client.get(paths[0])  # the site is opened by the first that needs it
    names = {client.get(path).headers[SITE_HEADER] for path in paths}
    assert len(names) == 1
    assert SITE_HEADER not in client.get("/livez").headers


def test_a_site_that_is_made_anew_or_lies_elsewhere_has_another_name(site: Path, tmp_path: Path) -> None:
    first = OpenSite.open(site).id
    assert OpenSite.open(site).id == first
    linked = tmp_path / "copy"
    linked.mkdir()
    for each in site.iterdir():
        if each.is_file():
            (linked / each.name).write_bytes(each.read_bytes())
    other = OpenSite.open(linked).id
    assert other != first
    os.utime(linked / "site.yaml", ns=(1, 1))
    assert OpenSite.open(linked).id not in {first, other}


@pytest.mark.parametrize("path", ["/", "/worker.js"])
def test_the_page_and_its_worker_are_asked_for_anew_each_time(site: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>")
    (tmp_path / "worker.js").write_text("'use strict'")
    with TestClient(create_app(Settings(site=site, web=tmp_path))) as client:
        answer = client.get(path)
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
