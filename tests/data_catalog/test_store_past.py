from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_catalog.store import (
    AssessmentRecord,
    PublishedRun,
    RegionRiskRecord,
    RunRecord,
    Store,
    WarningEventRecord,
)

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as opened:
        yield opened


def assessment(asset_id: str, tier: int, at: datetime) -> AssessmentRecord:
    return AssessmentRecord(
        "tsf", asset_id, tier, tier, tier, None, None, "sufficient", 20.0 * tier, 1.0, at, {"key": "tsf"}, {}
    )


def region(tier: int, counts: dict[str, int]) -> RegionRiskRecord:
    return RegionRiskRecord(
        "513233", "county", tier, "sufficient", 0.2, None, tier, 1.0, 1, counts, {}, (), {"key": "region"}
    )


def event(number: int, warning_id: str, msg_type: str, at: datetime) -> WarningEventRecord:
    return WarningEventRecord(
        warning_id, f"id{number}", msg_type, "Test", "tsf", "T1", "库", "513233", 3, 0,
        at, at + timedelta(days=1), (), {}, {}, "sample",
    )  # fmt: skip


def publish(
    store: Store,
    hours: int,
    tiers: dict[str, int],
    *events: WarningEventRecord,
    regions: tuple[RegionRiskRecord, ...] = (),
) -> None:
    at = NOON + timedelta(hours=hours)
    store.publish(
        PublishedRun(
            run=RunRecord(f"run{hours}", at, at, at, {}),
            assessments=tuple(assessment(name, tier, at) for name, tier in tiers.items()),
            region_risks=regions,
            warning_events=events,
        )
    )


def test_a_site_without_a_run_has_no_moments(store: Store) -> None:
    assert store.moments(10) == []


def test_each_run_is_a_moment_with_what_it_showed(store: Store) -> None:
    publish(store, 0, {"T1": 4, "T2": 0, "T3": 0}, event(1, "W1", "Alert", NOON))
    publish(store, 1, {"T1": 2, "T2": 2}, event(2, "W1", "Update", NOON), event(3, "W2", "Alert", NOON))
    publish(store, 2, {"T1": 0, "T2": 1}, event(4, "W1", "Cancel", NOON))
    moments = store.moments(10)
    assert [each.run_id for each in moments] == ["run0", "run1", "run2"]
    assert [each.valid_at for each in moments] == [NOON + timedelta(hours=n) for n in range(3)]
    assert [each.tiers for each in moments] == [
        {"0": 2, "1": 0, "2": 0, "3": 0, "4": 1},
        {"0": 0, "1": 0, "2": 2, "3": 0, "4": 0},
        {"0": 1, "1": 1, "2": 0, "3": 0, "4": 0},
    ]
    assert [each.warnings for each in moments] == [1, 2, 1]
    assert [each.run_id for each in store.moments(2)] == ["run1", "run2"]


def test_what_was_known_at_a_moment_is_what_its_run_published(store: Store) -> None:
    for hours, tier in enumerate((4, 2, 0)):
        publish(store, hours, {"T1": tier})
    shown = [store.tiers("tsf", each.known_at)["T1"][0] for each in store.moments(10)]
    before = [store.tiers("tsf", each.known_at - timedelta(microseconds=1)) for each in store.moments(10)]
    assert shown == [4, 2, 0]
    assert [each and each["T1"][0] for each in before] == [{}, 4, 2]


def test_an_asset_has_a_past_from_when_it_was_first_judged(store: Store) -> None:
    publish(store, 0, {"T2": 1})
    publish(store, 1, {"T1": 3, "T2": 1})
    publish(store, 2, {"T1": 1})
    past = store.past_tiers("tsf", "T1", 10)
    assert [(each.valid_at, each.tier, each.score) for each in past] == [
        (NOON + timedelta(hours=1), 3, 60.0),
        (NOON + timedelta(hours=2), 1, 20.0),
    ]
    assert [each.known_at for each in past] == [each.known_at for each in store.moments(10)][1:]
    assert [each.tier for each in store.past_tiers("tsf", "T2", 10)] == [1, 1]
    assert [each.tier for each in store.past_tiers("tsf", "T1", 1)] == [1]
    assert store.past_tiers("slope", "T1", 10) == []


def test_a_region_that_did_not_change_is_told_of_every_run(store: Store) -> None:
    same, worse = region(1, {"1": 1}), region(3, {"3": 1})
    for hours, found in enumerate((same, same, worse)):
        publish(store, hours, {"T1": 1}, regions=(found,))
    past = store.past_region_tiers("513233", 10)
    assert [(each.tier, each.counts) for each in past] == [(1, {"1": 1}), (1, {"1": 1}), (3, {"3": 1})]
    assert len({each.known_at for each in past}) == 3
