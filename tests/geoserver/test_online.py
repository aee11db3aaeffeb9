"""The online rate: who is heard within twice the interval, and who is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from small_site import NOW, make_site

from data_catalog.store import Feature, Store
from geoserver.app import create_app
from minegis.levels import Origin
from minegis.reading import Quality, Reading
from minegis.settings import Settings


def point(name: str, variable: str, interval_minutes: float) -> Feature:
    properties = {
        "name": f"测点{name}", "asset_dataset": "tsf", "asset_id": "T1", "variable": variable,
        "interval_minutes": interval_minutes,
    }  # fmt: skip
    return Feature(name, properties, shapely.Point(103.51, 31.2), Origin.SAMPLE, "test")


def reading(
    name: str, variable: str, minutes_ago: float, value: float | None = 1.5, quality: Quality = Quality.GOOD
) -> Reading:
    at = NOW - timedelta(minutes=minutes_ago)
    return Reading(name, "tsf", "T1", variable, value, at, quality, Origin.SAMPLE, "test")


POINTS = [
    point("P1", "pond_level", 10),
    point("P2", "pond_level", 10),
    point("P3", "pond_level", 10),
    point("P4", "phreatic_depth", 60),
    point("P5", "phreatic_depth", 60),
    point("P6", "rain_24h", 10),
    point("P7", "rain_24h", 10),
]
READINGS = [
    reading("P1", "pond_level", 20),  # twice ten minutes ago: just heard
    reading("P2", "pond_level", 20.1),  # longer
    reading("P3", "pond_level", 40),
    reading("P3", "pond_level", 5, None, Quality.MISSING),  # it reported, but nothing
    reading("P4", "phreatic_depth", 119, quality=Quality.SUSPECT),  # heard, whatever it is worth
    reading("P5", "pond_level", 1),  # of another quantity than the point is for
    reading("P6", "rain_24h", -5),  # from the future
    # P7 has never been heard
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def online(site: Path) -> dict[str, Any]:
    with TestClient(create_app(Settings(site=site, web=Path("absent")))) as client:
        answer = client.get("/api/v1/online")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


def test_a_point_is_online_while_its_last_value_is_within_twice_its_interval(site: Path) -> None:
    with Store.open(site) as store:
        store.upsert("station", POINTS)
        store.add_readings(READINGS)
    found = online(site)
    assert (found["at"], found["points"], found["online"]) == ("2026-07-20T04:00:00Z", 7, 2)
    assert found["share"] == pytest.approx(2 / 7)
    by_variable = {each["variable"]: (each["points"], each["online"]) for each in found["variables"]}
    assert by_variable == {"phreatic_depth": (2, 1), "pond_level": (3, 1), "rain_24h": (2, 0)}


def test_the_silent_are_named_those_never_heard_first_then_the_longest_silent(site: Path) -> None:
    with Store.open(site) as store:
        store.upsert("station", POINTS)
        store.add_readings(READINGS)
    found = online(site)["silent"]
    assert [each["point_id"] for each in found] == ["P5", "P6", "P7", "P3", "P2"]
    assert found[3] == {
        "point_id": "P3", "name": "测点P3", "dataset": "tsf", "asset_id": "T1", "variable": "pond_level",
        "interval_minutes": 10, "heard_at": "2026-07-20T03:20:00Z",
    }  # fmt: skip


def test_the_latest_values_come_newest_first_with_their_units_and_flags(site: Path) -> None:
    with Store.open(site) as store:
        store.upsert("station", POINTS)
        store.add_readings(READINGS)
    latest = online(site)["latest"]
    # T1-P1 of the small site speaks at NOW, and later only in the future.
    assert [each["point_id"] for each in latest] == ["T1-P1", "P5", "P1", "P2", "P3", "P4"]
    assert latest[0]["name"] is None
    assert (latest[5]["name"], latest[5]["qc"], latest[5]["unit"]) == ("测点P4", "suspect", "m")


def test_a_site_without_monitoring_points_has_no_rate(site: Path) -> None:
    found = online(site)
    assert (found["points"], found["share"], found["silent"]) == (0, None, [])
