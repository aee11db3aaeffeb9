"""Suppositions over HTTP: the answer, the cells that go with it, and what is refused."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pyogrio.raw
import pytest
from fastapi.testclient import TestClient

from geoserver.app import create_app
from geoserver.what_ifs import _ANSWERS_KEPT
from minegis.errors import InvalidInput
from minegis.settings import Settings

TILE = "/tiles/cells/7/101/52.mvt"  # 101.25 to 104.06 E, 31.95 to 34.3 N: the north of Longmen Shan


@pytest.fixture(scope="module")
def client(published_site: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(site=published_site, web=Path("absent")))) as opened:
        yield opened


def _asked(client: TestClient, **given: object) -> dict[str, Any]:
    answer = client.get("/api/v1/what-if", params=given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def tiers(client: TestClient, tmp_path: Path) -> Callable[..., dict[str, int]]:
    """Read the tiers of the cells of a tile with GDAL."""

    def read(query: str = "") -> dict[str, int]:
        path = tmp_path / "tile.mvt"
        path.write_bytes(client.get(f"{TILE}{query}").content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL says that a lone tile has no CRS
            meta, _, _, columns = pyogrio.raw.read(f"MVT:{path}", CLIP="NO")
        told = dict(zip(meta["fields"], columns, strict=True))
        return dict(zip(told["id"].tolist(), told["tier"].tolist(), strict=True))

    return read


def test_nothing_supposed_changes_nothing(client: TestClient) -> None:
    found = _asked(client)
    assert found["assets"] == found["regions"] == []
    assert found["counts"]["before"] == found["counts"]["after"]
    assert found["standing"]["key"] == "what-if"
    assert "推演" in found["standing"]["zh"]


def test_an_answer_counts_what_it_lists(client: TestClient) -> None:
    found = _asked(client, pond_m=1)
    moved = found["assets"]
    assert found["changed"] == len(moved) > 20
    for tier in range(5):
        left = sum(each["before"] == tier for each in moved)
        came = sum(each["tier"] == tier for each in moved)
        counts = found["counts"]
        assert counts["after"][str(tier)] == counts["before"][str(tier)] - left + came
    assert all(each["because"] for each in moved)
    assert [each["tier"] for each in moved] == sorted((each["tier"] for each in moved), reverse=True)
    nation = next(each for each in found["regions"] if each["code"] == "100000")
    assert nation["counts"] == found["counts"]["after"]
    assert found["unheard"]["pond_level"] > 0


def test_a_region_is_told_of_what_is_in_it(client: TestClient) -> None:
    whole, part = _asked(client, rain_mm=70, hours=6), _asked(client, rain_mm=70, hours=6, region="140000")
    inside = {each["id"] for each in part["assets"]}
    assert inside < {each["id"] for each in whole["assets"]}
    assert {each["code"][:2] for each in part["regions"]} == {"14"}
    province = next(each for each in part["regions"] if each["code"] == "140000")
    assert province["counts"] == part["counts"]["after"]
    assert sum(part["counts"]["before"].values()) < sum(whole["counts"]["before"].values())


def test_what_is_supposed_is_not_stored(client: TestClient) -> None:
    before = client.get("/api/v1/regions/100000").json()
    _asked(client, pga_g=0.5)
    assert client.get("/api/v1/regions/100000").json() == before
    assert _asked(client)["assets"] == []


def test_cells_are_drawn_as_they_would_be(tiers: Callable[..., dict[str, int]]) -> None:
    present, shaken = tiers(), tiers("?pga_g=0.3")
    assert present.keys() == shaken.keys()
    assert all(shaken[cell] >= tier for cell, tier in present.items())
    assert any(shaken[cell] > tier for cell, tier in present.items())
    assert tiers("?pga_g=0&rain_mm=0") == present


def test_a_tile_of_a_supposition_is_asked_again_only_when_it_is_another(client: TestClient) -> None:
    first = client.get(f"{TILE}?rain_mm=40&hours=12")
    tag = first.headers["etag"]
    assert client.get(f"{TILE}?rain_mm=40&hours=12", headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{TILE}?rain_mm=40&hours=6", headers={"If-None-Match": tag}).status_code == 200
    assert client.get(TILE, headers={"If-None-Match": tag}).status_code == 200
    empty = client.get("/tiles/cells/7/0/0.mvt?rain_mm=40&hours=12")
    assert (empty.status_code, empty.content) == (204, b"")


def test_few_answers_are_kept(client: TestClient) -> None:
    for step in range(_ANSWERS_KEPT + 3):
        _asked(client, pga_g=0.001 * (step + 1))
    kept = client.app.state.what_ifs._answers  # type: ignore[attr-defined]
    assert len(kept) == _ANSWERS_KEPT
    assert max(change.pga_g for change in kept) == pytest.approx(0.001 * (_ANSWERS_KEPT + 3))


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("rain_mm=-1", "rain_mm"),
        ("rain_mm=1e9", "rain_mm"),
        ("rain_mm=inf", "rain_mm"),
        ("pga_g=nan", "pga_g"),
        ("pond_m=high", "pond_m"),
        ("rain_mm=1&hours=0", "hours"),
    ],
)
def test_what_cannot_be_supposed_is_a_problem_that_says_so(
    client: TestClient, query: str, where: str
) -> None:
    for path in ("/api/v1/what-if", TILE):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert where in answer.json()["where"]


def test_a_tile_takes_no_time_beside_a_supposition_and_a_region_must_exist(client: TestClient) -> None:
    assert client.get(f"{TILE}?rain_mm=1&as_of=2026-07-20T04:00:00Z").status_code == 400
    assert client.get("/api/v1/what-if?region=999999").status_code == 404
    assert client.get("/api/v1/what-if?region=DROP").status_code == 400


def test_before_a_run_nothing_can_be_supposed(unpublished: Path) -> None:
    with TestClient(create_app(Settings(site=unpublished, web=Path("absent")))) as empty:
        answer = empty.get("/api/v1/what-if?rain_mm=1")
        assert answer.status_code == 404
        assert "minegis run" in answer.json()["expected"]
        assert empty.get(f"{TILE}?rain_mm=1").status_code == 404


def test_nobody_waits_for_a_supposition_who_asks_for_warnings(
    published_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging, done = threading.Event(), threading.Event()

    def slow(_ready: object, _change: object) -> NoReturn:
        judging.set()
        done.wait(30)
        raise InvalidInput("enough", where="test")

    monkeypatch.setattr("geoserver.what_ifs._answer", slow)
    app = create_app(Settings(site=published_site, web=Path("absent"), workers=1))
    with TestClient(app) as client, ThreadPoolExecutor() as clients:
        try:
            supposed = clients.submit(client.get, "/api/v1/what-if?rain_mm=7")
            assert judging.wait(60)
            listed = clients.submit(client.get, "/api/v1/warnings")
            assert listed.result(timeout=10).status_code == 200
        finally:
            done.set()
        assert supposed.result(timeout=10).status_code == 400
