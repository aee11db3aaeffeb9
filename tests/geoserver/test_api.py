from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from routes import templates

from data_catalog.site import Site
from data_catalog.store import Store
from geoserver.app import create_app
from geoserver.errors import STATUSES, status_of
from geoserver.explain import explain_subject
from layers.layer import layer
from minegis import errors
from minegis.errors import InvalidInput, NotFound
from minegis.evidence import Evidence
from minegis.levels import Tier
from minegis.settings import Settings

USERS = Path(__file__).parents[2] / "docs" / "users"
PROBLEM = "application/problem+json"


def test_the_site_describes_itself(client: TestClient) -> None:
    body = client.get("/api/v1/site").json()
    assert body["title"] == {"zh": "示例站点", "en": "Sample site"}
    assert body["origin"] == "sample"
    assert body["reference_time"] == "2026-07-20T04:00:00Z"
    assert body["run"] == {"id": "run1", "finished_at": "2026-07-20T04:00:42Z", "counts": {"assets": 1}}
    assert [area["bounds"] for area in body["areas"]] == [
        [102.5, 30.5, 104.5, 32.5],
        [103.2, 31.0, 103.9, 31.5],
    ]
    assert body["bounds"] == [102.5, 30.5, 104.5, 32.5]
    assert body["review_number"] == "GS(2026)0000"


def test_the_vocabulary_has_every_word_in_both_languages(client: TestClient) -> None:
    body = client.get("/api/v1/vocabulary").json()
    assert [(each["tier"], each["key"]) for each in body["tiers"]] == [
        (0, "none"), (1, "blue"), (2, "yellow"), (3, "orange"), (4, "red"),
    ]  # fmt: skip
    words = [
        *body["tiers"],
        *body["states"],
        *body["standings"],
        *body["levels"],
        *body["variables"].values(),
    ]
    assert all(each["zh"] and each["en"] for each in words)
    assert body["variables"]["pga"]["unit"] == "g"


def test_only_layers_with_data_are_listed_and_their_tiles_answer(client: TestClient) -> None:
    body = client.get("/api/v1/layers").json()
    listed = {each["id"]: each for each in body}
    assert set(listed) == {"region", "risk_cell", "river", "earthquake", "place", "tsf", "warning", "relief"}
    assert listed["tsf"]["origin"] == "sample"
    assert listed["place"]["count"] == 250
    assert "GeoNames" in listed["place"]["attribution"]
    z, x, y = 6, 50, 26  # 101.25 to 106.875 E, 27.06 to 31.95 N
    for each in body:
        address = each["tiles"].format(z=z, x=x, y=y)
        assert client.get(address).status_code == 200, each["id"]


def test_a_region_has_its_way_up_its_risk_and_its_children(client: TestClient) -> None:
    county = client.get("/api/v1/regions/513221").json()
    assert [each["code"] for each in county["breadcrumb"]] == ["100000", "510000"]
    assert county["risk"]["tier"] == 4
    assert county["risk"]["counts"] == {"4": 1}
    assert Evidence.from_json(county["risk"]["explanation"]).tier is Tier.RED
    province = client.get("/api/v1/regions/510000").json()
    assert province["risk"] is None
    (child,) = province["children"]
    assert (child["code"], child["tier"], child["coverage"]) == ("513221", 4, 0.5)


def test_an_asset_has_its_chain_readings_regions_cells_and_warnings(client: TestClient) -> None:
    body = client.get("/api/v1/assets/tsf/T1").json()
    assert body["assessment"]["tier"] == 4
    assert Evidence.from_json(body["assessment"]["chain"]).inputs[0].value == 31.5
    status = next(each for each in body["properties"] if each["name"] == "status")
    assert status["value_label"] == {"zh": "在用", "en": "In use"}
    (reading,) = body["readings"]
    assert (reading["value"], reading["unit"], reading["observed_at"]) == (
        1502.0,
        "m",
        "2026-07-20T06:00:00Z",
    )
    assert [each["code"] for each in body["regions"]] == ["100000", "510000", "513221"]
    assert [each["weight"] for each in body["regions"]] == pytest.approx([1.0, 1.0, 1.0])
    assert sum(each["fraction"] for each in body["cells"]) == pytest.approx(1.0)
    assert [each["msg_type"] for each in body["warnings"]] == ["Update"]


def test_an_asset_that_no_run_judged_has_no_assessment(client: TestClient) -> None:
    assert client.get("/api/v1/assets/tsf/T2").json()["assessment"] is None


def test_a_cell_of_an_asset_names_the_asset_and_its_evidence(client: TestClient) -> None:
    cell = client.get("/api/v1/assets/tsf/T1").json()["cells"][0]["id"]
    body = client.get(f"/api/v1/cells/{cell}").json()
    assert body["id"] == cell
    assert [each["id"] for each in body["assets"]] == ["T1"]
    assert 0.4 < body["area_km2"] < 1.0  # a cell of resolution 8 is 0.74 km² on average
    pond, pga = Evidence.from_json(body["chain"]).inputs
    assert (pond.key, pond.tier) == ("tsf/T1", Tier.RED)
    assert (pga.key, pga.value, pga.unit) == ("pga", 0.25, "g")


def test_warnings_are_chosen_by_status_and_tier(client: TestClient) -> None:
    (warning,) = client.get("/api/v1/warnings").json()
    assert (warning["tier"], warning["raised_at"]) == (4, "2026-07-20T04:00:00Z")
    assert warning["region"] == {"code": "513221", "name": "汶川县"}
    assert client.get(warning["cap"]).status_code == 200
    assert client.get("/api/v1/warnings?tier=2").json() == []


@pytest.mark.parametrize(
    ("text", "first"), [("青石", ("tsf", "T1")), ("汶川", ("region", "513221")), ("t2", ("tsf", "T2"))]
)
def test_search_finds_by_name_and_id(client: TestClient, text: str, first: tuple[str, str]) -> None:
    hit = client.get("/api/v1/search", params={"q": text}).json()[0]
    assert (hit["dataset"], hit["id"]) == first


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nope", 404),
        ("/api/v1/nope", 404),
        ("/api/v1/regions/999999", 404),
        ("/api/v1/assets/tsf/T9", 404),
        ("/api/v1/assets/nope/T1", 404),
        ("/api/v1/cells/8840c00001fffff", 404),
        ("/api/v1/cells/hello", 400),
        ("/api/v1/warnings?status=some", 400),
        ("/api/v1/warnings?tier=9", 400),
        ("/api/v1/search", 400),
        ("/tiles/vector/tsf/3/8/0.mvt", 404),
        ("/tiles/vector/nope/3/0/0.mvt", 404),
        ("/tiles/vector/tsf/a/0/0.mvt", 400),
        ("/tiles/cells/3/0/9.mvt", 404),
        ("/tiles/raster/relief/tiles/WebMercatorQuad/3/8/0.png", 404),
        ("/tiles/raster/relief/tiles/Nope/3/1/0.png", 400),
        ("/tiles/raster/tsf/info", 404),
        ("/tiles/raster/pga/info", 404),
        ("/tiles/raster/..%2f..%2fsite.yaml/info", 404),
        ("/tiles/raster/relief/tiles/WebMercatorQuad/6/50/26.png?tilesize=99999", 400),
        ("/cap/nope.xml", 404),
    ],
)
def test_an_error_is_a_problem_that_says_what_and_where(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "what", "where", "expected", "got"}
    assert body["what"]
    assert body["where"]


def test_every_error_of_ours_has_a_status() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    assert {kind for kind in kinds if issubclass(kind, errors.MinegisError)} <= set(STATUSES)
    assert status_of(NotFound("x")) == 404


@pytest.mark.parametrize("path", ["/tiles/vector/tsf/9/0/0.mvt", "/tiles/cells/9/0/0.mvt",
                                  "/tiles/raster/relief/tiles/WebMercatorQuad/9/0/0.png"])  # fmt: skip
def test_a_tile_with_nothing_in_it_has_no_content(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("path", ["/tiles/vector/tsf/8/201/104.mvt", "/tiles/cells/8/201/104.mvt"])
def test_an_unchanged_tile_is_not_sent_again(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def picture(response: httpx.Response) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGBA"))


def test_a_raster_tile_has_the_colours_of_its_ramp_and_joins_the_areas(client: TestClient) -> None:
    # z 7: tile 100/52 covers 101.25 to 104.0625 E, 29.5 to 31.95 N; the areas 102.5 to 103.5 and to 104.5 E
    drawn = picture(client.get("/tiles/raster/relief/tiles/WebMercatorQuad/7/100/52.png"))
    opaque = drawn[drawn[..., 3] > 0][:, :3]
    ramp = {stop.value: tuple(bytes.fromhex(stop.colour[1:])) for stop in layer("relief").ramp}
    found = {tuple(int(part) for part in colour) for colour in opaque}

    def near(value: float) -> bool:  # one of 255 steps of the ramp from its stop
        return any(max(abs(a - b) for a, b in zip(ramp[value], colour, strict=True)) <= 3 for colour in found)

    assert near(1000.0)
    assert near(3500.0)
    assert not near(0.0)
    assert (drawn[0, 0] == 0).all()


def test_a_value_can_be_read_at_a_point_of_either_area(client: TestClient) -> None:
    west = client.get("/tiles/raster/relief/point/103.2,31.8").json()["values"]
    east = client.get("/tiles/raster/relief/point/104.2,31.8").json()["values"]
    assert (west, east) == ([1000.0], [3500.0])


def test_no_query_parameter_can_name_a_file(client: TestClient) -> None:
    honest = client.get("/tiles/raster/relief/info").json()
    assert client.get("/tiles/raster/relief/info?url=/etc/passwd").json() == honest


def test_without_a_site_the_server_lives_and_says_what_it_lacks(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(site=tmp_path / "absent"))) as client:
        assert client.get("/livez").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["missing"][0]["what"] == "no site here"
        response = client.get("/api/v1/layers")
        assert (response.status_code, response.headers["content-type"]) == (503, PROBLEM)
        assert client.get("/ogc").status_code == 503


def test_before_the_first_run_everything_answers_and_nothing_is_normal(unpublished: Path) -> None:
    with TestClient(create_app(Settings(site=unpublished))) as client:
        assert client.get("/readyz").json()["missing"][0]["what"] == "no run is published"
        tiers = [
            each["properties"]["state"]
            for each in client.get("/ogc/collections/tsf/items").json()["features"]
        ]
        assert tiers == ["missing", "missing"]
        assert client.get("/tiles/cells/8/201/104.mvt").status_code == 204
        assert client.get("/ogc/collections/risk_cell/items").json()["numberMatched"] == 0
        assert "risk_cell" not in {each["id"] for each in client.get("/api/v1/layers").json()}


def test_the_page_that_is_not_built_says_how(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 503
    assert "make up" in response.text


def test_a_built_page_is_served(tmp_path: Path, site: Path) -> None:
    (tmp_path / "index.html").write_text("<title>页面</title>", encoding="utf-8")
    with TestClient(create_app(Settings(site=site, web=tmp_path))) as client:
        assert "页面" in client.get("/").text
        assert client.get("/assets/nope.js").headers["content-type"] == PROBLEM


@pytest.mark.parametrize(
    ("subject", "key"), [("tsf/T1", "tsf/T1"), ("T1", "tsf/T1"), ("513221", "region/513221")]
)
def test_a_colour_is_explained_by_asset_id_or_code(store: Store, site: Path, subject: str, key: str) -> None:
    assert explain_subject(store, Site.open(site), subject).key == key


def test_a_cell_is_explained_and_a_wrong_one_refused(store: Store, site: Path, client: TestClient) -> None:
    cell = client.get("/api/v1/assets/tsf/T1").json()["cells"][0]["id"]
    opened = Site.open(site)
    assert explain_subject(store, opened, cell).key == f"cell/{cell}"
    with pytest.raises(InvalidInput):
        explain_subject(store, opened, "fffffffffffffff")
    with pytest.raises(NotFound):
        explain_subject(store, opened, "T2")


def test_every_route_is_documented() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in USERS.glob("*.md"))
    assert [path for path in templates() if f"`{path}`" not in text] == []
    assert len(templates()) > 40
