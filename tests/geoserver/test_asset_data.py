"""The series, the images and the surroundings of an asset, over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient
from PIL import Image
from pyproj import Geod
from small_site import NOW, TSF_SHAPE, make_site

from data_catalog.store import Artefact, Feature, PublishedRun, RunRecord, Store
from geoserver.app import create_app
from minegis.levels import Origin
from minegis.reading import Quality, Reading
from minegis.settings import Settings
from pipelines.lineage import InputFile, Lineage, values_of, write_item
from pipelines.raster import Raster, RasterGrid, write_cog

PROBLEM = "application/problem+json"
ASSET = "/api/v1/assets/tsf/T1"
DAY = timedelta(days=1)
POND = {
    "raise_method": "upstream", "total_storage": 320.0, "dam_height": 48.0, "status": "in_use",
    "name": "示例·青石沟尾矿库", "county_code": "513221", "beach_crest_elevation": 1512.4,
    "normal_level": 1509.2, "design_flood_level": 1511.0, "beach_slope": 0.01,
}  # fmt: skip


def rain(folder: Path, day: int, value: float) -> Artefact:
    """Write a day of rain over a box that holds T1, with its STAC item."""
    start = NOW - (day + 1) * DAY
    grid = RasterGrid((0.1, 0.0, 102.0, 0.0, -0.1, 33.0), 30, 30, "EPSG:4326")
    values = np.full((30, 30), value, dtype=np.float32)
    values[:2] = np.nan
    raster = Raster(values, grid, "rain", "mm", "made up", start, start + DAY)
    name = f"rain_day-{day}"
    path = folder / "rasters" / f"{name}.tif"
    write_cog(raster, path)
    origin = InputFile("sources/rain.nc", "0" * 64, "sample", "sample")
    lineage = Lineage("rain", "2", (origin,), {}, NOW, 0.1)
    write_item(path, grid, "rain", lineage, values_of(raster), valid=(start, start + DAY))
    inputs = ({"file": "sources/rain.nc", "source": "sample", "origin": "sample"},)
    layer = "rain" if day == 0 else "rain_day"
    return Artefact(
        name, "raster", layer, "", f"rasters/{name}.tif", f"{day}" * 64, "rain/2", {}, inputs, NOW
    )


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site whose T1 has a register, a point with a peak, a gap and a flag, and three days of rain."""
    folder = make_site(tmp_path_factory.mktemp("watched"))
    with Store.open(folder) as store:
        store.upsert("tsf", [Feature("T1", POND, TSF_SHAPE, Origin.SAMPLE, "sample")])
        station = {
            "name": "水位1", "asset_dataset": "tsf", "asset_id": "T1", "variable": "pond_level",
            "interval_minutes": 10.0,
        }  # fmt: skip
        here = shapely.Point(103.51, 31.205)
        store.upsert("station", [Feature("T1-W", station, here, Origin.SAMPLE, "sample")])
        far = shapely.Point(103.6, 31.205)
        store.upsert("facility", [Feature("F1", {"name": "选厂"}, far, Origin.PUBLIC, "usgs")])
        store.add_readings(levels())
        store.publish(
            PublishedRun(
                run=RunRecord("run2", NOW, NOW + DAY, NOW, {}),
                artefacts=tuple(rain(folder, day, 20.0 + 40 * day) for day in range(3)),
            )
        )
    with TestClient(create_app(Settings(site=folder, web=Path("absent")))) as client:
        yield client


def levels() -> list[Reading]:
    """Return a week of levels every ten minutes: one peak, three hours of silence, a failed value."""
    found = []
    for number in range(7 * 144):
        at = NOW - timedelta(minutes=10 * number)
        if 300 <= number < 318:
            continue
        value, quality = 1509.0 + (number % 6) / 100, Quality.GOOD
        if number == 500:
            value = 1510.4
        if number == 700:
            value, quality = 1600.0, Quality.FAIL
        found.append(Reading("T1-W", "tsf", "T1", "pond_level", value, at, quality, Origin.SAMPLE, "s"))
    return found


def level_series(client: TestClient, query: str = "") -> dict:  # type: ignore[type-arg]
    body = client.get(f"{ASSET}/series{query}").json()
    found: dict = next(each for each in body["series"] if each["point_id"] == "T1-W")  # type: ignore[type-arg]
    return found


def test_a_series_is_thinned_but_keeps_its_peak_its_flag_and_its_gap(watched: TestClient) -> None:
    series = level_series(watched, "?points=60")
    assert series["total"] == 7 * 144 - 18
    assert len(series["samples"]) == series["shown"] <= 60
    values = [value for _, value, _ in series["samples"]]
    assert 1510.4 in values
    assert [quality for _, value, quality in series["samples"] if value == 1600.0] == [Quality.FAIL]
    # The last before the silence is number 318, ten minutes later one was due: number 317.
    due = (NOW - timedelta(minutes=3170)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [at for at, value, _ in series["samples"] if value is None] == [due]


def test_a_series_has_its_names_its_interval_and_its_limits(watched: TestClient) -> None:
    series = level_series(watched)
    assert (series["name"], series["unit"], series["interval_minutes"]) == ("水位1", "m", 10.0)
    assert series["label"] == {"zh": "库水位", "en": "Pond level"}
    # Class 4: 0.5 m of freeboard; 1512.4 − (level + 1.8) = 0.5 at 1510.1 m.
    reds = [limit for limit in series["thresholds"] if limit["tier"] == 4 and limit["item"] == "freeboard"]
    assert [limit["value"] for limit in reds] == pytest.approx([1510.1], abs=1e-3)
    assert (reds[0]["direction"], reds[0]["kind"]) == ("above", "statutory")


def test_only_the_asked_period_and_variable_are_read(watched: TestClient) -> None:
    since = quote((NOW - timedelta(hours=1)).isoformat())
    series = level_series(watched, f"?since={since}")
    assert series["total"] == 7
    assert watched.get(f"{ASSET}/series?variable=rain_24h").json()["series"] == []


def test_what_was_not_yet_received_is_not_known_as_of_before(watched: TestClient) -> None:
    assert watched.get(f"{ASSET}/series?as_of=2020-01-01T00:00:00Z").status_code == 404  # nor was the asset


def test_a_station_has_the_series_of_its_own_point_alone(watched: TestClient) -> None:
    body = watched.get("/api/v1/assets/station/T1-W/series").json()
    assert {each["point_id"] for each in body["series"]} == {"T1-W"}


def test_design_stands_against_present(watched: TestClient) -> None:
    margins = watched.get(f"{ASSET}/series").json()["margins"]
    freeboard = next(each for each in margins if each["item"] == "freeboard")
    # At 1509.0 m the design flood reaches 1511.0 m (its own level): 1512.4 − 1511.0 = 1.4 m, 0.9 m to spare.
    assert freeboard["present"] == pytest.approx(1.4)
    assert freeboard["required"] == pytest.approx(0.5)
    assert freeboard["margin"] == pytest.approx(0.9)


def test_the_images_are_the_dated_rasters_that_cover_the_asset(watched: TestClient) -> None:
    body = watched.get(f"{ASSET}/images").json()
    assert [each["at"] for each in body] == [
        "2026-07-20T04:00:00Z", "2026-07-19T04:00:00Z", "2026-07-18T04:00:00Z",
    ]  # fmt: skip
    assert {each["layer"] for each in body} == {"rain"}
    assert {each["origin"] for each in body} == {"sample"}
    colours = []
    for each in body:
        west, south, east, north = each["bounds"]
        assert west < 103.5 < east
        assert south < 31.2 < north
        answer = watched.get(each["thumbnail"])
        assert answer.headers["content-type"] == "image/png"
        picture = Image.open(io.BytesIO(answer.content)).convert("RGBA")
        assert max(picture.size) == 160
        colours.append(picture.getpixel((80, 80)))
    assert len(set(colours)) == 3  # 20, 60 and 100 mm
    same = watched.get(body[0]["thumbnail"], headers={"if-none-match": answer.headers["etag"]})
    assert same.status_code == 200  # of another day
    again = watched.get(each["thumbnail"], headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_is_near_has_its_distance_and_bearing(watched: TestClient) -> None:
    body = watched.get(f"{ASSET}/nearby?radius_km=20").json()
    (facility,) = body["facilities"]
    edge = Geod(ellps="GRS80").inv(103.53, 31.205, 103.6, 31.205)[2] / 1000
    assert facility["distance_km"] == pytest.approx(edge, abs=0.002)
    assert facility["bearing"] == pytest.approx(90, abs=2)
    assert [each["id"] for each in body["stations"]] == ["T1-W"]
    assert body["stations"][0]["distance_km"] == 0.0
    distances = [each["distance_km"] for each in body["places"]]
    assert distances == sorted(distances)
    assert max(distances) <= 20
    assert all(each["population"] >= 1000 for each in body["places"])
    assert body["counts"]["places"] == len(distances)
    assert body["assets"] == []
    wide = watched.get(f"{ASSET}/nearby?radius_km=100").json()
    assert [each["id"] for each in wide["assets"]] == ["T2"]
    assert len(wide["places"]) == 50 < wide["counts"]["places"]


def test_readings_are_carried_away_whole_as_csv(watched: TestClient) -> None:
    answer = watched.get(f"{ASSET}/download?f=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="tsf-T1.csv"'
    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    levels = [row for row in rows if row["point_id"] == "T1-W"]
    assert len(levels) == 7 * 144 - 18
    assert [row["quality"] for row in levels if row["value"] == "1600.0"] == ["fail"]
    assert {row["unit"] for row in levels} == {"m"}


def test_the_asset_and_its_point_are_features_of_geojson_with_the_readings_beside(
    watched: TestClient,
) -> None:
    since = quote((NOW - timedelta(hours=1)).isoformat())
    body = watched.get(f"{ASSET}/download?f=geojson&since={since}").json()
    assert [(each["properties"]["dataset"], each["id"]) for each in body["features"]] == [
        ("tsf", "T1"),
        ("station", "T1-W"),
    ]
    assert len([each for each in body["readings"] if each["point_id"] == "T1-W"]) == 7


def test_a_geopackage_holds_the_asset_its_point_and_the_readings(watched: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "asset.gpkg"
    path.write_bytes(watched.get(f"{ASSET}/download?f=gpkg").content)
    assert {name for name, _ in pyogrio.list_layers(path)} == {"tsf", "station", "reading"}
    assert pyogrio.read_info(path, layer="tsf")["features"] == 1
    assert pyogrio.read_info(path, layer="reading")["features"] >= 7 * 144 - 18
    assert pyogrio.read_info(path, layer="tsf")["crs"] == "EPSG:4326"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ASSET}/download?f=exe", 400),
        ("/api/v1/assets/tsf/absent/download?f=gpkg", 404),
        ("/api/v1/assets/tsf/absent/series", 404),
        ("/api/v1/assets/absent/T1/series", 404),
        ("/api/v1/assets/tsf/T1%27%20OR%201=1--/nearby", 404),
        ("/api/v1/assets/tsf/..%2f..%2fsite.yaml/images", 404),
        (f"{ASSET}/series?since=yesterday", 400),
        (f"{ASSET}/series?since=2026-07-20T00:00:00Z&until=2026-07-19T00:00:00Z", 400),
        (f"{ASSET}/series?since=2026-07-20T00:00:00", 400),
        (f"{ASSET}/series?until=0001-01-01T00:00:00Z", 200),
        (f"{ASSET}/series?points=0", 400),
        (f"{ASSET}/series?points=1000000000", 400),
        (f"{ASSET}/series?variable=__class__", 404),
        (f"{ASSET}/series?as_of=%00", 400),
        (f"{ASSET}/series?as_of=", 400),
        (f"{ASSET}/images?as_of=", 400),
        (f"{ASSET}/nearby?as_of=", 400),
        (f"{ASSET}/download?as_of=", 400),
        ("/tiles/thumbnails/rain_day-1?box=103,31,104,32&as_of=", 400),
        (f"{ASSET}/nearby?radius_km=-1", 400),
        (f"{ASSET}/nearby?radius_km=nan", 400),
        (f"{ASSET}/nearby?radius_km=1e9", 400),
        ("/tiles/thumbnails/rain_day-1", 400),
        ("/tiles/thumbnails/rain_day-1?box=1,2,3", 400),
        ("/tiles/thumbnails/rain_day-1?box=nan,1,2,3", 400),
        ("/tiles/thumbnails/rain_day-1?box=5,5,4,4", 400),
        ("/tiles/thumbnails/rain_day-1?box=-10,-10,-9,-9", 404),
        ("/tiles/thumbnails/rain_day-1?box=103,31,104,32&size=100000", 400),
        ("/tiles/thumbnails/..%2f..%2fsite?box=103,31,104,32", 404),
        ("/tiles/thumbnails/elevation-west?box=103,31,104,32", 404),
    ],
)
def test_bad_input_is_a_problem_with_words(watched: TestClient, path: str, status: int) -> None:
    answer = watched.get(path)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == PROBLEM


def test_a_period_with_too_many_readings_is_refused_with_the_limit(
    watched: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.asset_series.MOST_READINGS", 100)
    answer = watched.get(f"{ASSET}/series")
    assert answer.status_code == 400
    assert "100" in answer.json()["expected"]
