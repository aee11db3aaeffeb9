"""Assets judged again at past times, against runs of the pipeline at those times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import Feature, Store
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import Label, Origin, Standing, Tier
from minegis.reading import Quality, Reading
from pipelines.progress import Silent
from pipelines.replay import SILENT, Spell, replay
from pipelines.run import run_site
from risk_models.rule_package import load_rules

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
RULES = load_rules("national")
NAME = BilingualText(zh="小", en="Small")
INSIDE = shapely.Point(103.05, 31.05)
HOURS = 60


def pond(name: str) -> Feature:
    register: dict[str, Any] = {
        "name": name,
        "county_code": "513233",
        "status": "in_use",
        "raise_method": "upstream",
        "total_storage": 1200.0,  # class 3: with 85 m the phreatic line must stay 5.25 m deep
        "dam_height": 85.0,
    }
    return Feature(name, register, INSIDE, Origin.OPERATOR, "test")


def reading(value: float | None, hours: float, point: str = "p1", asset: str = "a") -> Reading:
    quality = Quality.MISSING if value is None else Quality.GOOD
    at = AT + timedelta(hours=hours)
    return Reading(point, "tsf", asset, "phreatic_depth", value, at, quality, Origin.OPERATOR, "test")


def rising_and_falling() -> list[Reading]:
    """Hourly depth: quiet, from hour 10 to 29 far above the limit, quiet, and silent from hour 45 on."""
    depths = [12.0] * 10 + [3.0] * 20 + [12.0] * 15
    return [reading(depth, hour) for hour, depth in enumerate(depths)]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "site") as opened:
        opened.upsert("tsf", [pond("a"), pond("b")])
        yield opened


def model_evidence(chain: dict[str, Any]) -> tuple[Evidence, ...]:
    """Return what the physical models said in a run, from its record."""
    voices = Evidence.from_json(chain).inputs
    return tuple(node for voice in voices if voice.key == "model" for node in voice.inputs)


def hourly(count: int = HOURS) -> list[datetime]:
    return [AT + timedelta(hours=hour) for hour in range(count)]


def test_a_replay_shows_what_runs_at_those_times_showed(store: Store, tmp_path: Path) -> None:
    store.add_readings(rising_and_falling())
    box = Area(id="small", title=NAME, bbox=(103.0, 31.0, 103.1, 31.1))
    site = Site.create(
        tmp_path / "site",
        SiteDeclaration(title=NAME, origin=Origin.OPERATOR, areas=(box,), reference_time=AT),
    )
    times = hourly()[::5]
    ran, kept = [], {}
    for at in times:
        declared = site.declaration.model_copy(update={"reference_time": at})
        run_site(Site(site.folder, declared), store, Silent())
        assessed = store.assessments()
        ran.append({one.asset_id: (one.observed_tier, one.tier, one.statutory) for one in assessed})
        kept[at] = {(one.dataset, one.asset_id): model_evidence(one.chain) for one in assessed}
    found = replay(store, RULES, times, evidence=kept.__getitem__)
    for asset in found.assets:
        again = list(
            zip(asset.observed.tolist(), asset.shown.tolist(), asset.statutory.tolist(), strict=True)
        )
        assert again == [each[asset.asset_id] for each in ran]
    assert max(found.assets[0].shown) == Tier.RED


def test_the_tier_falls_after_its_hold_off_and_the_warning_has_a_beginning_and_an_end(store: Store) -> None:
    # Red above 40 mm/d, at once above 40 + 0.1 × (40 − 5) = 43.5. From hour 30 on the last two samples agree
    # on no tier, and red holds off for 6 h. Rate (weight 2) without rain (1) covers 67 %: enough to fall.
    store.upsert("slope", [Feature("s", {"county_code": "513233"}, INSIDE, Origin.OPERATOR, "test")])
    rates = [1.0] * 10 + [50.0] * 20 + [1.0] * 15
    store.add_readings(
        replace(reading(rate, hour), dataset="slope", asset_id="s", variable="displacement_rate")
        for hour, rate in enumerate(rates)
    )
    found = replay(store, RULES, hourly(45))
    (slope,) = [asset for asset in found.assets if asset.asset_id == "s"]
    (spell,) = [spell for spell in found.spells() if spell.asset_id == "s"]
    assert spell == Spell(
        "slope", "s", "513233", Tier.RED, AT + timedelta(hours=10), AT + timedelta(hours=36), True
    )
    assert slope.observed[29:37].tolist() == [Tier.RED] + [Tier.NONE] * 7
    assert slope.fired[12] == ("item/displacement_rate",)
    assert slope.fired[5] == ()


def test_a_point_that_falls_silent_raises_its_alarm_between_its_readings(store: Store) -> None:
    store.add_readings(rising_and_falling())
    found = replay(store, RULES, hourly(80)).assets[0]
    assert "data_alarm" in found.fired[-1]
    assert not found.sufficient[-1]


def test_what_is_not_yet_measured_is_not_known(store: Store) -> None:
    store.add_readings(rising_and_falling())
    early = replay(store, RULES, hourly(10)).assets[0]
    whole = replay(store, RULES, hourly()).assets[0]
    assert early.observed.tolist() == whole.observed[:10].tolist()
    assert set(early.model.tolist()) == {SILENT}


def test_the_store_is_the_same_afterwards(store: Store, tmp_path: Path) -> None:
    store.add_readings(rising_and_falling())
    before = store.moment()
    replay(store, RULES, hourly())
    assert store.moment() == before
    assert store.assessments() == []


def test_evidence_that_was_kept_speaks_with_its_standing(store: Store) -> None:
    node = Evidence(
        "old_model", Label("旧", "Old"), tier=Tier.RED, method="old/1", standing=Standing.CALIBRATED
    )
    late = AT + timedelta(hours=2)
    found = replay(
        store, RULES, hourly(4), evidence=lambda at: {("tsf", "b"): [node]} if at >= late else {}
    ).assets
    assert found[1].model.tolist() == [SILENT, SILENT, Tier.RED, Tier.RED]
    assert found[1].shown.tolist() == [0, 0, Tier.RED, Tier.RED]
    assert found[0].shown.tolist() == [0, 0, 0, 0]


def test_a_model_that_falls_silent_holds_its_tier_in_a_replay_until_it_answers(store: Store) -> None:
    # No point is read: the tier falls with the models, red after 6 h. Hour 0 asks, 20 answers, 26 ends it.
    red = Evidence(
        "old_model", Label("旧", "Old"), tier=Tier.RED, method="old/1", standing=Standing.CALIBRATED
    )
    said = {0: red, **{hour: replace(red, tier=Tier.NONE) for hour in range(20, 28)}}

    def evidence(at: datetime) -> dict[tuple[str, str], list[Evidence]]:
        spoken = said.get(round((at - AT) / timedelta(hours=1)))
        return {("tsf", "b"): [spoken]} if spoken else {}

    found = replay(store, RULES, hourly(28), evidence=evidence).assets[1]
    assert found.observed.tolist() == [Tier.RED] + [Tier.NONE] * 27
    assert found.shown.tolist() == [Tier.RED] * 26 + [Tier.NONE] * 2


def test_an_earthquake_of_the_register_counts_while_it_is_relevant(store: Store) -> None:
    quake = {
        "name": "q", "magnitude": 6.5, "magnitude_type": "Ms", "depth": 10.0,
        "occurred_at": "2026-07-20T06:30:00Z",
    }  # fmt: skip
    store.upsert("earthquake", [Feature("q", quake, INSIDE, Origin.OPERATOR, "test")])
    keep = RULES.seismic.relevant_hours
    times = [AT + timedelta(hours=each) for each in (0, 2, 3, 2 + keep, 3 + keep)]
    found = replay(store, RULES, times).assets[0]
    assert found.model[[0, 1, 4]].tolist() == [SILENT] * 3
    assert min(found.model[2:4]) >= Tier.YELLOW


@pytest.mark.parametrize("times", [[], [AT, AT], [AT, AT - timedelta(hours=1)]])
def test_times_that_do_not_ascend_are_refused(store: Store, times: list[datetime]) -> None:
    with pytest.raises(InvalidInput, match="ascend"):
        replay(store, RULES, times)
