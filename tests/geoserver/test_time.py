"""A site with a red run and, a day later, a yellow one with another raster: each can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_site import NOW, chain, make_site, warning_event, write_cells, write_elevation

from data_catalog.store import AssessmentRecord, Feature, PublishedRun, RegionRiskRecord, RunRecord, Store
from geoserver.app import create_app
from minegis.clock import format_utc, parse_utc
from minegis.levels import Origin, Tier
from minegis.settings import Settings
from pipelines.asset_records import designers_limits

LATER = NOW + timedelta(days=1)
BEFORE_ALL = "2020-01-01T00:00:00Z"


def second_run(folder: Path) -> PublishedRun:
    """Return a run in which everything is yellow and the west of the relief is gone."""
    assessment = AssessmentRecord(
        "tsf", "T1", 2, 2, 2, 1, None, "sufficient", 0.31, 0.8, LATER,
        chain("tsf/T1", Tier.YELLOW).to_json(), {},
    )  # fmt: skip
    region = RegionRiskRecord(
        "513221", "county", 2, "sufficient", 0.3, 0.4, 2, 0.5, 1, {"2": 1}, {"0": 10.0}, (),
        chain("region/513221", Tier.YELLOW).to_json(),
    )  # fmt: skip
    return PublishedRun(
        run=RunRecord("run2", LATER, LATER + timedelta(seconds=9), LATER, {"assets": 1}),
        artefacts=(write_elevation(folder, "east", 103.5, 3500.0),),
        snapshots=tuple(write_cells(folder, resolution, "run2", 2) for resolution in (4, 6, 8)),
        assessments=(assessment,),
        region_risks=(region,),
        warning_events=(warning_event("Cancel", Tier.RED, 24 * 60, ()),),
    )


@pytest.fixture(scope="module", params=["sqlite", "postgis"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = request.getfixturevalue("postgres")() if request.param == "postgis" else ""
    folder = make_site(tmp_path_factory.mktemp("site"), database=database)
    with Store.open(folder, database) as store:
        store.publish(second_run(folder))
    with TestClient(create_app(Settings(site=folder, web=Path("absent"), database=database))) as opened:
        yield opened


def answer(client: TestClient, path: str, as_of: str | None = None) -> Any:
    found = client.get(path if as_of is None else f"{path}?as_of={as_of}")
    assert found.status_code == 200, found.text
    return found.json()


@pytest.fixture
def first(client: TestClient) -> str:
    """Since when the first run is known."""
    known: str = answer(client, "/api/v1/moments")[0]["known_at"]
    return known


def test_the_moments_are_the_published_runs_with_what_each_showed(client: TestClient) -> None:
    earlier, later = answer(client, "/api/v1/moments")
    assert (earlier["run"], earlier["valid_at"]) == ("run1", "2026-07-20T04:00:00Z")
    assert (later["run"], later["valid_at"]) == ("run2", "2026-07-21T04:00:00Z")
    assert earlier["tiers"] == {"0": 0, "1": 0, "2": 0, "3": 0, "4": 1}
    assert later["tiers"] == {"0": 0, "1": 0, "2": 1, "3": 0, "4": 0}
    assert [each["warnings"] for each in (earlier, later)] == [1, 0]
    assert [each["cells"] for each in (earlier, later)] == [True, True]
    assert earlier["known_at"] < later["known_at"]
    assert [each["run"] for each in answer(client, "/api/v1/moments?limit=1")] == ["run2"]


def test_a_region_and_an_asset_have_a_history(client: TestClient) -> None:
    region = answer(client, "/api/v1/regions/513221/history")
    assert [(each["tier"], each["counts"]) for each in region] == [(4, {"4": 1}), (2, {"2": 1})]
    asset = answer(client, "/api/v1/assets/tsf/T1/history")
    assert [(each["valid_at"], each["tier"], each["score"]) for each in asset] == [
        ("2026-07-20T04:00:00Z", 4, 0.91),
        ("2026-07-21T04:00:00Z", 2, 0.31),
    ]
    assert "counts" not in asset[0]
    assert answer(client, "/api/v1/assets/tsf/T2/history") == []


@pytest.mark.parametrize("path", ["regions/999999", "assets/tsf/none", "assets/nothing/T1"])
def test_the_history_of_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}/history").status_code == 404


def test_regions_assets_and_warnings_are_as_they_were_known(client: TestClient, first: str) -> None:
    def seen(as_of: str | None) -> tuple[int, int, list[int]]:
        region = answer(client, "/api/v1/regions/513221", as_of)
        asset = answer(client, "/api/v1/assets/tsf/T1", as_of)
        active = answer(client, "/api/v1/warnings", as_of)
        return region["risk"]["tier"], asset["assessment"]["tier"], [each["tier"] for each in active]

    assert seen(None) == (2, 2, [])
    assert seen(first) == (4, 4, [4])


def test_a_run_of_the_past_saw_no_reading_that_came_after_its_time(client: TestClient, first: str) -> None:
    """Readings of 04:00, 05:00 and 06:00 are there; the first run judged 04:00."""
    now, then = (answer(client, "/api/v1/assets/tsf/T1", as_of)["readings"] for as_of in (None, first))
    assert [each["observed_at"] for each in now] == ["2026-07-20T06:00:00Z"]
    assert [each["observed_at"] for each in then] == ["2026-07-20T04:00:00Z"]


def test_a_cell_is_explained_by_the_assets_as_they_were(client: TestClient, first: str) -> None:
    cell = answer(client, "/api/v1/assets/tsf/T1")["cells"][0]["id"]
    now, then = (answer(client, f"/api/v1/cells/{cell}", as_of) for as_of in (None, first))
    assert [each["assets"][0]["tier"] for each in (now, then)] == [2, 4]
    assert "run2" in now["chain"]["source"]
    assert "run1" in then["chain"]["source"]


def test_before_the_first_run_nothing_was_known(client: TestClient) -> None:
    assert [each["id"] for each in answer(client, "/api/v1/layers", BEFORE_ALL)] == ["warning"]
    assert answer(client, "/api/v1/warnings", BEFORE_ALL) == []
    assert client.get("/api/v1/regions/513221", params={"as_of": BEFORE_ALL}).status_code == 404
    assert client.get("/api/v1/assets/tsf/T1", params={"as_of": BEFORE_ALL}).status_code == 404


@pytest.mark.parametrize(
    "path", ["layers", "warnings", "regions/513221", "assets/tsf/T1", "cells/8840c00001fffff"]
)
@pytest.mark.parametrize("text", ["yesterday", "2026-07-20T04:00:00", "9" * 41])
def test_a_time_that_is_none_is_refused(client: TestClient, path: str, text: str) -> None:
    refused = client.get(f"/api/v1/{path}", params={"as_of": text})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


def test_the_layers_of_a_moment_name_tiles_of_that_moment(client: TestClient, first: str) -> None:
    listed = {each["id"]: each for each in answer(client, "/api/v1/layers", first)}
    changed = {name for name, each in listed.items() if each["tiles"].endswith(f"?as_of={first}")}
    assert changed == {"region", "risk_cell", "tsf", "relief", "warning"}
    assert listed["warning"]["count"] == 1
    assert listed["relief"]["count"] == 2  # files: the west is gone since
    for each in listed.values():
        assert client.get(each["tiles"].format(z=6, x=50, y=26)).status_code == 200, each["id"]


def test_what_has_not_changed_since_keeps_its_address(client: TestClient) -> None:
    def addresses(as_of: str | None) -> dict[str, str]:
        return {each["id"]: each["tiles"] for each in answer(client, "/api/v1/layers", as_of)}

    first, second = (each["known_at"] for each in answer(client, "/api/v1/moments"))
    now = addresses(None)
    assert addresses(second) == now
    assert {name for name, each in addresses(first).items() if each == now[name]} == {
        "place", "river", "earthquake",
    }  # fmt: skip


@pytest.mark.parametrize("tile", ["vector/tsf/8/201/104", "vector/region/8/201/104", "cells/8/201/104"])
def test_tiles_of_a_moment_are_those_that_its_run_showed(client: TestClient, tile: str) -> None:
    first, second = (each["known_at"] for each in answer(client, "/api/v1/moments"))
    then, later, now = (
        client.get(f"/tiles/{tile}.mvt", params=at).content
        for at in ({"as_of": first}, {"as_of": second}, {})
    )
    assert later == now
    assert then != now
    assert client.get(f"/tiles/{tile}.mvt", params={"as_of": BEFORE_ALL}).status_code in (204, 404)


def test_a_raster_is_drawn_from_the_files_of_its_moment(client: TestClient, first: str) -> None:
    """The west of the relief was published by the first run alone: 102.5 to 103.5 E, 31.5 to 32 N."""
    tile = "/tiles/raster/relief/tiles/WebMercatorQuad/9/402/208.png"
    assert client.get(tile, params={"as_of": first}).status_code == 200
    assert client.get(tile).status_code == 204
    assert client.get(tile, params={"as_of": BEFORE_ALL}).status_code == 404
    assert client.get(tile, params={"as_of": "yesterday"}).status_code == 400


@pytest.mark.parametrize(
    "tile", ["/tiles/vector/tsf/8/201/104.mvt", "/tiles/raster/relief/tiles/WebMercatorQuad/9/404/208.png"]
)
def test_a_tile_of_the_past_is_kept_for_good_and_one_of_the_present_is_not(
    client: TestClient, first: str, tile: str
) -> None:
    def kept(as_of: str | None) -> str:
        return client.get(tile, params={} if as_of is None else {"as_of": as_of}).headers["cache-control"]

    assert kept(first) == "private, max-age=86400, immutable"
    assert kept(None) == "no-cache"
    assert kept("2999-01-01T00:00:00Z") == "no-cache"


def test_a_layer_of_the_past_says_whose_data_it_was_made_of_then(tmp_path: Path) -> None:
    folder = make_site(tmp_path)
    with Store.open(folder) as store:
        known_at = format_utc(store.moment())
        (pond,) = store.features("tsf", ids=["T1"])
        others = [
            replace(each, origin=Origin.OPERATOR, source="own:tsf.xlsx") for each in store.features("tsf")
        ]
        store.upsert("tsf", others)
        limits = {
            f"threshold_{name}": 1500.0 + n for n, name in enumerate(("blue", "yellow", "orange", "red"))
        }
        station = {"name": "W", "asset_dataset": "tsf", "asset_id": "T1", "variable": "pond_level"}
        place = pond.geometry.representative_point()
        row = Feature("W", {**station, "interval_minutes": 60.0, **limits}, place, Origin.OPERATOR, "own")
        store.upsert("station", [row])
        assert designers_limits(store, "tsf", "T1", parse_utc(known_at))[0] == {}
        assert designers_limits(store, "tsf", "T1")[0].keys() == {"W"}
    with TestClient(create_app(Settings(site=folder, web=Path("absent")))) as opened:
        for as_of, origin, source in ((None, "operator", "own:"), (known_at, "sample", "sample:")):
            (layer,) = [each for each in answer(opened, "/api/v1/layers", as_of) if each["id"] == "tsf"]
            assert layer["origin"] == origin
            assert all(entry["text"].startswith(source) for entry in layer["lineage"])
