from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pmtiles.reader import Reader

from geoserver.app import create_app
from minegis.settings import Settings

ORDER: dict[str, Any] = {
    "format": "pmtiles",
    "region": "513221",
    "collections": ["tsf", "place"],
    "maxzoom": 8,
}
BASE = "http://127.0.0.1"


@pytest.fixture
def here(site: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client on this machine, who may write, of a site of its own."""
    own = tmp_path / "site"
    shutil.copytree(site, own)
    app = create_app(Settings(site=own, web=Path("absent")))
    with TestClient(app, base_url=BASE, client=("127.0.0.1", 50000)) as opened:
        yield opened


def order(client: TestClient, **changes: Any) -> Any:
    return client.post("/api/v1/archives", json={**ORDER, **changes})


def done(client: TestClient, href: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(href).json()
        if job["status"] not in ("waiting", "running"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_an_ordered_archive_is_made_and_can_be_carried_away(here: TestClient) -> None:
    answer = order(here)
    assert answer.status_code == 202
    assert answer.headers["Location"] == answer.json()["href"]
    job = done(here, answer.json()["href"])
    assert (job["status"], job["progress"]) == ("done", 1.0)
    archive = here.get(job["file"])
    assert archive.headers["Content-Type"] == "application/vnd.pmtiles"
    content = BytesIO(archive.content)

    def bytes_at(offset: int, length: int) -> bytes:
        content.seek(offset)
        return content.read(length)

    reader = Reader(bytes_at)
    assert reader.header()["addressed_tiles_count"] == job["tiles"] > 0
    # 103.515° E, 31.207° N: x = ⌊(103.515 + 180)/360 · 2⁸⌋ = 201, y = ⌊(1 − asinh(tan φ)/π)/2 · 2⁸⌋ = 104
    assert reader.get(8, 201, 104)


def test_ranges_of_an_archive_are_answered(here: TestClient) -> None:
    job = done(here, order(here).json()["href"])
    part = here.get(job["file"], headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.content) == (206, b"PMTiles")


def test_the_same_order_is_the_same_archive_brought_up_to_date(here: TestClient) -> None:
    first = done(here, order(here).json()["href"])
    second = done(here, order(here).json()["href"])
    assert first["id"] == second["id"]
    assert (second["made"], second["kept"]) == (0, first["made"])
    assert len(here.get("/api/v1/archives").json()["archives"]) == 1


def test_a_removed_archive_is_gone(here: TestClient) -> None:
    job = done(here, order(here).json()["href"])
    assert here.delete(job["href"]).status_code == 204
    assert here.get(job["href"]).status_code == 404
    assert here.get(f"{job['href']}/file").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"region": "999999"}, 404),
        ({"region": "", "bbox": [10, 0, 5, 5]}, 400),
        ({"region": "", "bbox": [103, 31, 104, 32]}, 202),
        ({"bbox": [103, 31, 104, 32]}, 400),
        ({"collections": ["nothing"]}, 404),
        ({"maxzoom": 99}, 400),
        ({"minzoom": 9, "maxzoom": 3}, 400),
        ({"grid": "CGCS2000Quad", "minzoom": 1}, 400),
        ({"format": "zip"}, 400),
        ({"surprise": 1}, 400),
        ({"region": "100000", "maxzoom": 20}, 400),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_a_reason(
    here: TestClient, wrong: dict[str, Any], status: int
) -> None:
    answer = order(here, **wrong)
    assert answer.status_code == status, answer.text
    if status != 202:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["what"]


def test_a_stranger_orders_nothing(client: TestClient) -> None:
    assert client.post("http://elsewhere.example/api/v1/archives", json=ORDER).status_code == 403


def test_a_path_is_no_archive(here: TestClient) -> None:
    assert here.get("/api/v1/archives/..%2f..%2fminegis.sqlite").status_code == 404
    assert here.get("/api/v1/archives/%2e%2e/file").status_code == 404
