"""A supposition moves what it reaches, never the wrong way, and no supposition moves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_catalog.site import Site
from data_catalog.store import Store
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin, Standing, Tier
from minegis.reading import Quality, Reading
from pipelines.asset_models import Forecast
from pipelines.what_if import WhatIf, what_if
from pipelines.what_if_baseline import Baseline, read_baseline
from pipelines.what_if_change import LIMITS, Change
from pipelines.what_if_judging import Present, _assessed, _evidence, _models, judged_as_it_is
from risk_models.warning.asset import AssetRecord
from tiles.cells import CellTables

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def base(published_site: Path) -> Baseline:
    with Store.open(published_site) as store:
        return read_baseline(Site.open(published_site), store)


@pytest.fixture(scope="module")
def present(base: Baseline) -> Present:
    return judged_as_it_is(base)


@pytest.fixture(scope="module")
def storm(base: Baseline, present: Present) -> WhatIf:
    return what_if(base, present, Change(rain_mm=60, hours=6))


def _reading(variable: str, value: float | None, hours_ago: float = 0.0, **other: object) -> Reading:
    told = Reading(
        f"point-{variable}", "tsf", "one", variable, value, AT - timedelta(hours=hours_ago), Quality.GOOD,
        Origin.SAMPLE, "test",
    )  # fmt: skip
    return replace(told, **other)


def _told(change: Change, *readings: Reading, **register: float) -> list[float | None]:
    asset = AssetRecord("tsf", "one", "one", register)
    return [each.value for each in change.readings(asset, readings, debounce_hours=1.0)]


def test_no_change_is_the_last_run_itself(base: Baseline, present: Present, published_site: Path) -> None:
    found = what_if(base, present, Change())
    assert [int(tier) for tier in found.tiers] == [each.tier for each in base.stored]
    assert len(base.stored) == 900
    assert not found.changed
    assert not found.regions
    with Store.open(published_site) as store:
        tables = CellTables(store, published_site).tables()
        assert set(tables) == set(found.cells) == {4, 5, 6, 7, 8}
        for resolution, table in tables.items():
            for name in ("tier", "score", "p"):
                np.testing.assert_array_equal(found.cells[resolution][name], getattr(table, name))


def test_judging_again_without_a_change_gives_every_asset_the_tier_that_its_evidence_asked_for(
    base: Baseline, present: Present
) -> None:
    for stored, judged in zip(base.stored, present.judged, strict=True):
        assert int(judged.tier) == stored.observed_tier
        if stored.tier == stored.observed_tier:
            assert judged.score == pytest.approx(stored.score, abs=1e-9)


@pytest.mark.parametrize(
    "steps",
    [
        [Change(rain_mm=mm, hours=6) for mm in (5, 30, 60, 120)],
        [Change(pga_g=g) for g in (0.02, 0.08, 0.2, 0.5)],
        [Change(pond_m=m) for m in (-1, 0.3, 1, 2.5)],
    ],
    ids=["rain", "shaking", "pond level"],
)
def test_more_never_lowers_a_tier(base: Baseline, present: Present, steps: list[Change]) -> None:
    weaker = what_if(base, present, steps[0])
    for step in steps[1:]:
        stronger = what_if(base, present, step)
        assert (stronger.tiers >= weaker.tiers).all()
        assert (stronger.tiers > weaker.tiers).any()
        for resolution, cells in stronger.cells.items():
            assert (cells["tier"] >= weaker.cells[resolution]["tier"]).all()
            before = np.nan_to_num(weaker.cells[resolution]["p"])
            assert (np.nan_to_num(cells["p"]) >= before - 1e-6).all()
        weaker = stronger


def test_only_what_is_supposed_makes_an_asset_better(base: Baseline, present: Present) -> None:
    stored = np.array([each.tier for each in base.stored])
    worse = what_if(base, present, Change(rain_mm=10, pga_g=0.05, pond_m=0.5))
    assert (worse.tiers >= stored).all()
    drawn_down = what_if(base, present, Change(pond_m=-2))
    better = np.flatnonzero(drawn_down.tiers < stored)
    assert better.size
    level_items = {"item/freeboard", "item/dry_beach", "item/flood_level_gap"}
    for each in drawn_down.changed:
        if each.tier < each.before:
            assert base.records[each.row].dataset == "tsf"
            assert {reason.key for reason in each.reasons} & level_items


def test_doing_again_only_what_is_reached_gives_what_judging_everything_gives(
    base: Baseline, present: Present
) -> None:
    for change in (Change(rain_mm=80, hours=3), Change(pga_g=0.15), Change(pond_m=1.5)):
        found = what_if(base, present, change)
        changed = {each.row: each for each in found.changed}
        columns = base.columns if change.pond_m else None
        for row in range(0, len(base.records), 30):
            if columns is None or row not in changed:
                continue
            models = _models(base, change, columns, [row])
            evidence = _evidence(base, change, columns, {**present.models, **models})[row]
            whole = _assessed(base, row, evidence, change)
            assert (whole.tier, whole.score) == (changed[row].tier, changed[row].score)
    rows = [each.row for each in found.changed if each.tier > each.before]
    assert len(rows) > 50
    models = _models(base, change, base.columns, rows[:40])
    evidence = _evidence(base, change, base.columns, {**present.models, **models})
    for row in rows[:40]:
        whole = _assessed(base, row, evidence[row], change)
        assert whole.tier == found.tiers[row]


def test_every_asset_that_changes_its_tier_says_why(storm: WhatIf) -> None:
    moved = [each for each in storm.changed if each.tier is not each.before]
    assert len(moved) > 500
    for each in moved:
        assert each.reasons
        assert all(reason.tier > reason.before for reason in each.reasons)


def test_an_illustrative_model_stays_at_blue(storm: WhatIf, base: Baseline, present: Present) -> None:
    shaken = what_if(base, present, Change(pga_g=1.5))
    for found in (storm, shaken):
        nodes = [reason.now for each in found.changed for reason in each.reasons if reason.now]
        illustrative = [node for node in nodes if node.standing is Standing.ILLUSTRATIVE]
        assert all(node.tier <= Tier.BLUE for node in illustrative)
    # No asset lies in most cells, and no hazard of a cell is better than illustrative.
    empty = np.ones(base.columns.cells.size, dtype=bool)
    empty[base.assets.weights.matrix.indices] = False
    assert shaken.cells[base.resolution]["tier"][empty].max() == Tier.BLUE


def test_shaking_that_was_stronger_already_changes_nothing(base: Baseline, present: Present) -> None:
    weakest = float(np.nanmin(base.columns.values["pga"]))
    found = what_if(base, present, Change(pga_g=weakest / 2))
    assert not found.changed


def test_a_held_tier_is_not_lowered_and_what_came_after_the_run_explains_nothing(
    base: Baseline, present: Present
) -> None:
    row = next(r for r, each in enumerate(base.stored) if each.tier == 1 and each.dataset == "tsf")
    held = list(base.stored)
    held[row] = replace(held[row], tier=3, score=60.0)  # orange is held, the evidence asks for blue
    found = what_if(replace(base, stored=held), present, Change(pond_m=-5))
    assert found.tiers[row] == 3
    assert row not in {each.row for each in found.changed}


def test_a_region_is_rolled_up_from_the_assets_as_they_would_be(storm: WhatIf) -> None:
    nation = storm.regions["100000"]
    assert {int(tier): count for tier, count in nation.counts.items()} == {
        tier: int((storm.tiers == tier).sum()) for tier in range(5)
    }
    assert nation.tier >= nation.before.tier
    # count rule: two red assets make a region red
    red = [each for each in storm.regions.values() if each.counts["4"] >= 2]
    assert all(each.tier is Tier.RED for each in red)


def test_a_storm_is_in_the_sums_of_a_gauge_as_far_as_it_overlaps_them() -> None:
    # 60 mm in 6 h are 10 mm/h. Hours that end 0, 5 and 6 h before the gauge last spoke hold 10, 10 and 0 mm.
    # A sum of 24 h keeps the storm for the hour in which its samples must agree: 60, 60, and 2 h later 50 mm.
    change = Change(rain_mm=60, hours=6)
    hours = [_reading("rain_1h", 1.0, 0.5 + ago) for ago in (0, 5, 6)]
    days = [_reading("rain_24h", 5.0, 0.5 + ago) for ago in (0, 1, 2)]
    assert _told(change, *hours, *days) == pytest.approx([11, 11, 1, 65, 65, 55])


def test_silence_and_bad_readings_stay_what_they_are() -> None:
    change = Change(rain_mm=60, pond_m=1)
    silent = _reading("pond_level", None, quality=Quality.MISSING)
    bad = _reading("rain_24h", 3.0, quality=Quality.FAIL)
    assert _told(change, silent, bad) == [None, 3.0]


def test_a_higher_pond_takes_freeboard_and_beach_by_its_slope() -> None:
    # 0.5 m more on a beach of 1 % are 50 m less beach; 30 m of beach cannot lose more than they have.
    told = [_reading("pond_level", 96.0), _reading("freeboard", 2.0), _reading("dry_beach_length", 120.0)]
    assert _told(Change(pond_m=0.5), *told, beach_slope=0.01) == pytest.approx([96.5, 1.5, 70.0])
    assert _told(Change(pond_m=-0.5), *told, beach_slope=0.01) == pytest.approx([95.5, 2.5, 170.0])
    assert _told(Change(pond_m=0.5), _reading("dry_beach_length", 30.0), beach_slope=0.01) == [0.0]
    assert _told(Change(pond_m=0.5), *told) == pytest.approx([96.5, 1.5, 120.0])  # no slope is known


def test_rain_wets_the_ground_by_its_share_in_the_antecedent_index() -> None:
    # today's weight of seven: 1 / (1 + 1/4 + 1/9 + 1/16 + 1/25 + 1/36 + 1/49) = 1 / 1.511797 = 0.661464
    known = {"rain_24h": np.array([3.0, np.nan]), "antecedent_rain_index": np.array([20.0, np.nan])}
    found = Change(rain_mm=10).columns(known)
    np.testing.assert_allclose(found["rain_24h"], [13.0, np.nan])
    np.testing.assert_allclose(found["antecedent_rain_index"], [26.61464, np.nan], rtol=1e-6)
    assert Change(rain_mm=10).columns({}) == {}


def test_shaking_is_raised_to_what_is_supposed_and_no_further() -> None:
    known = {"pga": np.array([0.01, 0.4, np.nan]), "pgv": np.array([50.0, 30.0, np.nan])}
    found = Change(pga_g=2 / 9.80665).columns(known)
    np.testing.assert_allclose(found["pga"], [2 / 9.80665, 0.4, 2 / 9.80665])
    np.testing.assert_allclose(
        found["pgv"], [50.0, 30.0, 18.1171], rtol=1e-5
    )  # see velocity_of_equal_intensity


def test_a_storm_lies_on_top_of_every_member_of_the_forecast() -> None:
    # 25 mm in 2.5 h: 10, 10 and 5 mm; an hour that nobody speaks of has this rain at least
    known = Forecast(np.array([[[1.0], [np.nan]], [[0.0], [2.0]]]), AT, "file")
    found = Change(rain_mm=25, hours=2.5).forecast(known, 1, AT)
    assert found is not None
    np.testing.assert_allclose(found.intensity[:, :, 0], [[11, 10, 5], [10, 12, 5]])
    alone = Change(rain_mm=25, hours=2.5).forecast(None, 2, AT)
    assert alone is not None
    np.testing.assert_allclose(alone.intensity, [[[10, 10], [10, 10], [5, 5]]])
    assert Change(pga_g=0.1).forecast(None, 2, AT) is None


@given(st.sampled_from(sorted(LIMITS)), st.floats())
def test_only_what_may_be_supposed_is_taken(name: str, value: float) -> None:
    least, most = LIMITS[name]
    if least <= value <= most:
        assert getattr(Change(**{name: value}), name) == value
        return
    with pytest.raises(InvalidInput, match=name):
        Change(**{name: value})


def test_work_ends_between_two_steps_when_it_is_not_wanted(base: Baseline, present: Present) -> None:
    class Unwanted(Exception):
        pass

    def left() -> None:
        raise Unwanted

    with pytest.raises(Unwanted):
        what_if(base, present, Change(rain_mm=1), left)


def test_without_a_run_there_is_nothing_to_change(tmp_path: Path) -> None:
    from small_site import make_site

    folder = make_site(tmp_path, published=False)
    with Store.open(folder) as store, pytest.raises(NotFound, match="minegis run"):
        read_baseline(Site.open(folder), store)
