"""Runs of small sites of an operator: no rasters unless a test brings them, a few assets, known answers."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from data_catalog.site import Area, RasterInput, Site, SiteDeclaration
from data_catalog.store import AssessmentRecord, Feature, Store
from geoserver.app import create_app
from geoserver.explain import explain_subject
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import Origin, Tier
from minegis.reading import Quality, Reading
from minegis.settings import Settings
from pipelines.importing import import_file
from pipelines.progress import Silent
from pipelines.raster import Raster, RasterGrid, write_cog
from pipelines.run import run_site

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
NAME = BilingualText(zh="小", en="Small")
BOX = Area(id="small", title=NAME, bbox=(103.0, 31.0, 103.1, 31.1))
INSIDE = shapely.Point(103.05, 31.05)


def region(code: str, level: str, parent: str | None, outline: shapely.Polygon) -> Feature:
    properties = {"code": code, "name": code, "level": level, "parent": parent}
    return Feature(code, properties, outline, Origin.PUBLIC, "test")


REGIONS = [
    region("100000", "nation", None, shapely.box(102, 30, 105, 33)),
    region("510000", "province", "100000", shapely.box(102, 30, 105, 33)),
    region("513200", "city", "510000", shapely.box(102, 30, 105, 33)),
    region("513233", "county", "513200", shapely.box(102, 30, 104, 33)),
    region("513230", "county", "513200", shapely.box(104, 30, 105, 33)),
]


def tsf(feature_id: str, place: shapely.Geometry = INSIDE, **properties: Any) -> Feature:
    register = {
        "name": feature_id,
        "county_code": "513233",
        "status": "in_use",
        "raise_method": "upstream",
        "total_storage": 320.0,
        "dam_height": 48.0,
    }
    return Feature(feature_id, register | properties, place, Origin.OPERATOR, "test")


def depth(value: float, at: datetime, point: str = "p1") -> Reading:
    return Reading(point, "tsf", "a", "phreatic_depth", value, at, Quality.GOOD, Origin.OPERATOR, "test")


class Small:
    """A site folder that can be judged at any time."""

    def __init__(self, folder: Path, **declared: Any) -> None:
        given = {"title": NAME, "origin": Origin.OPERATOR, "areas": (BOX,), "reference_time": AT} | declared
        self.declaration = SiteDeclaration(**given)
        self.site = Site.create(folder, self.declaration)
        self.store = Store.open(folder)
        self.store.upsert("region", REGIONS)

    def run(self, at: datetime = AT) -> None:
        declaration = self.declaration.model_copy(update={"reference_time": at})
        run_site(Site(self.site.folder, declaration), self.store, Silent())

    def assessment(self, feature_id: str = "a") -> AssessmentRecord:
        (found,) = self.store.assessments("tsf", feature_id)
        return found


@pytest.fixture
def small(tmp_path: Path) -> Any:
    site = Small(tmp_path)
    yield site
    site.store.close()


def nodes(chain: dict[str, Any]) -> list[dict[str, Any]]:
    found = [chain]
    for node in found:
        found += node["inputs"]
    return found


def test_a_red_asset_just_outside_every_outline_still_counts_where_its_register_says(small: Small) -> None:
    # 0.001 degrees beyond the eastern end of the nation, as on a generalised coast or border.
    small.store.upsert(
        "tsf",
        [
            tsf("a", shapely.Point(105.001, 31), major_hazards="decant_blocked", county_code="513230"),
            tsf("b"),
        ],
    )
    small.run()
    risks = small.store.region_risks()
    assert {code: risk.assets for code, risk in risks.items()} == {
        "100000": 2, "510000": 2, "513200": 2, "513230": 1, "513233": 1,
    }  # fmt: skip
    assert {code for code, risk in risks.items() if risk.tier >= Tier.ORANGE} == {
        "100000", "510000", "513200", "513230",
    }  # fmt: skip


@pytest.mark.parametrize("areas", [(), (Area(id="x", title=NAME, regions=("513233", "999999")),)])
def test_an_area_of_interest_that_is_not_there_is_named(tmp_path: Path, areas: tuple[Area, ...]) -> None:
    small = Small(tmp_path, areas=areas)
    with small.store, pytest.raises(InvalidInput, match=r"site\.yaml"):
        small.run()


def test_a_red_capable_sensor_that_fell_silent_months_ago_still_raises_its_alarm(small: Small) -> None:
    small.store.upsert("tsf", [tsf("a")])
    small.store.add_readings([depth(9.0, AT - timedelta(days=90))])
    small.run()
    assert small.assessment().tier == Tier.YELLOW
    assert "data_alarm" in {node["key"] for node in nodes(small.assessment().chain)}


def test_a_registered_sensor_that_never_spoke_is_silent_and_not_forgotten(small: Small) -> None:
    small.store.upsert("tsf", [tsf("a")])
    station = {
        "name": "p2",
        "asset_dataset": "tsf",
        "asset_id": "a",
        "variable": "phreatic_depth",
        "interval_minutes": 60.0,
    }
    small.store.upsert("station", [Feature("p2", station, INSIDE, Origin.OPERATOR, "test")])
    small.store.add_readings([depth(9.0, AT)])
    small.run()
    assert small.assessment().tier == Tier.YELLOW
    (silent,) = [n for n in nodes(small.assessment().chain) if n["key"] == "reading/phreatic_depth/p2"][:1]
    assert silent["state"] == "missing"


def test_a_site_judged_at_an_earlier_time_again_shows_what_the_evidence_says_then(small: Small) -> None:
    small.store.upsert("tsf", [tsf("a")])
    for hours in (0, 1):
        small.run(AT + timedelta(hours=hours))
    small.store.upsert("tsf", [tsf("a", major_hazards="decant_blocked")])
    small.run(AT)
    assert small.assessment().tier == Tier.RED


SHAKEMAP = """<?xml version="1.0"?>
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="quake" shakemap_id="quake"
 shakemap_version="1" code_version="4" process_timestamp="2026-07-20T03:10:00Z" shakemap_originator="test"
 map_status="AUTOMATIC" shakemap_event_type="ACTUAL">
<event event_id="quake" magnitude="6.0" depth="10" lat="31.05" lon="103.05"
 event_timestamp="2026-07-20T03:00:00UTC" event_network="test" event_description="Test"/>
<grid_specification lon_min="{west}" lat_min="30.5" lon_max="{east}" lat_max="31.5"
 nominal_lon_spacing="0.5" nominal_lat_spacing="0.5" nlon="3" nlat="3"/>
<grid_field index="1" name="LON" units="dd"/>
<grid_field index="2" name="LAT" units="dd"/>
<grid_field index="3" name="PGA" units="pctg"/>
<grid_field index="4" name="PGV" units="cms"/>
<grid_field index="5" name="MMI" units="intensity"/>
<grid_data>
{rows}
</grid_data>
</shakemap_grid>
"""


def shakemap(folder: Path, west: float, *, pga: float, pgv: float) -> RasterInput:
    """A uniform ShakeMap of one degree from `west` on; PGA in %g, PGV in cm/s."""
    rows = "\n".join(
        f"{west + 0.5 * column} {31.5 - 0.5 * row} {pga} {pgv} 8" for row in range(3) for column in range(3)
    )
    path = folder / "sources" / "grid.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SHAKEMAP.format(west=west, east=west + 1, rows=rows), encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return RasterInput(kind="shakemap", path="sources/grid.xml", source="test", sha256=digest)


def quake(feature_id: str, magnitude: float, lon: float, at: str) -> Feature:
    properties = {"name": feature_id, "magnitude": magnitude, "occurred_at": at}
    return Feature(feature_id, properties, shapely.Point(lon, 31.05), Origin.PUBLIC, "test")


def shaking_of(small: Small) -> list[dict[str, Any]]:
    return [node for node in nodes(small.assessment().chain) if node["key"] == "shaking"]


def test_a_shakemap_whose_earthquake_no_catalogue_names_still_shakes_the_assets(tmp_path: Path) -> None:
    # 98.0665 %g is 9.617 m/s² and 100 cm/s is 1 m/s: I_V = 3.00 lg 1 + 9.77 = 9.8, above the limit of red.
    small = Small(tmp_path, inputs=(shakemap(tmp_path, 102.5, pga=98.0665, pgv=100),))
    with small.store:
        small.store.upsert("tsf", [tsf("a")])
        small.run()
        (node,) = shaking_of(small)
        assert (node["value"], node["tier"]) == (9.8, Tier.RED)
        assert small.assessment().tier == Tier.RED


def test_shaking_beyond_a_shakemap_is_not_said_to_come_from_it(tmp_path: Path) -> None:
    small = Small(tmp_path, inputs=(shakemap(tmp_path, 104.0, pga=1, pgv=1),))
    with small.store:
        small.store.upsert("tsf", [tsf("a")])
        small.store.upsert("earthquake", [quake("q", 6.0, 103.05, "2026-07-20T03:00:00Z")])
        small.run()
        (node,) = shaking_of(small)
    assert not node["inputs"][0]["method"].startswith("shakemap")
    assert node["standing"] == "calibrated"


def test_a_shakemap_speaks_of_its_own_earthquake_only(tmp_path: Path) -> None:
    # 0.1 %g and 0.1 cm/s are far below intensity VI; the unmapped earthquake is a magnitude 7 at the pond.
    small = Small(tmp_path, inputs=(shakemap(tmp_path, 102.5, pga=0.1, pgv=0.1),))
    with small.store:
        small.store.upsert("tsf", [tsf("a")])
        small.store.upsert(
            "earthquake",
            [
                quake("mapped", 6.0, 103.05, "2026-07-20T03:00:00Z"),
                quake("other", 7.0, 103.05, "2026-07-20T01:00:00Z"),
            ],
        )
        small.run()
        by_event = {node["source"].split(" ")[0]: node["tier"] for node in shaking_of(small)}
    assert by_event["earthquake/mapped"] == Tier.NONE
    assert by_event["earthquake/other"] >= Tier.ORANGE


def test_messages_of_one_second_have_different_numbers_whatever_the_microsecond(small: Small) -> None:
    at = AT + timedelta(microseconds=250_000)
    small.store.upsert("tsf", [tsf("a", major_hazards="decant_blocked")])
    small.run(at)
    small.store.upsert("tsf", [tsf("a", major_hazards="")])
    small.run(at)
    numbers = [event.identifier for event in small.store.warning_events()]
    assert len(numbers) == len(set(numbers)) == 2


def test_the_warning_of_an_asset_that_left_its_register_stays_and_is_told(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    small.store.upsert("tsf", [tsf("a", major_hazards="decant_blocked"), tsf("b")])
    small.run()
    (before,) = small.store.warnings()
    with closing(sqlite3.connect(small.site.folder / "minegis.sqlite")) as connection, connection:
        # As when it is deleted while the run that warns of it is under way.
        connection.execute("UPDATE feature_tsf SET known_to = known_from WHERE id = 'a'")
    small.store.upsert("tsf", [tsf("c")])
    small.run(AT + timedelta(hours=1))
    (after,) = small.store.warnings()
    assert after == before
    assert after.cancelled_at is None
    last = small.store.last_run()
    assert last is not None
    assert last.counts["warnings_without_asset"] == 1
    assert "tsf/a stays" in caplog.text


@pytest.mark.parametrize(("origin", "status"), [(Origin.OPERATOR, "Actual"), (Origin.SAMPLE, "Exercise")])
def test_on_a_sample_site_a_real_pond_gets_exercises_only(
    tmp_path: Path, origin: Origin, status: str
) -> None:
    site = Small(tmp_path, origin=origin)
    site.store.upsert("tsf", [tsf("a")])
    site.store.add_readings([depth(0.5, AT)])
    site.run()
    (warning,) = site.store.warnings()
    assert (warning.last.tier, warning.last.status) == (Tier.RED, status)
    site.store.close()


def limited(**limits: float) -> Feature:
    properties: dict[str, Any] = {f"threshold_{name}": value for name, value in limits.items()}
    properties |= {"name": "p1", "asset_dataset": "tsf", "asset_id": "a", "variable": "pond_level"}
    return Feature("p1", properties | {"interval_minutes": 60.0}, INSIDE, Origin.OPERATOR, "test")


def test_a_registered_designers_limit_colours_the_pond_and_an_unusable_one_is_counted(small: Small) -> None:
    small.store.upsert("tsf", [tsf("a")])
    level = Reading("p1", "tsf", "a", "pond_level", 1510.2, AT, Quality.GOOD, Origin.OPERATOR, "test")
    small.store.add_readings([level])
    small.store.upsert("station", [limited(blue=1508, yellow=1509, orange=1510, red=1511)])
    small.run()
    assert small.assessment().statutory == Tier.ORANGE
    small.store.upsert("station", [limited(blue=1508, red=1507, yellow=1509)])
    small.run()
    last = small.store.last_run()
    assert last is not None
    assert last.counts["unusable_limits"] == 1
    assert small.assessment().statutory == Tier.NONE


def test_a_cleared_major_hazard_lets_an_unmonitored_pond_fall_after_the_hold_off(small: Small) -> None:
    small.store.upsert("tsf", [tsf("a", major_hazards="decant_blocked")])
    small.run()
    assert small.assessment().tier == Tier.RED
    small.store.upsert("tsf", [tsf("a", major_hazards="")])
    tiers = []
    for hours in (1, 6.5, 7):  # red is held for 6 h from the first evaluation without it
        small.run(AT + timedelta(hours=hours))
        tiers.append(small.assessment().tier)
    assert tiers == [Tier.RED, Tier.RED, Tier.NONE]
    assert small.assessment().state == "missing"
    assert small.store.warnings()[-1].last.msg_type == "Cancel"


def townships(folder: Path, rows: list[str]) -> Path:
    path = folder / "towns.csv"
    path.write_text("\n".join(["id,code,name,level,parent,crs,wkt", *rows]), encoding="utf-8")
    return path


EAST_TOWN = "513233100,513233100,东镇,township,513233,CGCS2000," + f'"{shapely.box(103.04, 30, 104, 33).wkt}"'
WEST_TOWN = "513233101,513233101,西镇,township,513233,CGCS2000," + f'"{shapely.box(102, 30, 103.04, 33).wkt}"'


def test_townships_of_the_user_are_judged_like_every_other_region(small: Small, tmp_path: Path) -> None:
    report = import_file(small.store, townships(tmp_path, [EAST_TOWN, WEST_TOWN]), "region")
    assert report.inserted == 2, [str(each) for each in report.mistakes]
    small.store.upsert("tsf", [tsf("a", major_hazards="cracks_piping_or_deep_slip")])
    small.run()
    risks = small.store.region_risks(["513233100", "513233101", "513233"])
    # INSIDE, 103.05° E, lies in the eastern town alone; one red asset makes its regions at least orange
    assert (risks["513233100"].assets, risks["513233101"].assets) == (1, 0)
    assert risks["513233100"].tier == risks["513233"].tier >= Tier.ORANGE
    assert explain_subject(small.store, small.site, "513233100").tier == risks["513233100"].tier


def test_a_township_with_a_short_code_is_quarantined(small: Small, tmp_path: Path) -> None:
    short = WEST_TOWN.replace("513233101,513233101", "51323310,51323310")
    report = import_file(small.store, townships(tmp_path, [EAST_TOWN, short]), "region")
    assert report.inserted == 1
    assert [(each.column, each.row) for each in report.mistakes] == [("code", 3)]


def test_a_township_opens_below_its_county_whether_it_names_it_or_not(small: Small, tmp_path: Path) -> None:
    nameless = EAST_TOWN.replace(",township,513233,", ",township,,")
    import_file(small.store, townships(tmp_path, [nameless, WEST_TOWN]), "region")
    app = create_app(Settings(site=small.site.folder))
    with TestClient(app) as client:
        county = client.get("/api/v1/regions/513233").json()
        town = client.get("/api/v1/regions/513233100").json()
    assert [child["code"] for child in county["children"]] == ["513233101", "513233100"]
    assert [each["code"] for each in town["breadcrumb"]] == ["100000", "510000", "513200", "513233"]


def test_the_fastest_pixel_of_a_footprint_is_shown_and_asks_for_no_tier(tmp_path: Path) -> None:
    # 0.01° pixels over 103.0–103.1° E, 31.0–31.1° N: −3 mm/a but for one of −140 and, beyond the dam, +900
    velocity = np.full((10, 10), -3.0, dtype=np.float32)
    velocity[5, 5], velocity[0, 0] = -140.0, 900.0
    grid = RasterGrid((0.01, 0.0, 103.0, 0.0, -0.01, 31.1), 10, 10, "EPSG:4326")
    path = tmp_path / "sources" / "velocity.tif"
    write_cog(Raster(velocity, grid, "los_velocity", "mm/a", "test"), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    given = RasterInput(
        kind="factor",
        path="sources/velocity.tif",
        variable="los_velocity",
        unit="mm/a",
        source="test",
        sha256=digest,
    )
    small = Small(tmp_path, inputs=(given,))
    small.store.upsert("tsf", [tsf("a", shapely.box(103.041, 31.041, 103.059, 31.059))])
    small.run()
    record = small.assessment()
    (node,) = [each for each in nodes(record.chain) if each["key"] == "satellite/los_velocity"]
    assert (node["value"], node["unit"], node["tier"]) == (-140.0, "mm/a", 0)
    assert record.satellite == 0
    small.store.close()
