"""Warnings of a period against its incidents: on two slopes worked out by hand, and on made-up data."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import Feature, Store
from minegis.clock import format_utc
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin, Tier
from minegis.reading import Quality, Reading
from pipelines.progress import Silent
from pipelines.sample.past import DAYS, STEP, make_past
from pipelines.verification import figures, verify
from pipelines.verification_folder import newest_report
from pipelines.verification_publish import publish_verification
from risk_models.rule_package import load_rules
from risk_models.verification.contingency import Contingency

AT = datetime(2026, 7, 1, tzinfo=UTC)
UNTIL = AT + timedelta(hours=288)
HOUR = timedelta(hours=1)
RULES = load_rules("national")
PLACE = shapely.Point(103.05, 31.05)


def slope(name: str) -> Feature:
    return Feature(name, {"name": name, "county_code": "513233"}, PLACE, Origin.OPERATOR, "test")


def incident(name: str, hours: float, asset: str, grade: str = "larger") -> Feature:
    properties = {
        "name": name,
        "occurred_at": format_utc(AT + timedelta(hours=hours)),
        "kind": "slope_failure",
        "grade": grade,
        "duration_hours": 4.0,
        "asset_dataset": "slope",
        "asset_id": asset,
    }
    return Feature(name, properties, PLACE, Origin.OPERATOR, "test")


def rate(asset: str, hours: int, value: float) -> Reading:
    at = AT + timedelta(hours=hours)
    return Reading(
        f"{asset}-p", "slope", asset, "displacement_rate", value, at, Quality.GOOD, Origin.OPERATOR, "test"
    )


def fill(store: Store) -> None:
    """Slope a moves at 50 mm/d (red) from hour 90 to 99 and fails at hour 100; b fails at 200, unmoved."""
    store.upsert("slope", [slope("a"), slope("b"), slope("unwatched")])
    store.upsert(
        "incident", [incident("one", 100, "a"), incident("two", 200, "b"), incident("three", 50, "unwatched")]
    )
    store.add_readings(rate("a", hour, 50.0 if 90 <= hour < 100 else 1.0) for hour in range(289))
    store.add_readings(rate("b", hour, 1.0) for hour in range(289))


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "store") as opened:
        fill(opened)
        yield opened


def test_one_hit_one_miss_and_the_lead_between(store: Store) -> None:
    found = verify(store, RULES, AT, UNTIL, HOUR)
    assert {asset.asset_id for asset in found.replay.assets} == {"a", "b"}
    assert found.elsewhere == 1
    red = found.tiers[-1]
    # 2 slopes × 4 windows of 72 h, less two incidents
    assert red.table == Contingency(1, 0, 1, 6)
    assert red.lead_hours == (10.0,)
    assert not found.made_up


def test_the_hours_of_the_duration_matrix_are_those_that_were_watched(store: Store) -> None:
    found = verify(store, RULES, AT, UNTIL, HOUR)
    matrix = found.regions["all"]
    assert matrix.hours.sum() == pytest.approx(2 * 288)
    # Larger incidents (class 3): each 24 h ahead and 4 h long; a red in 90–104 of 76–104, b never
    assert matrix.hours[3].tolist() == [14 + 28, 0, 0, 0, 14]
    assert set(found.regions) == {"all", "510000"}
    # Red from 90 until 6 h after it was last asked for (99): it ends at 106, 2 h after the incident
    assert matrix.hours[0, int(Tier.RED)] == 2


def test_the_figures_are_plain_values_and_small_samples_are_counts(store: Store) -> None:
    shown = orjson.loads(orjson.dumps(figures(verify(store, RULES, AT, UNTIL, HOUR))))
    assert shown["tiers"][3]["pod"]["shown"] == "1/2"
    assert shown["tiers"][3]["sedi"] is None
    assert shown["alarms"]["alarms_per_day"] == pytest.approx(1 / 12)


def test_a_period_before_the_first_reading_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="measured"):
        verify(store, RULES, AT - timedelta(days=3), AT - timedelta(days=2), HOUR)
    with pytest.raises(InvalidInput, match="short"):
        verify(store, RULES, AT, AT, HOUR)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    title = BilingualText(zh="小矿", en="Small mine")
    box = Area(id="small", title=title, bbox=(103.0, 31.0, 103.1, 31.1))
    declared = SiteDeclaration(title=title, origin=Origin.OPERATOR, areas=(box,), reference_time=UNTIL)
    return Site.create(tmp_path / "store", declared)


def test_a_report_is_published_whole_in_both_languages_and_asks_nothing_of_others(
    store: Store, site: Site
) -> None:
    with pytest.raises(NotFound, match="minegis verify"):
        newest_report(site)
    before = store.moment()
    folder = publish_verification(site, store, None, Silent(), days=12)
    assert store.moment() == before
    assert newest_report(site) == folder
    assert not list(folder.parent.glob(".*"))
    for language, word in (("zh", "命中率"), ("en", "Detection")):
        text = (folder / f"report.{language}.html").read_text(encoding="utf-8")
        assert word in text
        assert f'lang="{language}"' in text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
        assert "<script" not in text
        assert text.count("<style") == 1  # the plots bring none of their own
        assert 'class="made-up"' not in text
    report = orjson.loads((folder / "report.json").read_bytes())
    assert report["warnings"]["incidents"] == 2
    assert len(report["lineage"]["compared"]) == 64
    assert ">命中率 POD</text>" in (folder / "rates.zh.svg").read_text(encoding="utf-8")


def test_a_made_up_month_says_so_and_has_hits_misses_and_false_alarms(tmp_path: Path) -> None:
    with Store.open(tmp_path / "site") as site, Store.open(tmp_path / "past") as past:
        site.upsert("slope", [slope(f"s{number:03d}") for number in range(60)])
        make_past(site, past, UNTIL, seed=0)
        found = verify(past, RULES, UNTIL - timedelta(days=DAYS), UNTIL, STEP)
    table = found.tiers[1].table
    assert found.made_up
    assert min(table.hits, table.misses, table.false_alarms) > 0
    assert table.hits + table.misses == len(found.incidents) == 26
