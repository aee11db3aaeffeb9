"""What a text and a point mean, on the small site: its county is 103.2 to 103.9 E, 31.0 to 31.5 N."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from data_catalog.site import Site
from minegis import cells as h3


def hits(client: TestClient, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/search", params={"q": text}).json()
    return found


@pytest.mark.parametrize(
    "text",
    ["103.5, 31.2", "31.2N 103.5E", "东经103°30′ 北纬31°12′", "31:12:0 103:30:0"],
)
def test_a_coordinate_is_found_as_a_place_with_the_way_it_was_read(client: TestClient, text: str) -> None:
    (hit,) = hits(client, text)
    assert (hit["kind"], hit["lon"], hit["lat"]) == ("coordinate", 103.5, 31.2)
    assert hit["name"] == "103.500000°E 31.200000°N"
    assert hit["how"]["zh"]
    assert hit["how"]["en"]


def test_of_the_senses_of_a_coordinate_the_nearest_to_the_site_comes_first(client: TestClient) -> None:
    # The arc of the meridian to 31.2 degrees is 3,453,150 m; the site lies between 102 and 105 E.
    found = hits(client, "3453150 500000")
    assert [each["kind"] for each in found] == ["coordinate"] * 5  # of 21 zones
    assert found[0]["how"]["epsg"] in (4543, 4544)  # 102 E or 105 E, either side of the area 102.5 to 104.5
    assert {found[0]["how"]["epsg"], found[1]["how"]["epsg"]} == {4543, 4544}
    assert found[0]["lat"] == pytest.approx(31.2, abs=1e-4)
    assert "共 21 种可能" in found[0]["how"]["zh"]


def test_a_cell_is_found_by_its_id_and_says_when_the_site_knows_nothing_of_it(client: TestClient) -> None:
    cell = client.get("/api/v1/assets/tsf/T1").json()["cells"][0]["id"]
    (hit,) = hits(client, cell.upper())
    assert (hit["kind"], hit["id"], hit["tier"]) == (
        "cell",
        cell,
        client.get(f"/api/v1/cells/{cell}").json()["tier"],
    )
    (far,) = h3.to_text(h3.cell_at(0.0, 0.0, 8))
    (hit,) = hits(client, far)
    assert hit["tier"] is None
    assert "没有" in hit["how"]["zh"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("513221", "513221", "行政区划代码"),
        ("513221000000", "513221", "本站没有"),  # twelve digits of the county itself
        ("513221100", "513221", "本站没有"),
        ("513299", "510000", "本站没有"),  # no such county here, nor the prefecture 513200
    ],
)
def test_a_division_code_finds_its_region_or_the_one_above(
    client: TestClient, text: str, code: str, words: str
) -> None:
    hit = hits(client, text)[0]
    assert (hit["kind"], hit["code"]) == ("region", code)
    assert words in hit["how"]["zh"]


def test_names_are_found_as_before_with_their_kind(client: TestClient) -> None:
    assert [(each["kind"], each["id"]) for each in hits(client, "青石沟")] == [("feature", "T1")]
    assert [(each["kind"], each["id"]) for each in hits(client, "汶川")] == [("region", "513221")]
    assert hits(client, "村12")[0]["dataset"] == "place"
    assert hits(client, "青石沟")[0]["how"] is None


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE region; --",
        "%",
        "_",
        "\\",
        "NaN,NaN",
        "1e400,1",
        "°'\"",
        "9" * 80,
        "ffffffffffffffe",
        "＝",
    ],
)
def test_a_hostile_text_finds_nothing_or_a_name_and_never_fails(client: TestClient, text: str) -> None:
    answer = client.get("/api/v1/search", params={"q": text})
    assert answer.status_code == 200
    assert all(hit["kind"] in ("feature", "region") for hit in answer.json())


def test_too_long_a_text_is_refused(client: TestClient) -> None:
    assert client.get("/api/v1/search", params={"q": "1" * 81}).status_code == 400


def test_a_point_tells_its_regions_its_cell_and_what_is_near(client: TestClient, site: Any) -> None:
    body = client.get("/api/v1/points/103.51,31.205").json()
    assert [(each["code"], each["tier"]) for each in body["regions"]] == [
        ("100000", 0),
        ("510000", 0),
        ("513221", 4),
    ]
    resolution = Site.open(site).declaration.resolution
    (cell,) = h3.to_text(h3.cell_at(103.51, 31.205, resolution))
    assert body["cell"]["id"] == cell
    (asset,) = body["assets"]
    assert (asset["id"], asset["distance_km"]) == ("T1", 0.0)  # inside its outline
    assert body["counts"]["assets"] == 1
    assert [each["distance_km"] for each in body["places"]] == sorted(
        each["distance_km"] for each in body["places"]
    )


def test_the_grid_of_a_point_is_that_of_its_zones(client: TestClient) -> None:
    body = client.get("/api/v1/points/105,31").json()
    # On the meridian of both zones (35 x 3 = 18 x 6 - 3 = 105): the arc to 31 degrees by Helmert's series.
    for name, zone, epsg in (("grid", 35, 4523), ("grid_6", 18, 4496)):
        grid = body[name]
        assert (grid["zone"], grid["meridian"], grid["epsg"]) == (zone, 105, epsg)
        assert (grid["x"], grid["y"]) == pytest.approx((3_430_974.323, zone * 1_000_000 + 500_000), abs=2e-3)


def test_a_point_reads_every_raster_of_a_quantity_through_the_same_door_as_the_tiles(
    client: TestClient,
) -> None:
    body = client.get("/api/v1/points/103.2,31.8").json()
    drawn = client.get("/tiles/raster/relief/point/103.2,31.8").json()["values"][0]
    rasters = {each["layer"]: each for each in body["rasters"]}
    assert rasters["relief"]["value"] == drawn
    assert rasters["relief"]["unit"] == "m"
    assert rasters["relief"]["updated_at"]
    assert rasters["relief"]["origin"] in ("public", "sample", "operator")
    assert client.get("/api/v1/points/0,0").json()["rasters"][0]["value"] is None


def test_a_point_outside_everything_is_answered_with_nothing_known(client: TestClient) -> None:
    body = client.get("/api/v1/points/-70.5,-33.4").json()
    assert (body["regions"], body["assets"], body["grid"], body["grid_6"]) == ([], [], None, None)
    assert (body["cell"]["judged"], body["cell"]["state"]) == (False, "missing")


@pytest.mark.parametrize(
    "path",
    ["181,0", "0,91", "nan,0", "inf,0", "1e999,0", "a,b", ",", "1,2,3", "103.5,31.2?radius_km=0",
     "103.5,31.2?radius_km=101", "103.5,31.2?radius_km=nan", "103.5,31.2?as_of=yesterday"],
)  # fmt: skip
def test_a_point_that_is_none_is_refused_with_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/points/{path}")
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
